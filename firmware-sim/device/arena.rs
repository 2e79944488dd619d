//! The one buffer that pictures are drawn in.

use crate::port::ARENA_BYTES as BYTES;
#[cfg(feature = "application")]
use crate::port::FRAME_BYTES;
#[cfg(not(feature = "application"))]
const FRAME_BYTES: usize = 0;

/// A buffer that can tell how much of it was written, and behind it room for the frame of a display.
#[repr(align(4))]
pub(crate) struct Arena([u8; BYTES + FRAME_BYTES]);

impl Arena {
    pub(crate) const BYTES: usize = BYTES;

    /// All zeros, so that it takes no flash.
    pub(crate) const fn new() -> Arena {
        Arena([0; BYTES + FRAME_BYTES])
    }

    /// The first bytes, at most as many as there are.
    pub(crate) fn first(&mut self, bytes: usize) -> &mut [u8] {
        &mut self.0[..bytes.min(BYTES)]
    }

    /// The first bytes, and all that is behind them.
    #[cfg(any(feature = "application", feature = "paged"))]
    pub(crate) fn split(&mut self, bytes: usize) -> (&mut [u8], &mut [u8]) {
        self.0.split_at_mut(bytes.min(BYTES))
    }

    pub(crate) fn paint(&mut self, color: u8) {
        self.0[..BYTES].fill(color);
    }

    /// The number of bytes up to the last that is not as painted.
    pub(crate) fn touched(&self, color: u8) -> usize {
        let last = self.0[..BYTES].iter().rposition(|&byte| byte != color);
        last.map_or(0, |index| index + 1)
    }
}
