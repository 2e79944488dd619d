//! A model file in the forms in which flash is written: alone, without a firmware around it.

mod board;
mod family;
mod intel_hex;
mod uf2;

pub use board::{BOARDS, Board, Partition};
pub use family::{FAMILIES, Family, PlaceError};
pub use intel_hex::intel_hex;
pub use uf2::uf2;
