//! Convolution of each channel by itself: four channels at a time.

use super::requantize::requantize;
use super::run::{Run, Target};
use super::tables::Int8Tables;
use crate::index::{nth, product, rest, shift_up};

/// The definition. Weights: `[four channels][kernel row][kernel column][channel]`.
#[inline(never)]
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) {
    // The file goes on after the last channel. Cut here: a condition for each channel costs a Cortex-M3 3 %.
    let multipliers = run.tables.multipliers.get(..run.channels);
    // Copies stay in registers.
    let run = &Run {
        tables: Int8Tables {
            multipliers: multipliers.unwrap_or_default(),
            ..run.tables
        },
        ..*run
    };
    let target = &mut Target {
        cells: &mut *target.cells,
        ..*target
    };
    let filters = run.tables.filters(run.filters.length());
    for (quad, filter) in (0..shift_up(run.channels, 2)).zip(filters) {
        let plane = nth(run.source.first, quad, run.source.plane);
        let first = nth(target.first, quad, target.plane);
        for x in 0..run.count {
            let sums = sums(run, filter, nth(plane, x, run.source.stride));
            let mut channel = product([quad, 4]);
            // After the last channel the multipliers are zero, and the value is real zero.
            let values = sums.map(|sum| {
                let sum = run.tables.bias(channel).wrapping_add(sum);
                let multipliers = run.tables.multipliers(channel);
                channel = nth(channel, 1, 1);
                requantize(sum, multipliers, run.zero_point)
            });
            if let Some(cell) = target.cells.get_mut(nth(first, x, target.pixel)) {
                for (channel, value) in values.into_iter().enumerate() {
                    cell.set(channel, value);
                }
            }
        }
    }
}

#[inline(always)]
fn sums(run: &Run<'_>, filter: &[u8], first: usize) -> [i32; 4] {
    let mut sums = [0i32; 4];
    let mut weights = filter.as_chunks::<4>().0.iter();
    for k in 0..run.filters.height {
        let cells = rest(run.source.cells, nth(first, 1, run.source.offset(k)));
        for (cell, weight) in cells.iter().take(run.filters.width).zip(weights.by_ref()) {
            for (sum, product) in sums.iter_mut().zip(cell.products(weight)) {
                *sum = sum.wrapping_add(product);
            }
        }
    }
    sums
}
