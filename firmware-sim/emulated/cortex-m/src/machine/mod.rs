//! The differences between QEMU's machines: the free-running counter and the room for the arena. The memory maps are in
//! `memory/`.

#[cfg_attr(any(feature = "mps2", feature = "an505"), path = "cmsdk_timer.rs")]
#[cfg_attr(feature = "microbit", path = "nrf51_timer.rs")]
#[cfg_attr(feature = "an547", path = "sse_counter.rs")]
mod counter;

use pixling_device::Machine;

/// The machine that the feature names.
pub(crate) struct Emulated;

impl Machine for Emulated {
    fn start_counter() {
        counter::start();
    }

    fn ticks() -> u32 {
        counter::ticks()
    }
}

/// A micro:bit has 16 KiB of RAM for all. A model that is read through a driver takes a kibibyte of stack more, and the
/// check of a signature four.
pub(crate) const ARENA_BYTES: usize = if !cfg!(feature = "microbit") {
    pixling_device::ARENA_BYTES
} else if cfg!(feature = "signed") {
    8 * 1024
} else if cfg!(feature = "paged") {
    11 * 1024
} else {
    12 * 1024
};

/// The frame of a small machine is in what a model leaves of the arena.
pub(crate) const FRAME_BYTES: usize = if cfg!(feature = "microbit") {
    0
} else {
    pixling_device::FRAME_BYTES
};
