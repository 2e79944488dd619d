//! From a frame in memory to a display.

use embedded_graphics::prelude::{Dimensions, DrawTarget, PointsIter};
use pixling_app::{Frame, Stored, Tone};

/// Copies a whole frame in one go, so that a display that shows at once what it is given does not flicker.
///
/// # Errors
///
/// When the display gives one.
pub fn show<C, D>(frame: &Frame<'_, C>, display: &mut D) -> Result<(), D::Error>
where
    C: Stored + Tone,
    D: DrawTarget<Color = C>,
{
    let area = frame.bounding_box();
    let colors = area.points();
    display.fill_contiguous(
        &area,
        colors.map(|point| frame.pixel(point).unwrap_or(C::BLACK)),
    )
}
