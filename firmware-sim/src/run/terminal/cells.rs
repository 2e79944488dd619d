//! A picture in character cells.

use super::palette::Palette;
use crate::run::Photo;
use embedded_graphics::prelude::{Point, Size};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// From dark to bright, where there are no colours.
const SHADES: [&str; 10] = [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"];

/// How a picture is put into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fitting {
    /// Each pixel as a square; its side in half cells.
    Enlarged(u32),
    /// Eight dots in a cell, for two colours.
    Dots,
    /// The mean of a square as half a cell.
    Shrunk(u32),
}

impl Fitting {
    /// As large as possible, and with all pixels where that is possible.
    pub(crate) fn new(picture: Size, room: Size, two_colours: bool) -> Fitting {
        let half_cells = Size::new(room.width, room.height * 2);
        let scale = (half_cells.width / picture.width).min(half_cells.height / picture.height);
        if scale >= 1 {
            Fitting::Enlarged(scale)
        } else if two_colours
            && picture.width <= room.width * 2
            && picture.height <= room.height * 4
        {
            Fitting::Dots
        } else {
            let columns = picture.width.div_ceil(half_cells.width.max(1));
            Fitting::Shrunk(columns.max(picture.height.div_ceil(half_cells.height.max(1))))
        }
    }
}

/// Draws a picture in the middle of an area.
pub(crate) fn render(
    photo: &Photo,
    two_colours: bool,
    palette: Palette,
    area: Rect,
    buffer: &mut Buffer,
) {
    let room = Size::new(area.width.into(), area.height.into());
    if room.width == 0 || room.height == 0 {
        return;
    }
    // Without colours dots of one colour say nothing but where the ink is, which is what is wanted.
    match Fitting::new(photo.size(), room, two_colours) {
        Fitting::Enlarged(scale) => {
            halves(&photo.enlarged(scale, 0, [0; 3]), palette, area, buffer)
        }
        Fitting::Dots => dots(photo, palette, area, buffer),
        Fitting::Shrunk(factor) => halves(&photo.shrunk(factor), palette, area, buffer),
    }
}

/// The cells that a picture takes, in the middle.
fn middle(width: u32, height: u32, area: Rect) -> Rect {
    let width = (width as u16).min(area.width);
    let height = (height as u16).min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// Two pixels in a cell, one above the other.
fn halves(photo: &Photo, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let size = photo.size();
    let place = middle(size.width, size.height.div_ceil(2), area);
    for row in 0..place.height {
        for column in 0..place.width {
            let point = Point::new(column.into(), i32::from(row) * 2);
            let (upper, lower) = (photo.pixel(point), photo.pixel(point + Point::new(0, 1)));
            let Some(cell) = buffer.cell_mut((place.x + column, place.y + row)) else {
                continue;
            };
            let last = point.y + 1 >= size.height as i32;
            match palette {
                Palette::Plain => {
                    let both = (brightness(upper) + if last { 0 } else { brightness(lower) }) / 2;
                    cell.set_symbol(
                        SHADES[(both * (SHADES.len() as u32 - 1) + 127) as usize / 255],
                    );
                }
                _ => {
                    let style = Style::new().fg(palette.color(upper));
                    let lower = palette.color(lower);
                    cell.set_symbol("▀")
                        .set_style(if last { style } else { style.bg(lower) });
                }
            }
        }
    }
}

/// Eight pixels in a cell, as the dots of Braille.
fn dots(photo: &Photo, palette: Palette, area: Rect, buffer: &mut Buffer) {
    // The dots of a cell, row by row, as Unicode numbers them.
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let size = photo.size();
    let place = middle(size.width.div_ceil(2), size.height.div_ceil(4), area);
    let (dark, bright) = extremes(photo);
    let half = (brightness(dark) + brightness(bright)) / 2;
    let style = Style::new()
        .fg(palette.color(bright))
        .bg(palette.color(dark));
    for row in 0..place.height {
        for column in 0..place.width {
            let corner = Point::new(i32::from(column) * 2, i32::from(row) * 4);
            let mut bits = 0;
            for (y, pair) in (0..).zip(BITS) {
                for (x, bit) in (0..).zip(pair) {
                    let pixel = photo.pixel(corner + Point::new(x, y));
                    bits |= if brightness(pixel) > half { bit } else { 0 };
                }
            }
            let symbol = char::from_u32(0x2800 + bits).unwrap_or(' ');
            if let Some(cell) = buffer.cell_mut((place.x + column, place.y + row)) {
                cell.set_char(symbol).set_style(style);
            }
        }
    }
}

/// The darkest and the brightest pixel.
fn extremes(photo: &Photo) -> ([u8; 3], [u8; 3]) {
    let pixels = photo.image().pixels().map(|pixel| pixel.0);
    let dark = pixels.clone().min_by_key(|rgb| brightness(*rgb));
    let bright = pixels.max_by_key(|rgb| brightness(*rgb));
    (dark.unwrap_or_default(), bright.unwrap_or_default())
}

fn brightness(rgb: [u8; 3]) -> u32 {
    pixling::luma(rgb).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_all_pixels_where_that_is_possible() {
        let room = Size::new(80, 20);
        let fitting = |width, height, two| Fitting::new(Size::new(width, height), room, two);
        assert_eq!(fitting(5, 5, false), Fitting::Enlarged(8));
        assert_eq!(fitting(128, 64, true), Fitting::Dots);
        assert_eq!(fitting(128, 64, false), Fitting::Shrunk(2));
        assert_eq!(fitting(240, 240, false), Fitting::Shrunk(6));
        assert_eq!(fitting(296, 128, true), Fitting::Shrunk(4));
    }

    #[test]
    fn a_cell_holds_two_pixels_or_eight_dots() {
        let photo = Photo::new(Size::new(2, 4), |point| {
            [if point.y == 1 { 255 } else { 0 }; 3]
        });
        let area = Rect::new(0, 0, 2, 2);
        let mut buffer = Buffer::empty(area);
        render(&photo, true, Palette::True, area, &mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), "▀");
        assert_eq!(buffer[(0, 0)].bg, Palette::True.color([255; 3]));
        let area = Rect::new(0, 0, 1, 1);
        let mut buffer = Buffer::empty(area);
        render(&photo, true, Palette::True, area, &mut buffer);
        assert_eq!(buffer[(0, 0)].symbol(), "\u{2812}");
    }

    #[test]
    fn no_room_is_no_trouble() {
        let photo = Photo::new(Size::new(3, 3), |_| [9; 3]);
        for (width, height) in [(0, 0), (1, 0), (1, 1), (2, 1)] {
            let area = Rect::new(0, 0, width, height);
            render(
                &photo,
                false,
                Palette::Plain,
                area,
                &mut Buffer::empty(area),
            );
        }
    }
}
