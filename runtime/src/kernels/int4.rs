//! Layers with weights of four bits: decoded, up to four output channels at a time, for the kernels of eight.
//!
//! A word has the nibbles of eight weights. `(word & 0x0f0f0f0f) * scale` has the products of four of them in its bytes,
//! each 225 at most: nothing is carried from a byte to the next. What is added then, `128 - 8 * scale` to each, brings
//! them to 8 to 233, and an exclusive or with 128 to the weights. That is an instruction for a weight on any core with a
//! multiplier, and the decoded numbers are those that a layer of eight bits would have had in the file.

use super::cell::{Cell, bytes, split};
use super::strip::{Source, Target};
use super::{PHASE, int8};
use crate::filters::Filters;
use crate::layer::{Coding, Layer, Operator};

/// Words of the biases of four channels, and of their multipliers.
const BIASES: usize = 4;
const MULTIPLIERS: usize = 8;

/// One in each byte of a word.
const EACH: u32 = 0x0101_0101;
const NIBBLES: u32 = 0x0f * EACH;

/// Cells that a layer decodes its numbers into: the weights of up to four channels, with their biases and multipliers.
pub(crate) fn scratch_cells(layer: &Layer<'_>) -> usize {
    if layer.coding == Coding::Int8 {
        return 0;
    }
    let filters = Filters::of(layer);
    let most = usize::from(layer.output.channels).min(4);
    let weights = filters.count(most).wrapping_mul(filters.length);
    ((BIASES + MULTIPLIERS) >> 1).wrapping_add(weights.wrapping_add(7) >> 3)
}

/// Computes row `y` of a checked layer with weights of four bits.
#[inline(never)] // The stack of layers of eight bits is not that of decoding.
pub(super) fn row(
    layer: &Layer<'_>,
    y: usize,
    source: Source<'_>,
    target: Target<'_>,
    scratch: &mut [Cell],
) {
    let Coding::Int4 {
        bias_shift,
        multiplier_shift,
    } = layer.coding
    else {
        return;
    };
    let needed = scratch_cells(layer);
    let start = scratch.len().saturating_sub(needed);
    let words = scratch.get_mut(start..).and_then(|it| split(it, needed));
    let words: &mut [u32] = words.map_or(&mut [], |(it, _)| <[[u32; 2]]>::as_flattened_mut(it));
    // What the kernels of eight bits compute: some channels of a pixel, of a phase or of the row.
    let mut part = Layer {
        coding: Coding::Int8,
        ..*layer
    };
    let width = usize::from(layer.output.width);
    let (mut source, mut target) = (source, target);
    let (first, pixel) = (target.first, target.pixel);
    let (runs, before) = match layer.operator {
        Operator::Conv2d(_) | Operator::Depthwise(_) => (1, 0),
        Operator::Dense => {
            part.output.width = 1;
            (width, y.wrapping_mul(width))
        }
        Operator::TransposedConv2d => {
            part.operator = Operator::Conv2d(PHASE);
            part.output.width = layer.input.width;
            target.pixel = pixel.wrapping_mul(2);
            (2, (y & 1) << 1)
        }
    };
    let filters = Filters::of(layer);
    let all = usize::from(layer.output.channels);
    let bytes_of_run = filters.bytes(layer.coding, all);
    for run in 0..runs {
        let number = run.wrapping_add(before);
        let weights = number.wrapping_mul(bytes_of_run);
        let mut weights = layer.weights.get(weights..).unwrap_or_default();
        let mut biases = layer.bias;
        match layer.operator {
            Operator::Dense => {
                let before = number.wrapping_mul(all);
                biases = biases.get(before..).unwrap_or_default();
            }
            Operator::TransposedConv2d => source.first = run,
            _ => {}
        }
        target.first = first.wrapping_add(run.wrapping_mul(pixel));
        let mut pairs = layer.multipliers.as_chunks().0;
        let mut left = all;
        while left > 0 {
            let channels = left.min(4);
            let count = filters.count(channels);
            let [scales, nibbles] = filters.block(count);
            let (scales, behind) = weights.split_at_checked(scales).unwrap_or_default();
            let (nibbles, behind) = behind.split_at_checked(nibbles).unwrap_or_default();
            weights = behind;
            let Some((tables, decoded)) = words.split_first_chunk_mut::<{ BIASES + MULTIPLIERS }>()
            else {
                return;
            };
            let (bias_words, pair_words) = tables.split_at_mut(BIASES);
            for (word, bias) in bias_words.iter_mut().zip(biases) {
                let bias = i32::from(*bias as i8).wrapping_shl(bias_shift.into());
                *word = (bias as u32).to_le();
            }
            for (words, &[a, b, c, d]) in pair_words.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
                *words = [[a, b], [c, d]].map(|half| {
                    let mantissa = u32::from(u16::from_le_bytes(half));
                    mantissa.wrapping_shl(multiplier_shift.into()).to_le()
                });
            }
            decode(scales, nibbles, filters.length >> 2, count, decoded);
            let tables = bytes(words);
            let mut block = Layer {
                weights: tables.get(48..).unwrap_or_default(),
                bias: tables.get(..16).unwrap_or_default(),
                multipliers: tables.get(16..48).unwrap_or_default(),
                ..part
            };
            block.output.channels = channels as u16;
            let place = Target {
                cells: &mut *target.cells,
                ..target
            };
            let seen = source;
            if let Operator::Depthwise(_) = layer.operator {
                // Its own channels only.
                block.input.channels = channels as u16;
                source.first = source.first.wrapping_add(source.plane);
            }
            int8(&block, 0, seen, place);
            target.first = target.first.wrapping_add(target.plane);
            biases = biases.get(4..).unwrap_or_default();
            pairs = pairs.get(4..).unwrap_or_default();
            left = left.wrapping_sub(channels);
        }
    }
}

/// Decodes a block of filters of so many words, one after another.
pub(crate) fn decode(
    scales: &[u8],
    nibbles: &[u8],
    filter: usize,
    filters: usize,
    decoded: &mut [u32],
) {
    let mut scales = Scales { scales, number: 0 };
    let (mut nibbles, mut rest) = (nibbles, decoded);
    for _ in 0..filters {
        let Some((words, behind)) = rest.split_at_mut_checked(filter) else {
            return;
        };
        rest = behind;
        let (groups, last) = words.as_chunks_mut::<8>();
        for group in groups {
            let Some((coded, behind)) = nibbles.split_first_chunk::<16>() else {
                return;
            };
            nibbles = behind;
            let scale = scales.next();
            for (words, coded) in group.as_chunks_mut().0.iter_mut().zip(coded.as_chunks().0) {
                *words = eight(*coded, scale);
            }
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

/// The scales of a block, one after another.
struct Scales<'t> {
    scales: &'t [u8],
    number: usize,
}

impl Scales<'_> {
    #[inline(always)]
    fn next(&mut self) -> u32 {
        let byte = self.scales.get(self.number >> 1).copied().unwrap_or(0);
        let scale = byte >> ((self.number & 1) << 2);
        self.number = self.number.wrapping_add(1);
        u32::from(scale & 15)
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
