//! A display that compares a drawing with the expected one.

use crate::run::Photo;
use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::{BinaryColor, Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, Size};
use pixling_app::Tone;
use pixling_boards::{Catalog, Display};
use std::convert::Infallible;
use std::path::Path;

/// The variable that makes [`Screen::assert_png`] write instead of compare.
const UPDATE: &str = "PIXLING_UPDATE";

/// A display for tests.
#[derive(Clone, Debug)]
pub struct Screen<C = BinaryColor> {
    size: Size,
    pixels: Vec<C>,
    outside_is_allowed: bool,
}

impl<C: Tone + Into<Rgb888>> Screen<C> {
    /// A black display of a number of columns and rows.
    pub fn sized(width: u32, height: u32) -> Screen<C> {
        let size = Size::new(width, height);
        Screen {
            size,
            pixels: vec![C::BLACK; width as usize * height as usize],
            outside_is_allowed: false,
        }
    }

    /// A black display of the size of `oled`, `tft`, `e-paper` or `leds`.
    ///
    /// # Panics
    ///
    /// When there is no such display: it lists all displays.
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
                .map(|&color| character(color))
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

    /// The drawing, pixel by pixel.
    pub fn photo(&self) -> Photo {
        Photo::of_colors(self.size, |point| self.pixel(point))
    }

    /// Fails when the drawing differs from a PNG, and writes the drawing beside it as `*.found.png`. With
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
                .and_then(|png| Ok(pixling_io::write(path, &png)?));
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
        if Photo::from(expected) == self.photo() {
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

/// A space for black. On a display of one bit `#` is a pixel that is on, in greys and colours a hexadecimal digit is the
/// brightness.
fn character<C: Tone + Into<Rgb888>>(color: C) -> char {
    let color: Rgb888 = color.into();
    match color.r().max(color.g()).max(color.b()) >> 4 {
        0 => ' ',
        _ if C::ONE_BIT => '#',
        level => char::from_digit(level.into(), 16).unwrap_or('?'),
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

impl<C: Tone + Into<Rgb888>> DrawTarget for Screen<C> {
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
    use embedded_graphics::pixelcolor::Gray8;

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
