//! Convolution of each channel by itself.

use super::requantize::Requantize;
use crate::check::words;
use crate::layer::{Layer, Window};

pub(super) fn run(layer: &Layer<'_>, window: Window, input: &[u8], output: &mut [u8]) {
    let requantize = Requantize::new(layer);
    let channels = usize::from(layer.output.channels).max(1);
    let row = usize::from(layer.output.width)
        .wrapping_mul(channels)
        .max(1);
    let stride = i32::from(window.stride);

    let mut y = i32::from(window.padding_top).wrapping_neg();
    for row in output.chunks_exact_mut(row) {
        let mut x = i32::from(window.padding_left).wrapping_neg();
        for pixel in row.chunks_exact_mut(channels) {
            let scales = words(layer.bias).zip(words(layer.multipliers));
            for ((channel, value), (bias, multiplier)) in pixel.iter_mut().enumerate().zip(scales) {
                let accumulator = bias.wrapping_add(sum(layer, window, input, (y, x), channel));
                *value = requantize.apply(accumulator, multiplier);
            }
            x = x.wrapping_add(stride);
        }
        y = y.wrapping_add(stride);
    }
}

/// `sum of weight * (input - zero point)` of one channel over the window at `(y, x)`.
#[inline(always)]
fn sum(layer: &Layer<'_>, window: Window, input: &[u8], (y, x): (i32, i32), channel: usize) -> i32 {
    let channels = usize::from(layer.input.channels);
    let zero_point = i32::from(layer.input_zero_point);
    let (height, width) = (i32::from(layer.input.height), i32::from(layer.input.width));
    let mut weights = layer.weights.iter().skip(channel).step_by(channels.max(1));
    let mut sum = 0i32;
    for row in 0..i32::from(window.kernel_height) {
        for column in 0..i32::from(window.kernel_width) {
            let Some(&weight) = weights.next() else {
                return sum;
            };
            let (y, x) = (y.wrapping_add(row), x.wrapping_add(column));
            if y < 0 || y >= height || x < 0 || x >= width {
                continue;
            }
            let pixel = (y as usize)
                .wrapping_mul(width as usize)
                .wrapping_add(x as usize);
            let index = pixel.wrapping_mul(channels).wrapping_add(channel);
            if let Some(&value) = input.get(index) {
                let product = i32::from(weight as i8) * (i32::from(value as i8) - zero_point);
                sum = sum.wrapping_add(product);
            }
        }
    }
    sum
}
