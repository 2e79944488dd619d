//! Dense layers in portable Rust: the definition.

use super::cell::Cell;
use super::requantize::requantize;
use super::run::{Run, Target};
use super::tables::pair;
use crate::index::nth;

/// Computes pixels that have filters of their own.
#[inline(never)]
pub(super) fn multiply(run: &Run<'_>, target: &mut Target<'_>) {
    // Copies stay in registers.
    let Run {
        tables,
        channels,
        zero_point,
        ..
    } = *run;
    let input = run.input();
    let mut filters = tables.filters(input.len().wrapping_mul(4));
    let mut biases = tables.biases.iter();
    for x in 0..run.count {
        let mut at = nth(target.first, x, target.pixel);
        for (channel, multipliers) in (0..channels).zip(tables.multipliers) {
            let (Some(filter), Some(bias)) = (filters.next(), biases.next()) else {
                return;
            };
            let sum = i32::from_le_bytes(*bias).wrapping_add(dot(filter, input));
            let value = requantize(sum, pair(multipliers), zero_point);
            if let Some(cell) = target.cells.get_mut(at) {
                cell.set(channel, value);
            }
            if channel & 3 == 3 {
                at = nth(at, 1, target.plane);
            }
        }
    }
}

#[inline(always)]
fn dot(filter: &[u8], input: &[Cell]) -> i32 {
    let taps = filter.as_chunks().0.iter().zip(input);
    let products = taps.map(|(weights, cell)| cell.dot(weights));
    products.fold(0, i32::wrapping_add)
}
