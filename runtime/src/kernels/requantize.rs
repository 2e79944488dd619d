//! From the accumulator to the next layer's int8.

/// `round(accumulator * multiplier / 2^32)`, halves rounded up: the next layer's int8 less its zero point, saturated as
/// that int8 is. Accumulators below zero take the second multiplier: that is the activation, linear, rectified or leaky.
#[inline(always)]
pub(super) fn requantize(accumulator: i32, multipliers: [i32; 2], zero_point: i32) -> i16 {
    let [positive, negative] = multipliers;
    let multiplier = if accumulator < 0 { negative } else { positive };
    let rounded = high_word(accumulator, multiplier);
    let value = rounded.wrapping_add(zero_point).clamp(-128, 127);
    value.wrapping_sub(zero_point) as i16
}

/// `round(accumulator * multiplier / 2^32)` for a multiplier that is not negative, halves rounded up.
#[cfg(not(kernels = "thumb1"))]
#[inline(always)]
fn high_word(accumulator: i32, multiplier: i32) -> i32 {
    // Both factors are below 2^31 in magnitude: nothing here can overflow.
    let product = i64::from(accumulator).wrapping_mul(i64::from(multiplier));
    (product.wrapping_add(1 << 31) >> 32) as i32
}

/// The same from products of halves: a Cortex-M0 multiplies 32 bits to 32.
#[cfg(kernels = "thumb1")]
#[inline(always)]
fn high_word(accumulator: i32, multiplier: i32) -> i32 {
    let (high, low) = (accumulator >> 16, accumulator & 0xffff);
    let (factor_high, factor_low) = (multiplier >> 16, multiplier & 0xffff);
    let outer = high.wrapping_mul(factor_low);
    let inner = low.wrapping_mul(factor_high);
    let lowest = (low.wrapping_mul(factor_low) as u32 >> 16) as i32;
    let middle = lowest + (outer & 0xffff) + (inner & 0xffff) + 0x8000;
    high.wrapping_mul(factor_high)
        .wrapping_add(outer >> 16)
        .wrapping_add(inner >> 16)
        .wrapping_add(middle >> 16)
}
