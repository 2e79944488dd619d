//! The timer that every Cortex-M has, for a board whose own ones QEMU leaves out.

use cortex_m::Peripherals;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;

const BITS: u32 = 24;

/// Lets the counter run. It wraps after 2^24 ticks, which is why the host lets time pass at half the pace here.
pub(crate) fn start() {
    if let Some(peripherals) = Peripherals::take() {
        let mut timer = peripherals.SYST;
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload((1 << BITS) - 1);
        timer.clear_current();
        timer.enable_counter();
    }
}

/// Ticks since some moment, counted up, in the upper bits: differences of words are then differences of the counter,
/// around its end too.
pub(crate) fn ticks() -> u32 {
    SYST::get_current().wrapping_neg() << (32 - BITS)
}
