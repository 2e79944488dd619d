//! The RAM of a board that the application takes.

use crate::App;

/// The application's own state, whatever model and display.
pub const APPLICATION_BYTES: usize = 1536;

const _: () = assert!(size_of::<App<'_>>() <= APPLICATION_BYTES);

/// Kept free for the stack. The emulated cores measure less than that.
pub const STACK_BYTES: usize = 2048;

/// The parts of the RAM, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The model's arena.
    pub arena: usize,
    /// The frame buffer.
    pub frame: usize,
    /// The row of errors of [`Dithering::Diffusion`](crate::Dithering::Diffusion), where the display needs one.
    pub row: usize,
    /// [`APPLICATION_BYTES`].
    pub application: usize,
    /// [`STACK_BYTES`].
    pub stack: usize,
}

impl Needs {
    /// The needs of an arena, a frame buffer and a row of errors.
    pub const fn new(arena: usize, frame: usize, row: usize) -> Needs {
        Needs {
            arena,
            frame,
            row,
            application: APPLICATION_BYTES,
            stack: STACK_BYTES,
        }
    }

    /// All parts together.
    pub const fn total(&self) -> usize {
        self.arena
            .saturating_add(self.frame)
            .saturating_add(self.row)
            .saturating_add(self.application)
            .saturating_add(self.stack)
    }
}
