//! The 25 LEDs, lit row after row by an interrupt.

use crate::interrupts::allow;
use core::cell::RefCell;
use cortex_m::interrupt::Mutex;
use embedded_graphics::pixelcolor::{Gray8, GrayColor};
use embedded_graphics::prelude::{Point, Size};
use microbit::display::nonblocking::{Display, GreyscaleImage, MAX_BRIGHTNESS};
use microbit::gpio::DisplayPins;
use microbit::pac::{Interrupt, TIMER1, interrupt};
use pixling_app::Frame;

/// Columns and rows.
pub(crate) const SIZE: Size = Size::new(5, 5);

/// Bytes of a frame of that size.
pub(crate) const FRAME_BYTES: usize = Frame::<Gray8>::bytes_needed(SIZE);

static DISPLAY: Mutex<RefCell<Option<Display<TIMER1>>>> = Mutex::new(RefCell::new(None));

/// All are dark at first.
pub(crate) fn start(timer: TIMER1, pins: DisplayPins) {
    let display = Display::new(timer, pins);
    cortex_m::interrupt::free(|section| DISPLAY.borrow(section).replace(Some(display)));
    allow(Interrupt::TIMER1);
}

/// Shows a frame from now on, in the nearest of the LEDs' ten steps.
pub(crate) fn show(frame: &Frame<'_, Gray8>) {
    let mut image = [[0; 5]; 5];
    for (y, row) in (0..).zip(&mut image) {
        for (x, step) in (0..).zip(row) {
            let gray = frame.pixel(Point::new(x, y)).map_or(0, |it| it.luma());
            *step = ((u16::from(gray) * u16::from(MAX_BRIGHTNESS) + 127) / 255) as u8;
        }
    }
    show_image(&GreyscaleImage::new(&image));
}

/// Shows that something is wrong.
pub(crate) fn show_cross() {
    const ON: u8 = MAX_BRIGHTNESS;
    show_image(&GreyscaleImage::new(&[
        [ON, 0, 0, 0, ON],
        [0, ON, 0, ON, 0],
        [0, 0, ON, 0, 0],
        [0, ON, 0, ON, 0],
        [ON, 0, 0, 0, ON],
    ]));
}

fn show_image(image: &GreyscaleImage) {
    with_display(|display| display.show(image));
}

fn with_display(act: impl FnOnce(&mut Display<TIMER1>)) {
    cortex_m::interrupt::free(|section| {
        if let Some(display) = DISPLAY.borrow(section).borrow_mut().as_mut() {
            act(display);
        }
    });
}

#[interrupt]
fn TIMER1() {
    with_display(Display::handle_display_event);
}
