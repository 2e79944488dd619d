//! Convolutions in portable Rust: the definition.

use super::requantize::requantize;
use super::run::{Run, Target, block_start};
use super::tables::pieces;
use crate::index::{nth, rest};

/// Whether eight sums and the numbers that they are made of fit the registers.
const WIDE: bool = !cfg!(target_arch = "arm");

/// The accumulators of `P` windows from pixel `x` on.
#[inline(always)]
fn sums<const P: usize>(run: &Run<'_>, filter: &[u8], bias: i32, x: usize) -> [i32; P] {
    let mut sums = [bias; P];
    let first = nth(run.source.first, x, run.source.stride);
    let mut planes = pieces(filter.as_chunks::<4>().0, run.filters.width);
    let reach = nth(run.filters.width, 1, P).wrapping_sub(1);
    for k in 0..run.filters.height {
        let mut row = run.source.row(k, first);
        for weights in planes.by_ref().take(run.filters.quads) {
            let cells = row.get(..reach).unwrap_or_default();
            for (weight, cells) in weights.iter().zip(cells.windows(P)) {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    *sum = sum.wrapping_add(cell.dot(weight));
                }
            }
            row = rest(row, run.source.plane);
        }
    }
    sums
}

#[inline(always)]
fn block<const P: usize>(
    run: &Run<'_>,
    channel: usize,
    filter: &[u8],
    x: usize,
    target: &mut Target<'_>,
) {
    let bias = run.tables.bias(channel);
    let multipliers = run.tables.multipliers(channel);
    let sums: [i32; P] = sums(run, filter, bias, x);
    let values = sums.map(|sum| requantize(sum, multipliers, run.zero_point));
    target.set_all(x, channel, values);
}

/// Computes a run of any shape. Inlined, its sums would take the registers of the loops around them, and stack on cores
/// that hardly ever come here.
#[inline(never)]
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) {
    let filters = run.tables.filters(run.filters.length());
    for (channel, filter) in (0..run.channels).zip(filters) {
        let mut x = 0;
        while x < run.count {
            if run.source.stride != 1 || run.count < 4 {
                block::<1>(run, channel, filter, x, target);
                x = nth(x, 1, 1);
            } else if run.count.wrapping_sub(x) >= 8 && WIDE {
                block::<8>(run, channel, filter, x, target);
                x = nth(x, 1, 8);
            } else {
                block::<4>(run, channel, filter, block_start(x, 4, run.count), target);
                x = nth(x, 1, 4);
            }
        }
    }
}
