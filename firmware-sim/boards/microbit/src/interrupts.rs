//! Interrupts of the chip's timers.

use cortex_m::peripheral::NVIC;
use microbit::pac::Interrupt;

/// Lets an interrupt come from now on.
pub(crate) fn allow(interrupt: Interrupt) {
    #[allow(
        unsafe_code,
        reason = "an interrupt that comes in the middle of a critical section would be unsound"
    )]
    // SAFETY: all critical sections of this firmware are by `free`, which holds back every interrupt.
    unsafe {
        NVIC::unmask(interrupt);
    }
}
