//! Pixling models as a device runs them: on simulated boards and displays, and in the real firmware on emulated cores.
//!
//! - [`run`] is a device on the desktop: the application of `pixling-app`, in a board's RAM, in front of a display.
//! - [`check`] compares pictures with recorded ones, for CI.
//! - [`testing`] is for the tests of someone's firmware crate: a display and buttons, with ten lines as an example.
//! - [`emulate`] boots the firmware of `firmware-sim/emulated` in QEMU, compares its pictures with the desktop's byte
//!   by byte and reports instructions, arena and stack.
//!
//! Boards, displays and cores come from the crate `pixling-boards`.
//!
//! All call the crate `pixling` for every picture: there is no second implementation of the arithmetic here.
//!
//! # Features
//!
//! - `window`: `run --window` opens a window, by SDL. Everything else needs neither display nor terminal.

pub mod check;
mod command;
mod difference;
pub mod emulate;
mod error;
mod model_file;
mod png;
pub mod run;
mod table;
pub mod testing;

pub use command::execute;
pub use error::Error;
pub use model_file::ModelFile;
pub use pixling_app::PictureRequest;
