//! Transposed convolution, 4x4 with stride 2, as four 2x2 convolutions: the outputs at even and odd rows and columns.

use super::patch::Patch;
use super::requantize::Requantize;
use crate::check::words;
use crate::layer::Layer;

pub(super) fn run(layer: &Layer<'_>, input: &[u8], output: &mut [u8]) {
    let requantize = Requantize::new(layer);
    let zero_point = i32::from(layer.input_zero_point);
    let channels = usize::from(layer.output.channels).max(1);
    let row = usize::from(layer.output.width)
        .wrapping_mul(channels)
        .max(1);
    let filter = (layer.fan_in() as usize).max(1);
    let phase = filter.wrapping_mul(channels);

    for (y, row) in (0i32..).zip(output.chunks_exact_mut(row)) {
        for (x, pixel) in (0i32..).zip(row.chunks_exact_mut(channels)) {
            // The output at 2 q + p reads the inputs q - 1 + p and q + p.
            let (top, left) = ((y >> 1) + (y & 1) - 1, (x >> 1) + (x & 1) - 1);
            let patch = Patch::new(layer.input, 2, 2, top, left);
            let index = (((y & 1) << 1) | (x & 1)) as usize;
            let filters = layer
                .weights
                .get(index.wrapping_mul(phase)..)
                .unwrap_or_default();
            let filters = filters.chunks_exact(filter);
            let scales = words(layer.bias).zip(words(layer.multipliers));
            for ((value, filter), (bias, multiplier)) in pixel.iter_mut().zip(filters).zip(scales) {
                let accumulator = bias.wrapping_add(patch.dot(filter, input, zero_point));
                *value = requantize.apply(accumulator, multiplier);
            }
        }
    }
}
