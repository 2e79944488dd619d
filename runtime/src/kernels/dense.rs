//! Every output from every input, a row of outputs at a time.

use super::cell::{Cell, quads};
use super::requantize::requantize;
use super::strip::Target;
use super::tables::Tables;
use crate::layer::Layer;

/// Neighbouring outputs in a row.
pub(super) struct Outputs {
    /// Pixels.
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) zero_point: i32,
}

/// Row `y` of the outputs.
pub(super) fn run(layer: &Layer<'_>, y: usize, input: &[Cell], target: &mut Target<'_>) {
    let row = Outputs {
        width: layer.output.width.into(),
        channels: layer.output.channels.into(),
        zero_point: layer.output_zero_point.into(),
    };
    let pixels = usize::from(layer.input.height).wrapping_mul(layer.input.width.into());
    let quads = pixels.wrapping_mul(quads(layer.input.channels));
    let first = y.wrapping_mul(row.width).wrapping_mul(row.channels);
    let tables = Tables::new(layer).skip(first, quads.wrapping_mul(4));
    let input = input.get(..quads).unwrap_or_default();
    outputs(&row, tables, input, target);
}

/// Outputs of all of the input.
#[inline(never)]
pub(super) fn outputs(row: &Outputs, tables: Tables<'_>, input: &[Cell], target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if super::dsp::dense(row, tables, input, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if super::mve::dense(row, tables, input, target) {
        return;
    }
    #[cfg(kernels = "pairs")]
    if cfg!(kernels = "pairs") {
        return super::pairs::dense(row, tables, input, target);
    }
    let Outputs {
        width,
        channels,
        zero_point,
    } = *row;
    let target = &mut Target {
        cells: &mut *target.cells,
        ..*target
    };
    let mut rows = tables.filters(input.len().wrapping_mul(4));
    let mut index = 0;
    for x in 0..width {
        for channel in 0..channels {
            let Some(filter) = rows.next() else { return };
            let sum = tables.bias(index).wrapping_add(dot(filter, input));
            let value = requantize(sum, tables.multipliers(channel), zero_point);
            target.set(x, channel, value);
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
