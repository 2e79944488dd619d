//! Pixling models as a device runs them: on simulated displays, and in the real firmware on emulated cores.
//!
//! - [`run`] draws one picture with its label, as an application on a device would, on a simulated display.
//! - [`emulate`] boots the firmware of `firmware-sim/cortex-m` in QEMU, compares its pictures with the desktop's byte
//!   by byte and reports instructions, arena and stack.
//!
//! Both call the crate `pixling` for every picture: there is no second implementation of the arithmetic here.

mod atomic;
mod command;
pub mod emulate;
mod error;
mod model_file;
mod request;
pub mod run;

pub use atomic::{encode_png, write_atomically};
pub use command::execute;
pub use error::Error;
pub use model_file::ModelFile;
pub use request::{Classes, PictureRequest};
