//! A display that tells whether what was drawn is what was wanted.

use crate::run::Photo;
use crate::write_atomically;
use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::{
    BinaryColor, Gray8, GrayColor, PixelColor, Rgb565, Rgb888, RgbColor,
};
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, Size};
use pixling_boards::{Catalog, Display};
use std::convert::Infallible;
use std::path::Path;

/// The variable that makes [`Screen::assert_png`] write instead of compare.
const UPDATE: &str = "PIXLING_UPDATE";

/// A colour that has a character and a red, green and blue.
pub trait Shade: PixelColor {
    /// What nothing was drawn on.
    const GROUND: Self;

    /// In pictures of characters: a space is the ground.
    fn character(self) -> char;

    /// In PNGs.
    fn rgb(self) -> [u8; 3];
}

impl Shade for BinaryColor {
    const GROUND: Self = BinaryColor::Off;

    fn character(self) -> char {
        if self.is_on() { '#' } else { ' ' }
    }

    fn rgb(self) -> [u8; 3] {
        [if self.is_on() { 255 } else { 0 }; 3]
    }
}

/// A hexadecimal digit of the brightness, a space for black.
fn digit(level: u8) -> char {
    match level >> 4 {
        0 => ' ',
        high => char::from_digit(high.into(), 16).unwrap_or('?'),
    }
}

impl Shade for Gray8 {
    const GROUND: Self = Gray8::new(0);

    fn character(self) -> char {
        digit(self.luma())
    }

    fn rgb(self) -> [u8; 3] {
        [self.luma(); 3]
    }
}

impl Shade for Rgb565 {
    const GROUND: Self = <Rgb565 as RgbColor>::BLACK;

    fn character(self) -> char {
        digit(self.rgb().into_iter().max().unwrap_or(0))
    }

    fn rgb(self) -> [u8; 3] {
        let color = Rgb888::from(self);
        [color.r(), color.g(), color.b()]
    }
}

/// A display for tests.
#[derive(Clone, Debug)]
pub struct Screen<C = BinaryColor> {
    size: Size,
    pixels: Vec<C>,
    outside_is_allowed: bool,
}

impl<C: Shade> Screen<C> {
    /// Of so many columns and rows.
    pub fn sized(width: u32, height: u32) -> Screen<C> {
        let size = Size::new(width, height);
        Screen {
            size,
            pixels: vec![C::GROUND; width as usize * height as usize],
            outside_is_allowed: false,
        }
    }

