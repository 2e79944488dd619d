//! Convolutions on x86-64: the desktop that evaluates tens of thousands of pictures.
//!
//! `PMADDWD` multiplies eight 16-bit lanes and adds neighbours: two cells of an input row with the four weights of a tap,
//! twice. Every x86-64 has it. The compiler finds it in a dot product, not where a few weights meet several pixels.
#![allow(
    unsafe_code,
    reason = "a function of a target feature is called, one that all of these processors have"
)]

use super::cell::{BIAS, Cell};
use super::requantize::requantize;
use super::strip::{Strip, Target};
use core::arch::x86_64::*;

/// Two pixels to a vector.
#[inline]
#[target_feature(enable = "sse2")]
fn load([one, other]: &[Cell; 2]) -> __m128i {
    let (Cell([a, b, c, d]), Cell([e, f, g, h])) = (*one, *other);
    _mm_set_epi16(h, g, f, e, d, c, b, a)
}

/// The weights of a tap, for each of two pixels.
#[inline]
#[target_feature(enable = "sse2")]
fn extend(weights: &[u8; 4]) -> __m128i {
    let bytes = _mm_set1_epi32(i32::from_le_bytes(*weights));
    _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8)
}

/// Neighbours added up: four sums from two vectors.
#[inline]
#[target_feature(enable = "sse2")]
fn fold(low: __m128i, high: __m128i) -> __m128i {
    let (low, high) = (_mm_castsi128_ps(low), _mm_castsi128_ps(high));
    let even = _mm_castps_si128(_mm_shuffle_ps(low, high, 0b10_00_10_00));
    let odd = _mm_castps_si128(_mm_shuffle_ps(low, high, 0b11_01_11_01));
    _mm_add_epi32(even, odd)
}

/// [`requantize`] before saturation, four at a time. `PMULUDQ` knows no signs: with `u = sum + 2^31`,
/// `sum * multiplier = u * multiplier - 2^31 * multiplier`.
#[inline]
#[target_feature(enable = "sse2")]
fn scale(sums: __m128i, [positive, negative]: [i32; 2], zero_point: i32) -> __m128i {
    let below = _mm_srai_epi32(sums, 31);
    let multiplier = _mm_or_si128(
        _mm_and_si128(below, _mm_set1_epi32(negative)),
        _mm_andnot_si128(below, _mm_set1_epi32(positive)),
    );
    let sums = _mm_xor_si128(sums, _mm_set1_epi32(i32::MIN));
    let half = _mm_set1_epi64x(1 << 31);
    let product = |sums, multiplier| {
        let low = _mm_and_si128(multiplier, _mm_set1_epi64x(0xffff_ffff));
        let offset = _mm_sub_epi64(_mm_slli_epi64(low, 31), half);
        _mm_sub_epi64(_mm_mul_epu32(sums, multiplier), offset)
    };
    let even = product(sums, multiplier);
    let odd = product(_mm_srli_epi64(sums, 32), _mm_srli_epi64(multiplier, 32));
    let high = _mm_set1_epi64x(!0xffff_ffff);
    let words = _mm_or_si128(_mm_srli_epi64(even, 32), _mm_and_si128(odd, high));
    _mm_add_epi32(words, _mm_set1_epi32(zero_point))
}

