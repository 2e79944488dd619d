//! Pictures on `embedded-graphics` displays.

use crate::Picture;
use core::marker::PhantomData;
use embedded_graphics::image::ImageDrawable;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, PixelColor, Rgb565, RgbColor};
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, PointsIter, Size};
use embedded_graphics::primitives::Rectangle;

/// A colour that a picture can be drawn in.
pub trait Shade: PixelColor {
    /// The nearest colour to red, green and blue. Where there are only two, the bright one from a luma of `threshold` on.
    fn shade(rgb: [u8; 3], threshold: u8) -> Self;
}

impl Shade for BinaryColor {
    fn shade(rgb: [u8; 3], threshold: u8) -> Self {
        BinaryColor::from(luma(rgb) >= threshold)
    }
}

impl Shade for Gray8 {
    fn shade(rgb: [u8; 3], _: u8) -> Self {
        Gray8::new(luma(rgb))
    }
}

impl Shade for Rgb565 {
    fn shade([red, green, blue]: [u8; 3], _: u8) -> Self {
        Rgb565::new(
            nearest(red, Rgb565::MAX_R),
            nearest(green, Rgb565::MAX_G),
            nearest(blue, Rgb565::MAX_B),
        )
    }
}

/// The luma of ITU-R BT.601 in integers, exact for greys.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// `value / 255` as the nearest of `0 ..= most`: multiplied by 257/65536, which is 1/255 for every byte after rounding.
fn nearest(value: u8, most: u8) -> u8 {
    ((u32::from(value) * u32::from(most) * 257 + 32_896) >> 16) as u8
}

/// The threshold of the 8x8 Bayer matrix at a point, from 2 to 254 in steps of 4: bits of `x ^ y` and `y` interleaved.
fn threshold(x: i32, y: i32) -> u8 {
    let bit = |value: i32, index: i32| ((value >> index) & 1) as u8;
    let mixed = x ^ y;
    let mut level = 0;
    for index in 0..3 {
        level = level << 2 | bit(mixed, index) << 1 | bit(y, index);
    }
    level * 4 + 2
}

/// The size of a picture on the display, by whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Enlarges each pixel to a square of this side; 0 leaves nothing of the picture.
    Larger(u32),
    /// Averages each square of this side to one pixel; 0 leaves nothing of the picture.
    Smaller(u32),
}

/// A picture to draw in the colours of a display, with `embedded-graphics`' [`Image`](embedded_graphics::image::Image). On
/// displays with one bit per pixel it is dithered with an 8x8 Bayer matrix, at the resolution of the display. Made by
/// [`Picture::artwork`].
#[derive(Clone, Copy, Debug)]
pub struct Artwork<'a, C> {
    picture: Picture<'a>,
    scale: Scale,
    matrix: Point,
    color: PhantomData<C>,
}

impl<'a> Picture<'a> {
    /// For displays with any of the colours that a picture can be drawn in.
    pub fn artwork<C: Shade>(self) -> Artwork<'a, C> {
        Artwork {
            picture: self,
            scale: Scale::Larger(1),
            matrix: Point::zero(),
            color: PhantomData,
        }
    }

    /// For displays with 256 greys.
    pub fn gray(self) -> Artwork<'a, Gray8> {
        self.artwork()
    }

    /// For colour displays with 16 bits per pixel: each component is rounded to the nearest.
    pub fn rgb565(self) -> Artwork<'a, Rgb565> {
        self.artwork()
    }

    /// For displays with one bit per pixel.
    pub fn dithered(self) -> Artwork<'a, BinaryColor> {
        self.artwork()
    }
}

impl<C> Artwork<'_, C> {
    /// The same, enlarged or shrunk.
    pub fn scaled(self, scale: Scale) -> Self {
        Artwork { scale, ..self }
    }

    /// The same, with this point of the dither matrix at its top left corner. With the corner's place on the display, the
    /// matrix is the display's: a picture that moves slides over it.
    pub fn matrix_from(self, matrix: Point) -> Self {
        Artwork { matrix, ..self }
    }

    /// Red, green and blue at a column and row of the enlarged or shrunk picture; `None` outside of it.
    pub fn rgb(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        let pixel = |x: u32, y: u32| self.picture.pixel(x.try_into().ok()?, y.try_into().ok()?);
        match self.scale {
            Scale::Larger(factor) => pixel(x.checked_div(factor)?, y.checked_div(factor)?),
            Scale::Smaller(factor) => {
                // The mean of all pixels that fall together; at the right and at the bottom these may be fewer.
                let span = |index: u32, pixels: u16| {
                    let first = index.saturating_mul(factor);
                    first..first.saturating_add(factor).min(pixels.into())
                };
                let (mut sums, mut count) = ([0u32; 3], 0u32);
                for y in span(y, self.picture.height()) {
                    for rgb in span(x, self.picture.width()).filter_map(|x| pixel(x, y)) {
                        for (sum, value) in sums.iter_mut().zip(rgb) {
                            *sum = sum.wrapping_add(value.into());
                        }
                        count = count.wrapping_add(1);
                    }
                }
                let mean = |sum: u32| sum.wrapping_add(count >> 1).checked_div(count);
                let [red, green, blue] = sums.map(|sum| mean(sum).map(|mean| mean as u8));
                Some([red?, green?, blue?])
            }
        }
    }
}

