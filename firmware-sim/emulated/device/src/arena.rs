//! The one buffer that pictures are drawn in.

/// The most that a model may need: the largest preset takes 26 KiB.
pub const ARENA_BYTES: usize = 64 * 1024;

/// After the arena, for the frame of a display of 320x240 pixels of 16 bits.
pub const FRAME_BYTES: usize = if cfg!(feature = "application") {
    150 * 1024
} else {
    0
};

/// Memory for an arena, and after it for the frame of a display.
#[repr(align(4))]
pub struct Memory<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Memory<BYTES> {
    /// All zeros, so that it takes no flash.
    #[allow(clippy::new_without_default, reason = "it is for statics")]
    pub const fn new() -> Memory<BYTES> {
        Memory([0; BYTES])
    }

    /// An arena of the first `bytes`; the rest is for a frame.
    pub fn arena(&mut self, bytes: usize) -> Arena<'_> {
        Arena {
            memory: &mut self.0,
            bytes: bytes.min(BYTES),
        }
    }
}

/// A buffer that can tell how much of it was written.
pub struct Arena<'m> {
    memory: &'m mut [u8],
    bytes: usize,
}

impl Arena<'_> {
    /// The length of the arena, without the room for a frame.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The first bytes, at most as many as there are.
    pub(crate) fn first(&mut self, bytes: usize) -> &mut [u8] {
        let bytes = bytes.min(self.bytes);
        self.memory.get_mut(..bytes).unwrap_or_default()
    }

    /// The first bytes, and all that is after them.
    #[cfg(any(feature = "application", feature = "paged", feature = "signed"))]
    pub(crate) fn split(&mut self, bytes: usize) -> (&mut [u8], &mut [u8]) {
        let bytes = bytes.min(self.bytes);
        self.memory.split_at_mut_checked(bytes).unwrap_or_default()
    }

    pub(crate) fn paint(&mut self, color: u8) {
        self.first(self.bytes).fill(color);
    }

    /// The number of bytes up to the last that is not as painted.
    pub(crate) fn touched(&self, color: u8) -> usize {
        let arena = self.memory.get(..self.bytes).unwrap_or_default();
        let last = arena.iter().rposition(|&byte| byte != color);
        last.map_or(0, |index| index + 1)
    }
}
