//! A button between its pin and the supply.

use embedded_hal::digital::{ErrorType, InputPin};

/// Turns the level of a pin round: the application takes low for pressed.
pub struct PressedHigh<P>(pub P);

impl<P: ErrorType> ErrorType for PressedHigh<P> {
    type Error = P::Error;
}

impl<P: InputPin> InputPin for PressedHigh<P> {
    fn is_high(&mut self) -> Result<bool, P::Error> {
        self.0.is_low()
    }

    fn is_low(&mut self) -> Result<bool, P::Error> {
        self.0.is_high()
    }
}
