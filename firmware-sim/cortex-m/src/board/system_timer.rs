//! The timer that every Cortex-M has, for a board whose own ones QEMU leaves out.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::Peripherals;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;

/// It counts 24 bits: an interrupt counts the rest. Each takes a handful of instructions of some five million.
const BITS: u32 = 24;
static WRAPS: AtomicU32 = AtomicU32::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);

#[exception]
fn SysTick() {
    WRAPS.store(WRAPS.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Lets the counter run. It wraps after 2^32 ticks.
pub(crate) fn start_counter() {
    if let Some(peripherals) = Peripherals::take() {
        let mut timer = peripherals.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload((1 << BITS) - 1);
        timer.clear_current();
        timer.enable_interrupt();
        timer.enable_counter();
    }
}

/// Ticks since some moment, counted up.
pub(crate) fn ticks() -> u32 {
    loop {
        let wraps = WRAPS.load(Ordering::Relaxed);
        // Zero is the first tick of a round: the interrupt comes with it.
        let count = ((1 << BITS) - SYST::get_current()) & ((1 << BITS) - 1);
        // Not across an interrupt, nor while one is due.
        if SCB::is_pendst_pending() || wraps != WRAPS.load(Ordering::Relaxed) {
            continue;
        }
        let now = (wraps << BITS).wrapping_add(count);
        // QEMU shows the new round before it makes the interrupt due.
        let late = now.wrapping_sub(LAST.load(Ordering::Relaxed)) > u32::MAX / 2;
        let now = if late { now.wrapping_add(1 << BITS) } else { now };
        LAST.store(now, Ordering::Relaxed);
        return now;
    }
}
