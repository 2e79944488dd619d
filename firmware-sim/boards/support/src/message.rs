//! A message in place of a picture.

use core::fmt::{self, Write};
use embedded_graphics::Drawable;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_6X10;
use embedded_graphics::prelude::{DrawTarget, Point};
use embedded_graphics::text::{Baseline, Text};
use pixling_app::Tone;

/// Clears the display and writes on it, in lines of as many letters as fit.
///
/// # Errors
///
/// When the display gives one.
pub fn write_message<D: DrawTarget<Color: Tone>>(
    display: &mut D,
    message: &dyn fmt::Display,
) -> Result<(), D::Error> {
    display.clear(<D::Color as Tone>::BLACK)?;
    let mut typewriter = Typewriter {
        display,
        at: Point::zero(),
        result: Ok(()),
    };
    // Its only error is the display's, which is kept.
    let _ = write!(typewriter, "{message}");
    typewriter.result
}

struct Typewriter<'d, D: DrawTarget> {
    display: &'d mut D,
    at: Point,
    result: Result<(), D::Error>,
}

impl<D: DrawTarget<Color: Tone>> Typewriter<'_, D> {
    fn letter(&mut self, letter: &str) -> Result<(), D::Error> {
        let size = FONT_6X10.character_size;
        let right = self.display.bounding_box().size.width as i32;
        if self.at.x + size.width as i32 > right {
            self.at = Point::new(0, self.at.y + size.height as i32);
        }
        let style = MonoTextStyle::new(&FONT_6X10, <D::Color as Tone>::WHITE);
        self.at = Text::with_baseline(letter, self.at, style, Baseline::Top).draw(self.display)?;
        Ok(())
    }
}

impl<D: DrawTarget<Color: Tone>> Write for Typewriter<'_, D> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            let drawn = self.letter(letter.encode_utf8(&mut [0; 4]));
            if drawn.is_err() {
                self.result = drawn;
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}
