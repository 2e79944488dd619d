//! The common part of the boards' firmware: the model in its flash partition, and the loop of the application. A board
//! brings its pins, its display and its clock.
#![no_std]

mod failure;
mod message;
#[cfg(target_arch = "arm")]
mod pace;
mod run;
mod show;

pub use failure::{Failure, load};
pub use message::write_message;
#[cfg(target_arch = "arm")]
pub use pace::{CycleDelay, Pace};
pub use run::run;
pub use show::show;
