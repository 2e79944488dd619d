//! Guards pictures in CI: draws a recorded set again and compares.

mod compare;
mod golden;
mod junit;
mod pictures;

pub use compare::{Finding, Place, compare};
pub use golden::{Golden, Sample};
pub use junit::junit;
pub use pictures::write_pictures;
