//! Time by the timer that a Cortex-M has itself.

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use embedded_hal::delay::DelayNs;
use pixling_app::TICKS_PER_SECOND;

/// The longest time that the timer counts, in cycles.
const MOST_CYCLES: u64 = 0xff_ffff;

/// Lets the exception `SysTick` come at every tick from now on, for a core of that clock.
pub fn start_systick(mut timer: SYST, clock_hz: u32) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(clock_hz / TICKS_PER_SECOND - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Waits by looking at the timer, before it is started for ticks.
pub struct SystickDelay<'t> {
    timer: &'t mut SYST,
    clock_hz: u32,
}

impl<'t> SystickDelay<'t> {
    /// For a core of that clock.
    pub fn new(timer: &'t mut SYST, clock_hz: u32) -> Self {
        timer.set_clock_source(SystClkSource::Core);
        SystickDelay { timer, clock_hz }
    }
}

impl DelayNs for SystickDelay<'_> {
    fn delay_ns(&mut self, ns: u32) {
        let mut cycles = (u64::from(self.clock_hz) * u64::from(ns)).div_ceil(1_000_000_000);
        while cycles > 0 {
            let part = cycles.min(MOST_CYCLES);
            self.timer.set_reload(part as u32);
            self.timer.clear_current();
            self.timer.enable_counter();
            while !self.timer.has_wrapped() {}
            self.timer.disable_counter();
            cycles -= part;
        }
    }
}
