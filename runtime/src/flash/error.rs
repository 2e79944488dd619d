//! What can go wrong with a model in flash.

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
            PagedError::Generate(error) => error.fmt(f),
            PagedError::SelfTest(error) => error.fmt(f),
            PagedError::Changed => f.write_str(
                "the flash holds another file than the one that was loaded: load it again",
            ),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for PagedError<E> {}
