//! The differences between QEMU's machines: the free-running counter and the room for the arena. The memory maps are in
//! `memory/`.

#[cfg_attr(any(feature = "mps2", feature = "an505"), path = "cmsdk_timer.rs")]
#[cfg_attr(feature = "microbit", path = "nrf51_timer.rs")]
#[cfg_attr(feature = "an547", path = "sse_counter.rs")]
#[cfg_attr(feature = "vldiscovery", path = "system_timer.rs")]
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

/// A micro:bit has 16 KiB of RAM for all, and the STM32VLDISCOVERY 8 KiB. A model that is read through a driver takes a
/// kibibyte of stack more.
pub(crate) const ARENA_BYTES: usize = match (cfg!(feature = "vldiscovery"), cfg!(feature = "paged"))
{
    (true, true) => 4352,
    (true, false) => 5632,
    _ if !cfg!(feature = "microbit") => pixling_device::ARENA_BYTES,
    (_, true) => 11 * 1024,
    (_, false) => 12 * 1024,
};

/// The frame of a small machine is in what a model leaves of the arena.
pub(crate) const FRAME_BYTES: usize = if cfg!(any(feature = "microbit", feature = "vldiscovery")) {
    0
} else {
    pixling_device::FRAME_BYTES
};

/// Room for the requests of one boot, which `Profile` of `pixling-sim` knows too. The host boots again for more.
pub(crate) const COMMAND_LINE_BYTES: usize = if cfg!(feature = "vldiscovery") {
    pixling_device::COMMAND_LINE_BYTES / 2
} else {
    pixling_device::COMMAND_LINE_BYTES
};
