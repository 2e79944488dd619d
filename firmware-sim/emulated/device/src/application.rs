//! The application of `pixling-app` with a frame buffer in RAM and buttons that a script presses.

use crate::report::Report;
use crate::{Machine, request, stack};
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565};
use embedded_graphics::prelude::Size;
use pixling::{Model, Temperature};
use pixling_app::{
    Action, App, Button, Buttons, Dithering, Frame, Lock, Mode, Pick, Rotated, Rotation,
    ScriptedPin, Settings, Stored, Theme, Tone, Workspace, parse_action, row_bytes,
};

/// The start of the words that ask for the application.
const NAME: &[u8] = b"app:";

/// A request to play a script.
pub(crate) struct Play<'t> {
    size: Size,
    bits: u64,
    rotation: Rotation,
    settings: Settings,
    script: &'t [u8],
}

/// Reads `app:WIDTH:HEIGHT:BITS:DEGREES:THEME:DITHERING:MODE:LOCK:CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT:SCRIPT`, all
/// numbers but the last, whose steps are separated by full stops. The outer `None` is for words of another kind.
pub(crate) fn parse(text: &[u8]) -> Option<Option<Play<'_>>> {
    text.strip_prefix(NAME).map(fields)
}

fn fields(text: &[u8]) -> Option<Play<'_>> {
    let mut fields = text.split(|&byte| byte == b':');
    let mut number = || fields.next().and_then(request::number);
    let size = Size::new(
        u16::try_from(number()?).ok()?.into(),
        u16::try_from(number()?).ok()?.into(),
    );
    let bits = number()?;
    let rotation = Rotation::from_degrees(u16::try_from(number()?).ok()?)?;
    let theme = *[Theme::Dark, Theme::Light].get(number()? as usize)?;
    let dithering = *[Dithering::Ordered, Dithering::Diffusion].get(number()? as usize)?;
    let mode = *[Mode::Browse, Mode::Reroll, Mode::Morph, Mode::Lock].get(number()? as usize)?;
    let lock = *[Lock::None, Lock::Class, Lock::Style].get(number()? as usize)?;
    let pick = Pick {
        class: u16::try_from(number()?).ok()?,
        seed: number()?,
        style: number()?,
    };
    let settings = Settings {
        pick,
        z_s_temperature: Temperature::from_percent(u16::try_from(number()?).ok()?),
        z_u_temperature: Temperature::from_percent(u16::try_from(number()?).ok()?),
        mode,
        lock,
        theme,
        dithering,
    };
    Some(Play {
        size,
        bits,
        rotation,
        settings,
        script: fields.next()?,
    })
}

/// Plays the script and sends a frame buffer for each shot.
pub(crate) fn play<M: Machine>(
    model: &Model<'_>,
    play: &Play<'_>,
    arena: &mut [u8],
    rest: &mut [u8],
    report: &mut Report,
) {
    let top = stack::paint::<M>();
    match play.bits {
        1 => play_in::<BinaryColor>(model, play, arena, rest, report),
        8 => play_in::<Gray8>(model, play, arena, rest, report),
        _ => play_in::<Rgb565>(model, play, arena, rest, report),
    }
    report
        .entry("application-stack")
        .number(stack::used::<M>(top) as u32)
        .end();
}

/// Not inlined: the stack is counted from its caller's frame downwards.
#[inline(never)]
fn play_in<C: Tone + Stored>(
    model: &Model<'_>,
    play: &Play<'_>,
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
    let mut app = App::new(model.clone(), play.settings);
    for word in play.script.split(|&byte| byte == b'.') {
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
                    report.entry("error not-drawn").end();
                    report.fail()
                }
                report.entry("frame").hex(frame.bytes()).end();
            }
            None => {
                report.entry("error bad-step").bytes(word).end();
                report.fail()
            }
        }
    }
}

fn too_small(needed: usize, found: usize, report: &mut Report) -> ! {
    report
        .entry("error frame-too-small")
        .number(needed as u32)
        .number(found as u32)
        .end();
    report.fail()
}
