//! The distribution of latents, and the way from a request to the decoder's quantized input.

use crate::fields::{Fields, NO_VARIANT};
use crate::gaussian::FRACTION_BITS;
use crate::index::{nth, product, rest, shift_up};
use crate::request::{Request, Temperature, Way};
use crate::{Gaussian, GenerateError};
use core::convert::Infallible;
use postcard::de_flavors::Flavor;
#[cfg(feature = "write")]
use {alloc::vec::Vec, serde::Serialize};

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
    /// Components of each class, and styles.
    Mixture(&'m Mixture),
}

/// Gaussians of `(z_s, z_u)` for each class, its components; and Gaussians of `z_u` for all classes, the styles.
///
/// A component is drawn with a probability that is proportional to its weight plus 1. A Gaussian of `n` dimensions takes
/// `n + ceil(n / 2)` bytes: `n` means, `i8` in steps of the decoder's input, and as many deviations of four bits, the first
/// in the low bits of the first byte. A deviation `d` stands for `unit * 2^((d - 1) / 4)`, 0 for none.
#[cfg(feature = "write")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mixture {
    /// The smallest deviation but 0, in 1/256 of a step of the decoder's input: 1 to 4096.
    pub unit: u16,
    /// Components of a class, 1 to 256.
    pub components: u16,
    /// Weights of the components, one class after another.
    pub weights: Vec<u8>,
    /// Components, one class after another.
    pub normals: Vec<u8>,
    /// Weights of the styles, 1 to 256.
    pub style_weights: Vec<u8>,
    /// Styles.
    pub styles: Vec<u8>,
}

/// The kind of a prior, and its numbers outside of tables.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The tables are `mu` and `sigma`.
    Gaussian { z_u_sigma: u16 },
    /// The tables are weights and Gaussians of the components, and weights and Gaussians of the styles.
    Mixture { unit: u16, components: u16 },
}

impl Kind {
    /// Tables of a prior of this kind in the file.
    #[cfg(feature = "flash")]
    pub(crate) fn tables(self) -> usize {
        match self {
            Kind::Gaussian { .. } => 2,
            Kind::Mixture { .. } => TABLES,
        }
    }
}

/// The most tables of a prior.
pub(crate) const TABLES: usize = 4;

/// Whether a format names the kind of its prior. Before, it is Gaussians.
pub(crate) fn is_named(version: u16) -> bool {
    version >= 4
}

/// Decodes kind and tables. The kind is read where it is `named`.
#[inline(always)]
pub(crate) fn decode<'m, F: Flavor<'m>>(
    fields: &mut Fields<F>,
    named: bool,
) -> postcard::Result<(Kind, [&'m [u8]; TABLES])> {
    match if named { fields.u32()? } else { 0 } {
        0 => {
            let tables = [fields.bytes()?, fields.bytes()?, &[], &[]];
            let z_u_sigma = fields.u16()?;
            Ok((Kind::Gaussian { z_u_sigma }, tables))
        }
        1 => {
            let (unit, components) = (fields.u16()?, fields.u16()?);
            let mut tables: [&[u8]; TABLES] = [&[]; TABLES];
            for table in &mut tables {
                *table = fields.bytes()?;
            }
            Ok((Kind::Mixture { unit, components }, tables))
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
    /// The dimensions of a Gaussian of a mixture from `first` on.
    Coded {
        unit: u16,
        bytes: &'t [u8],
        dimensions: usize,
        first: usize,
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
                first,
            } => {
                let index = nth(first, 1, index);
                let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
                let codes = byte(nth(dimensions, 1, index >> 1));
                let code = codes >> ((index & 1) << 2) & 15;
                (i16::from(byte(index) as i8) << 8, deviation(unit, code))
            }
        }
    }
}

/// The dimensions of a latent and the kind of its distribution.
#[derive(Clone, Copy, Debug)]
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
        match self.kind {
            Kind::Gaussian { .. } => [product([self.z_s.into(), 2]); 2],
            Kind::Mixture { components, .. } => {
                let weights = styles.max(components.into());
                let [component, style] = [self.dimensions(), self.z_u.into()].map(coded_bytes);
                [component.max(weights), style]
            }
        }
    }

    /// Draws `[z_s, z_u]` of a request and hands out each value with its index.
    pub(crate) fn sample<T: Tables>(
        &self,
        tables: &mut T,
        request: &Request,
        mut set: impl FnMut(usize, i8),
    ) -> Result<(), T::Error> {
        let mut noise = request.noise();
        let [z_s, z_u] = self.normals(tables, request, &mut noise)?;
        let (label, style) = &mut noise;
        for index in 0..self.dimensions() {
            let ((mean, sigma), temperature, gaussian) = match index.checked_sub(self.z_s.into()) {
                None => (z_s.of(index), request.z_s_temperature, &mut *label),
                Some(index) => (z_u.of(index), request.z_u_temperature, &mut *style),
            };
            set(index, quantize(mean, sigma, temperature, gaussian.draw()));
        }
        Ok(())
    }

    /// The Gaussians of `z_s` and of `z_u`. A mixture chooses among its own.
    #[inline(always)]
    fn normals<'t, T: Tables>(
        &self,
        tables: &'t mut T,
        request: &Request,
        (label, style): &mut (Gaussian, Gaussian),
    ) -> Result<[Normals<'t>; 2], T::Error> {
        let class = usize::from(request.class);
        let (unit, components) = match self.kind {
            Kind::Mixture { unit, components } => (unit, usize::from(components)),
            Kind::Gaussian { z_u_sigma: sigma } => {
                let bytes = product([self.z_s.into(), 2]);
                let at = product([class, bytes]);
                let [mu, sigma_of_z_s] =
                    tables.parts([0, 1].map(|table| Part { table, at, bytes }))?;
                let z_s = Normals::Tables {
                    mu,
                    sigma: sigma_of_z_s,
                };
                return Ok([z_s, Normals::Centred { sigma }]);
            }
        };
        let mut component = Part {
            table: 0,
            at: product([class, components]),
            bytes: components,
        };
        let [weights] = tables.parts([component])?;
        let chosen = nth(component.at, 1, label.choose(weights));
        component.table = 1;
        component.bytes = coded_bytes(self.dimensions());
        component.at = product([chosen, component.bytes]);
        let coded = |bytes, dimensions, first| Normals::Coded {
            unit,
            bytes,
            dimensions,
            first,
        };
        if request.way == Way::Joint {
            let [bytes] = tables.parts([component])?;
            return Ok([0, self.z_s.into()].map(|first| coded(bytes, self.dimensions(), first)));
        }
        let mut shared = Part {
            table: 2,
            at: 0,
            bytes: tables.bytes(2),
        };
        let [weights] = tables.parts([shared])?;
        let chosen = style.choose(weights);
        shared.table = 3;
        shared.bytes = coded_bytes(self.z_u.into());
        shared.at = product([chosen, shared.bytes]);
        let [bytes, of_style] = tables.parts([component, shared])?;
        Ok([
            coded(bytes, self.dimensions(), 0),
            coded(of_style, self.z_u.into(), 0),
        ])
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
