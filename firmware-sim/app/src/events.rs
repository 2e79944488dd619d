//! Time and gestures, from a timer's interrupt to the application's loop.

use crate::buttons::{Buttons, Gesture};
use embedded_hal::digital::InputPin;
use heapless::Deque;

/// Gestures that wait for the loop. A gesture takes two ticks at least, so that a frame of a second loses none.
const MOST_WAITING: usize = 16;

/// Time that has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elapsed {
    /// Ticks without a gesture.
    pub ticks: u32,
    /// The gesture of one more tick after them.
    pub gesture: Option<Gesture>,
}

/// Ticks and gestures. A timer's interrupt adds them, however long a frame takes to draw; the loop takes them in between
/// and passes them to [`App::advance`](crate::App::advance).
///
/// ```
/// use pixling_app::{Buttons, Elapsed, Events, Gesture, NoButton, ScriptedPin};
///
/// let finger = ScriptedPin::new();
/// let mut events = Events::new(Buttons::new(&finger, NoButton));
/// // The interrupt, four times while a frame is drawn: a short press in between.
/// events.tick();
/// finger.set(true);
/// events.tick();
/// finger.set(false);
/// events.tick();
/// events.tick();
/// // The loop, after that.
/// let act = Elapsed { ticks: 2, gesture: Some(Gesture::Act) };
/// assert_eq!(events.take(), Some(act));
/// assert_eq!(events.take(), Some(Elapsed { ticks: 1, gesture: None }));
/// assert_eq!(events.take(), None);
/// ```
#[derive(Debug)]
pub struct Events<A, B> {
    buttons: Buttons<A, B>,
    waiting: Deque<Elapsed, MOST_WAITING>,
    /// Since the last gesture.
    ticks: u32,
}

impl<A: InputPin, B: InputPin> Events<A, B> {
    /// No time has passed.
    pub const fn new(buttons: Buttons<A, B>) -> Self {
        Events {
            buttons,
            waiting: Deque::new(),
            ticks: 0,
        }
    }

    /// Lets a thirtieth of a second pass and looks at the buttons.
    pub fn tick(&mut self) {
        if let Some(gesture) = self.buttons.poll() {
            let elapsed = Elapsed {
                ticks: self.ticks,
                gesture: Some(gesture),
            };
            if self.waiting.push_back(elapsed).is_ok() {
                self.ticks = 0;
                return;
            }
            // The gesture is lost, the time is not.
        }
        self.ticks = self.ticks.saturating_add(1);
    }

    /// The time up to the next gesture, or up to now. `None` if no time has passed since the last call.
    pub fn take(&mut self) -> Option<Elapsed> {
        if let Some(elapsed) = self.waiting.pop_front() {
            return Some(elapsed);
        }
        let ticks = core::mem::take(&mut self.ticks);
        (ticks > 0).then_some(Elapsed {
            ticks,
            gesture: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HOLD_TICKS, NoButton, ScriptedPin};

    fn all<A: InputPin, B: InputPin>(events: &mut Events<A, B>) -> (u32, Vec<Gesture>) {
        let (mut ticks, mut gestures) = (0, Vec::new());
        while let Some(elapsed) = events.take() {
            ticks += elapsed.ticks + u32::from(elapsed.gesture.is_some());
            gestures.extend(elapsed.gesture);
        }
        (ticks, gestures)
    }

    #[test]
    fn ten_presses_during_one_frame_are_ten_gestures_and_all_the_time() {
        let (a, b) = (ScriptedPin::new(), ScriptedPin::new());
        let mut events = Events::new(Buttons::new(&a, &b));
        for _ in 0..10 {
            b.set(true);
            events.tick();
            b.set(false);
            events.tick();
        }
        assert_eq!(all(&mut events), (20, vec![Gesture::NextMode; 10]));
        assert_eq!(events.take(), None);
    }

    #[test]
    fn a_button_is_held_for_time_and_not_for_looks_of_the_loop() {
        let a = ScriptedPin::new();
        let mut events = Events::new(Buttons::new(&a, NoButton));
        a.set(true);
        (1..HOLD_TICKS).for_each(|_| events.tick());
        assert_eq!(all(&mut events), (HOLD_TICKS - 1, vec![]));
        events.tick();
        assert_eq!(all(&mut events), (1, vec![Gesture::NextMode]));
    }

    #[test]
    fn gestures_beyond_the_queue_are_lost_and_their_time_is_not() {
        let b = ScriptedPin::new();
        let mut events = Events::new(Buttons::new(NoButton, &b));
        for _ in 0..MOST_WAITING + 3 {
            b.set(true);
            events.tick();
            b.set(false);
            events.tick();
        }
        let ticks = 2 * (MOST_WAITING as u32 + 3);
        assert_eq!(
            all(&mut events),
            (ticks, vec![Gesture::NextMode; MOST_WAITING])
        );
    }
}
