//! The application's loop.

use embedded_graphics::prelude::DrawTarget;
use embedded_hal::digital::InputPin;
use pixling::Model;
use pixling_app::{App, Buttons, DrawError, Settings, Tone, Workspace};

/// Looks at the buttons once per `wait`, and draws the model's pictures in the arena whenever something has changed;
/// `show` brings to the eye what was drawn. Returns when the application cannot draw, with the reason.
pub fn run<D, A, B>(
    model: Model<'_>,
    arena: &mut [u8],
    buttons: &mut Buttons<A, B>,
    display: &mut D,
    mut show: impl FnMut(&mut D, &App<'_>),
    mut wait: impl FnMut(),
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
        app.tick(buttons.poll());
        if app.take_change() {
            if let Err(error) = app.draw(display, &mut workspace) {
                return error;
            }
            show(display, &app);
        }
        wait();
    }
}
