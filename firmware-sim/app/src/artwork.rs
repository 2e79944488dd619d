//! A picture where the layout wants it, in the display's colours.

use crate::dither::{Diffusion, Dithering};
use crate::layout::Layout;
use crate::tone::Tone;
use embedded_graphics::Drawable;
use embedded_graphics::image::Image;
use embedded_graphics::prelude::{DrawTarget, PointsIter};
use embedded_graphics::primitives::Rectangle;
use pixling::{Picture, luma};

/// Draws a picture. Greys are dithered at the display's resolution, which shows more of them than dithering the small
/// picture would.
pub(crate) fn draw<D: DrawTarget<Color: Tone>>(
    picture: Picture<'_>,
    layout: &Layout,
    dithering: Dithering,
    row: &mut [u8],
    display: &mut D,
) -> Result<(), D::Error> {
    let Rectangle { top_left, size } = layout.picture;
    let artwork = picture.artwork().scaled(layout.scale).matrix_from(top_left);
    if !D::Color::ONE_BIT || dithering == Dithering::Ordered {
        return Image::new(&artwork, top_left).draw(display);
    }
    let mut diffusion = Diffusion::new(row);
    let colors = Rectangle::new(Default::default(), size).points();
    let colors = colors.map(|point| {
        let rgb = artwork.rgb(point.x as u32, point.y as u32);
        if diffusion.next(point.x as usize, luma(rgb.unwrap_or_default())) {
            D::Color::WHITE
        } else {
            D::Color::BLACK
        }
    });
    display.fill_contiguous(&layout.picture, colors)
}
