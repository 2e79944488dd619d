//! The device in a window of its own, by SDL.

use super::device::Device;
use crate::Error;
use embedded_graphics::Drawable;
use embedded_graphics::image::{Image, ImageRaw};
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::Point;
use embedded_graphics_simulator::sdl2::{Keycode, MouseButton};
use embedded_graphics_simulator::{OutputSettings, SimulatorDisplay, SimulatorEvent, Window};
use pixling_app::{Button, TICKS_PER_SECOND};

/// Runs until the window is closed. A and Space are button A, B and Tab are button B, and so are the left and the right
/// button of the mouse; D changes the dithering, Q or Escape closes.
///
/// # Errors
///
/// When there is no display for a window.
pub(crate) fn run(device: &mut Device<'_>) -> Result<(), Error> {
    check()?;
    let title = &device.hardware().board.title;
    let mut window = Window::new(title, &OutputSettings::default());
    window.set_max_fps(TICKS_PER_SECOND);
    loop {
        device.tick();
        device.refresh()?;
        // It waits for the next tick.
        window.update(&screen(device));
        for event in window.events() {
            if !handle(device, event) {
                return Ok(());
            }
        }
    }
}

/// Fails where the window would panic, or would open where nobody sees it.
fn check() -> Result<(), Error> {
    let video = sdl2::init().and_then(|context| context.video());
    let driver = video.map_err(Error::NoWindow)?.current_video_driver();
    let is_blind = ["dummy", "offscreen", "evdev", "kmsdrm"].contains(&driver);
    if is_blind && std::env::var_os("SDL_VIDEODRIVER").is_none() {
        return Err(Error::NoWindow("there is no display".to_owned()));
    }
    Ok(())
}

fn screen(device: &Device<'_>) -> SimulatorDisplay<Rgb888> {
    let photo = device.panel().close_up();
    let size = photo.size();
    let mut screen = SimulatorDisplay::new(size);
    let pixels = ImageRaw::<Rgb888>::new(photo.image().as_raw(), size.width);
    let Ok(()) = Image::new(&pixels, Point::zero()).draw(&mut screen);
    screen
}

/// Whether to go on.
fn handle(device: &mut Device<'_>, event: SimulatorEvent) -> bool {
    match event {
        SimulatorEvent::Quit => return false,
        SimulatorEvent::KeyDown {
            keycode,
            repeat: false,
            ..
        } => match keycode {
            Keycode::Q => return false,
            Keycode::D => device.change_dithering(),
            _ => press(device, key(keycode), true),
        },
        SimulatorEvent::KeyUp { keycode, .. } => press(device, key(keycode), false),
        SimulatorEvent::MouseButtonDown { mouse_btn, .. } => press(device, mouse(mouse_btn), true),
        SimulatorEvent::MouseButtonUp { mouse_btn, .. } => press(device, mouse(mouse_btn), false),
        _ => {}
    }
    true
}

fn press(device: &mut Device<'_>, button: Option<Button>, pressed: bool) {
    if let Some(button) = button {
        device.set(button, pressed);
    }
}

fn key(key: Keycode) -> Option<Button> {
    match key {
        Keycode::A | Keycode::Space | Keycode::Right => Some(Button::A),
        Keycode::B | Keycode::Tab => Some(Button::B),
        _ => None,
    }
}

fn mouse(button: MouseButton) -> Option<Button> {
    match button {
        MouseButton::Left => Some(Button::A),
        MouseButton::Right => Some(Button::B),
        _ => None,
    }
}
