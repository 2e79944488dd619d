//! A row of a layer whose weights do not fit the buffer: a block of output channels at a time.
//!
//! Output channels have nothing in common but their input. A block of them, or one phase of a transposed convolution, is
//! a layer of its own, which the kernels compute as any other: its tables have the length that its shapes say.

use super::PagedError;
use super::pages::{Pages, Span, room};
use crate::filters::Filters;
use crate::kernels::cell::Cell;
use crate::kernels::strip::{Source, Target};
use crate::kernels::{self, PHASE};
use crate::layer::{Layer, Operator, Shape};
use crate::schedule::{Places, Ring, Tables};
use embedded_storage::nor_flash::ReadNorFlash;

/// Output channels of a block but for the last one are a multiple of this: they fill their cells.
const LEAST: usize = 4;

/// Bytes of the weights of so many pixels with weights of their own, so many channels of each; of one phase.
fn weight_bytes(layer: &Layer<'_>, pixels: usize, channels: usize) -> usize {
    let run = Filters::of(layer).bytes(layer.coding, channels);
    pixels.wrapping_mul(run)
}

/// Bytes of the page that the tables of so many channels of so many pixels take.
fn page(layer: &Layer<'_>, pixels: usize, channels: usize, read_size: usize) -> usize {
    let outputs = pixels.wrapping_mul(channels);
    let weights = room(weight_bytes(layer, pixels, channels), read_size);
    let bias = room(outputs.wrapping_mul(layer.coding.bias_bytes()), read_size);
    let multipliers = room(channels.wrapping_mul(layer.coding.pair_bytes()), read_size);
    weights.saturating_add(bias).saturating_add(multipliers)
}

/// The smallest page that a layer is computed with.
pub(super) fn least(layer: &Layer<'_>, read_size: usize) -> usize {
    let channels = usize::from(layer.output.channels).min(LEAST);
    page(layer, 1, channels, read_size)
}

/// Pixels of a row that have weights of their own; one where all share them.
fn row_pixels(layer: &Layer<'_>) -> usize {
    match layer.operator {
        Operator::Dense => layer.output.width.into(),
        _ => 1,
    }
}

/// The layer that computes so many of the pixels with weights of their own, and of the channels.
fn part<'t>(layer: &Layer<'t>, pixels: usize, channels: usize) -> Layer<'t> {
    let mut part = *layer;
    part.output.channels = channels as u16;
    match layer.operator {
        Operator::Dense => part.output.width = pixels as u16,
        Operator::Depthwise(_) => part.input.channels = channels as u16,
        _ => {}
    }
    part
}

/// Pixels and channels of a block: the most that halving leaves and the page holds.
fn size(layer: &Layer<'_>, limit: usize, read_size: usize) -> (usize, usize) {
    let mut channels = usize::from(layer.output.channels);
    let mut pixels = row_pixels(layer);
    while page(layer, pixels, channels, read_size) > limit {
        if pixels > 1 {
            pixels = pixels.wrapping_add(1) >> 1;
        } else if channels > LEAST {
            channels = (channels >> 1).wrapping_add(LEAST - 1) & !(LEAST - 1);
        } else {
            break;
        }
    }
    (pixels, channels)
}

