//! Two pictures byte by byte.

/// The number of bytes that differ. A byte that only one of the two has differs.
pub(crate) fn different_bytes(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.filter(|(one, other)| one != other).count() + one.len().abs_diff(other.len())
}
