//! The integer arithmetic between latent and pixel: the only one, on every machine. `docs/arithmetic.md` defines it.

mod convolution;
mod dense;
mod depthwise;
mod patch;
#[cfg(test)]
mod reference;
mod requantize;
mod transposed;

use crate::layer::{Layer, Operator, Shape};

/// Runs one checked layer from its place in the arena to its place in the arena.
pub(crate) fn run(layer: &Layer<'_>, arena: &mut [u8]) {
    // The plan was checked when the file was loaded: both places are inside and apart.
    let Some((input, output)) = places(layer, arena) else {
        return;
    };
    match layer.operator {
        Operator::Dense => dense::run(layer, input, output),
        Operator::Conv2d(window) => convolution::run(layer, window, input, output),
        Operator::Depthwise(window) => depthwise::run(layer, window, input, output),
        Operator::TransposedConv2d => transposed::run(layer, input, output),
    }
}

fn places<'a>(layer: &Layer<'_>, arena: &'a mut [u8]) -> Option<(&'a [u8], &'a mut [u8])> {
    let (from, to) = (layer.input_offset as usize, layer.output_offset as usize);
    let values = |shape: Shape| shape.values() as usize;
    if from < to {
        let (low, high) = arena.split_at_mut_checked(to)?;
        let input = low.get(from..)?.get(..values(layer.input))?;
        Some((input, high.get_mut(..values(layer.output))?))
    } else {
        let (low, high) = arena.split_at_mut_checked(from)?;
        let output = low.get_mut(to..)?.get_mut(..values(layer.output))?;
        Some((high.get(..values(layer.input))?, output))
    }
}

/// `sum of weight * (input - zero point)` over two runs of `i8`.
#[inline(always)]
fn dot(weights: &[u8], input: &[u8], zero_point: i32) -> i32 {
    weights
        .iter()
        .zip(input)
        .map(|(&weight, &input)| i32::from(weight as i8) * (i32::from(input as i8) - zero_point))
        // Never wraps: a rule of `check` bounds the sum. Said so that no overflow check is compiled in.
        .fold(0, i32::wrapping_add)
}
