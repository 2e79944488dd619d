//! A device on the desktop: the application draws on a simulated display.

mod application;
mod layout;
mod magnified;
mod simulated;

pub use application::{Caption, draw_color, draw_monochrome};
pub use layout::Layout;
pub use magnified::{Dithering, Magnified};
pub use simulated::{Display, show};
