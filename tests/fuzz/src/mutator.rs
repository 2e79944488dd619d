//! A seeded mutator for the short run.
//!
//! None of the crates does this on the Rust that this workspace supports: `mutatis` 0.5 needs 1.91, `fuzzcheck` a
//! nightly compiler, and the random engine of `bolero` makes inputs from nothing, of which none gets behind a checksum.

use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// Values at which lengths, counts and signs turn.
const EDGES: [u32; 12] = [
    0,
    1,
    4,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    u32::MAX,
];

/// Changes inputs, the same way for the same seed.
pub struct Mutator {
    random: Xoshiro128PlusPlus,
    /// Inputs become no longer.
    most_bytes: usize,
}

impl Mutator {
    /// Of inputs that become no longer than that.
    pub fn new(seed: u64, most_bytes: usize) -> Mutator {
        let random = Xoshiro128PlusPlus::seed_from_u64(seed);
        Mutator { random, most_bytes }
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.next_u32() as usize % end.max(1)
    }

    /// One to four changes of one of the seeds.
    pub fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let which = self.below(seeds.len());
        let mut bytes = seeds[which].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, seeds);
        }
        bytes.truncate(self.most_bytes);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        let random = self.random.next_u32();
        match self.below(12) {
            // Half of all changes keep the length, without which little is left to decode.
            0 | 1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| {
                *byte ^= 1 << (random % 8);
            }),
            2 | 3 => self.overwrite(bytes, at, &[random as u8]),
            4 => {
                let step = (random % 35) as u8;
                let byte = bytes.get(at).copied().unwrap_or(0);
                self.overwrite(bytes, at, &[byte.wrapping_add(step).wrapping_sub(17)]);
            }
            5 | 6 => {
                let edge = EDGES[random as usize % EDGES.len()];
                let width = [1, 2, 4][self.below(3)];
                let ends = [edge.to_le_bytes(), (edge << (32 - 8 * width)).to_be_bytes()];
                let order = self.below(2);
                self.overwrite(bytes, at, &ends[order][..width]);
            }
            7 => {
                let end = (at + 1 + self.below(16)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            8 => {
                let piece = vec![random as u8; 1 + self.below(16)];
                bytes.splice(at..at, piece);
            }
            9 => {
                // A piece of the same input at another place.
                let from = self.below(bytes.len());
                let end = (from + 1 + self.below(64)).min(bytes.len());
                let piece = bytes[from.min(end)..end].to_vec();
                self.overwrite(bytes, at, &piece);
            }
            10 => {
                // The end of another one.
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.truncate(at),
        }
    }

    /// What reaches behind the end makes it longer.
    fn overwrite(&mut self, bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
        let end = (at + piece.len()).min(bytes.len());
        bytes.splice(at.min(end)..end, piece.iter().copied());
    }
}
