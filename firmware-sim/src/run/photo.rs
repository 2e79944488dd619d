//! The picture that an eye would see of a display.

use crate::Error;
use crate::png::encode_png;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{Point, Size};
use image::{GenericImageView, Rgb, RgbImage};
use pixling::Model;
use pixling_app::Rotation;

/// Red, green and blue of each pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo(RgbImage);

impl From<RgbImage> for Photo {
    fn from(image: RgbImage) -> Photo {
        Photo(image)
    }
}

impl Photo {
    /// Asks for each pixel.
    pub fn new(size: Size, mut pixel: impl FnMut(Point) -> [u8; 3]) -> Photo {
        Photo(RgbImage::from_fn(size.width, size.height, |x, y| {
            Rgb(pixel(Point::new(x as i32, y as i32)))
        }))
    }

    /// Asks for the colour of each pixel; black where there is none.
    pub(crate) fn of_colors<C: Into<Rgb888>>(
        size: Size,
        pixel: impl Fn(Point) -> Option<C>,
    ) -> Photo {
        Photo::new(size, |point| {
            let color = pixel(point).map_or(Rgb888::BLACK, Into::into);
            [color.r(), color.g(), color.b()]
        })
    }

    /// A model's picture. Grey is three times the same; pixels that are missing are black.
    pub(crate) fn of_model(model: &Model<'_>, pixels: &[u8]) -> Photo {
        let size = Size::new(model.width().into(), model.height().into());
        let channels = usize::from(model.channels());
        Photo::new(size, |Point { x, y }| {
            let pixel = (y as usize * size.width as usize + x as usize) * channels;
            std::array::from_fn(|channel| {
                let index = pixel + channel.min(channels.saturating_sub(1));
                pixels.get(index).copied().unwrap_or(0)
            })
        })
    }

    /// The same as a picture of the crate `image`.
    pub(crate) fn image(&self) -> &RgbImage {
        &self.0
    }

    /// Columns and rows.
    pub fn size(&self) -> Size {
        Size::from(self.0.dimensions())
    }

    /// A pixel; black outside.
    pub fn pixel(&self, point: Point) -> [u8; 3] {
        // Negative numbers become larger than any side.
        let found = self.0.get_pixel_checked(point.x as u32, point.y as u32);
        found.map_or([0; 3], |pixel| pixel.0)
    }

    /// The same with the display held so that what the application turned is upright.
    pub fn upright(&self, rotation: Rotation) -> Photo {
        let size = self.size();
        Photo::new(rotation.turned(size), |point| {
            self.pixel(rotation.turn(size, point))
        })
    }

    /// Enlarges each pixel to a square of side `scale`, with gaps in the colour `ground`.
    pub fn enlarged(&self, scale: u32, gap: u32, ground: [u8; 3]) -> Photo {
        let pitch = scale + gap;
        let side = |pixels: u32| (pixels * pitch).saturating_sub(gap);
        let size = Size::new(side(self.0.width()), side(self.0.height()));
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
        let (width, height) = self.0.dimensions();
        let size = Size::new(width.div_ceil(factor), height.div_ceil(factor));
        Photo::new(size, |point| {
            let corner = point * factor as i32;
            let (x, y) = (corner.x as u32, corner.y as u32);
            let (columns, rows) = (factor.min(width - x), factor.min(height - y));
            let square = self.0.view(x, y, columns, rows);
            std::array::from_fn(|channel| {
                let values = square.pixels().map(|(.., pixel)| u32::from(pixel[channel]));
                (values.sum::<u32>() / (columns * rows)) as u8
            })
        })
    }

    /// The bytes of a PNG.
    ///
    /// # Errors
    ///
    /// When the encoder refuses.
    pub fn to_png(&self) -> Result<Vec<u8>, Error> {
        let (width, height) = self.0.dimensions();
        encode_png(width, height, 3, self.0.as_raw().clone())
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
