//! Writing model files.

pub use crate::constants::constants;
use crate::envelope;
use crate::layer::Layer;
use crate::limits::MAX_GOLDEN;
pub use crate::pack::{Decoded, Packed, Plain, Plain4, groups, pack, pack4};
pub use crate::prior::{Mixture, Prior};
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
    /// The distribution of the latents.
    pub prior: Prior<'a>,
    /// The pixel for each value of the last layer, from -128 on; or from 0 to 128, where those below mirror them.
    pub pixels: &'a [u8],
    /// At most [`MAX_GOLDEN`].
    pub golden: &'a [Golden],
    /// The decoder; the last layer writes the picture. The inputs are not written: each layer reads what the one before
    /// it writes, the first one and modulations `1x1` of `z_s + z_u` channels. Modulations are passed over: they come right
    /// before the layers that they modulate.
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
