//! Quantization of the values between a decoder's layers to int8. `docs/arithmetic.md` defines their meaning.

use super::float_decoder::PixelFunction;
use pixling_nn::Grid;

/// The largest magnitude that steps are made for.
const TOP: f32 = 127.0;

/// Step and zero point of an int8 activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    /// Real value of a step.
    pub scale: f32,
    /// The quantized value of a real zero.
    pub zero_point: i8,
}

impl Quantization {
    /// The quantization of a latent that is given in steps.
    pub(super) const STEPS: Quantization = Quantization {
        scale: 1.0,
        zero_point: 0,
    };

    /// The finest steps that cover a range; zero is always in it.
    pub fn of_range(low: f32, high: f32) -> Quantization {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = ((high - low) / (2.0 * TOP)).max(1e-6);
        let zero_point = (-TOP - low / scale).round().clamp(-TOP, TOP);
        Quantization {
            scale,
            zero_point: zero_point as i8,
        }
    }

    /// The real values of -128 to 127.
    pub fn grid(&self) -> Grid {
        let zero = f32::from(self.zero_point);
        Grid {
            step: self.scale,
            range: [-128.0 - zero, 127.0 - zero],
        }
    }

    /// The pixels of values from 0 to 128. Both functions are symmetric, so that a last layer with zero point 0 needs
    /// no more.
    pub(super) fn pixels(&self, function: PixelFunction) -> Vec<u8> {
        let pixel = |value: i32| (function.apply(self.scale * value as f32) * 255.0).round() as u8;
        (0..=128).map(pixel).collect()
    }
}

/// The quantization of a latent: a step for each dimension, zero at zero. The steps are folded into the first layer's
/// weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentQuantization {
    /// Real value of a step, for `z_s` and `z_u` in order.
    pub steps: Vec<f32>,
}

impl LatentQuantization {
    /// The quantized latent.
    pub fn quantize(&self, latent: &[f32]) -> Vec<i8> {
        let quantize = |(value, step): (&f32, &f32)| (value / step).round().clamp(-TOP, TOP) as i8;
        latent.iter().zip(&self.steps).map(quantize).collect()
    }

    /// The real values of a quantized latent.
    pub fn rounded(&self, latent: &[f32]) -> Vec<f32> {
        let values = self.quantize(latent).into_iter().zip(&self.steps);
        values
            .map(|(value, step)| f32::from(value) * step)
            .collect()
    }
}
