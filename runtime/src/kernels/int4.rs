//! Layers with weights of four bits: decoded, up to four output channels at a time, for the kernels of eight bits.

use super::cell::{Cell, bytes, split};
use super::dense::Outputs;
use super::strip::{Source, Strip, Target};
use super::tables::Tables;
use super::{PHASE, convolve, dense, depthwise};
use crate::filters::Filters;
use crate::layer::{Coding, Layer, Operator};

/// Words of the biases of four channels, and of their multipliers.
const BIASES: usize = 4;
const MULTIPLIERS: usize = 8;

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
pub(crate) fn row(
    layer: &Layer<'_>,
    y: usize,
    source: Source<'_>,
    mut target: Target<'_>,
    scratch: &mut [Cell],
) {
    let needed = scratch_cells(layer);
    let start = scratch.len().saturating_sub(needed);
    let Some((words, _)) = scratch.get_mut(start..).and_then(|it| split(it, needed)) else {
        return;
    };
    let words: &mut [u32] = <[[u32; 2]]>::as_flattened_mut(words);
    #[cfg(kernels = "dsp")]
    if layer.operator == Operator::Dense && dense_dsp(layer, y, source.cells, &mut target, words) {
        return;
    }
    let window = match layer.operator {
        Operator::Conv2d(window) | Operator::Depthwise(window) => window,
        Operator::Dense | Operator::TransposedConv2d => PHASE,
    };
    let mut strip = Strip::new(layer, window, source);
    let (first, pixel) = (target.first, target.pixel);
    let all = strip.channels;
    // Runs of filters: of the row's pixels, or of the phases of even and odd columns.
    let (runs, before) = match layer.operator {
        Operator::Conv2d(_) | Operator::Depthwise(_) => (1, 0),
        Operator::Dense => (strip.count, y.wrapping_mul(strip.count)),
        Operator::TransposedConv2d => {
            strip.count = layer.input.width.into();
            target.pixel = pixel.wrapping_mul(2);
            (2, (y & 1) << 1)
        }
    };
    for run in 0..runs {
        target.first = first.wrapping_add(pixel.wrapping_mul(run));
        let number = before.wrapping_add(run);
        let mut blocks = Blocks::new(layer, number);
        strip.source.first = source.first;
        match layer.operator {
            Operator::Dense => blocks.skip_biases(number.wrapping_mul(all)),
            _ => strip.source.first = source.first.wrapping_add(run),
        }
        while let Some(channels) = blocks.next(words) {
            let mut part = Strip {
                tables: tables(words),
                channels,
                ..strip
            };
            match layer.operator {
                Operator::Dense => {
                    let input = source.cells.get(..blocks.filters.length >> 2);
                    let outputs = Outputs {
                        width: 1,
                        channels,
                        zero_point: strip.zero_point,
                    };
                    dense::outputs(
                        &outputs,
                        part.tables,
                        input.unwrap_or_default(),
                        &mut target,
                    );
                }
                Operator::Depthwise(_) => {
                    // Four channels by their own input alone.
                    part.quads = 1;
                    depthwise::run(&part, &mut target);
                    strip.source.first = strip.source.first.wrapping_add(strip.source.plane);
                }
                Operator::Conv2d(_) | Operator::TransposedConv2d => convolve(&part, &mut target),
            }
            target.first = target.first.wrapping_add(target.plane);
        }
    }
}

