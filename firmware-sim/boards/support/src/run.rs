//! The application's loop.

use crate::Ticker;
use embedded_graphics::prelude::DrawTarget;
use embedded_hal::digital::InputPin;
use pixling::Model;
use pixling_app::{App, DrawError, Settings, Tone, Workspace};

/// Draws the model's pictures in the arena whenever time or a button has changed something; `show` brings each to the
/// eye. `idle` is called when there is nothing to draw, and may return at any time. Returns when the application
/// cannot draw, with the reason.
pub fn run<D, A, B>(
    model: Model<'_>,
    arena: &mut [u8],
    ticker: &Ticker<A, B>,
    display: &mut D,
    mut show: impl FnMut(&mut D, &App<'_>),
    mut idle: impl FnMut(),
) -> DrawError<D::Error>
where
    D: DrawTarget<Color: Tone>,
    A: InputPin,
    B: InputPin,
{
    let mut app = App::new(model, Settings::default());
    let mut workspace = Workspace {
        arena,
        row: &mut [],
    };
    loop {
        while let Some(elapsed) = ticker.take() {
            app.advance(elapsed);
        }
        if app.take_change() {
            if let Err(error) = app.draw(display, &mut workspace) {
                return error;
            }
            show(display, &app);
        } else {
            idle();
        }
    }
}
