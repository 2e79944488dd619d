//! What the device shows: a picture and which it is. Generic over the display, so that a device can run it as it is.

use super::layout::Layout;
use super::magnified::{Dithering, Magnified};
use embedded_graphics::Drawable;
use embedded_graphics::image::Image;
use embedded_graphics::mono_font::iso_8859_1::{FONT_5X8, FONT_6X10, FONT_6X13, FONT_9X18_BOLD};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{BinaryColor, PixelColor, Rgb565, RgbColor, WebColors};
use embedded_graphics::prelude::{DrawTarget, Point, Size};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Alignment, Baseline, Text};
use pixling::Picture;

/// The words that go with a picture.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// The class in words.
    pub label: &'a str,
    /// The number that brings the picture back.
    pub seed: &'a str,
}

/// Draws on a display of one bit per pixel.
///
/// # Errors
///
/// Those of the display.
pub fn draw_monochrome<D: DrawTarget<Color = BinaryColor>>(
    picture: Picture<'_>,
    caption: Caption<'_>,
    layout: &Layout,
    display: &mut D,
) -> Result<(), D::Error> {
    display.clear(BinaryColor::Off)?;
    let mut dithering = Dithering(display);
    let mut magnified = Magnified::new(&mut dithering, layout.picture.top_left, layout.scale);
    Image::new(&picture.gray(), Point::zero()).draw(&mut magnified)?;
    let label = Style {
        font: &FONT_6X10,
        color: BinaryColor::On,
        gap: 1,
    };
    let seed = Style {
        font: &FONT_5X8,
        ..label
    };
    draw_caption(caption, layout, &label, &seed, display)
}

/// Draws on a colour display.
///
/// # Errors
///
/// Those of the display.
pub fn draw_color<D: DrawTarget<Color = Rgb565>>(
    picture: Picture<'_>,
    caption: Caption<'_>,
    layout: &Layout,
    display: &mut D,
) -> Result<(), D::Error> {
    display.clear(Rgb565::BLACK)?;
    let mut magnified = Magnified::new(display, layout.picture.top_left, layout.scale);
    Image::new(&picture.rgb565(), Point::zero()).draw(&mut magnified)?;
    let label = Style {
        font: &FONT_9X18_BOLD,
        color: Rgb565::WHITE,
        gap: 0,
    };
    let seed = Style {
        font: &FONT_6X13,
        color: Rgb565::CSS_LIGHT_SLATE_GRAY,
        gap: 0,
    };
    draw_caption(caption, layout, &label, &seed, display)
}

/// How a part of the caption looks.
#[derive(Clone, Copy)]
struct Style<C> {
    font: &'static MonoFont<'static>,
    color: C,
    /// Rows between lines.
    gap: u32,
}

impl<C: PixelColor> Style<C> {
    fn line_height(&self) -> u32 {
        self.font.character_size.height + self.gap
    }

    /// Characters that fit into a width.
    fn columns(&self, width: u32) -> usize {
        (width / self.font.character_size.width).max(1) as usize
    }

    /// Draws lines from a row on and returns the row below.
    fn draw<D: DrawTarget<Color = C>>(
        &self,
        lines: &[String],
        row: i32,
        area: &Rectangle,
        alignment: Alignment,
        display: &mut D,
    ) -> Result<i32, D::Error> {
        let column = match alignment {
            Alignment::Center => area.center().x,
            _ => area.top_left.x,
        };
        let style = MonoTextStyle::new(self.font, self.color);
        let mut row = row;
        for line in lines {
            let mut text = Text::with_alignment(line, Point::new(column, row), style, alignment);
            text.text_style.baseline = Baseline::Top;
            text.draw(display)?;
            row += self.line_height() as i32;
        }
        Ok(row)
    }
}

/// The label and below it the seed, in the middle of the caption's height; beside a picture the lines start at the
/// left, below it they are centered.
fn draw_caption<D: DrawTarget>(
    caption: Caption<'_>,
    layout: &Layout,
    label: &Style<D::Color>,
    seed: &Style<D::Color>,
    display: &mut D,
) -> Result<(), D::Error> {
    let Some(area) = layout.caption else {
        return Ok(());
    };
    let alignment = if area.top_left.x > 0 {
        Alignment::Left
    } else {
        Alignment::Center
    };
    let Size { width, height } = area.size;
    let seed_lines = wrap(caption.seed, seed.columns(width));
    let seed_height = seed_lines.len() as u32 * seed.line_height();
    let rows = height.saturating_sub(seed_height) / label.line_height();
    let columns = label.columns(width);
    let label_lines = shorten(wrap(caption.label, columns), rows as usize, columns);
    let used = label_lines.len() as u32 * label.line_height() + seed_height;
    let top = area.top_left.y + (height.saturating_sub(used) / 2) as i32;
    let row = label.draw(&label_lines, top, &area, alignment, display)?;
    seed.draw(&seed_lines, row, &area, alignment, display)?;
    Ok(())
}

/// Breaks a text into lines between words, and inside of a word that is too long for any line.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        while !rest.is_empty() {
            let line = lines.last_mut().expect("there is a first line");
            let used = line.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + rest.len() <= columns || used == 0 {
                line.extend((gap > 0).then_some(' '));
                line.extend(rest.drain(..rest.len().min(columns)));
            } else {
                lines.push(String::new());
            }
        }
    }
    lines
}

/// Keeps the first lines; where some are missing, the last one says so by two dots.
fn shorten(mut lines: Vec<String>, rows: usize, columns: usize) -> Vec<String> {
    if lines.len() > rows {
        lines.truncate(rows);
        if let Some(last) = lines.last_mut() {
            let kept = last.chars().take(columns.saturating_sub(2));
            *last = kept.chain("..".chars()).collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_between_words() {
        assert_eq!(wrap("Ankle boot", 10), ["Ankle boot"]);
        assert_eq!(wrap("Ankle boot", 9), ["Ankle", "boot"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn breaks_a_word_that_no_line_can_hold() {
        assert_eq!(
            wrap("18446744073709551615", 12),
            ["184467440737", "09551615"]
        );
        assert_eq!(wrap("a bcdefg", 4), ["a", "bcde", "fg"]);
    }

    #[test]
    fn says_when_lines_are_missing() {
        let lines = wrap("one two three", 6);
        assert_eq!(shorten(lines.clone(), 3, 6), ["one", "two", "three"]);
        assert_eq!(shorten(lines.clone(), 2, 6), ["one", "two.."]);
        assert_eq!(shorten(lines, 2, 4), ["one", "tw.."]);
    }
}
