//! What can go wrong with a model in flash.

use super::NoModel;
use crate::{GenerateError, LoadError, SelfTestError};
use core::fmt;

/// Why a model in flash was not loaded or not drawn. `E` is the error of the flash's driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PagedError<E> {
    /// The driver could not read.
    Read(E),
    /// The file was refused, for what [`Model::load`](crate::Model::load) refuses it for.
    Load(LoadError),
    /// The buffer is smaller than [`Model::page_bytes`](crate::Model::page_bytes).
    BufferTooSmall {
        /// Bytes that are needed; more where so few were given that the model could not be read.
        needed: usize,
        /// Bytes of the buffer that was given.
        found: usize,
    },
    /// A picture takes more multiply-accumulates than the [`Limits`](super::Limits) of an update.
    TooMuchWork {
        /// Multiply-accumulates of a picture.
        needed: u64,
        /// The most that are allowed.
        most: u64,
    },
    /// No picture was made of a request.
    Generate(GenerateError),
    /// A golden picture came out wrong.
    SelfTest(SelfTestError),
    /// The flash holds another file than the one that was loaded.
    Changed,
}

impl<E> From<LoadError> for PagedError<E> {
    fn from(error: LoadError) -> Self {
        PagedError::Load(error)
    }
}

impl<E> From<GenerateError> for PagedError<E> {
    fn from(error: GenerateError) -> Self {
        PagedError::Generate(error)
    }
}

impl<E> From<SelfTestError> for PagedError<E> {
    fn from(error: SelfTestError) -> Self {
        PagedError::SelfTest(error)
    }
}

impl<E: fmt::Debug> fmt::Display for PagedError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PagedError::Read(error) => write!(f, "the flash cannot be read: {error:?}"),
            PagedError::Load(error) => error.fmt(f),
            PagedError::BufferTooSmall { needed, found } => write!(
                f,
                "the buffer is too small: {needed} bytes needed, {found} given"
            ),
            PagedError::TooMuchWork { needed, most } => write!(
                f,
                "a picture takes {needed} multiply-accumulates, an update at most {most}"
            ),
            PagedError::Generate(error) => error.fmt(f),
            PagedError::SelfTest(error) => error.fmt(f),
            PagedError::Changed => f.write_str(
                "the flash holds another file than the one that was loaded: load it again",
            ),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for PagedError<E> {}

/// Why there is no model in a slot, or none came into it. `E` is the error of the flash's driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlotError<E> {
    /// The region is not two slots of whole sectors within the flash.
    Region {
        /// The first byte of the region.
        start: u32,
        /// The one behind its last.
        end: u32,
        /// Bytes of a sector.
        sector: u32,
    },
    /// Neither slot has a model.
    NoModel(NoModel<E>),
    /// A model in a slot was not loaded, or the new one was refused.
    Model(PagedError<E>),
    /// The new file is longer than a slot holds.
    TooLarge {
        /// Bytes of the file.
        needed: u64,
        /// Bytes that a slot holds.
        capacity: u32,
    },
    /// Only signed models are taken, and fewer than the [bytes of a signature](super::SIGNATURE_BYTES) came after the file.
    #[cfg(feature = "signed")]
    Unsigned,
    /// The signature is not one of this file by the public key that was given.
    #[cfg(feature = "signed")]
    WrongSignature,
    /// The driver could not erase.
    Erase(E),
    /// The driver could not write.
    Write(E),
    /// The record of a model does not come back from the flash as it was written: the model before stays in use.
    NotCommitted,
    /// The record of a model was written and could not be read back, or the record of the other slot could neither be read
    /// nor erased: only [`Slots::newest`](super::Slots::newest) tells which model is in use, once the flash works again.
    Unconfirmed(E),
}

impl<E> From<PagedError<E>> for SlotError<E> {
    fn from(error: PagedError<E>) -> Self {
        SlotError::Model(error)
    }
}

impl<E: fmt::Debug> fmt::Display for SlotError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SlotError::Region { start, end, sector } => write!(
                f,
                "{start:#x} to {end:#x} is not twice a number of sectors of {sector} bytes within the flash"
            ),
            SlotError::NoModel(error) => error.fmt(f),
            SlotError::Model(error) => error.fmt(f),
            SlotError::TooLarge { needed, capacity } => write!(
                f,
                "the model file is too large for the slot: {needed} bytes, the slot holds {capacity}"
            ),
            #[cfg(feature = "signed")]
            SlotError::Unsigned => f.write_str(
                "the update has no signature of 64 bytes after the model file: sign the file",
            ),
            #[cfg(feature = "signed")]
            SlotError::WrongSignature => f.write_str(
                "the signature is not one of this model file by the key that this device trusts: send it again, or sign \
                 it with that key",
            ),
            SlotError::Erase(error) => write!(f, "the flash cannot be erased: {error:?}"),
            SlotError::Write(error) => write!(f, "the flash cannot be written: {error:?}"),
            SlotError::NotCommitted => f.write_str(
                "the flash does not keep what is written: the model before stays in use",
            ),
            SlotError::Unconfirmed(error) => write!(
                f,
                "the new model was written, and the flash does not say whether it counts: ask for the newest: {error:?}"
            ),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SlotError<E> {}