/// Row `y` of the outputs of a dense layer without decoding its weights, where channels fill their cells and eights of
/// weights the input; others are left to the kernels of eight bits.
#[cfg(kernels = "dsp")]
#[inline(never)]
#[allow(unsafe_code, reason = "calls the routine")]
fn dense_dsp(
    layer: &Layer<'_>,
    y: usize,
    input: &[Cell],
    target: &mut Target<'_>,
    words: &mut [u32],
) -> bool {
    use super::thumb2::{Dense, pixling_dense_int4};
    let channels = usize::from(layer.output.channels);
    let filters = Filters::of(layer);
    let input = input.get(..filters.length >> 2).unwrap_or_default();
    let offsets = words.get_mut(BIASES + MULTIPLIERS..).unwrap_or_default();
    let groups = filters.groups();
    // Offsets and scales are less than the weights that there is room for.
    let enough = offsets.len() > groups.wrapping_mul(5);
    if channels & 3 != 0 || input.len() & 1 != 0 || input.is_empty() || !enough {
        return false;
    }
    for (offset, cells) in offsets.iter_mut().zip(input.chunks(8)) {
        let sums = cells.iter().map(|cell| cell.dot(&[1; 4]));
        *offset = (sums.fold(0, i32::wrapping_add).wrapping_mul(-8)) as u32;
    }
    let width = usize::from(layer.output.width);
    let run = y.wrapping_mul(width);
    let mut blocks = Blocks::new(layer, run);
    blocks.skip_biases(run.wrapping_mul(channels));
    let [scale_bytes, nibble_bytes] = filters.block(4);
    let mut arguments = Dense {
        scales: blocks.weights.as_ptr(),
        scale_bytes: scale_bytes as u32,
        filter: (nibble_bytes >> 2) as u32,
        input: input.as_ptr(),
        biases: blocks.biases.as_ptr(),
        multipliers: core::ptr::null(),
        bias_shift: blocks.bias_shift,
        multiplier_shift: blocks.multiplier_shift,
        zero_point: layer.output_zero_point.into(),
        out: core::ptr::null_mut(),
        offsets: offsets.as_mut_ptr(),
        groups: (filters.length >> 5) as u32,
        eights: (filters.length >> 3 & 3) as u32,
        all_groups: groups as u32,
    };
    for x in 0..width {
        let mut at = target.first.wrapping_add(x.wrapping_mul(target.pixel));
        arguments.multipliers = blocks.pairs.as_ptr();
        for _ in 0..channels >> 2 {
            arguments.out = target.cells.as_mut_ptr().wrapping_add(at);
            // SAFETY: `check` has made sure that weights and tables are as long as the shapes say, and `Schedule` that the
            // target row holds all of the outputs. The routine reads that and the input, to its end, writes a cell and,
            // behind the offsets, four scales of each group, for which there is room; it follows the calling convention.
            unsafe { pixling_dense_int4(&raw mut arguments) };
            at = at.wrapping_add(target.plane);
        }
    }
    true
}

/// The tables of the four channels that were decoded last.
fn tables(words: &[u32]) -> Tables<'_> {
    let (biases, rest) = bytes(words)
        .split_at_checked(4 * BIASES)
        .unwrap_or_default();
    let (multipliers, weights) = rest.split_at_checked(4 * MULTIPLIERS).unwrap_or_default();
    Tables {
        weights,
        biases: biases.as_chunks().0,
        multipliers: multipliers.as_chunks().0,
    }
}

/// The blocks of a run that are left.
struct Blocks<'t> {
    weights: &'t [u8],
    biases: &'t [u8],
    pairs: &'t [[u8; 4]],
    channels: usize,
    filters: Filters,
    bias_shift: u32,
    multiplier_shift: u32,
}

impl<'t> Blocks<'t> {
    /// Those of the run of that number.
    fn new(layer: &Layer<'t>, number: usize) -> Blocks<'t> {
        let filters = Filters::of(layer);
        let channels = layer.output.channels.into();
        let before = filters.bytes(layer.coding, channels).wrapping_mul(number);
        let (bias_shift, multiplier_shift) = match layer.coding {
            Coding::Int8 => (0, 0),
            Coding::Int4 {
                bias_shift,
                multiplier_shift,
            } => (bias_shift, multiplier_shift),
        };
        Blocks {
            weights: layer.weights.get(before..).unwrap_or_default(),
            biases: layer.bias,
            pairs: layer.multipliers.as_chunks().0,
            channels,
            filters,
            bias_shift: bias_shift.into(),
            multiplier_shift: multiplier_shift.into(),
        }
    }

    /// In a dense layer each run has biases of its own.
    fn skip_biases(&mut self, biases: usize) {
        self.biases = self.biases.get(biases..).unwrap_or_default();
    }

    /// Decodes the next block and says how many channels it has.
    #[inline(never)]
    fn next(&mut self, words: &mut [u32]) -> Option<usize> {
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
        let filter = self.filters.length >> 2;
        #[cfg(any(kernels = "dsp", kernels = "mve"))]
        super::thumb2::decode(scales, nibbles, filter, filters, decoded);
        #[cfg(not(any(kernels = "dsp", kernels = "mve")))]
        super::nibbles::decode(scales, nibbles, filter, decoded);
        self.biases = self.biases.get(4..).unwrap_or_default();
        self.pairs = self.pairs.get(4..).unwrap_or_default();
        self.channels = self.channels.wrapping_sub(channels);
        Some(channels)
    }
}
