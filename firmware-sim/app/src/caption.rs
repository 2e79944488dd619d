//! The words that go with a picture.

use crate::layout::Layout;
use crate::lines::{first, lines};
use crate::tone::{Theme, Tone};
use embedded_graphics::Drawable;
use embedded_graphics::mono_font::iso_8859_1::{FONT_5X8, FONT_6X10, FONT_6X13, FONT_9X18_BOLD};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::prelude::{DrawTarget, Point};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};

/// How a part of the caption looks.
#[derive(Clone, Copy)]
struct Style<C> {
    font: &'static MonoFont<'static>,
    color: C,
    /// Rows between lines.
    gap: u32,
}

impl<C: Tone> Style<C> {
    fn line_height(&self) -> u32 {
        self.font.character_size.height + self.gap
    }

    /// Characters that fit into a width.
    fn columns(&self, area: &Rectangle) -> usize {
        (area.size.width / self.font.character_size.width).max(1) as usize
    }

    /// Draws at most `rows` lines from the row `top` on and returns the row below. Where lines are missing, the last
    /// one ends in two dots.
    fn draw<D: DrawTarget<Color = C>>(
        &self,
        text: &str,
        rows: u32,
        top: i32,
        area: &Rectangle,
        display: &mut D,
    ) -> Result<i32, D::Error> {
        let columns = self.columns(area);
        let missing = lines(text, columns).count() > rows as usize;
        let mut row = top;
        for (index, line) in (1..=rows).zip(lines(text, columns)) {
            let (line, dots) = if missing && index == rows {
                (first(line, columns.saturating_sub(2)), "..")
            } else {
                (line, "")
            };
            let characters = (line.chars().count() + dots.len()) as u32;
            let over = area
                .size
                .width
                .saturating_sub(characters * self.font.character_size.width);
            // Beside a picture lines start at the left, below it they are centered.
            let indent = if is_beside(area) { 0 } else { over / 2 };
            let style = MonoTextStyle::new(self.font, self.color);
            let start = Point::new(area.top_left.x + indent as i32, row);
            let end = Text::with_baseline(line, start, style, Baseline::Top).draw(display)?;
            Text::with_baseline(dots, end, style, Baseline::Top).draw(display)?;
            row += self.line_height() as i32;
        }
        Ok(row)
    }
}

/// Whether the caption stands beside the picture.
pub(crate) fn is_beside(area: &Rectangle) -> bool {
    area.top_left.x > 0
}

/// Draws the label and below it the details, in the middle of the caption's height. The label comes first where there
/// is no room for all.
pub(crate) fn draw<D: DrawTarget<Color: Tone>>(
    label_text: &str,
    details_text: &str,
    layout: &Layout,
    theme: Theme,
    display: &mut D,
) -> Result<(), D::Error> {
    let Some(area) = &layout.caption else {
        return Ok(());
    };
    let (label, details) = styles::<D::Color>(area, theme);
    let height = area.size.height;
    let wanted = |style: &Style<D::Color>, text| lines(text, style.columns(area)).count() as u32;
    let label_rows = wanted(&label, label_text).min(height / label.line_height());
    let left = height - label_rows * label.line_height();
    let details_rows = wanted(&details, details_text).min(left / details.line_height());
    let over = left - details_rows * details.line_height();
    let top = area.top_left.y + (over / 2) as i32;
    let row = label.draw(label_text, label_rows, top, area, display)?;
    details.draw(details_text, details_rows, row, area, display)?;
    Ok(())
}

/// The least width of a caption in large letters.
const WIDE: u32 = 120;

/// The styles of the label and of the details.
fn styles<C: Tone>(area: &Rectangle, theme: Theme) -> (Style<C>, Style<C>) {
    let color = match theme {
        Theme::Dark => C::WHITE,
        Theme::Light => C::BLACK,
    };
    let faint = if C::ONE_BIT { color } else { C::FAINT };
    let style = |font, color, gap| Style { font, color, gap };
    if area.size.width < WIDE {
        (style(&FONT_6X10, color, 1), style(&FONT_5X8, faint, 1))
    } else {
        (
            style(&FONT_9X18_BOLD, color, 0),
            style(&FONT_6X13, faint, 0),
        )
    }
}
