//! From the accumulator to the next layer's int8.

use crate::layer::{Activation, Layer};

/// What a layer's requantizations share.
#[derive(Clone, Copy)]
pub(super) struct Requantize {
    shift: u32,
    zero_point: i32,
    minimum: i32,
    /// In 1/65536; the factor on multipliers of negative accumulators.
    negative_slope: i64,
}

impl Requantize {
    pub(super) fn new(layer: &Layer<'_>) -> Self {
        let zero_point = i32::from(layer.output_zero_point);
        let (minimum, negative_slope) = match layer.activation {
            Activation::Linear => (-127, 1 << 16),
            Activation::Relu => (zero_point, 1 << 16),
            Activation::LeakyRelu { slope } => (-127, i64::from(slope)),
        };
        Requantize {
            shift: u32::from(layer.shift),
            zero_point,
            minimum,
            negative_slope,
        }
    }

    /// `clamp(zero point + round(accumulator * multiplier / 2^shift))`, halves rounded up, as the byte of an `i8`.
    #[inline(always)]
    pub(super) fn apply(self, accumulator: i32, multiplier: i32) -> u8 {
        let mut multiplier = i64::from(multiplier);
        if accumulator < 0 && self.negative_slope != 1 << 16 {
            multiplier = (multiplier * self.negative_slope + (1 << 15)) >> 16;
        }
        // Both factors are below 2^31 and the shift is at least 24: nothing here can overflow.
        let half = 1i64 << (self.shift.wrapping_sub(1) & 63);
        let scaled = (i64::from(accumulator) * multiplier).wrapping_add(half) >> (self.shift & 63);
        let value = scaled.wrapping_add(i64::from(self.zero_point));
        value.clamp(i64::from(self.minimum), 127) as u8
    }
}
