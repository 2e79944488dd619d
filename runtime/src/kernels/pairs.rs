//! Convolutions on x86-64: the desktop that evaluates tens of thousands of pictures.
//!
//! Its vectors multiply eight 16-bit lanes and add neighbours: two cells of an input row with the four weights of a tap,
//! twice. The compiler finds that in a dot product, not where a few weights meet several pixels. `wide` offers it without
//! `unsafe`.

use super::cell::{BIAS, Cell};
use super::requantize::requantize;
use super::run::{Run, Target, block_start};
use crate::index::{nth, product, rest};
use wide::bytemuck::cast;
use wide::{i16x8, i32x4};

const _: () = assert!(BIAS == 0, "vectors are loaded as they are");

/// Two pixels to a vector.
#[inline(always)]
fn load([one, other]: &[Cell; 2]) -> i16x8 {
    let (Cell([a, b, c, d]), Cell([e, f, g, h])) = (*one, *other);
    i16x8::new([a, b, c, d, e, f, g, h])
}

/// The weights of a tap, for each of two pixels.
#[inline(always)]
fn twice(weights: &[u8; 4]) -> i16x8 {
    let [a, b, c, d] = *weights;
    let [a, b, c, d] = [
        a as i8 as i16,
        b as i8 as i16,
        c as i8 as i16,
        d as i8 as i16,
    ];
    i16x8::new([a, b, c, d, a, b, c, d])
}

/// The sums of `2 * V` pixels from column `first` on for `C` channels, by a kernel of `W` columns; each sum in two parts
/// side by side. `N` is the number of columns that the windows reach, `W + 2 * V - 1`: with it known, nothing in the inner
/// loops is checked.
#[inline(always)]
fn sums<const V: usize, const C: usize, const W: usize, const N: usize>(
    run: &Run<'_>,
    filters: [&[u8]; C],
    first: usize,
) -> [[i32x4; V]; C] {
    let mut sums = [[i32x4::ZERO; V]; C];
    let mut taps = filters.map(|filter| filter.as_chunks::<4>().0);
    for k in 0..run.filters.height {
        let mut row = run.source.row(k, first);
        for _ in 0..run.filters.quads {
            let cells = row.first_chunk::<N>();
            let mut plane = [[i16x8::ZERO; W]; C];
            for (weights, taps) in plane.iter_mut().zip(&mut taps) {
                let Some((these, behind)) = taps.split_first_chunk::<W>() else {
                    return sums;
                };
                for (weight, tap) in weights.iter_mut().zip(these) {
                    *weight = twice(tap);
                }
                *taps = behind;
            }
            let Some(cells) = cells else { return sums };
            for column in 0..W {
                let cells = rest(cells, column);
                for (index, pair) in cells.as_chunks::<2>().0.iter().take(V).enumerate() {
                    let input = load(pair);
                    for (sums, weights) in sums.iter_mut().zip(&plane) {
                        if let (Some(sum), Some(weight)) =
                            (sums.get_mut(index), weights.get(column))
                        {
                            *sum += input.dot(*weight);
                        }
                    }
                }
            }
            row = rest(row, run.source.plane);
        }
    }
    sums
}

/// [`requantize`] of eight sums, in a form that the compiler makes vectors of: they multiply only factors without signs to
/// 64 bits. With `u = sum + 2^31`, `sum * multiplier + 2^31 = u * multiplier + 2^31 - multiplier * 2^31`.
#[inline(always)]
fn requantize_all(sums: [i32; 8], [positive, negative]: [i32; 2], zero_point: i32) -> [i16; 8] {
    let mut values = [0i16; 8];
    for (value, sum) in values.iter_mut().zip(sums) {
        let multiplier = (if sum < 0 { negative } else { positive }) as u32;
        let product = u64::from(sum as u32 ^ 1 << 31).wrapping_mul(u64::from(multiplier));
        let offset = (1u64 << 31).wrapping_sub(u64::from(multiplier) << 31);
        let rounded = (product.wrapping_add(offset) >> 32) as i32;
        let clamped = rounded.wrapping_add(zero_point).clamp(-128, 127);
        *value = clamped.wrapping_sub(zero_point) as i16;
    }
    values
}

