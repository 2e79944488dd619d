//! A device on the desktop: the application of `pixling-app` in the RAM of a board, in front of a simulated display.

mod device;
mod gif;
mod ink;
mod panel;
mod photo;
mod play;
mod script;
mod start;
pub(crate) mod terminal;
#[cfg(feature = "window")]
pub(crate) mod window;

pub use device::{Device, Hardware};
pub use gif::Recorder;
pub use panel::Panel;
pub use photo::Photo;
pub use play::{Stage, play};
pub use script::{Script, Step};
pub use start::Start;
