//! The device in a window of its own, by SDL.

use super::device::Device;
use crate::Error;
use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{DrawTarget, Point};
use embedded_graphics_simulator::sdl2::{Keycode, MouseButton};
use embedded_graphics_simulator::{OutputSettings, SimulatorDisplay, SimulatorEvent, Window};
use pixling_app::{Button, Dithering, TICKS_PER_SECOND};

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
    let pixels = (0..size.height as i32)
        .flat_map(|y| (0..size.width as i32).map(move |x| Point::new(x, y)))
        .map(|point| {
            let [red, green, blue] = photo.pixel(point);
            Pixel(point, Rgb888::new(red, green, blue))
        });
    let Ok(()) = screen.draw_iter(pixels);
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
            Keycode::D => {
                let other = match device.app().dithering() {
                    Dithering::Ordered => Dithering::Diffusion,
                    Dithering::Diffusion => Dithering::Ordered,
                };
                device.app_mut().set_dithering(other);
            }
            _ => press(device, key(keycode), true),
        },
        SimulatorEvent::KeyUp { keycode, .. } => press(device, key(keycode), false),
        SimulatorEvent::MouseButtonDown { mouse_btn, .. } => press(device, mouse(mouse_btn), true),
        SimulatorEvent::MouseButtonUp { mouse_btn, .. } => press(device, mouse(mouse_btn), false),
        _ => {}
    }
    true
}

fn press(device: &Device<'_>, button: Option<Button>, pressed: bool) {
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
