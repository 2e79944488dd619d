//! The application's time and the two buttons, looked at by an interrupt.

use crate::interrupts::allow;
use core::cell::RefCell;
use cortex_m::interrupt::Mutex;
use microbit::gpio::{BTN_A, BTN_B};
use microbit::hal::Timer;
use microbit::hal::timer::Periodic;
use microbit::pac::{Interrupt, TIMER0, interrupt};
use pixling_app::TICKS_PER_SECOND;
use pixling_board_support::Ticker;

pub(crate) static TICKER: Ticker<BTN_A, BTN_B> = Ticker::new();

static TIMER: Mutex<RefCell<Option<Timer<TIMER0, Periodic>>>> = Mutex::new(RefCell::new(None));

/// From now on time passes.
pub(crate) fn start(timer: TIMER0) {
    let mut timer = Timer::periodic(timer);
    timer.enable_interrupt();
    timer.start(Timer::<TIMER0, Periodic>::TICKS_PER_SECOND / TICKS_PER_SECOND);
    cortex_m::interrupt::free(|section| TIMER.borrow(section).replace(Some(timer)));
    allow(Interrupt::TIMER0);
}

#[interrupt]
fn TIMER0() {
    cortex_m::interrupt::free(|section| {
        if let Some(timer) = TIMER.borrow(section).borrow().as_ref() {
            timer.reset_event();
        }
    });
    TICKER.tick();
}
