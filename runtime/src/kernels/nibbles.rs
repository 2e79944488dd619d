//! Weights of four bits, four at a time.
//!
//! A word has the nibbles of eight weights. `(word & 0x0f0f0f0f) * scale` has the products of four of them in its bytes,
//! each 225 at most: nothing is carried from a byte to the next. What is added then, `128 - 8 * scale` to each, brings
//! them to 8 to 233, and an exclusive or with 128 to the weights. That is an instruction for a weight on any core with a
//! multiplier, and the decoded numbers are those that a layer of eight bits would have had in the file.

/// One in each byte of a word.
const EACH: u32 = 0x0101_0101;
const NIBBLES: u32 = 0x0f * EACH;

/// Decodes filters of so many words, as many as there are nibbles for.
#[inline(never)] // Its loop has use for all registers.
pub(crate) fn decode(scales: &[u8], nibbles: &[u8], filter: usize, decoded: &mut [u32]) {
    let mut scales = Scales {
        scales,
        high: false,
    };
    let (mut nibbles, mut rest) = (nibbles, decoded);
    while let Some((words, behind)) = rest.split_at_mut_checked(filter) {
        rest = behind;
        let (groups, last) = words.as_chunks_mut::<8>();
        for group in groups {
            let Some((coded, behind)) = nibbles.split_first_chunk() else {
                return;
            };
            nibbles = behind;
            decode_group(coded, scales.next(), group);
        }
        if last.is_empty() {
            continue;
        }
        // A shorter group; half of its last eight weights may only fill up.
        let scale = scales.next();
        for words in last.chunks_mut(2) {
            let Some((coded, behind)) = nibbles.split_first_chunk() else {
                return;
            };
            nibbles = behind;
            for (word, four) in words.iter_mut().zip(eight(*coded, scale)) {
                *word = four;
            }
        }
    }
}

#[inline(always)]
fn decode_group(coded: &[u8; 16], scale: u32, group: &mut [u32; 8]) {
    for (words, coded) in group.as_chunks_mut().0.iter_mut().zip(coded.as_chunks().0) {
        *words = eight(*coded, scale);
    }
}

/// The scales of a block, one after another.
struct Scales<'t> {
    scales: &'t [u8],
    /// Whether the next one has the high bits of the first byte.
    high: bool,
}

impl Scales<'_> {
    #[inline(always)]
    fn next(&mut self) -> u32 {
        let Some((byte, behind)) = self.scales.split_first() else {
            return 0;
        };
        self.high = !self.high;
        if self.high {
            return (byte & 15).into();
        }
        self.scales = behind;
        (byte >> 4).into()
    }
}

/// Eight weights, four in each word.
#[inline(always)]
fn eight(coded: [u8; 4], scale: u32) -> [u32; 2] {
    let word = u32::from_le_bytes(coded);
    let offset = EACH.wrapping_mul(128u32.wrapping_sub(scale.wrapping_mul(8)));
    [word, word >> 4].map(|word| {
        let products = (word & NIBBLES).wrapping_mul(scale);
        (products.wrapping_add(offset) ^ (0x80 * EACH)).to_le()
    })
}
