//! Boards, displays and cores as data, and what a model needs of them.
//!
//! - [`Catalog`] holds the boards of this project and of a file of the user.
//! - [`Fit`] says whether a model fits a board, how much is missing, and how long a picture would take ([`Estimate`]).
//! - [`Family`] knows the flash of a chip, [`Partition`] the part of it that a firmware keeps for the model, and
//!   [`intel_hex`] and [`uf2`] write the files that bring a model there.

mod board;
mod catalog;
mod display;
mod error;
mod estimate;
mod family;
mod fit;
mod intel_hex;
mod partition;
mod uf2;

pub use board::{Board, CoreProfile};
pub use catalog::{Catalog, EMULATED_CORES};
pub use display::{Display, Technology};
pub use error::Error;
pub use estimate::{Estimate, InstructionSource, Instructions, Macs, Measured};
pub use family::{FAMILIES, Family, PlaceError};
pub use fit::{Demand, Fit, Needs, Part};
pub use intel_hex::intel_hex;
pub use partition::Partition;
pub use pixling_app::Colour;
pub use uf2::uf2;
