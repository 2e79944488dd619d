//! What a Pixling device does: it shows pictures of a model, browses the classes, rerolls the style, morphs from one
//! picture into another, and keeps class or style fixed.
//!
//! The same source runs in firmware and in the desktop simulator. It is generic over the display, any `DrawTarget` of
//! `embedded-graphics`, and over the buttons, any `InputPin` of `embedded-hal`; it has no heap, and all memory that
//! grows with model or display is the caller's.
//!
//! ```
//! use embedded_graphics::pixelcolor::BinaryColor;
//! use embedded_graphics::prelude::Size;
//! use pixling_app::{App, Buttons, Events, Frame, ScriptedPin, Settings, Workspace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let Ok(file) = std::fs::read("model.pxl") else { return Ok(()) };
//! let model = pixling::Model::load(&file)?; // on a device: the bytes in flash
//! let (a, b) = (ScriptedPin::new(), ScriptedPin::new()); // on a device: its pins
//! let (mut arena, mut row, mut bytes) = (vec![0; model.arena_bytes()], [0; 260], [0; 1024]);
//!
//! let mut app = App::new(model, Settings::default());
//! let mut events = Events::new(Buttons::new(&a, &b));
//! let mut frame = Frame::<BinaryColor>::new(&mut bytes, Size::new(128, 64))?;
//! events.tick(); // on a device: in a timer's interrupt, 30 times a second
//! while let Some(elapsed) = events.take() {
//!     app.advance(elapsed);
//! }
//! if app.take_change() {
//!     app.draw(&mut frame, &mut Workspace { arena: &mut arena, row: &mut row })?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Buttons
//!
//! | gesture | does |
//! |---|---|
//! | press A | what the mode is for: the next class, another style, the next picture to morph into, the next lock |
//! | press B, or hold A where there is no B | the next mode: browse, reroll, morph, lock |
#![cfg_attr(not(test), no_std)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

mod app;
mod artwork;
mod buttons;
mod caption;
mod digits;
mod dither;
mod events;
mod frame;
mod layout;
mod lines;
mod memory;
mod mode;
mod play;
mod request;
mod rotation;
mod script;
mod tone;

pub use app::{App, DrawError, Pick, Settings, Workspace};
pub use buttons::{Buttons, Gesture, Gestures, HOLD_TICKS, NoButton};
pub use digits::digits;
pub use dither::{Dithering, row_bytes};
pub use events::{Elapsed, Events};
pub use frame::{Frame, FrameTooSmall, Stored};
pub use layout::Layout;
pub use memory::{APPLICATION_BYTES, STACK_BYTES};
pub use mode::{Lock, Mode};
pub use pixling::Scale;
pub use play::PlayRequest;
pub use request::{COMMAND_LINE_BYTES, PictureRequest};
pub use rotation::{Rotated, Rotation};
pub use script::{Action, Button, ScriptedPin, parse_action};
pub use tone::{Colour, Theme, Tone};

/// Ticks of [`App::tick`] and [`Events::tick`] in a second.
pub const TICKS_PER_SECOND: u32 = 30;
