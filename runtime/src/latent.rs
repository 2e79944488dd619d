//! From a request to the decoder's quantized input.

use crate::GenerateError;
use crate::gaussian::FRACTION_BITS;
use crate::index::nth;
use crate::request::{Request, Temperature};

/// Mixture and temperature are in 1/256 each.
const SCALE_BITS: u32 = 8 + 8 + FRACTION_BITS;

/// `mean + sigma * temperature * draw`, both in 1/256 of a step, rounded to a step and saturated at +-127.
fn quantize(mean: i16, sigma: u16, temperature: Temperature, draw: i32) -> i8 {
    let deviation = i64::from(sigma) * i64::from(temperature.in_256ths()) * i64::from(draw);
    let value = (i64::from(mean) << (SCALE_BITS - 8)) + deviation;
    let rounded = (value + (1 << (SCALE_BITS - 1))) >> SCALE_BITS;
    rounded.clamp(-127, 127) as i8
}

/// A model has classes below `classes`.
pub(crate) fn check_class(class: u16, classes: u16) -> Result<(), GenerateError> {
    if class < classes {
        Ok(())
    } else {
        Err(GenerateError::NoSuchClass { class, classes })
    }
}

/// The distribution of a class. What stands behind its `z_s` values in the tables is ignored.
pub(crate) struct Mixture<'t> {
    pub(crate) z_s: u16,
    pub(crate) z_u: u16,
    /// `i16` for each dimension of `z_s`.
    pub(crate) mu: &'t [u8],
    /// `u16` for each dimension of `z_s`.
    pub(crate) sigma: &'t [u8],
    pub(crate) z_u_sigma: u16,
}

impl Mixture<'_> {
    /// Hands out `[z_s, z_u]`, each value with its index.
    pub(crate) fn sample(&self, request: &Request, mut set: impl FnMut(usize, i8)) {
        let (mut gaussian, mut style) = request.noise();
        let mut classes = self.mu.as_chunks().0.iter().zip(self.sigma.as_chunks().0);
        for index in 0..nth(self.z_s.into(), 1, self.z_u.into()) {
            let (mean, sigma, temperature, gaussian) = if index < self.z_s.into() {
                let Some((mean, sigma)) = classes.next() else {
                    return;
                };
                let (mean, sigma) = (i16::from_le_bytes(*mean), u16::from_le_bytes(*sigma));
                (mean, sigma, request.z_s_temperature, &mut gaussian)
            } else {
                (0, self.z_u_sigma, request.z_u_temperature, &mut style)
            };
            set(index, quantize(mean, sigma, temperature, gaussian.draw()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latent_rounds_to_the_nearest_step_and_saturates() {
        let one = Temperature::ONE;
        assert_eq!(quantize(127, 0, one, 0), 0);
        assert_eq!(quantize(128, 0, one, 0), 1);
        assert_eq!(quantize(-129, 0, one, 0), -1);
        assert_eq!(quantize(256, 256, one, 4096), 2);
        assert_eq!(quantize(256, 256, Temperature::from_percent(50), 8192), 2);
        assert_eq!(quantize(i16::MAX, u16::MAX, one, 6 * 4096), 127);
        assert_eq!(quantize(i16::MIN, u16::MAX, one, -6 * 4096), -127);
    }
}
