//! From the levels of pins to gestures.

use crate::TICKS_PER_SECOND;
use core::convert::Infallible;
use embedded_hal::digital::{ErrorType, InputPin};

/// A button that is down for this time is held, and not pressed: 0.6 seconds.
pub const HOLD_TICKS: u32 = TICKS_PER_SECOND * 3 / 5;

/// An action of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// Button A was pressed and let go.
    Act,
    /// Button B was pressed, or A was held.
    NextMode,
}

/// The gestures of two buttons that are looked at once per tick; a contact bounces for less than that. Both are up at
/// first.
#[derive(Clone, Debug, Default)]
pub struct Gestures {
    /// For how many ticks A has been down.
    a_ticks: u32,
    b_down: bool,
}

impl Gestures {
    /// Takes whether A and B are down at a tick.
    pub fn next(&mut self, a: bool, b: bool) -> Option<Gesture> {
        let before = self.a_ticks;
        self.a_ticks = if a { before.saturating_add(1) } else { 0 };
        let b_pressed = b && !self.b_down;
        self.b_down = b;
        if b_pressed || self.a_ticks == HOLD_TICKS {
            Some(Gesture::NextMode)
        } else if !a && (1..HOLD_TICKS).contains(&before) {
            Some(Gesture::Act)
        } else {
            None
        }
    }
}

/// Two buttons between their pins and ground: pressed is low.
#[derive(Clone, Debug)]
pub struct Buttons<A, B> {
    a: A,
    b: B,
    gestures: Gestures,
}

impl<A: InputPin, B: InputPin> Buttons<A, B> {
    /// Both are up. A board with one button takes [`NoButton`] for the other.
    pub fn new(a: A, b: B) -> Self {
        let gestures = Gestures::default();
        Buttons { a, b, gestures }
    }

    /// Looks at the pins. One that cannot be read counts as not pressed.
    pub fn poll(&mut self) -> Option<Gesture> {
        let a = self.a.is_low().unwrap_or(false);
        let b = self.b.is_low().unwrap_or(false);
        self.gestures.next(a, b)
    }
}

/// The button that a board does not have: never pressed.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoButton;

impl ErrorType for NoButton {
    type Error = Infallible;
}

impl InputPin for NoButton {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(true)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScriptedPin;

    fn gestures(
        pin: &ScriptedPin,
        buttons: &mut impl FnMut() -> Option<Gesture>,
        down: u32,
    ) -> Vec<Gesture> {
        pin.set(true);
        let mut all: Vec<Gesture> = (0..down).filter_map(|_| buttons()).collect();
        pin.set(false);
        all.extend((0..3).filter_map(|_| buttons()));
        all
    }

    #[test]
    fn a_press_acts_and_a_hold_changes_the_mode() {
        let a = ScriptedPin::new();
        let mut buttons = Buttons::new(&a, NoButton);
        let mut poll = || buttons.poll();
        assert_eq!(gestures(&a, &mut poll, 1), [Gesture::Act]);
        assert_eq!(gestures(&a, &mut poll, HOLD_TICKS - 1), [Gesture::Act]);
        assert_eq!(gestures(&a, &mut poll, HOLD_TICKS), [Gesture::NextMode]);
        assert_eq!(gestures(&a, &mut poll, HOLD_TICKS * 3), [Gesture::NextMode]);
    }

    #[test]
    fn b_changes_the_mode_once_per_press() {
        let (a, b) = (ScriptedPin::new(), ScriptedPin::new());
        let mut buttons = Buttons::new(&a, &b);
        let mut poll = || buttons.poll();
        assert_eq!(gestures(&b, &mut poll, 100), [Gesture::NextMode]);
        assert_eq!(gestures(&b, &mut poll, 1), [Gesture::NextMode]);
    }
}
