//! Weights of four bits: decoded, up to four output channels at a time, for the kernels of eight bits.

use super::cell::{Cell, bytes, split};
#[cfg(kernels = "dsp")]
use super::run::{Run, Target};
use super::tables::Int8Tables;
use crate::filters::Filters;
use crate::index::{nth, product, rest, shift_up};

/// Words of the biases of four channels, and of their multipliers.
const BIASES: usize = 4;
const MULTIPLIERS: usize = 8;

/// Number of scratch cells to decode a layer of `channels` output channels: the weights of up to four channels, with
/// their biases and multipliers.
pub(crate) fn scratch_cells(filters: Filters, channels: usize) -> usize {
    let weights = product([filters.count(channels.min(4)), filters.length()]);
    nth((BIASES + MULTIPLIERS) >> 1, 1, shift_up(weights, 3))
}

/// The last cells of the scratch, for the numbers of a block.
pub(super) fn words(filters: Filters, channels: usize, scratch: &mut [Cell]) -> &mut [u32] {
    let needed = scratch_cells(filters, channels);
    let start = scratch.len().saturating_sub(needed);
    let cells = scratch.get_mut(start..).unwrap_or_default();
    let (words, _) = split::<[u32; 2]>(cells, needed).unwrap_or_default();
    words.as_flattened_mut()
}

/// The tables of the four channels that were decoded last.
pub(super) fn decoded(words: &[u32]) -> Int8Tables<'_> {
    let (biases, rest) = bytes(words)
        .split_at_checked(4 * BIASES)
        .unwrap_or_default();
    let (multipliers, weights) = rest.split_at_checked(4 * MULTIPLIERS).unwrap_or_default();
    Int8Tables {
        weights,
        biases: biases.as_chunks().0,
        multipliers: multipliers.as_chunks().0,
    }
}

/// The blocks of a run that are left.
pub(super) struct Blocks<'t> {
    pub(super) weights: &'t [u8],
    pub(super) biases: &'t [u8],
    pub(super) pairs: &'t [[u8; 4]],
    pub(super) channels: usize,
    pub(super) filters: Filters,
    pub(super) bias_shift: u32,
    pub(super) multiplier_shift: u32,
}

impl<'t> Blocks<'t> {
    /// Decodes the next block and says how many channels it has.
    #[inline(never)]
    pub(super) fn next(&mut self, words: &mut [u32]) -> Option<usize> {
        let channels = self.channels.min(4);
        if channels == 0 {
            return None;
        }
        let filters = self.filters.count(channels);
        let [scales, nibbles] = self.filters.block(filters);
        let (scales, behind) = self.weights.split_at_checked(scales)?;
        let (nibbles, behind) = behind.split_at_checked(nibbles)?;
        self.weights = behind;
        let (tables, decoded) = words.split_first_chunk_mut::<{ BIASES + MULTIPLIERS }>()?;
        let (biases, pairs) = tables.split_at_mut(BIASES);
        for (word, bias) in biases.iter_mut().zip(self.biases) {
            let bias = i32::from(*bias as i8).wrapping_shl(self.bias_shift);
            *word = (bias as u32).to_le();
        }
        let pairs = pairs.as_chunks_mut::<2>().0;
        for (words, &[a, b, c, d]) in pairs.iter_mut().zip(self.pairs) {
            *words = [[a, b], [c, d]].map(|half| {
                let mantissa = u32::from(u16::from_le_bytes(half));
                mantissa.wrapping_shl(self.multiplier_shift).to_le()
            });
        }
        let filter = self.filters.length() >> 2;
        #[cfg(any(kernels = "dsp", kernels = "mve"))]
        super::thumb2::decode(scales, nibbles, filter, filters, decoded);
        #[cfg(not(any(kernels = "dsp", kernels = "mve")))]
        super::nibbles::decode(scales, nibbles, filter, decoded);
        self.biases = rest(self.biases, channels);
        self.pairs = rest(self.pairs, channels);
        self.channels = self.channels.wrapping_sub(channels);
        Some(channels)
    }

    /// Computes pixels of a dense layer without decoding their weights, where channels fill their cells and eights of
    /// weights the input; others are left to the kernels of eight bits.
    #[cfg(kernels = "dsp")]
    #[inline(never)]
    #[allow(unsafe_code, reason = "calls the routine")]
    pub(super) fn dense(
        &self,
        pairs: &[[u8; 4]],
        run: &Run<'_>,
        target: &mut Target<'_>,
        words: &mut [u32],
    ) -> bool {
        use super::thumb2::{Dense, pixling_dense_int4};
        let input = run.input();
        let offsets = words.get_mut(BIASES + MULTIPLIERS..).unwrap_or_default();
        let groups = self.filters.groups();
        // Offsets and scales are less than the weights that there is room for.
        let enough = offsets.len() > product([groups, 5]);
        if run.channels & 3 != 0 || input.len() & 1 != 0 || input.is_empty() || !enough {
            return false;
        }
        for (offset, cells) in offsets.iter_mut().zip(input.chunks(8)) {
            let sums = cells.iter().map(|cell| cell.dot(&[1; 4]));
            *offset = (sums.fold(0, i32::wrapping_add).wrapping_mul(-8)) as u32;
        }
        let [scale_bytes, nibble_bytes] = self.filters.block(4);
        let mut arguments = Dense {
            scales: self.weights.as_ptr(),
            scale_bytes: scale_bytes as u32,
            filter: (nibble_bytes >> 2) as u32,
            input: input.as_ptr(),
            biases: self.biases.as_ptr(),
            multipliers: core::ptr::null(),
            bias_shift: self.bias_shift,
            multiplier_shift: self.multiplier_shift,
            zero_point: run.zero_point,
            out: core::ptr::null_mut(),
            offsets: offsets.as_mut_ptr(),
            groups: (self.filters.length() >> 5) as u32,
            eights: (self.filters.length() >> 3 & 3) as u32,
            all_groups: groups as u32,
        };
        for x in 0..run.count {
            let mut at = nth(target.first, x, target.pixel);
            arguments.multipliers = pairs.as_ptr();
            for _ in 0..run.channels >> 2 {
                arguments.out = target.cells.as_mut_ptr().wrapping_add(at);
                // SAFETY: `check` has made sure that weights and tables are as long as the shapes say, and `Schedule` that
                // the target row holds all of the outputs. The routine reads that and the input, to its end, writes a cell
                // and, after the offsets, four scales of each group, for which there is room; it follows the calling
                // convention.
                unsafe { pixling_dense_int4(&raw mut arguments) };
                at = nth(at, 1, target.plane);
            }
        }
        true
    }
}
