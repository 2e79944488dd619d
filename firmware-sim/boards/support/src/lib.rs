//! The common part of the boards' firmware: the model in its flash partition, and the loop of the application. A board
//! brings its pins, its display and its clock.
#![no_std]

mod failure;
mod message;
mod pressed_high;
mod retry;
mod run;
mod show;
#[cfg(target_arch = "arm")]
mod systick;
#[cfg(feature = "tft")]
pub mod tft;
mod ticker;

pub use failure::{Failure, load};
pub use message::write_message;
pub use pressed_high::PressedHigh;
pub use retry::retry;
pub use run::run;
pub use show::show;
#[cfg(target_arch = "arm")]
pub use systick::{SystickDelay, start_systick};
pub use ticker::Ticker;