    /// Of the size of a display: `oled`, `tft`, `e-paper` or `leds`.
    ///
    /// # Panics
    ///
    /// When there is no such display: it lists those that there are.
    #[track_caller]
    #[allow(clippy::panic, reason = "it is for tests, where that is how to fail")]
    pub fn of_display(name: &str) -> Screen<C> {
        match Catalog::embedded().display(name) {
            Ok(display) => {
                let Display { width, height, .. } = *display;
                Screen::sized(width.into(), height.into())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Drawing outside is lost, as on a device, and does not fail.
    pub fn allow_outside(mut self) -> Screen<C> {
        self.outside_is_allowed = true;
        self
    }

    /// A pixel; `None` outside.
    pub fn pixel(&self, point: Point) -> Option<C> {
        self.pixels.get(self.index(point)?).copied()
    }

    fn index(&self, Point { x, y }: Point) -> Option<usize> {
        let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        let inside = x < self.size.width && y < self.size.height;
        inside.then(|| y as usize * self.size.width as usize + x as usize)
    }

    /// In characters, without the spaces and the empty rows at the ends: `#` is a pixel that is on, in greys and colours
    /// a hexadecimal digit is the brightness.
    pub fn to_picture(&self) -> Vec<String> {
        let width = self.size.width.max(1) as usize;
        let row = |row: &[C]| {
            row.iter()
                .map(|color| color.character())
                .collect::<String>()
        };
        let rows = self.pixels.chunks(width).map(row);
        trimmed(rows)
    }

    /// Fails when something else was drawn, and shows both.
    ///
    /// # Panics
    ///
    /// That is how it fails.
    #[track_caller]
    pub fn assert_picture(&self, expected: &[&str]) {
        let expected = trimmed(expected.iter().map(|row| (*row).to_owned()));
        let found = self.to_picture();
        assert!(
            found == expected,
            "another picture was drawn\nexpected:\n{}\nfound:\n{}\n",
            expected.join("\n"),
            found.join("\n")
        );
    }

    /// What was drawn, pixel by pixel.
    pub fn photo(&self) -> Photo {
        Photo::new(self.size, |point| {
            self.pixel(point).map_or([0; 3], Shade::rgb)
        })
    }

    /// Fails when something else was drawn than is in a PNG, and writes what was drawn beside it as `*.found.png`. With
    /// the variable `PIXLING_UPDATE` set it writes the PNG instead.
    ///
    /// # Panics
    ///
    /// That is how it fails.
    #[track_caller]
    #[allow(clippy::panic, reason = "it is for tests, where that is how to fail")]
    pub fn assert_png(&self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let write = |path: &Path| {
            let written = self
                .photo()
                .to_png()
                .and_then(|png| write_atomically(path, &png));
            if let Err(error) = written {
                panic!("{error}");
            }
        };
        if std::env::var_os(UPDATE).is_some() {
            return write(path);
        }
        let expected = match image::open(path) {
            Ok(image) => image.to_rgb8(),
            Err(error) => panic!(
                "{} cannot be read ({error}): write it with `{UPDATE}=1 cargo test`",
                path.display()
            ),
        };
        let size = Size::new(expected.width(), expected.height());
        if size == self.size && *expected.as_raw() == self.photo().into_bytes() {
            return;
        }
        let found = path.with_extension("found.png");
        write(&found);
        panic!(
            "another picture was drawn than {}: compare it with {}, or accept it with `{UPDATE}=1 cargo test`",
            path.display(),
            found.display()
        );
    }
}

fn trimmed(rows: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
    while rows.last().is_some_and(String::is_empty) {
        rows.pop();
    }
    rows
}

impl<C> OriginDimensions for Screen<C> {
    fn size(&self) -> Size {
        self.size
    }
}

impl<C: Shade> DrawTarget for Screen<C> {
    type Color = C;
    type Error = Infallible;

    #[track_caller]
    fn draw_iter<I: IntoIterator<Item = Pixel<C>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            match self.index(point).and_then(|it| self.pixels.get_mut(it)) {
                Some(pixel) => *pixel = color,
                None => assert!(
                    self.outside_is_allowed,
                    "drawn outside of {}x{} at ({}, {}): draw inside, or use `allow_outside`",
                    self.size.width, self.size.height, point.x, point.y
                ),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(x: i32) -> Screen {
        let mut screen = Screen::sized(3, 2);
        let Ok(()) = screen.draw_iter([Pixel(Point::new(x, 1), BinaryColor::On)]);
        screen
    }

    #[test]
    fn a_png_is_written_once_and_then_compared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dot.png");
        std::fs::write(&path, dot(1).photo().to_png().unwrap()).unwrap();
        dot(1).assert_png(&path);
        let moved = std::panic::catch_unwind(|| dot(2).assert_png(&path));
        assert!(moved.is_err());
        assert!(folder.path().join("dot.found.png").exists());
    }

    #[test]
    #[should_panic(expected = "drawn outside of 3x2 at (3, 1)")]
    fn drawing_outside_fails() {
        dot(3);
    }

    #[test]
    fn drawing_outside_may_be_allowed() {
        let mut screen = Screen::<BinaryColor>::of_display("oled").allow_outside();
        let Ok(()) = screen.draw_iter([Pixel(Point::new(128, 0), BinaryColor::On)]);
        screen.assert_picture(&[]);
    }

    #[test]
    fn brightness_is_a_digit() {
        let mut screen = Screen::<Gray8>::sized(3, 1);
        let greys = [0, 0x80, 0xff].map(Gray8::new);
        let pixels = (0..)
            .zip(greys)
            .map(|(x, grey)| Pixel(Point::new(x, 0), grey));
        let Ok(()) = screen.draw_iter(pixels);
        screen.assert_picture(&[" 8f"]);
    }
}
