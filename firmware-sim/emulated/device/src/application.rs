//! The application of `pixling-app` with a frame buffer in RAM and buttons that a script presses.

use crate::report::Report;
use crate::stack;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565};
use pixling::Model;
use pixling_app::{
    Action, App, Button, Buttons, Colour, Frame, PlayRequest, Rotated, ScriptedPin, Stored, Tone,
    Workspace, parse_action, row_bytes,
};

/// Plays the script and sends a frame buffer for each shot.
pub(crate) fn play(
    model: &Model<'_>,
    play: &PlayRequest,
    script: &[u8],
    arena: &mut [u8],
    rest: &mut [u8],
    report: &mut Report,
) {
    let top = stack::paint();
    match play.colour {
        Colour::OneBit => play_in::<BinaryColor>(model, play, script, arena, rest, report),
        Colour::Grey => play_in::<Gray8>(model, play, script, arena, rest, report),
        Colour::Rgb565 => play_in::<Rgb565>(model, play, script, arena, rest, report),
    }
    report
        .entry("application-stack")
        .number(stack::used(top) as u32)
        .end();
}

/// Not inlined: the stack is counted from its caller's frame downwards.
#[inline(never)]
fn play_in<C: Tone + Stored>(
    model: &Model<'_>,
    play: &PlayRequest,
    script: &[u8],
    arena: &mut [u8],
    rest: &mut [u8],
    report: &mut Report,
) {
    let row = if C::ONE_BIT {
        row_bytes(play.rotation.turned(play.size).width)
    } else {
        0
    };
    let needed = row.saturating_add(Frame::<C>::bytes_needed(play.size));
    let found = rest.len();
    let Some((row, bytes)) = rest.split_at_mut_checked(row) else {
        too_small(needed, found, report)
    };
    let Ok(mut frame) = Frame::<C>::new(bytes, play.size) else {
        too_small(needed, found, report)
    };
    let (a, b) = (ScriptedPin::new(), ScriptedPin::new());
    let mut buttons = Buttons::new(&a, &b);
    let mut app = App::new(model.clone(), play.settings());
    for word in script.split(|&byte| byte == b'.') {
        match parse_action(word) {
            Some(Action::Ticks(ticks)) => {
                for _ in 0..ticks {
                    app.tick(buttons.poll());
                }
            }
            Some(Action::Set(Button::A, pressed)) => a.set(pressed),
            Some(Action::Set(Button::B, pressed)) => b.set(pressed),
            Some(Action::Shot) => {
                let mut turned = Rotated::new(&mut frame, play.rotation);
                if app
                    .draw(&mut turned, &mut Workspace { arena, row })
                    .is_err()
                {
                    report.entry("error not-drawn").fail()
                }
                report.entry("frame").hex(frame.bytes()).end();
            }
            None => report.entry("error bad-step").bytes(word).fail(),
        }
    }
}

fn too_small(needed: usize, found: usize, report: &mut Report) -> ! {
    report
        .entry("error frame-too-small")
        .number(needed as u32)
        .number(found as u32)
        .fail()
}
