//! Peripherals that answer late.

use embedded_hal::delay::DelayNs;

/// Two seconds: a display with a supply of its own takes tenths of one.
const MOST_TRIES: u32 = 200;

/// Tries until it works, every 10 ms for two seconds: a chip is ready long before a display that is switched on with it.
///
/// # Errors
///
/// The last one, when it never worked.
pub fn retry<E>(delay: &mut impl DelayNs, mut act: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    for _ in 1..MOST_TRIES {
        if act().is_ok() {
            return Ok(());
        }
        delay.delay_ms(10);
    }
    act()
}
