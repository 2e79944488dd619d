//! Pictures on `embedded-graphics` displays.

use crate::Picture;
use embedded_graphics::image::ImageDrawable;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565, RgbColor};
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, PointsIter, Size};
use embedded_graphics::primitives::Rectangle;

/// A picture in 256 greys. Made by [`Picture::gray`].
#[derive(Clone, Copy, Debug)]
pub struct Gray<'a>(Picture<'a>);

/// A picture in 16-bit colour, each component rounded to the nearest. Made by [`Picture::rgb565`].
#[derive(Clone, Copy, Debug)]
pub struct Rgb<'a>(Picture<'a>);

/// A picture in one bit per pixel, by ordered dithering with an 8x8 Bayer matrix. Made by [`Picture::dithered`].
#[derive(Clone, Copy, Debug)]
pub struct Dithered<'a>(Picture<'a>);

impl<'a> Picture<'a> {
    /// For displays with 256 greys.
    pub fn gray(self) -> Gray<'a> {
        Gray(self)
    }

    /// For colour displays with 16 bits per pixel.
    pub fn rgb565(self) -> Rgb<'a> {
        Rgb(self)
    }

    /// For displays with one bit per pixel.
    pub fn dithered(self) -> Dithered<'a> {
        Dithered(self)
    }
}

/// The luma of ITU-R BT.601 in integers.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// The threshold of the 8x8 Bayer matrix at a pixel, from 2 to 254 in steps of 4: bits of `x ^ y` and `y` interleaved.
fn threshold(x: u16, y: u16) -> u8 {
    let bit = |value: u16, index: u16| ((value >> index) & 1) as u8;
    let mixed = x ^ y;
    let mut level = 0;
    for index in 0..3 {
        level = level << 2 | bit(mixed, index) << 1 | bit(y, index);
    }
    level * 4 + 2
}

trait Colored: Copy {
    type Color: embedded_graphics::pixelcolor::PixelColor;
    fn picture(&self) -> &Picture<'_>;
    fn color(&self, x: u16, y: u16, rgb: [u8; 3]) -> Self::Color;

    fn size(&self) -> Size {
        let picture = self.picture();
        Size::new(picture.width().into(), picture.height().into())
    }

    fn draw_area<D: DrawTarget<Color = Self::Color>>(
        &self,
        target: &mut D,
        area: &Rectangle,
    ) -> Result<(), D::Error> {
        let area = area.intersection(&Rectangle::new(Point::zero(), self.size()));
        let colors = area.points().filter_map(|point| {
            let (x, y) = (u16::try_from(point.x).ok()?, u16::try_from(point.y).ok()?);
            Some(self.color(x, y, self.picture().pixel(x, y)?))
        });
        target.fill_contiguous(&Rectangle::new(Point::zero(), area.size), colors)
    }
}

macro_rules! drawable {
    ($name:ident, $color:ty, |$x:ident, $y:ident, $rgb:ident| $body:expr) => {
        impl Colored for $name<'_> {
            type Color = $color;

            fn picture(&self) -> &Picture<'_> {
                &self.0
            }

            fn color(&self, $x: u16, $y: u16, $rgb: [u8; 3]) -> $color {
                $body
            }
        }

        impl OriginDimensions for $name<'_> {
            fn size(&self) -> Size {
                Colored::size(self)
            }
        }

        impl ImageDrawable for $name<'_> {
            type Color = $color;

            fn draw<D: DrawTarget<Color = $color>>(&self, target: &mut D) -> Result<(), D::Error> {
                self.draw_area(target, &Rectangle::new(Point::zero(), Colored::size(self)))
            }

            fn draw_sub_image<D: DrawTarget<Color = $color>>(
                &self,
                target: &mut D,
                area: &Rectangle,
            ) -> Result<(), D::Error> {
                self.draw_area(target, area)
            }
        }
    };
}

drawable!(Gray, Gray8, |_x, _y, rgb| Gray8::new(luma(rgb)));
drawable!(Rgb, Rgb565, |_x, _y, rgb| {
    let [red, green, blue] = rgb;
    let nearest =
        |value: u8, most: u8| ((u32::from(value) * u32::from(most) * 257 + 32_896) >> 16) as u8;
    Rgb565::new(
        nearest(red, Rgb565::MAX_R),
        nearest(green, Rgb565::MAX_G),
        nearest(blue, Rgb565::MAX_B),
    )
});
drawable!(Dithered, BinaryColor, |x, y, rgb| BinaryColor::from(
    luma(rgb) >= threshold(x, y)
));
