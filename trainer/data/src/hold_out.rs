//! Choice of the pictures that are held out, by seed and name: the same on every machine, and nearly
//! the same after a file is added.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Sort key of a name: names with the lowest keys are held out first.
pub(crate) fn key(seed: u64, name: &str) -> u64 {
    // FNV-1a: Rust's own hash may change between releases. The generator separates similar hashes.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(seed ^ hash).next_u64()
}

/// Number to hold out of `count`: the share rounded, and with two or more at least one on each side.
pub(crate) fn count(count: usize, share: f64) -> usize {
    if count < 2 {
        return 0;
    }
    ((count as f64 * share).round() as usize).clamp(1, count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_depends_on_seed_and_name_alone() {
        // Other keys would change every existing split.
        assert_eq!(key(1, "cats/a.png"), 12_726_074_997_886_769_241);
        assert_eq!(key(1, ""), 13_347_252_108_486_012_146);
        assert_ne!(key(1, "cats/a.png"), key(2, "cats/a.png"));
        assert_ne!(key(1, "cats/a.png"), key(1, "cats/b.png"));
    }

    #[test]
    fn both_sides_get_pictures_where_there_are_two() {
        assert_eq!(count(0, 0.15), 0);
        assert_eq!(count(1, 0.9), 0);
        assert_eq!(count(2, 0.15), 1);
        assert_eq!(count(2, 0.9), 1);
        assert_eq!(count(3, 0.9), 2);
        assert_eq!(count(100, 0.15), 15);
        assert_eq!(count(5, 0.001), 1);
    }
}
