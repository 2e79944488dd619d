//! The timer of Arm's MPS2 boards.
#![allow(
    unsafe_code,
    reason = "the registers of a timer are reached by their addresses"
)]

/// CMSDK timer 0, which counts down in 32 bits at the clock of the board. With TrustZone, its secure alias.
const TIMER: *mut u32 = if cfg!(feature = "an505") {
    0x5000_0000 as *mut u32
} else {
    0x4000_0000 as *mut u32
};
const CONTROL: usize = 0;
const VALUE: usize = 1;
const RELOAD: usize = 2;
const ENABLE: u32 = 1;

/// Lets the counter run. It wraps after 2^32 ticks.
pub(crate) fn start() {
    // SAFETY: the registers exist on these boards, nothing else uses this timer, and it raises no interrupt.
    unsafe {
        TIMER.add(RELOAD).write_volatile(u32::MAX);
        TIMER.add(VALUE).write_volatile(u32::MAX);
        TIMER.add(CONTROL).write_volatile(ENABLE);
    }
}

/// Ticks since some moment, counted up.
pub(crate) fn ticks() -> u32 {
    // SAFETY: the register exists on these boards and reading it changes nothing.
    !unsafe { TIMER.add(VALUE).read_volatile() }
}
