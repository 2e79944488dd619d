//! From the accumulator to the next layer's int8.

/// `zero point + round(accumulator * multiplier / 2^32)`, halves rounded up, saturated to int8. Accumulators below zero
/// take the second multiplier: that is the activation, linear, rectified or leaky.
#[inline(always)]
pub(super) fn requantize(accumulator: i32, multipliers: [i32; 2], zero_point: i32) -> i8 {
    let [positive, negative] = multipliers;
    let multiplier = if accumulator < 0 { negative } else { positive };
    // Both factors are below 2^31 in magnitude: nothing here can overflow.
    let product = i64::from(accumulator).wrapping_mul(i64::from(multiplier));
    let rounded = (product.wrapping_add(1 << 31) >> 32) as i32;
    rounded.wrapping_add(zero_point).clamp(-128, 127) as i8
}

/// The multiplier of accumulators below zero: `multiplier * slope / 65536`, halves rounded up.
pub(crate) fn negative(multiplier: i32, activation: crate::Activation) -> i32 {
    match activation {
        crate::Activation::Linear => multiplier,
        crate::Activation::Relu => 0,
        crate::Activation::LeakyRelu { slope } => {
            (i64::from(multiplier)
                .wrapping_mul(i64::from(slope))
                .wrapping_add(1 << 15)
                >> 16) as i32
        }
    }
}
