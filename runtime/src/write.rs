//! Writing model files.

pub use crate::constants::constants;
use crate::envelope;
use crate::kernels::cell::quads;
use crate::kernels::requantize::negative;
use crate::layer::{Activation, Layer, Operator, Shape};
use crate::limits::MAX_GOLDEN;
use crate::record::Golden;
use alloc::vec::Vec;
use core::fmt;
use serde::Serialize;

/// All that a file holds. [`Model::load`](crate::Model::load) says what is wrong with what was written.
#[derive(Clone, Debug, Serialize)]
pub struct Contents<'a> {
    /// The model's name.
    pub name: &'a str,
    /// What it was trained on.
    pub data: &'a str,
    /// The licence of that data.
    pub licence: &'a str,
    /// One line per class.
    pub labels: &'a str,
    /// Dimensions of the label relevant latent.
    pub z_s: u16,
    /// Dimensions of the label irrelevant latent.
    pub z_u: u16,
    /// `i16`, little endian, for each class and dimension of `z_s`: its mean in 1/256 of a step of the decoder's input.
    pub mu: &'a [u8],
    /// `u16`, little endian, for each class and dimension of `z_s`: its standard deviation in the same unit.
    pub sigma: &'a [u8],
    /// The standard deviation of `z_u`, in the same unit.
    pub z_u_sigma: u16,
    /// The pixel for each value of the last layer, from -128 on.
    pub pixels: &'a [u8],
    /// At most [`MAX_GOLDEN`].
    pub golden: &'a [Golden],
    /// The decoder; the last layer writes the picture. The inputs are not written: each layer reads what the one before
    /// it writes, the first one `z_s + z_u` channels.
    pub layers: &'a [Layer<'a>],
}

/// Why nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// More golden pictures than a file holds.
    TooManyGolden,
    /// The contents are too long for the envelope.
    TooLong,
    /// A record could not be serialized.
    Serialize,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::TooManyGolden => {
                write!(f, "a model file holds at most {MAX_GOLDEN} golden pictures")
            }
            WriteError::TooLong => f.write_str("a model file holds at most 4 GiB"),
            WriteError::Serialize => f.write_str("a record of the model file cannot be serialized"),
        }
    }
}

impl core::error::Error for WriteError {}

/// The bytes of a file: envelope and payload.
///
/// # Errors
///
/// When the contents exceed what a file can hold. They are not checked otherwise: load what was written.
pub fn to_bytes(contents: &Contents<'_>) -> Result<Vec<u8>, WriteError> {
    if contents.golden.len() > MAX_GOLDEN {
        return Err(WriteError::TooManyGolden);
    }
    let payload = postcard::to_allocvec(contents).map_err(|_| WriteError::Serialize)?;
    seal(&payload)
}

/// Puts a payload into an envelope with its length and checksum.
///
/// # Errors
///
/// When the payload is too long.
pub fn seal(payload: &[u8]) -> Result<Vec<u8>, WriteError> {
    let header = envelope::header(payload).ok_or(WriteError::TooLong)?;
    let mut bytes = Vec::with_capacity(header.len() + payload.len());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

/// A layer's numbers in the plain order of its [`Operator`], before they are packed.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Each within +-127.
    pub weights: &'a [i8],
    /// One for each output of a dense layer, else one for each output channel, in units of the accumulator.
    pub bias: &'a [i32],
    /// One for each output channel: input scale * weight scale / output scale, times `2^32`.
    pub multipliers: &'a [i32],
}

/// The tables of a [`Layer`], as they stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// [`Layer::weights`].
    pub weights: Vec<u8>,
    /// [`Layer::bias`].
    pub bias: Vec<u8>,
    /// [`Layer::multipliers`].
    pub multipliers: Vec<u8>,
}

/// Brings a layer's numbers into the form that the kernels read. Numbers that are missing count as zero.
pub fn pack(
    operator: Operator,
    input: Shape,
    output: Shape,
    activation: Activation,
    plain: Plain<'_>,
) -> Packed {
    let channels = usize::from(input.channels);
    let padded = 4 * quads(input.channels);
    let outputs = usize::from(output.channels);
    // Filters, and rows and columns of each.
    let (filters, rows, columns) = match operator {
        Operator::Dense => {
            let pixels = usize::from(input.height) * usize::from(input.width);
            (output.values() as usize, 1, pixels)
        }
        Operator::Conv2d(w) => (outputs, w.kernel_height.into(), w.kernel_width.into()),
        Operator::Depthwise(w) => (outputs, w.kernel_height.into(), w.kernel_width.into()),
        Operator::TransposedConv2d => (4 * outputs, 2, 2),
    };
    let mut weights = Vec::new();
    // The weight of a channel of a tap, zero where the channel only fills up.
    let mut push = |tap: usize, channel: usize| {
        let index = tap * channels + channel;
        let weight = plain.weights.get(index).filter(|_| channel < channels);
        weights.push(weight.copied().unwrap_or(0) as u8);
    };
    match operator {
        Operator::Depthwise(_) => {
            for first in (0..padded).step_by(4) {
                for tap in 0..rows * columns {
                    (first..first + 4).for_each(|channel| push(tap, channel));
                }
            }
        }
        // Pixel by pixel.
        Operator::Dense => {
            for tap in 0..filters * columns {
                (0..padded).for_each(|channel| push(tap, channel));
            }
        }
        // Plane by plane.
        Operator::Conv2d(_) | Operator::TransposedConv2d => {
            for row in 0..filters * rows {
                for first in (0..padded).step_by(4) {
                    for column in 0..columns {
                        let tap = row * columns + column;
                        (first..first + 4).for_each(|channel| push(tap, channel));
                    }
                }
            }
        }
    }
    let multipliers = plain.multipliers.iter().flat_map(|&multiplier| {
        let [a, b, c, d] = multiplier.to_le_bytes();
        let [e, f, g, h] = negative(multiplier, activation).to_le_bytes();
        [a, b, c, d, e, f, g, h]
    });
    Packed {
        bias: plain
            .bias
            .iter()
            .flat_map(|bias| bias.to_le_bytes())
            .collect(),
        multipliers: multipliers.collect(),
        weights,
    }
}
