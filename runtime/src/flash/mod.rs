//! Models in flash: read through a driver where flash is not memory-mapped, and replaced while a device runs.
//!
//! Drivers are those of `embedded-storage`. What a file in a slot looks like, what a cut of the power leaves and what
//! reading costs is in `docs/flash.md`.

mod blocks;
mod error;
mod paged;
mod pages;
mod records;
mod rows;
#[cfg(feature = "signed")]
mod signature;
mod slot;
mod slots;
mod writer;

pub use error::{PagedError, SlotError};
pub use paged::PagedModel;
pub use rows::PagedRows;
#[cfg(feature = "signed")]
pub use signature::SIGNATURE_BYTES;
pub use slot::{NoModel, RECORD_BYTES, Slot, Vacancy, newest};
pub use slots::Slots;
pub use writer::{Limits, ModelWriter};

/// What was read of a flash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls of the driver.
    pub reads: u32,
    /// Bytes that they read, filled up to whole words of the flash; `u32::MAX` stands for that many or more.
    pub bytes: u32,
}
