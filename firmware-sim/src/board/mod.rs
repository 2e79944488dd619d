//! Boards, displays and cores as data, and what a model would need of them.

mod catalog;
mod display;
mod estimate;
mod fit;
mod profile;
mod table;

pub use catalog::Catalog;
pub use display::{Colour, Display, Technology};
pub use estimate::{Estimate, InstructionSource, Instructions, Macs, Measured};
pub(crate) use fit::needs;
pub use fit::{Fit, Part};
pub use profile::{Board, CoreProfile};
pub use table::table;
