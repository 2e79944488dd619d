//! Buttons that a script presses: the same on the desktop and in firmware.

use crate::request::parse_number;
use core::cell::Cell;
use core::convert::Infallible;
use core::fmt;
use embedded_hal::digital::{ErrorType, InputPin};

/// One of the application's buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// It acts.
    A,
    /// It changes the mode.
    B,
}

/// A step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Lets a number of ticks pass.
    Ticks(u32),
    /// Presses a button or lets it go.
    Set(Button, bool),
    /// Takes a picture of the display.
    Shot,
}

/// Writes a step in the short form that fits a command line: `t30` for ticks, `a1` and `b1` press a button, `a0` and
/// `b0` let it go, `s` is a shot.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Action::Ticks(ticks) => write!(f, "t{ticks}"),
            Action::Set(Button::A, pressed) => write!(f, "a{}", u8::from(pressed)),
            Action::Set(Button::B, pressed) => write!(f, "b{}", u8::from(pressed)),
            Action::Shot => f.write_str("s"),
        }
    }
}

/// Reads a step in the form in which it is displayed.
pub fn parse_action(text: &[u8]) -> Option<Action> {
    Some(match text {
        b"s" => Action::Shot,
        b"a1" => Action::Set(Button::A, true),
        b"a0" => Action::Set(Button::A, false),
        b"b1" => Action::Set(Button::B, true),
        b"b0" => Action::Set(Button::B, false),
        [b't', digits @ ..] => Action::Ticks(parse_number(digits)?.try_into().ok()?),
        _ => return None,
    })
}

/// A pin whose level a program sets. A reference to it is an `InputPin`, so that whoever sets it keeps it.
///
/// ```
/// use embedded_hal::digital::InputPin;
/// use pixling_app::ScriptedPin;
///
/// let finger = ScriptedPin::new();
/// let mut pin = &finger;
/// finger.set(true);
/// assert_eq!(pin.is_low(), Ok(true));
/// finger.set(false);
/// assert_eq!(pin.is_low(), Ok(false));
/// ```
#[derive(Debug, Default)]
pub struct ScriptedPin(Cell<bool>);

impl ScriptedPin {
    /// Not pressed.
    pub const fn new() -> ScriptedPin {
        ScriptedPin(Cell::new(false))
    }

    /// Presses the button, which pulls the pin low, or lets it go.
    pub fn set(&self, pressed: bool) {
        self.0.set(pressed);
    }
}

impl ErrorType for &ScriptedPin {
    type Error = Infallible;
}

impl InputPin for &ScriptedPin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0.get())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_action_and_nothing_else() {
        assert_eq!(parse_action(b"t90"), Some(Action::Ticks(90)));
        assert_eq!(parse_action(b"b1"), Some(Action::Set(Button::B, true)));
        assert_eq!(parse_action(b"a0"), Some(Action::Set(Button::A, false)));
        assert_eq!(parse_action(b"s"), Some(Action::Shot));
        for wrong in [
            &b""[..],
            b"t",
            b"t4294967296",
            b"t-1",
            b"c1",
            b"a",
            b"a2",
            b"ss",
        ] {
            assert_eq!(parse_action(wrong), None, "{wrong:?}");
        }
    }
}
