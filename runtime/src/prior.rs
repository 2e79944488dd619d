//! The distribution of latents, and the way from a request to the decoder's quantized input.

use crate::GenerateError;
use crate::fields::{Fields, NO_VARIANT};
use crate::gaussian::FRACTION_BITS;
use crate::index::{nth, product, rest, shift_up};
use crate::request::{Request, Temperature, Way};
use core::convert::Infallible;
use postcard::de_flavors::Flavor;
#[cfg(feature = "write")]
use serde::Serialize;

/// Mean, deviation and temperature are in 1/256 each.
const SCALE_BITS: u32 = 8 + 8 + FRACTION_BITS;

/// The distribution of latents, as a file has it.
#[cfg(feature = "write")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Prior<'m> {
    /// A Gaussian of `z_s` for each class, and one of `z_u` for all classes whose mean is 0.
    Gaussian {
        /// `i16`, little endian, for each class and dimension of `z_s`: its mean in 1/256 of a step of the decoder's
        /// input.
        mu: &'m [u8],
        /// `u16`, little endian, for each class and dimension of `z_s`: its standard deviation in the same unit.
        sigma: &'m [u8],
        /// The standard deviation of `z_u`, in the same unit.
        z_u_sigma: u16,
    },
    /// Gaussians of `(z_s, z_u)` for each class, its components; and Gaussians of `z_u` for all classes, the styles.
    ///
    /// A component is drawn with a probability that is proportional to its weight plus 1. A Gaussian of `n` dimensions
    /// takes `n + ceil(n / 2)` bytes: `n` means, `i8` in steps of the decoder's input, and as many deviations of four bits,
    /// the first in the low bits of the first byte. A deviation `d` stands for `unit * 2^((d - 1) / 4)`, 0 for none.
    Mixture {
        /// The smallest deviation but 0, in 1/256 of a step of the decoder's input: 1 to 4096.
        unit: u16,
        /// Components of a class, 1 to 256.
        components: u16,
        /// Weights of the components, one class after another.
        weights: &'m [u8],
        /// Components, one class after another.
        normals: &'m [u8],
        /// Weights of the styles, 1 to 256.
        style_weights: &'m [u8],
        /// Styles.
        styles: &'m [u8],
    },
}

/// The kind of a prior, and its numbers outside of tables.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kind {
    /// Of a mixture: components of a class. 0 for Gaussians.
    pub(crate) components: u16,
    /// Of a mixture: the smallest deviation but 0. Of Gaussians: the deviation of `z_u`.
    pub(crate) unit: u16,
}

impl Kind {
    /// Tables of a prior of this kind in the file.
    #[cfg(feature = "flash")]
    pub(crate) fn tables(self) -> usize {
        if self.components == 0 { 2 } else { TABLES }
    }
}

/// Tables of a prior: `mu` and `sigma`; or weights and Gaussians of components and of styles.
pub(crate) const TABLES: usize = 4;

/// Whether a format names the kind of its prior. Before, it is Gaussians.
pub(crate) fn is_named(version: u16) -> bool {
    version >= 4
}

/// Decodes kind and tables. The kind is read where it is `named`.
#[inline(always)]
pub(crate) fn decode<'m, F: Flavor<'m>>(
    fields: &mut Fields<'_, 'm, F>,
    named: bool,
) -> postcard::Result<(Kind, [&'m [u8]; TABLES])> {
    match if named { fields.u32()? } else { 0 } {
        0 => {
            let [mu, sigma] = [fields.bytes()?, fields.bytes()?];
            let kind = Kind {
                components: 0,
                unit: fields.u16()?,
            };
            Ok((kind, [mu, sigma, &[], &[]]))
        }
        1 => {
            let unit = fields.u16()?;
            let components = fields.u16()?;
            // A reader that does not compare counts would take it for Gaussians.
            if components == 0 {
                return Err(NO_VARIANT);
            }
            let mut tables: [&[u8]; TABLES] = [&[]; TABLES];
            for table in &mut tables {
                *table = fields.bytes()?;
            }
            Ok((Kind { components, unit }, tables))
        }
        _ => Err(NO_VARIANT),
    }
}

/// Bytes of a Gaussian of a mixture.
pub(crate) const fn coded_bytes(dimensions: usize) -> usize {
    nth(dimensions, 1, shift_up(dimensions, 1))
}

/// `2^(n / 4)` for `n` from 0 to 3, in 1/256.
const QUARTERS: [u32; 4] = [256, 304, 362, 431];

/// The deviation of a code of four bits.
fn deviation(unit: u16, code: u8) -> u16 {
    let Some(number) = code.checked_sub(1) else {
        return 0;
    };
    let quarter = QUARTERS.get(usize::from(number & 3)).copied().unwrap_or(0);
    // At most 4096 * 362 * 8: less than 2^16 after the last shift.
    (u32::from(unit).wrapping_mul(quarter) << (number >> 2) >> 8) as u16
}

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

/// Some bytes of a table.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) table: usize,
    /// The first byte.
    pub(crate) at: usize,
    pub(crate) bytes: usize,
}

/// Storage of the tables.
pub(crate) trait Tables {
    /// Why they could not be read.
    type Error;

    /// Bytes of a table.
    fn bytes(&self, table: usize) -> usize;

