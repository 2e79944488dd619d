//! Every output from every input.

use super::dot;
use super::requantize::Requantize;
use crate::check::words;
use crate::layer::Layer;

pub(super) fn run(layer: &Layer<'_>, input: &[u8], output: &mut [u8]) {
    let requantize = Requantize::new(layer);
    let zero_point = i32::from(layer.input_zero_point);
    let rows = layer.weights.chunks_exact(input.len().max(1));
    let multipliers = words(layer.multipliers).cycle();
    for (((value, row), bias), multiplier) in output
        .iter_mut()
        .zip(rows)
        .zip(words(layer.bias))
        .zip(multipliers)
    {
        let accumulator = bias.wrapping_add(dot(row, input, zero_point));
        *value = requantize.apply(accumulator, multiplier);
    }
}
