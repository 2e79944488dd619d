//! The timer of the nRF51 on a micro:bit.
#![allow(
    unsafe_code,
    reason = "the registers of a timer are reached by their addresses"
)]

/// Timer 0, which counts up in 32 bits at 16 MHz. Offsets are in words.
const TIMER: *mut u32 = 0x4000_8000 as *mut u32;
const TASK_START: usize = 0;
const TASK_CAPTURE: usize = 0x040 / 4;
const BIT_MODE: usize = 0x508 / 4;
const PRESCALER: usize = 0x510 / 4;
const CAPTURED: usize = 0x540 / 4;
const BITS_32: u32 = 3;

/// Lets the counter run. It wraps after 2^32 ticks.
pub(crate) fn start() {
    // SAFETY: the registers exist on this chip, nothing else uses this timer, and it raises no interrupt.
    unsafe {
        TIMER.add(BIT_MODE).write_volatile(BITS_32);
        TIMER.add(PRESCALER).write_volatile(0);
        TIMER.add(TASK_START).write_volatile(1);
    }
}

/// Ticks since some moment.
pub(crate) fn ticks() -> u32 {
    // SAFETY: the registers exist on this chip; capturing copies the counter and does not disturb it.
    unsafe {
        TIMER.add(TASK_CAPTURE).write_volatile(1);
        TIMER.add(CAPTURED).read_volatile()
    }
}