/// The sums of `2 * V` pixels from column `first` on for `C` channels; each sum in two parts side by side.
#[inline]
#[target_feature(enable = "sse2")]
fn sums<const V: usize, const C: usize>(
    strip: &Strip<'_>,
    filters: [&[u8]; C],
    first: usize,
) -> [[__m128i; V]; C] {
    let mut sums = [[_mm_setzero_si128(); V]; C];
    let width = strip.kernel_width;
    let mut taps = filters.map(|filter| filter.as_chunks::<4>().0);
    let reach = width.wrapping_add(2 * V).wrapping_sub(1);
    for k in 0..strip.kernel_height {
        let mut row = strip.source.row(k).get(first..).unwrap_or_default();
        for _ in 0..strip.quads {
            let cells = row.get(..reach).unwrap_or_default();
            for (column, cells) in cells.windows(2 * V).enumerate() {
                let weights = taps.map(|taps| extend(taps.get(column).unwrap_or(&[0; 4])));
                for (index, pair) in cells.as_chunks::<2>().0.iter().enumerate() {
                    let input = load(pair);
                    for (sums, weights) in sums.iter_mut().zip(weights) {
                        if let Some(sum) = sums.get_mut(index) {
                            *sum = _mm_add_epi32(*sum, _mm_madd_epi16(input, weights));
                        }
                    }
                }
            }
            taps = taps.map(|taps| taps.get(width..).unwrap_or_default());
            row = row.get(strip.source.plane..).unwrap_or_default();
        }
    }
    sums
}

#[inline]
#[target_feature(enable = "sse2")]
fn finish(
    strip: &Strip<'_>,
    channel: usize,
    x: usize,
    low: __m128i,
    high: __m128i,
    target: &mut Target<'_>,
) {
    let multipliers = strip.tables.multipliers(channel);
    let bias = _mm_set1_epi32(strip.tables.bias(channel));
    let scaled = |sums| scale(_mm_add_epi32(sums, bias), multipliers, strip.zero_point);
    let values = _mm_packs_epi32(scaled(low), scaled(high));
    let values = saturate(values, strip.zero_point);
    let values = [
        _mm_extract_epi16(values, 0),
        _mm_extract_epi16(values, 1),
        _mm_extract_epi16(values, 2),
        _mm_extract_epi16(values, 3),
        _mm_extract_epi16(values, 4),
        _mm_extract_epi16(values, 5),
        _mm_extract_epi16(values, 6),
        _mm_extract_epi16(values, 7),
    ];
    target.set_all(x, channel, values.map(|value| value as i16));
}

/// Eight pixels of `C` channels.
#[inline]
#[target_feature(enable = "sse2")]
fn block<const C: usize>(
    strip: &Strip<'_>,
    channel: usize,
    filters: [&[u8]; C],
    x: usize,
    target: &mut Target<'_>,
) {
    let sums = sums::<4, C>(strip, filters, strip.column.wrapping_add(x));
    for (channel, [a, b, c, d]) in (channel..).zip(sums) {
        finish(strip, channel, x, fold(a, b), fold(c, d), target);
    }
}

/// Four pixels of `C` channels.
#[inline]
#[target_feature(enable = "sse2")]
fn half<const C: usize>(
    strip: &Strip<'_>,
    channel: usize,
    filters: [&[u8]; C],
    x: usize,
    target: &mut Target<'_>,
) {
    let sums = sums::<2, C>(strip, filters, strip.column.wrapping_add(x));
    for (channel, [a, b]) in (channel..).zip(sums) {
        let multipliers = strip.tables.multipliers(channel);
        let bias = _mm_set1_epi32(strip.tables.bias(channel));
        let values = scale(
            _mm_add_epi32(fold(a, b), bias),
            multipliers,
            strip.zero_point,
        );
        let values = saturate(_mm_packs_epi32(values, values), strip.zero_point);
        let values = [
            _mm_extract_epi16(values, 0),
            _mm_extract_epi16(values, 1),
            _mm_extract_epi16(values, 2),
            _mm_extract_epi16(values, 3),
        ];
        target.set_all(x, channel, values.map(|value| value as i16));
    }
}

/// To the range of an int8, then less the zero point.
#[inline]
#[target_feature(enable = "sse2")]
fn saturate(values: __m128i, zero_point: i32) -> __m128i {
    let values = _mm_min_epi16(values, _mm_set1_epi16(127));
    let values = _mm_max_epi16(values, _mm_set1_epi16(-128));
    _mm_sub_epi16(values, _mm_set1_epi16(zero_point as i16))
}

