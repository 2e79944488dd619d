//! Displays that are mounted another way round.

use embedded_graphics::Pixel;
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, Size};

/// By how much a picture is turned, clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None = 0,
    /// A quarter.
    Quarter = 90,
    /// Upside down.
    Half = 180,
    /// Three quarters.
    ThreeQuarters = 270,
}

impl Rotation {
    /// The rotation by 0, 90, 180 or 270 degrees.
    pub const fn from_degrees(degrees: u16) -> Option<Rotation> {
        Some(match degrees {
            0 => Rotation::None,
            90 => Rotation::Quarter,
            180 => Rotation::Half,
            270 => Rotation::ThreeQuarters,
            _ => return None,
        })
    }

    /// In degrees.
    pub const fn degrees(self) -> u16 {
        self as u16
    }

    /// The size of a display as the application sees it.
    pub const fn turned(self, size: Size) -> Size {
        match self {
            Rotation::None | Rotation::Half => size,
            Rotation::Quarter | Rotation::ThreeQuarters => Size::new(size.height, size.width),
        }
    }

    /// Where a point of the application is on a display of that size.
    pub const fn turn(self, display: Size, Point { x, y }: Point) -> Point {
        let (right, bottom) = (display.width as i32 - 1, display.height as i32 - 1);
        match self {
            Rotation::None => Point::new(x, y),
            Rotation::Quarter => Point::new(right - y, x),
            Rotation::Half => Point::new(right - x, bottom - y),
            Rotation::ThreeQuarters => Point::new(y, bottom - x),
        }
    }
}

/// A display on which everything is turned.
#[derive(Debug)]
pub struct Rotated<'d, D> {
    display: &'d mut D,
    rotation: Rotation,
}

impl<'d, D: OriginDimensions> Rotated<'d, D> {
    /// Turns what is drawn from now on.
    pub fn new(display: &'d mut D, rotation: Rotation) -> Self {
        Rotated { display, rotation }
    }
}

impl<D: OriginDimensions> OriginDimensions for Rotated<'_, D> {
    fn size(&self) -> Size {
        self.rotation.turned(self.display.size())
    }
}

impl<D: DrawTarget + OriginDimensions> DrawTarget for Rotated<'_, D> {
    type Color = D::Color;
    type Error = D::Error;

    fn draw_iter<I: IntoIterator<Item = Pixel<D::Color>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), D::Error> {
        let (rotation, size) = (self.rotation, self.display.size());
        self.display.draw_iter(
            pixels
                .into_iter()
                .map(|Pixel(point, color)| Pixel(rotation.turn(size, point), color)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Frame;
    use embedded_graphics::pixelcolor::Gray8;

    /// Draws 1, 2, 3 from the top left corner to the right, and 4 below the 1.
    fn drawn(degrees: u16) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        let mut frame = Frame::<Gray8>::new(&mut bytes, Size::new(3, 2)).unwrap();
        let rotation = Rotation::from_degrees(degrees).unwrap();
        assert_eq!(rotation.degrees(), degrees);
        let mut turned = Rotated::new(&mut frame, rotation);
        let points = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (0, 1, 4)];
        turned
            .draw_iter(points.map(|(x, y, grey)| Pixel(Point::new(x, y), Gray8::new(grey))))
            .unwrap();
        bytes
    }

    #[test]
    fn turns_clockwise() {
        assert_eq!(drawn(0), [1, 2, 3, 4, 0, 0]);
        assert_eq!(drawn(90), [0, 4, 1, 0, 0, 2]);
        assert_eq!(drawn(180), [0, 0, 4, 3, 2, 1]);
        assert_eq!(drawn(270), [2, 0, 0, 1, 4, 0]);
        assert_eq!(Rotation::from_degrees(45), None);
    }
}