impl<C> OriginDimensions for Artwork<'_, C> {
    fn size(&self) -> Size {
        let side = |pixels: u16| {
            let pixels = u32::from(pixels);
            match self.scale {
                Scale::Larger(factor) => pixels.saturating_mul(factor),
                Scale::Smaller(factor) => pixels
                    .saturating_add(factor.saturating_sub(1))
                    .checked_div(factor)
                    .unwrap_or(0),
            }
        };
        Size::new(side(self.picture.width()), side(self.picture.height()))
    }
}

impl<C: Shade> ImageDrawable for Artwork<'_, C> {
    type Color = C;

    fn draw<D: DrawTarget<Color = C>>(&self, target: &mut D) -> Result<(), D::Error> {
        self.draw_sub_image(target, &Rectangle::new(Point::zero(), self.size()))
    }

    fn draw_sub_image<D: DrawTarget<Color = C>>(
        &self,
        target: &mut D,
        area: &Rectangle,
    ) -> Result<(), D::Error> {
        let area = area.intersection(&Rectangle::new(Point::zero(), self.size()));
        let colors = area.points().map(|point| {
            let rgb = self.rgb(point.x as u32, point.y as u32);
            let x = point.x.wrapping_add(self.matrix.x);
            let y = point.y.wrapping_add(self.matrix.y);
            C::shade(rgb.unwrap_or_default(), threshold(x, y))
        });
        target.fill_contiguous(&Rectangle::new(Point::zero(), area.size), colors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::Drawable;
    use embedded_graphics::image::Image;
    use embedded_graphics::mock_display::MockDisplay;
    use embedded_graphics::primitives::PointsIter;

    #[test]
    fn a_component_is_rounded_to_the_nearest_step() {
        for most in [31u8, 63] {
            for value in 0..=255u8 {
                let exact = f64::from(value) * f64::from(most) / 255.0;
                assert_eq!(nearest(value, most), exact.round() as u8, "{value}/{most}");
            }
        }
    }

    #[test]
    fn a_grey_keeps_its_value() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
        }
    }

    #[test]
    fn each_threshold_comes_once() {
        let mut thresholds: Vec<u8> = (0..64).map(|it| threshold(it % 8, it / 8)).collect();
        thresholds.sort_unstable();
        let steps: Vec<u8> = (0..64).map(|step| step * 4 + 2).collect();
        assert_eq!(thresholds, steps);
    }

    #[test]
    fn thresholds_follow_the_bayer_matrix() {
        // Rows 0 and 1 of the 8x8 matrix, from 0 to 63.
        let rows = [
            [0, 32, 8, 40, 2, 34, 10, 42],
            [48, 16, 56, 24, 50, 18, 58, 26],
        ];
        for (y, row) in (0..).zip(rows) {
            let drawn: [u8; 8] = core::array::from_fn(|x| (threshold(x as i32, y) - 2) / 4);
            assert_eq!(drawn, row);
        }
    }

    #[test]
    fn the_matrix_moves_with_its_corner() {
        let grey = [100; 16 * 16];
        let draw = |picture: Picture<'_>, matrix: Point| {
            let mut display = MockDisplay::<BinaryColor>::new();
            let artwork = picture.dithered().matrix_from(matrix);
            Image::new(&artwork, Point::zero())
                .draw(&mut display)
                .unwrap();
            display
        };
        let whole = draw(Picture::new(16, 16, 1, &grey), Point::zero());
        let moved = draw(Picture::new(8, 8, 1, &grey[..64]), Point::new(3, 5));
        for point in Rectangle::new(Point::zero(), Size::new_equal(8)).points() {
            let expected = whole.get_pixel(point + Point::new(3, 5));
            assert_eq!(moved.get_pixel(point), expected, "{point}");
        }
    }

    #[test]
    fn a_picture_is_scaled_by_whole_numbers() {
        let picture = Picture::new(3, 2, 1, &[10, 20, 30, 40, 50, 61]);
        let larger = picture.gray().scaled(Scale::Larger(2));
        assert_eq!(larger.size(), Size::new(6, 4));
        assert_eq!(larger.rgb(5, 1), Some([30; 3]));
        assert_eq!(larger.rgb(6, 1), None);
        let smaller = picture.gray().scaled(Scale::Smaller(2));
        assert_eq!(smaller.size(), Size::new(2, 1));
        assert_eq!(smaller.rgb(0, 0), Some([30; 3]));
        // Of two pixels, and rounded up.
        assert_eq!(smaller.rgb(1, 0), Some([46; 3]));
        for nothing in [Scale::Larger(0), Scale::Smaller(0)] {
            assert_eq!(picture.gray().scaled(nothing).size(), Size::zero());
        }
    }
}
