//! Convolution of each channel by itself: four channels at a time.

use super::requantize::requantize;
use super::strip::{Strip, Target};

/// By the build's kernel where it serves the shape, else by the portable one.
#[inline(never)]
pub(super) fn run(strip: &Strip<'_>, target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if super::dsp::depthwise(strip, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if super::mve::depthwise(strip, target) {
        return;
    }
    definition(strip, target);
}

/// The definition. Weights: `[four channels][kernel row][kernel column][channel]`.
#[cfg_attr(any(kernels = "dsp", kernels = "mve"), inline(never))]
fn definition(strip: &Strip<'_>, target: &mut Target<'_>) {
    // Copies stay in registers.
    let strip = &Strip { ..*strip };
    let target = &mut Target {
        cells: &mut *target.cells,
        ..*target
    };
    let taps = strip.kernel_height.wrapping_mul(strip.kernel_width);
    let filters = strip.tables.filters(taps.wrapping_mul(4));
    for (quad, filter) in (0..strip.quads).zip(filters) {
        let plane = quad.wrapping_mul(strip.source.plane);
        let plane = strip.source.first.wrapping_add(plane);
        for x in 0..strip.count {
            let column = x.wrapping_mul(strip.stride);
            let sums = sums(strip, filter, plane.wrapping_add(column));
            let first = quad.wrapping_mul(4);
            for (channel, sum) in (first..strip.channels).zip(sums) {
                let sum = strip.tables.bias(channel).wrapping_add(sum);
                let multipliers = strip.tables.multipliers(channel);
                target.set(x, channel, requantize(sum, multipliers, strip.zero_point));
            }
        }
    }
}

#[inline(always)]
fn sums(strip: &Strip<'_>, filter: &[u8], first: usize) -> [i32; 4] {
    let mut sums = [0i32; 4];
    let mut weights = filter.as_chunks::<4>().0.iter();
    for k in 0..strip.kernel_height {
        let row = strip.source.offset(k).wrapping_add(first);
        let cells = strip.source.cells.get(row..).unwrap_or_default();
        for (cell, weight) in cells.iter().take(strip.kernel_width).zip(weights.by_ref()) {
            for (sum, product) in sums.iter_mut().zip(cell.products(weight)) {
                *sum = sum.wrapping_add(product);
            }
        }
    }
    sums
}
