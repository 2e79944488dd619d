//! Every output from every input, a row of outputs at a time.

use super::cell::{Cell, quads};
use super::requantize::requantize;
use super::strip::Target;
use super::tables::Tables;
use crate::layer::Layer;

/// Row `y` of the outputs.
#[inline(never)]
pub(super) fn run(layer: &Layer<'_>, y: usize, input: &[Cell], target: &mut Target<'_>) {
    let channels = usize::from(layer.output.channels);
    let width = usize::from(layer.output.width);
    let pixels = usize::from(layer.input.height).wrapping_mul(layer.input.width.into());
    let quads = pixels.wrapping_mul(quads(layer.input.channels));
    let bytes = quads.wrapping_mul(4);
    let first = y.wrapping_mul(width).wrapping_mul(channels);
    let tables = Tables::new(layer).skip(first, bytes);
    let zero_point = i32::from(layer.output_zero_point);
    let input = input.get(..quads).unwrap_or_default();

    #[cfg(kernels = "dsp")]
    if super::dsp::dense(layer, tables, input, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if super::mve::dense(layer, tables, input, target) {
        return;
    }
    #[cfg(kernels = "pairs")]
    if cfg!(kernels = "pairs") {
        return super::pairs::dense(layer, tables, input, target);
    }
    let mut rows = tables.filters(bytes);
    let mut index = 0;
    for x in 0..width {
        for channel in 0..channels {
            let Some(row) = rows.next() else { return };
            let sum = tables.bias(index).wrapping_add(dot(row, input));
            target.set(
                x,
                channel,
                requantize(sum, tables.multipliers(channel), zero_point),
            );
            index = index.wrapping_add(1);
        }
    }
}

#[inline(always)]
fn dot(row: &[u8], input: &[Cell]) -> i32 {
    let products = row
        .as_chunks()
        .0
        .iter()
        .zip(input)
        .map(|(weights, cell)| cell.dot(weights));
    products.fold(0, i32::wrapping_add)
}
