//! Convolution over all input channels.

use super::patch::Patch;
use super::requantize::Requantize;
use crate::check::words;
use crate::layer::{Layer, Window};

pub(super) fn run(layer: &Layer<'_>, window: Window, input: &[u8], output: &mut [u8]) {
    let requantize = Requantize::new(layer);
    let zero_point = i32::from(layer.input_zero_point);
    let channels = usize::from(layer.output.channels).max(1);
    let row = usize::from(layer.output.width)
        .wrapping_mul(channels)
        .max(1);
    let filter = (layer.fan_in() as usize).max(1);
    let (height, width) = (window.kernel_height.into(), window.kernel_width.into());
    let stride = i32::from(window.stride);

    let mut y = i32::from(window.padding_top).wrapping_neg();
    for row in output.chunks_exact_mut(row) {
        let mut x = i32::from(window.padding_left).wrapping_neg();
        for pixel in row.chunks_exact_mut(channels) {
            let patch = Patch::new(layer.input, height, width, y, x);
            let filters = layer.weights.chunks_exact(filter);
            let scales = words(layer.bias).zip(words(layer.multipliers));
            for ((value, filter), (bias, multiplier)) in pixel.iter_mut().zip(filters).zip(scales) {
                let accumulator = bias.wrapping_add(patch.dot(filter, input, zero_point));
                *value = requantize.apply(accumulator, multiplier);
            }
            x = x.wrapping_add(stride);
        }
        y = y.wrapping_add(stride);
    }
}
