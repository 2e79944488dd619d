//! The application's time and the button, looked at by an interrupt.

use core::cell::RefCell;
use critical_section::Mutex;
use esp_hal::Blocking;
use esp_hal::gpio::Input;
use esp_hal::peripherals::SYSTIMER;
use esp_hal::time::Duration;
use esp_hal::timer::PeriodicTimer;
use esp_hal::timer::systimer::SystemTimer;
use pixling_app::{NoButton, TICKS_PER_SECOND};
use pixling_board_support::Ticker;

const TICK: Duration = Duration::from_micros(1_000_000 / TICKS_PER_SECOND as u64);

pub(crate) static TICKER: Ticker<Input<'static>, NoButton> = Ticker::new();

static TIMER: Mutex<RefCell<Option<PeriodicTimer<'static, Blocking>>>> =
    Mutex::new(RefCell::new(None));

/// From now on time passes.
pub(crate) fn start(timer: SYSTIMER<'static>) {
    let mut timer = PeriodicTimer::new(SystemTimer::new(timer).alarm0);
    timer.set_interrupt_handler(tick);
    critical_section::with(|section| {
        let mut place = TIMER.borrow_ref_mut(section);
        let timer = place.insert(timer);
        let Ok(()) = timer.start(TICK) else {
            unreachable!("the timer counts longer times");
        };
        timer.listen();
    });
    #[allow(
        unsafe_code,
        reason = "whether the boot loader leaves interrupts on is not promised"
    )]
    // SAFETY: all critical sections before this one have ended.
    unsafe {
        core::arch::asm!("csrsi mstatus, 8");
    }
}

#[esp_hal::handler]
fn tick() {
    critical_section::with(|section| {
        if let Some(timer) = TIMER.borrow_ref_mut(section).as_mut() {
            timer.clear_interrupt();
        }
    });
    TICKER.tick();
}
