//! Displays behind lenses: each pixel drawn larger, greys drawn as patterns of dots.

use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, GrayColor};
use embedded_graphics::prelude::{Dimensions, DrawTarget, Point, Size};
use embedded_graphics::primitives::Rectangle;

/// A display on which every pixel is a square, from some point on.
#[derive(Debug)]
pub struct Magnified<'d, D> {
    display: &'d mut D,
    origin: Point,
    scale: u32,
}

impl<'d, D> Magnified<'d, D> {
    /// What is drawn at (0, 0) fills the square of `scale` pixels at `origin`.
    pub fn new(display: &'d mut D, origin: Point, scale: u32) -> Self {
        Magnified {
            display,
            origin,
            scale: scale.max(1),
        }
    }
}

impl<D: DrawTarget> Dimensions for Magnified<'_, D> {
    fn bounding_box(&self) -> Rectangle {
        let display = self.display.bounding_box();
        let end = display.top_left + display.size;
        let room = Size::new(
            (end.x - self.origin.x).max(0) as u32,
            (end.y - self.origin.y).max(0) as u32,
        );
        Rectangle::new(Point::zero(), room / self.scale)
    }
}

impl<D: DrawTarget> DrawTarget for Magnified<'_, D> {
    type Color = D::Color;
    type Error = D::Error;

    fn draw_iter<I: IntoIterator<Item = Pixel<D::Color>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), D::Error> {
        for Pixel(point, color) in pixels {
            let corner = self.origin + point * self.scale as i32;
            let square = Rectangle::new(corner, Size::new_equal(self.scale));
            self.display.fill_solid(&square, color)?;
        }
        Ok(())
    }
}

/// A display of one bit per pixel on which greys can be drawn, by ordered dithering with an 8x8 Bayer matrix. Behind
/// [`Magnified`] it dithers at the display's resolution, which shows more greys than dithering the small picture would.
#[derive(Debug)]
pub struct Dithering<'d, D>(pub &'d mut D);

/// The Bayer matrix's threshold at a point of the display, from 2 to 254 in steps of 4: bits of `x ^ y` and `y`
/// interleaved.
fn threshold(point: Point) -> u8 {
    let bit = |value: i32, index: i32| ((value >> index) & 1) as u8;
    let level = (0..3).fold(0, |level, index| {
        level << 2 | bit(point.x ^ point.y, index) << 1 | bit(point.y, index)
    });
    level * 4 + 2
}

impl<D: DrawTarget<Color = BinaryColor>> Dimensions for Dithering<'_, D> {
    fn bounding_box(&self) -> Rectangle {
        self.0.bounding_box()
    }
}

impl<D: DrawTarget<Color = BinaryColor>> DrawTarget for Dithering<'_, D> {
    type Color = Gray8;
    type Error = D::Error;

    fn draw_iter<I: IntoIterator<Item = Pixel<Gray8>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), D::Error> {
        self.0
            .draw_iter(pixels.into_iter().map(|Pixel(point, grey)| {
                Pixel(point, BinaryColor::from(grey.luma() >= threshold(point)))
            }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::mock_display::MockDisplay;
    use embedded_graphics::prelude::PointsIter;

    #[test]
    fn a_pixel_becomes_a_square() {
        let mut display = MockDisplay::new();
        Magnified::new(&mut display, Point::new(1, 0), 2)
            .draw_iter([
                Pixel(Point::new(0, 0), BinaryColor::On),
                Pixel(Point::new(1, 1), BinaryColor::Off),
            ])
            .unwrap();
        display.assert_pattern(&[" ##  ", " ##  ", "   ..", "   .."]);
    }

    #[test]
    fn knows_how_much_fits() {
        let mut display = MockDisplay::<BinaryColor>::new(); // 64x64
        let magnified = Magnified::new(&mut display, Point::new(4, 8), 2);
        assert_eq!(magnified.bounding_box().size, Size::new(30, 28));
    }

    #[test]
    fn half_grey_is_a_chessboard() {
        let mut display = MockDisplay::new();
        let area = Rectangle::new(Point::zero(), Size::new(4, 2));
        Dithering(&mut display)
            .fill_solid(&area, Gray8::new(128))
            .unwrap();
        display.assert_pattern(&["#.#.", ".#.#"]);
    }

    #[test]
    fn black_and_white_stay_pure_and_each_threshold_comes_once() {
        let area = Rectangle::new(Point::zero(), Size::new_equal(8));
        let mut thresholds: Vec<u8> = area.points().map(threshold).collect();
        thresholds.sort_unstable();
        let steps: Vec<u8> = (0..64).map(|step| step * 4 + 2).collect();
        assert_eq!(thresholds, steps);
    }
}
