//! Convolutions on x86-64: the desktop that evaluates tens of thousands of pictures.
//!
//! Its vectors multiply eight 16-bit lanes and add neighbours: two cells of an input row with the four weights of a tap,
//! twice. The compiler finds that in a dot product, not where a few weights meet several pixels. `wide` offers it without
//! `unsafe`.

use super::cell::{BIAS, Cell};
use super::dense::Outputs;
use super::requantize::requantize;
use super::strip::{Strip, Target};
use super::tables::Tables;
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
    strip: &Strip<'_>,
    filters: [&[u8]; C],
    first: usize,
) -> [[i32x4; V]; C] {
    let mut sums = [[i32x4::ZERO; V]; C];
    let mut taps = filters.map(|filter| filter.as_chunks::<4>().0);
    for k in 0..strip.kernel_height {
        let mut row = strip.source.row(k).get(first..).unwrap_or_default();
        for _ in 0..strip.quads {
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
                let cells = cells.get(column..).unwrap_or_default();
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
            row = row.get(strip.source.plane..).unwrap_or_default();
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
    strip: &Strip<'_>,
    channel: usize,
    filters: [&[u8]; C],
    x: usize,
    target: &mut Target<'_>,
) {
    let sums = sums::<V, C, W, N>(strip, filters, strip.source.first.wrapping_add(x));
    for (channel, sums) in (channel..).zip(sums) {
        let multipliers = strip.tables.multipliers(channel);
        let bias = i32x4::splat(strip.tables.bias(channel));
        // Even pixels and odd ones, each in two parts.
        let mut parts = [i32x4::ZERO; 4];
        parts
            .iter_mut()
            .zip(sums)
            .for_each(|(part, sum)| *part = sum);
        let [a, b, c, d] = i32x4::transpose(parts);
        let sums = cast([a + b + bias, c + d + bias]);
        let [a, c, e, g, b, d, f, h] = requantize_all(sums, multipliers, strip.zero_point);
        if V == 4 {
            target.set_all(x, channel, [a, b, c, d, e, f, g, h]);
        } else {
            target.set_all(x, channel, [a, b, c, d]);
        }
    }
}

/// All rows of windows of `W` columns. `LARGE` and `SMALL` are the columns that those of 8 and of 4 pixels reach.
fn convolve<const W: usize, const LARGE: usize, const SMALL: usize>(
    strip: &Strip<'_>,
    target: &mut Target<'_>,
) {
    let filter = strip.filter();
    let all = strip.tables.weights(0);
    let filters = all.get(..filter.wrapping_mul(strip.channels));
    let mut channel = 0;
    for pair in filters
        .unwrap_or_default()
        .chunks(filter.wrapping_mul(2).max(1))
    {
        let (one, other) = pair.split_at_checked(filter).unwrap_or_default();
        let (both, one) = ([one, other], [one]);
        let mut x = 0;
        while x < strip.count {
            let left = strip.count.wrapping_sub(x);
            let large = left > 4 && strip.count >= 8;
            let pixels = if large { 8 } else { 4 };
            // Blocks that would reach beyond the row start earlier: the overlap is computed twice.
            let start = x.min(strip.count.wrapping_sub(pixels));
            match (large, other.is_empty()) {
                (true, false) => block::<4, 2, W, LARGE>(strip, channel, both, start, target),
                (true, true) => block::<4, 1, W, LARGE>(strip, channel, one, start, target),
                (false, false) => block::<2, 2, W, SMALL>(strip, channel, both, start, target),
                (false, true) => block::<2, 1, W, SMALL>(strip, channel, one, start, target),
            }
            x = x.wrapping_add(pixels);
        }
        channel = channel.wrapping_add(2);
    }
}

/// Runs a strip of at least four pixels without strides, by a kernel of up to three columns; others are left to the
/// portable kernel.
pub(super) fn run(strip: &Strip<'_>, target: &mut Target<'_>) -> bool {
    if strip.stride != 1 || strip.count < 4 {
        return false;
    }
    match strip.kernel_width {
        1 => convolve::<1, 8, 4>(strip, target),
        2 => convolve::<2, 9, 5>(strip, target),
        3 => convolve::<3, 10, 6>(strip, target),
        _ => return false,
    }
    true
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

/// A row of a dense layer.
pub(super) fn dense(row: &Outputs, tables: Tables<'_>, input: &[Cell], target: &mut Target<'_>) {
    let mut rows = tables.filters(input.len().wrapping_mul(4));
    let mut index = 0;
    for x in 0..row.width {
        for channel in 0..row.channels {
            let Some(filter) = rows.next() else { return };
            let sum = tables.bias(index).wrapping_add(dot(filter, input));
            let value = requantize(sum, tables.multipliers(channel), row.zero_point);
            target.set_all(x, channel, [value]);
            index = index.wrapping_add(1);
        }
    }
}
