//! One layer of the decoder, as it stands in the file.

use crate::fields::{Fields, NO_VARIANT};
use crate::shape::{Geometry, Maps, Operator, Shape, Window};
use postcard::de_flavors::Flavor;
#[cfg(feature = "write")]
use serde::Serialize;

/// Activation function, fused into the requantization of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub enum Activation {
    /// None.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `slope * x` below.
    LeakyRelu {
        /// The slope in units of 1/65536.
        slope: u16,
    },
}

impl Activation {
    /// The multiplier of accumulators below zero: `multiplier * slope / 65536`, halves rounded up.
    pub(crate) fn below_zero(self, multiplier: i32) -> i32 {
        match self {
            Activation::Linear => multiplier,
            Activation::Relu => 0,
            Activation::LeakyRelu { slope } => {
                let product = i64::from(multiplier).wrapping_mul(i64::from(slope));
                (product.wrapping_add(1 << 15) >> 16) as i32
            }
        }
    }
}

/// Coding of a layer's numbers in the file. Whichever it is, a layer computes with weights of eight bits: weights of four
/// are decoded, a few filters at a time. `docs/format.md` has every byte. A later version may add codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
#[non_exhaustive]
pub enum Coding {
    /// Weights of eight bits, biases and multipliers of 32.
    Int8,
    /// Weights of four bits with a scale of four for each 32 of a filter, biases of 8, multipliers of 16.
    Int4 {
        /// A bias is `i8 << bias_shift`.
        bias_shift: u8,
        /// A multiplier is `u16 << multiplier_shift`; at most 15.
        multiplier_shift: u8,
    },
}

impl Coding {
    /// Whether the layers of a format version name their coding. In files of version 2 it is [`Coding::Int8`].
    pub(crate) fn is_written(version: u16) -> bool {
        version >= 3
    }

    /// Bytes of a bias.
    pub(crate) fn bias_bytes(self) -> usize {
        match self {
            Coding::Int8 => 4,
            Coding::Int4 { .. } => 1,
        }
    }

    /// Bytes of the two multipliers of a channel.
    pub(crate) fn pair_bytes(self) -> usize {
        match self {
            Coding::Int8 => 8,
            Coding::Int4 { .. } => 4,
        }
    }
}

/// Quantization of a layer's output, and the coding of its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Head {
    /// The quantized value of a real zero at the output. At the input it is the zero point of the layer before, and 0 for
    /// the latent.
    pub zero_point: i8,
    /// The activation function.
    pub activation: Activation,
    /// The coding of the numbers in the tables.
    pub coding: Coding,
}

/// The numbers of a layer, borrowed from the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Tables<'m> {
    /// `i8`, each within +-127, in the order of the [`Operator`] in the file; or blocks of four bits in that order.
    pub weights: &'m [u8],
    /// In units of the accumulator, one for each output of a dense layer, else one for each output channel: `i32`, little
    /// endian; or `i8`, to be shifted.
    pub bias: &'m [u8],
    /// Pairs, little endian, not negative: `i32`; or `u16`, to be shifted. The first is input scale * weight scale / output
    /// scale, times `2^32`; the second, for accumulators below zero, the same with the activation's slope.
    pub multipliers: &'m [u8],
}

/// A quantized layer. `docs/arithmetic.md` defines what it computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Layer<'m> {
    /// Operator and sizes.
    pub geometry: Geometry,
    /// Quantization of the output.
    pub head: Head,
    /// Weights, biases and multipliers.
    pub tables: Tables<'m>,
}

/// Decodes a record of a format up to its tables, after layers that wrote these maps.
#[inline(always)]
pub(crate) fn decode<'m, F: Flavor<'m>>(
    fields: &mut Fields<F>,
    version: u16,
    maps: &mut Maps,
) -> postcard::Result<(Geometry, Head)> {
    let operator = match fields.u32()? {
        0 => Operator::Dense,
        number @ 1..=2 => {
            let window = Window {
                kernel_height: fields.u8()?,
                kernel_width: fields.u8()?,
                stride: fields.u8()?,
                padding_top: fields.u8()?,
                padding_left: fields.u8()?,
            };
            match number {
                1 => Operator::Conv2d(window),
                _ => Operator::Depthwise(window),
            }
        }
        3 => Operator::TransposedConv2d,
        4 if version >= 4 => Operator::Modulation {
            shift: fields.u8()?,
        },
        _ => return Err(NO_VARIANT),
    };
    let output = Shape {
        height: fields.u16()?,
        width: fields.u16()?,
        channels: fields.u16()?,
    };
    let zero_point = fields.u8()? as i8;
    let activation = match fields.u32()? {
        0 => Activation::Linear,
        1 => Activation::Relu,
        2 => Activation::LeakyRelu {
            slope: fields.u16()?,
        },
        _ => return Err(NO_VARIANT),
    };
    let coding = match if Coding::is_written(version) {
        fields.u32()?
    } else {
        0
    } {
        0 => Coding::Int8,
        1 => Coding::Int4 {
            bias_shift: fields.u8()?,
            multiplier_shift: fields.u8()?,
        },
        _ => return Err(NO_VARIANT),
    };
    let geometry = Geometry {
        operator,
        input: if operator.is_modulation() {
            maps.latent
        } else {
            maps.last
        },
        output,
    };
    maps.write(&geometry);
    let head = Head {
        zero_point,
        activation,
        coding,
    };
    Ok((geometry, head))
}

/// Decodes the rest of a record.
#[inline(always)]
pub(crate) fn decode_tables<'m, F: Flavor<'m>>(
    fields: &mut Fields<F>,
) -> postcard::Result<Tables<'m>> {
    Ok(Tables {
        weights: fields.bytes()?,
        bias: fields.bytes()?,
        multipliers: fields.bytes()?,
    })
}