    /// All of the parts at the same time.
    fn parts<const N: usize>(&mut self, parts: [Part; N]) -> Result<[&[u8]; N], Self::Error>;
}

/// Tables in memory.
impl Tables for [&[u8]; TABLES] {
    type Error = Infallible;

    fn bytes(&self, table: usize) -> usize {
        self.get(table).map_or(0, |table| table.len())
    }

    fn parts<const N: usize>(&mut self, parts: [Part; N]) -> Result<[&[u8]; N], Infallible> {
        Ok(parts.map(|part| {
            let table = self.get(part.table).copied().unwrap_or_default();
            rest(table, part.at).get(..part.bytes).unwrap_or_default()
        }))
    }
}

/// Independent Gaussians of the dimensions of a latent.
#[derive(Clone, Copy)]
enum Normals<'t> {
    /// Means and deviations in words.
    Tables { mu: &'t [u8], sigma: &'t [u8] },
    /// The mean 0 and the same deviation for each dimension.
    Centred { sigma: u16 },
    /// A Gaussian of a mixture.
    Coded {
        unit: u16,
        bytes: &'t [u8],
        dimensions: usize,
    },
}

impl Normals<'_> {
    /// Mean and deviation of a dimension, in 1/256 of a step.
    #[inline(never)] // One piece of code for both parts of a latent.
    fn of(&self, index: usize) -> (i16, u16) {
        match *self {
            Normals::Tables { mu, sigma } => {
                let word = |table: &[u8]| table.as_chunks().0.get(index).copied();
                (
                    i16::from_le_bytes(word(mu).unwrap_or_default()),
                    u16::from_le_bytes(word(sigma).unwrap_or_default()),
                )
            }
            Normals::Centred { sigma } => (0, sigma),
            Normals::Coded {
                unit,
                bytes,
                dimensions,
            } => {
                let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
                let codes = byte(nth(dimensions, 1, index >> 1));
                let code = codes >> ((index & 1) << 2) & 15;
                (i16::from(byte(index) as i8) << 8, deviation(unit, code))
            }
        }
    }
}

/// The dimensions of a latent and the kind of its distribution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latent {
    pub(crate) z_s: u16,
    pub(crate) z_u: u16,
    pub(crate) kind: Kind,
}

impl Latent {
    /// Dimensions.
    pub(crate) fn dimensions(&self) -> usize {
        nth(self.z_s.into(), 1, self.z_u.into())
    }

    /// The most bytes of tables that a draw reads at the same time.
    #[cfg(feature = "flash")]
    pub(crate) fn parts(&self, styles: usize) -> [usize; 2] {
        let Kind { components, .. } = self.kind;
        if components == 0 {
            return [product([self.z_s.into(), 2]); 2];
        }
        let weights = styles.max(components.into());
        let [component, style] = [self.dimensions(), self.z_u.into()].map(coded_bytes);
        [component.max(weights), style]
    }

    /// Draws `[z_s, z_u]` of a request and hands out each value with its index.
    pub(crate) fn sample<T: Tables>(
        &self,
        tables: &mut T,
        request: &Request,
        mut set: impl FnMut(usize, i8),
    ) -> Result<(), T::Error> {
        let (mut label, mut style) = request.noise();
        let Kind { components, unit } = self.kind;
        let (z_s, z_u) = (usize::from(self.z_s), usize::from(self.z_u));
        let class = usize::from(request.class);
        let (normals, styles) = if components == 0 {
            let bytes = product([z_s, 2]);
            let at = product([class, bytes]);
            let [mu, sigma] = tables.parts([0, 1].map(|table| Part { table, at, bytes }))?;
            (
                Normals::Tables { mu, sigma },
                Some(Normals::Centred { sigma: unit }),
            )
        } else {
            let components = usize::from(components);
            let weights = Part {
                table: 0,
                at: product([class, components]),
                bytes: components,
            };
            let [weights] = tables.parts([weights])?;
            let component = nth(label.choose(weights), class, components);
            let bytes = coded_bytes(self.dimensions());
            let normal = Part {
                table: 1,
                at: product([component, bytes]),
                bytes,
            };
            let mut shared = Part {
                table: 3,
                at: 0,
                bytes: 0,
            };
            if request.way == Way::Styled {
                let weights = Part {
                    table: 2,
                    at: 0,
                    bytes: tables.bytes(2),
                };
                let [weights] = tables.parts([weights])?;
                shared.bytes = coded_bytes(z_u);
                shared.at = product([style.choose(weights), shared.bytes]);
            }
            let [normal, shared] = tables.parts([normal, shared])?;
            let coded = |bytes, dimensions| Normals::Coded {
                unit,
                bytes,
                dimensions,
            };
            let styled = request.way == Way::Styled;
            (
                coded(normal, self.dimensions()),
                styled.then_some(coded(shared, z_u)),
            )
        };
        for index in 0..self.dimensions() {
            let ((mean, sigma), temperature, gaussian) = if index < z_s {
                (normals.of(index), request.z_s_temperature, &mut label)
            } else {
                // Without a style of its own `z_u` is the rest of the component.
                let normal = match styles {
                    Some(styles) => styles.of(index.wrapping_sub(z_s)),
                    None => normals.of(index),
                };
                (normal, request.z_u_temperature, &mut style)
            };
            set(index, quantize(mean, sigma, temperature, gaussian.draw()));
        }
        Ok(())
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
