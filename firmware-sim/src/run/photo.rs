//! What an eye would see of a display.

use crate::{Error, encode_png};
use embedded_graphics::prelude::{Point, Size};
use pixling_app::Rotation;

/// Red, green and blue, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    size: Size,
    pixels: Vec<[u8; 3]>,
}

impl Photo {
    /// Asks for each pixel.
    pub fn new(size: Size, mut pixel: impl FnMut(Point) -> [u8; 3]) -> Photo {
        let points = (0..size.height as i32)
            .flat_map(|y| (0..size.width as i32).map(move |x| Point::new(x, y)));
        Photo {
            size,
            pixels: points.map(&mut pixel).collect(),
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// A pixel; black outside.
    pub fn pixel(&self, point: Point) -> [u8; 3] {
        let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) else {
            return [0; 3];
        };
        let width = self.size.width as usize;
        let inside = x < width;
        let found = inside.then(|| self.pixels.get(y * width + x)).flatten();
        found.copied().unwrap_or_default()
    }

    /// The same with the display held so that what the application turned is upright.
    pub fn upright(&self, rotation: Rotation) -> Photo {
        Photo::new(rotation.turned(self.size), |point| {
            self.pixel(rotation.turn(self.size, point))
        })
    }

    /// Enlarges each pixel to a square of side `scale`, with gaps in the colour `ground`.
    pub fn enlarged(&self, scale: u32, gap: u32, ground: [u8; 3]) -> Photo {
        let pitch = scale + gap;
        let side = |pixels: u32| (pixels * pitch).saturating_sub(gap);
        let size = Size::new(side(self.size.width), side(self.size.height));
        Photo::new(size, |point| {
            let is_gap = |place: i32| place % pitch as i32 >= scale as i32;
            if is_gap(point.x) || is_gap(point.y) {
                ground
            } else {
                self.pixel(point / pitch as i32)
            }
        })
    }

    /// Averages each square of side `factor` to one pixel.
    pub fn shrunk(&self, factor: u32) -> Photo {
        let factor = factor.max(1);
        let size = Size::new(
            self.size.width.div_ceil(factor),
            self.size.height.div_ceil(factor),
        );
        Photo::new(size, |point| {
            let corner = point * factor as i32;
            let (mut sums, mut count) = ([0u32; 3], 0u32);
            for y in corner.y..(corner.y + factor as i32).min(self.size.height as i32) {
                for x in corner.x..(corner.x + factor as i32).min(self.size.width as i32) {
                    let rgb = self.pixel(Point::new(x, y));
                    for (sum, value) in sums.iter_mut().zip(rgb) {
                        *sum += u32::from(value);
                    }
                    count += 1;
                }
            }
            sums.map(|sum| (sum / count.max(1)) as u8)
        })
    }

    /// Red, green and blue of all pixels.
    pub fn into_bytes(self) -> Vec<u8> {
        self.pixels.into_flattened()
    }

    /// The bytes of a PNG.
    ///
    /// # Errors
    ///
    /// When the encoder refuses.
    pub fn to_png(&self) -> Result<Vec<u8>, Error> {
        let Size { width, height } = self.size;
        encode_png(width, height, self.pixels.as_flattened().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32) -> Photo {
        Photo::new(Size::new(width, height), |point| {
            [(point.y * 16 + point.x) as u8; 3]
        })
    }

    #[test]
    fn enlarging_leaves_gaps_and_shrinking_undoes_it() {
        let large = photo(3, 2).enlarged(2, 1, [255; 3]);
        assert_eq!(large.size(), Size::new(8, 5));
        assert_eq!(large.pixel(Point::new(2, 0)), [255; 3]);
        assert_eq!(large.pixel(Point::new(3, 4)), [17; 3]);
        assert_eq!(photo(3, 2).enlarged(4, 0, [0; 3]).shrunk(4), photo(3, 2));
    }

    #[test]
    fn a_turned_display_is_held_upright() {
        let turned = photo(3, 2).upright(Rotation::Quarter);
        assert_eq!(turned.size(), Size::new(2, 3));
        assert_eq!(turned.pixel(Point::zero()), [2; 3]);
    }
}