/// Runs a strip of at least four pixels without strides; others are left to the portable kernel.
pub(super) fn run(strip: &Strip<'_>, target: &mut Target<'_>) -> bool {
    // SAFETY: every x86-64 has SSE2.
    unsafe { convolve(strip, target) }
}

#[target_feature(enable = "sse2")]
fn convolve(strip: &Strip<'_>, target: &mut Target<'_>) -> bool {
    if strip.stride != 1 || strip.count < 4 {
        return false;
    }
    let bytes = strip.filter().max(1);
    let filters = strip
        .tables
        .weights
        .get(..bytes.wrapping_mul(strip.channels))
        .unwrap_or_default();
    // Blocks that would reach beyond the row start earlier: the overlap is computed twice.
    let mut channel = 0;
    for pair in filters.chunks(bytes.wrapping_mul(2)) {
        let (one, other) = pair.split_at_checked(bytes).unwrap_or_default();
        let mut x = 0;
        while x < strip.count {
            let left = strip.count.wrapping_sub(x);
            if left > 4 && strip.count >= 8 {
                let start = x.min(strip.count.wrapping_sub(8));
                if other.is_empty() {
                    block(strip, channel, [one], start, target);
                } else {
                    block(strip, channel, [one, other], start, target);
                }
                x = x.wrapping_add(8);
            } else {
                let start = x.min(strip.count.wrapping_sub(4));
                if other.is_empty() {
                    half(strip, channel, [one], start, target);
                } else {
                    half(strip, channel, [one, other], start, target);
                }
                x = x.wrapping_add(4);
            }
        }
        channel = channel.wrapping_add(2);
    }
    true
}

/// A cell's product of a dense layer: two partial sums in each half of the vector.
#[inline]
#[target_feature(enable = "sse2")]
fn dot(row: &[u8], input: &[Cell]) -> i32 {
    let mut sum = _mm_setzero_si128();
    let (quads, last) = row.as_chunks::<8>();
    let (pairs, rest) = input.as_chunks::<2>();
    for (&[a, b, c, d, e, f, g, h], pair) in quads.iter().zip(pairs) {
        let bytes = _mm_set_epi8(
            0, 0, 0, 0, 0, 0, 0, 0, h as i8, g as i8, f as i8, e as i8, d as i8, c as i8, b as i8,
            a as i8,
        );
        let weights = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
        sum = _mm_add_epi32(sum, _mm_madd_epi16(load(pair), weights));
    }
    let sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 8));
    let sum = _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_srli_si128(sum, 4)));
    let single = last.first_chunk().zip(rest.first());
    sum.wrapping_add(single.map_or(0, |(weights, cell)| cell.dot(weights)))
}

#[target_feature(enable = "sse2")]
fn rows(
    layer: &crate::layer::Layer<'_>,
    tables: super::tables::Tables<'_>,
    input: &[Cell],
    target: &mut Target<'_>,
) {
    let channels = usize::from(layer.output.channels);
    let mut rows = tables
        .weights
        .chunks_exact(input.len().wrapping_mul(4).max(1));
    let mut biases = tables.biases.iter();
    for x in 0..usize::from(layer.output.width) {
        for channel in 0..channels {
            let (Some(row), Some(bias)) = (rows.next(), biases.next()) else {
                return;
            };
            let sum = i32::from_le_bytes(*bias).wrapping_add(dot(row, input));
            let value = requantize(
                sum,
                tables.multipliers(channel),
                layer.output_zero_point.into(),
            );
            target.set_all(x, channel, [value]);
        }
    }
}

/// A row of a dense layer.
pub(super) fn dense(
    layer: &crate::layer::Layer<'_>,
    tables: super::tables::Tables<'_>,
    input: &[Cell],
    target: &mut Target<'_>,
) {
    // SAFETY: every x86-64 has SSE2.
    unsafe { rows(layer, tables, input, target) }
}

const _: () = assert!(BIAS == 0, "vectors are loaded as they are");