impl<F: ReadNorFlash> Pages<'_, F> {
    /// Computes a layer, or a phase of one, that is no transposed convolution: its first row.
    #[inline(never)] // The stack of the kernels is not added to that of the checks.
    fn blocks(
        &mut self,
        layer: &Layer<'_>,
        [weights, bias, multipliers]: Places,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), PagedError<F::Error>> {
        let limit = self.limit(weights);
        let (pixels, channels) = size(layer, limit, F::READ_SIZE);
        let all = usize::from(layer.output.channels);
        let width = row_pixels(layer);
        let mut x = 0usize;
        while x < width {
            let pixels = pixels.min(width.wrapping_sub(x));
            let mut channel = 0usize;
            while channel < all {
                let channels = channels.min(all.wrapping_sub(channel));
                let first = x.wrapping_mul(all).wrapping_add(channel);
                let outputs = pixels.wrapping_mul(channels);
                let span = |table: u32, before: usize, bytes: usize| Span {
                    at: table.wrapping_add(before as u32),
                    bytes,
                };
                // Whole pixels, or some channels of one.
                let before =
                    weight_bytes(layer, x, all).wrapping_add(weight_bytes(layer, 1, channel));
                let (bias_bytes, pair_bytes) =
                    (layer.coding.bias_bytes(), layer.coding.pair_bytes());
                let [weights, bias, multipliers] = self.views([
                    span(weights, before, weight_bytes(layer, pixels, channels)),
                    span(
                        bias,
                        first.wrapping_mul(bias_bytes),
                        outputs.wrapping_mul(bias_bytes),
                    ),
                    span(
                        multipliers,
                        channel.wrapping_mul(pair_bytes),
                        channels.wrapping_mul(pair_bytes),
                    ),
                ])?;
                let block = Layer {
                    weights,
                    bias,
                    multipliers,
                    ..part(layer, pixels, channels)
                };
                let quad = channel >> 2;
                // A depthwise convolution sees its own channels only.
                let planes = match layer.operator {
                    Operator::Depthwise(_) => quad,
                    _ => 0,
                };
                let source = Source {
                    first: source.first.wrapping_add(planes.wrapping_mul(source.plane)),
                    ..source
                };
                let before = x.wrapping_mul(target.pixel);
                let target = Target {
                    cells: &mut *target.cells,
                    first: target
                        .first
                        .wrapping_add(before)
                        .wrapping_add(quad.wrapping_mul(target.plane)),
                    ..target
                };
                kernels::row(&block, 0, source, target, scratch);
                channel = channel.wrapping_add(channels);
            }
            x = x.wrapping_add(pixels);
        }
        Ok(())
    }
}

impl<F: ReadNorFlash> Tables for Pages<'_, F> {
    type Error = PagedError<F::Error>;

    fn row(
        &mut self,
        noted: &Ring,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), PagedError<F::Error>> {
        let layer = noted.layer(&[]);
        let [weights, bias, multipliers] = noted.places();
        let channels = usize::from(layer.output.channels);
        match layer.operator {
            Operator::Conv2d(_) | Operator::Depthwise(_) => {
                self.blocks(&layer, noted.places(), source, target, scratch)
            }
            Operator::Dense => {
                let first = y.wrapping_mul(layer.output.width.into());
                let biases = first
                    .wrapping_mul(channels)
                    .wrapping_mul(layer.coding.bias_bytes());
                let places = [
                    weights.wrapping_add(weight_bytes(&layer, first, channels) as u32),
                    bias.wrapping_add(biases as u32),
                    multipliers,
                ];
                self.blocks(&layer, places, source, target, scratch)
            }
            Operator::TransposedConv2d => {
                let bytes = weight_bytes(&layer, 1, channels);
                let layer = Layer {
                    operator: Operator::Conv2d(PHASE),
                    output: Shape {
                        width: layer.input.width,
                        ..layer.output
                    },
                    ..layer
                };
                for column in 0..2usize {
                    let phase = ((y & 1) << 1) | column;
                    let weights = weights.wrapping_add(phase.wrapping_mul(bytes) as u32);
                    let source = Source {
                        first: column,
                        ..source
                    };
                    let before = target.pixel.wrapping_mul(column);
                    let target = Target {
                        cells: &mut *target.cells,
                        first: target.first.wrapping_add(before),
                        pixel: target.pixel.wrapping_mul(2),
                        ..target
                    };
                    let places = [weights, bias, multipliers];
                    self.blocks(&layer, places, source, target, scratch)?;
                }
                Ok(())
            }
        }
    }
}
