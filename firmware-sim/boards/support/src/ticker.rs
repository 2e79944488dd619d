//! Ticks and gestures, shared by a timer's interrupt and the application's loop.

use core::cell::RefCell;
use critical_section::Mutex;
use embedded_hal::digital::InputPin;
use pixling_app::{Buttons, Elapsed, Events};

/// Ticks and gestures of two buttons, in a `static`. The board calls [`tick`](Self::tick) in a timer's interrupt, so that
/// the time is right and no press is lost while a picture is drawn.
pub struct Ticker<A, B>(Mutex<RefCell<Option<Events<A, B>>>>);

impl<A: InputPin, B: InputPin> Ticker<A, B> {
    /// Without buttons, no time passes.
    pub const fn new() -> Self {
        Ticker(Mutex::new(RefCell::new(None)))
    }

    /// Looks at these buttons from the next tick on.
    pub fn start(&self, buttons: Buttons<A, B>) {
        critical_section::with(|section| {
            self.0.borrow_ref_mut(section).replace(Events::new(buttons));
        });
    }

    /// Lets a thirtieth of a second pass.
    pub fn tick(&self) {
        critical_section::with(|section| {
            if let Some(events) = self.0.borrow_ref_mut(section).as_mut() {
                events.tick();
            }
        });
    }

    /// The time up to the next gesture, or up to now. `None` if no time has passed since the last call.
    pub fn take(&self) -> Option<Elapsed> {
        critical_section::with(|section| {
            let mut events = self.0.borrow_ref_mut(section);
            events.as_mut().and_then(Events::take)
        })
    }
}

impl<A: InputPin, B: InputPin> Default for Ticker<A, B> {
    fn default() -> Self {
        Self::new()
    }
}
