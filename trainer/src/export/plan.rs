//! Where in the arena each feature map of a chain of layers stands.

/// Places for the maps of a chain and the bytes that they take together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first byte of each map.
    pub offsets: Vec<u32>,
    /// The byte behind the last one.
    pub bytes: u32,
}

/// Puts maps of these sizes alternately at the two ends of the arena. Two neighbours must stand in it at the same
/// time, and it is exactly as large as the largest two.
pub fn plan(sizes: &[u32]) -> Plan {
    let bytes = sizes
        .windows(2)
        .map(|pair| pair[0] + pair[1])
        .max()
        .unwrap_or(0);
    let place = |(index, &size): (usize, &u32)| if index % 2 == 0 { 0 } else { bytes - size };
    Plan {
        offsets: sizes.iter().enumerate().map(place).collect(),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_do_not_overlap_and_the_largest_pair_decides() {
        let sizes = [24, 784, 4704, 6272, 784];
        let plan = plan(&sizes);
        assert_eq!(plan.bytes, 4704 + 6272);
        for i in 1..sizes.len() {
            let span = |i: usize| (plan.offsets[i], plan.offsets[i] + sizes[i]);
            let (a, b) = (span(i - 1), span(i));
            assert!(a.1 <= b.0 || b.1 <= a.0, "maps {} and {i} overlap", i - 1);
            assert!(b.1 <= plan.bytes);
        }
    }
}