/// `2 * V` pixels of `C` channels.
#[inline(always)]
fn block<const V: usize, const C: usize, const W: usize, const N: usize>(
    run: &Run<'_>,
    channel: usize,
    filters: [&[u8]; C],
    x: usize,
    target: &mut Target<'_>,
) {
    let sums = sums::<V, C, W, N>(run, filters, nth(run.source.first, 1, x));
    for (channel, sums) in (channel..).zip(sums) {
        let multipliers = run.tables.multipliers(channel);
        let bias = i32x4::splat(run.tables.bias(channel));
        // Even pixels and odd ones, each in two parts.
        let mut parts = [i32x4::ZERO; 4];
        parts
            .iter_mut()
            .zip(sums)
            .for_each(|(part, sum)| *part = sum);
        let [a, b, c, d] = i32x4::transpose(parts);
        let sums = cast([a + b + bias, c + d + bias]);
        let [a, c, e, g, b, d, f, h] = requantize_all(sums, multipliers, run.zero_point);
        if V == 4 {
            target.set_all(x, channel, [a, b, c, d, e, f, g, h]);
        } else {
            target.set_all(x, channel, [a, b, c, d]);
        }
    }
}

/// All rows of windows of `W` columns. `LARGE` and `SMALL` are the columns that those of 8 and of 4 pixels reach.
fn columns<const W: usize, const LARGE: usize, const SMALL: usize>(
    run: &Run<'_>,
    target: &mut Target<'_>,
) {
    let filter = run.filters.length();
    let filters = run.tables.weights.get(..product([filter, run.channels]));
    let mut channel = 0;
    for pair in filters
        .unwrap_or_default()
        .chunks(filter.wrapping_mul(2).max(1))
    {
        let (one, other) = pair.split_at_checked(filter).unwrap_or_default();
        let (both, one) = ([one, other], [one]);
        let mut x = 0;
        while x < run.count {
            let large = run.count.wrapping_sub(x) > 4 && run.count >= 8;
            let pixels = if large { 8 } else { 4 };
            let start = block_start(x, pixels, run.count);
            match (large, other.is_empty()) {
                (true, false) => block::<4, 2, W, LARGE>(run, channel, both, start, target),
                (true, true) => block::<4, 1, W, LARGE>(run, channel, one, start, target),
                (false, false) => block::<2, 2, W, SMALL>(run, channel, both, start, target),
                (false, true) => block::<2, 1, W, SMALL>(run, channel, one, start, target),
            }
            x = nth(x, 1, pixels);
        }
        channel = nth(channel, 1, 2);
    }
}

/// An output of a dense layer, without its bias.
#[inline(always)]
fn dot(row: &[u8], input: &[Cell]) -> i32 {
    let mut sum = i32x4::ZERO;
    let (weights, last) = row.as_chunks::<8>();
    let (pairs, rest) = input.as_chunks::<2>();
    for (weights, pair) in weights.iter().zip(pairs) {
        let weights = i16x8::new(weights.map(|weight| i16::from(weight as i8)));
        sum += load(pair).dot(weights);
    }
    let single = last.first_chunk().zip(rest.first());
    let single = single.map_or(0, |(weights, cell)| cell.dot(weights));
    sum.to_array().into_iter().fold(single, i32::wrapping_add)
}

/// A run of at least four pixels without strides, by a kernel of up to three columns; others are left to the portable
/// kernel.
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    if run.source.stride != 1 || run.count < 4 {
        return false;
    }
    match run.filters.width {
        1 => columns::<1, 8, 4>(run, target),
        2 => columns::<2, 9, 5>(run, target),
        3 => columns::<3, 10, 6>(run, target),
        _ => return false,
    }
    true
}

/// A row of a dense layer.
pub(super) fn dense(run: &Run<'_>, target: &mut Target<'_>) {
    let mut filters = run.tables.filters(run.filters.length()).enumerate();
    for x in 0..run.count {
        for (channel, (index, filter)) in (0..run.channels).zip(filters.by_ref()) {
            let sum = run
                .tables
                .bias(index)
                .wrapping_add(dot(filter, run.input()));
            let value = requantize(sum, run.tables.multipliers(channel), run.zero_point);
            target.set_all(x, channel, [value]);
        }
    }
}
