//! Time by the system timer, without an interrupt.

use embedded_hal::delay::DelayNs;
use esp_hal::time::{Duration, Instant};
use pixling_app::TICKS_PER_SECOND;

const TICK: Duration = Duration::from_micros(1_000_000 / TICKS_PER_SECOND as u64);

/// The application's ticks.
pub(crate) struct Pace {
    next: Instant,
}

impl Pace {
    pub(crate) fn new() -> Pace {
        Pace {
            next: Instant::now() + TICK,
        }
    }

    /// Waits for the next tick. When it has passed already, ticks are counted from now.
    pub(crate) fn wait(&mut self) {
        while Instant::now() < self.next {}
        self.next = Instant::now() + TICK;
    }
}

/// Waits by looking at the timer.
pub(crate) struct Delay;

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        let end = Instant::now() + Duration::from_micros(u64::from(ns.div_ceil(1000)));
        while Instant::now() < end {}
    }
}
