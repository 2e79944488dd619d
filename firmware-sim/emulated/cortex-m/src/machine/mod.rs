//! The differences between QEMU's machines: the free-running counter and the room for the arena. The memory maps are in
//! `memory/`.

#[cfg(any(feature = "mps2", feature = "an505"))]
mod cmsdk_timer;
#[cfg(feature = "microbit")]
mod nrf51_timer;
#[cfg(feature = "an547")]
mod sse_counter;
#[cfg(feature = "vldiscovery")]
mod system_timer;

#[cfg(any(feature = "mps2", feature = "an505"))]
use cmsdk_timer::{start_counter, ticks};
#[cfg(feature = "microbit")]
use nrf51_timer::{start_counter, ticks};
#[cfg(feature = "an547")]
use sse_counter::{start_counter, ticks};
#[cfg(feature = "vldiscovery")]
use system_timer::{start_counter, ticks};

use pixling_device::Machine;

/// The machine that the feature names.
pub(crate) struct Emulated;

impl Machine for Emulated {
    fn start_counter() {
        start_counter();
    }

    fn ticks() -> u32 {
        ticks()
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

#[cfg(not(any(
    feature = "mps2",
    feature = "an505",
    feature = "an547",
    feature = "vldiscovery",
    feature = "microbit"
)))]
compile_error!("choose a machine, for instance with `--features mps2`");
