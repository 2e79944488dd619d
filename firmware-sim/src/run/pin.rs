//! A button's pin that a program holds the other end of.

use embedded_hal::digital::{ErrorType, InputPin};
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

/// An input pin, high until it is pressed. Its clones are the same pin: firmware takes one, a test presses another.
///
/// ```
/// use embedded_hal::digital::InputPin;
/// use pixling_sim::run::Pin;
///
/// let finger = Pin::new();
/// let mut pin = finger.clone();
/// finger.press();
/// assert_eq!(pin.is_low(), Ok(true));
/// finger.release();
/// assert_eq!(pin.is_low(), Ok(false));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Pin(Rc<Cell<bool>>);

impl Pin {
    /// Not pressed.
    pub fn new() -> Pin {
        Pin::default()
    }

    /// Pulls it low.
    pub fn press(&self) {
        self.0.set(true);
    }

    /// Lets it go.
    pub fn release(&self) {
        self.0.set(false);
    }
}

impl ErrorType for Pin {
    type Error = Infallible;
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.get())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.get())
    }
}
