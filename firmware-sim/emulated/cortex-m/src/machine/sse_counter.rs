//! The system counter of Arm's SSE-300 subsystem on the MPS3 board.
#![allow(
    unsafe_code,
    reason = "the registers of a counter are reached by their addresses"
)]

/// The control frame of the counter and the low half of its value as timer 0 shows it, secure aliases.
const CONTROL: *mut u32 = 0x5810_0000 as *mut u32;
const VALUE: *const u32 = 0x5800_0000 as *const u32;
const ENABLE: u32 = 1;

/// Lets the counter run. It wraps after 2^32 ticks.
pub(crate) fn start() {
    // SAFETY: the register exists on this board, and nothing else uses the counter.
    unsafe { CONTROL.write_volatile(ENABLE) }
}

/// Ticks since some moment.
pub(crate) fn ticks() -> u32 {
    // SAFETY: the register exists on this board and reading it changes nothing.
    unsafe { VALUE.read_volatile() }
}
