//! A picture on a display: enlarged or shrunk by a whole number, in the display's colours.

use crate::dither::{Diffusion, Dithering, threshold};
use crate::layout::{Layout, Scale};
use crate::tone::{Tone, luma};
use embedded_graphics::prelude::{DrawTarget, PointsIter};
use pixling::Picture;

/// Draws a picture where the layout wants it. Greys are dithered at the display's resolution, which shows more of them
/// than dithering the small picture would.
pub(crate) fn draw<D: DrawTarget<Color: Tone>>(
    picture: Picture<'_>,
    layout: &Layout,
    dithering: Dithering,
    row: &mut [u8],
    display: &mut D,
) -> Result<(), D::Error> {
    let mut shades = Shades {
        dithering,
        diffusion: Diffusion::new(row),
    };
    let area = layout.picture;
    let colors = area.points().map(|point| {
        let (x, y) = (point.x as u32, point.y as u32);
        let column = x - area.top_left.x as u32;
        let rgb = color(picture, layout.scale, column, y - area.top_left.y as u32);
        shades.next(rgb, column, x, y)
    });
    display.fill_contiguous(&area, colors)
}

struct Shades<'b> {
    dithering: Dithering,
    diffusion: Diffusion<'b>,
}

impl Shades<'_> {
    fn next<C: Tone>(&mut self, rgb: [u8; 3], column: u32, x: u32, y: u32) -> C {
        if !C::ONE_BIT {
            return C::nearest(rgb);
        }
        let grey = luma(rgb);
        let bright = match self.dithering {
            Dithering::Ordered => grey >= threshold(x, y),
            Dithering::Diffusion => self.diffusion.next(column as usize, grey),
        };
        if bright { C::WHITE } else { C::BLACK }
    }
}

/// Red, green and blue at a column and row of the enlarged or shrunk picture.
fn color(picture: Picture<'_>, scale: Scale, x: u32, y: u32) -> [u8; 3] {
    let pixel = |x: u32, y: u32| picture.pixel(x.try_into().ok()?, y.try_into().ok()?);
    match scale {
        Scale::Larger(factor) => pixel(x / factor, y / factor).unwrap_or_default(),
        Scale::Smaller(factor) => {
            // The mean of all pixels that fall together; at the right and at the bottom these may be fewer.
            let (mut sums, mut count) = ([0u32; 3], 0u32);
            for y in y * factor..(y + 1) * factor {
                for rgb in (x * factor..(x + 1) * factor).filter_map(|x| pixel(x, y)) {
                    for (sum, value) in sums.iter_mut().zip(rgb) {
                        *sum += u32::from(value);
                    }
                    count += 1;
                }
            }
            sums.map(|sum| ((sum + count / 2) / count.max(1)) as u8)
        }
    }
}
