//! The RAM of a board that the application takes.

use crate::App;

/// The application's own state, whatever model and display.
pub const APPLICATION_BYTES: usize = 1536;

const _: () = assert!(size_of::<App<'_>>() <= APPLICATION_BYTES);

/// Kept free for the stack. The emulated cores measure less than that.
pub const STACK_BYTES: usize = 2048;
