//! Time on a Cortex-M, without an interrupt.

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use embedded_hal::delay::DelayNs;
use pixling_app::TICKS_PER_SECOND;

/// The application's ticks, by the timer that the core has itself.
pub struct Pace(SYST);

impl Pace {
    /// Starts it, for a core of that clock.
    pub fn new(mut timer: SYST, clock_hz: u32) -> Pace {
        timer.set_clock_source(SystClkSource::Core);
        timer.set_reload(clock_hz / TICKS_PER_SECOND - 1);
        timer.clear_current();
        timer.enable_counter();
        Pace(timer)
    }

    /// Waits for the next tick; not at all when it passed since the last call.
    pub fn wait(&mut self) {
        while !self.0.has_wrapped() {}
    }
}

/// Waits by doing nothing for as many cycles as a delay takes, or some more.
#[derive(Clone, Copy, Debug)]
pub struct CycleDelay {
    /// The clock of the core.
    pub clock_hz: u32,
}

impl DelayNs for CycleDelay {
    fn delay_ns(&mut self, ns: u32) {
        let cycles = u64::from(self.clock_hz) * u64::from(ns) / 1_000_000_000;
        // Four seconds of the fastest clock are more than fit; the longest wait of a display is a tenth of one.
        cortex_m::asm::delay(u32::try_from(cycles).unwrap_or(u32::MAX));
    }
}
