//! The same on the desktop.

use super::board::{Board, Press, Screen};
use embedded_graphics::Drawable;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_6X10;
use embedded_graphics::pixelcolor::{BinaryColor, Rgb565};
use embedded_graphics::prelude::{Point, Size};
use embedded_graphics::text::{Baseline, Text};
use pixling::Model;
use pixling_app::{Button, Frame, Settings, Stored, TICKS_PER_SECOND, Tone};
use pixling_boards::Catalog;
use pixling_sim::run::{Device, Hardware};

/// A device of the simulator with the display of a board.
pub(crate) fn device<'m>(board: &Board, model: &'m [u8]) -> Device<'m> {
    let catalog = Catalog::embedded();
    let display = match board.screen {
        Screen::Oled => "oled",
        Screen::Tft => "tft",
        Screen::Log | Screen::Leds => "leds",
    };
    let mut hardware = Hardware::new(catalog, board.name, Some(display)).unwrap();
    if board.screen == Screen::Log {
        (hardware.display.width, hardware.display.height) = (32, 32);
    }
    let model = Model::load(model).unwrap();
    Device::new(model, hardware, Settings::default(), catalog).unwrap()
}

/// 62,500ths of a second for which an LED is lit in each refresh, for the ten steps of its driver.
const LIT: [u16; 10] = [0, 2, 4, 8, 15, 28, 53, 102, 199, 375];

/// The frame of a device, in the form in which the board's script writes it.
fn seen(board: &Board, device: &Device<'_>) -> Vec<u8> {
    let display = &device.hardware().display;
    match board.screen {
        Screen::Oled | Screen::Tft => return device.frame().to_vec(),
        Screen::Leds => {
            let steps = device
                .frame()
                .iter()
                .map(|grey| (u32::from(*grey) * 9 + 127) / 255);
            return steps
                .flat_map(|step| LIT[step as usize].to_be_bytes())
                .collect();
        }
        Screen::Log => {}
    }
    let (app, pick) = (device.app(), device.app().pick());
    let mut text = format!(
        "{}, {}: seed {}, style {} {}",
        app.label(),
        app.mode().name(),
        pick.seed,
        pick.style,
        app.lock().name()
    );
    for row in device.frame().chunks_exact(display.width.into()) {
        text.push('\n');
        for grey in row {
            let shade = " .:-=+*#%@".as_bytes()[usize::from(*grey) * 10 / 256];
            text.extend([char::from(shade); 2]);
        }
    }
    text.into_bytes()
}

/// A picture, and the tick at which it came.
pub(crate) type Shown = (u32, Vec<u8>);

/// All pictures of a device whose buttons are pressed at the same times.
pub(crate) fn pictures(board: &Board, model: &[u8], presses: &[Press], end_ms: u32) -> Vec<Shown> {
    let mut device = device(board, model);
    device.refresh().unwrap();
    let mut all = vec![(0, seen(board, &device))];
    for tick in 1..=end_ms * TICKS_PER_SECOND / 1000 {
        let ms = tick * 1000 / TICKS_PER_SECOND;
        for (name, button) in [('A', Button::A), ('B', Button::B)] {
            let mut of_button = presses.iter().filter(|it| it.button == name);
            let is_down = of_button.any(|it| (it.from_ms..it.to_ms).contains(&ms));
            device.set(button, is_down);
        }
        device.tick();
        if device.refresh().unwrap() {
            all.push((tick, seen(board, &device)));
        }
    }
    all
}

/// A message on a display that is black otherwise, in lines of as many letters as fit.
pub(crate) fn message(screen: Screen, text: &str) -> Vec<u8> {
    match screen {
        Screen::Oled => written::<BinaryColor>(Size::new(128, 64), text),
        Screen::Tft => written::<Rgb565>(Size::new(240, 240), text),
        // A cross, whatever the reason is.
        Screen::Leds => (0..25)
            .flat_map(|n| {
                let (x, y) = (n % 5, n / 5);
                let is_lit = x == y || x + y == 4;
                LIT[if is_lit { 9 } else { 0 }].to_be_bytes()
            })
            .collect(),
        Screen::Log => unreachable!("a log has its own words"),
    }
}

fn written<C: Stored + Tone>(size: Size, text: &str) -> Vec<u8> {
    let mut bytes = vec![0; Frame::<C>::bytes_needed(size)];
    let mut frame = Frame::<C>::new(&mut bytes, size).unwrap();
    let letters = size.width / 6;
    let style = MonoTextStyle::new(&FONT_6X10, C::WHITE);
    for (n, letter) in (0..).zip(text.chars()) {
        let place = Point::new((n % letters * 6) as i32, (n / letters * 10) as i32);
        Text::with_baseline(&letter.to_string(), place, style, Baseline::Top)
            .draw(&mut frame)
            .unwrap();
    }
    bytes
}
