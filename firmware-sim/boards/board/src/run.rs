//! The application's loop.

use embedded_graphics::prelude::DrawTarget;
use embedded_hal::digital::InputPin;
use pixling_app::{App, Buttons, DrawError, Tone, Workspace};

/// Looks at the buttons once per `wait`, and draws whenever something has changed; `show` brings to the eye what was
/// drawn. Returns when the application cannot draw, with the reason.
pub fn run<D, A, B>(
    app: &mut App<'_>,
    buttons: &mut Buttons<A, B>,
    display: &mut D,
    workspace: &mut Workspace<'_>,
    mut show: impl FnMut(&mut D, &App<'_>),
    mut wait: impl FnMut(),
) -> DrawError<D::Error>
where
    D: DrawTarget<Color: Tone>,
    A: InputPin,
    B: InputPin,
{
    loop {
        app.tick(buttons.poll());
        if app.take_change() {
            if let Err(error) = app.draw(display, workspace) {
                return error;
            }
            show(display, app);
        }
        wait();
    }
}
