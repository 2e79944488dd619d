//! Where picture and text go, for any size of display.

use embedded_graphics::prelude::{Point, Size};
use embedded_graphics::primitives::Rectangle;
use pixling::Scale;

/// The room that a caption takes: beside the picture on a wide display, below it on any other.
const BESIDE: u32 = 58;
const BELOW: u32 = 34;

/// A division of the display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How large the picture is shown.
    pub scale: Scale,
    /// Where it goes.
    pub picture: Rectangle,
    /// Where the caption goes, where there is room for one.
    pub caption: Option<Rectangle>,
}

impl Layout {
    /// As large as possible with room for a caption, or else without, or else shrunk: nothing is ever cropped. `None`
    /// when display or picture is empty.
    pub fn new(display: Size, picture: Size) -> Option<Layout> {
        let is_empty = |size: Size| size.width == 0 || size.height == 0;
        if is_empty(display) || is_empty(picture) {
            return None;
        }
        let wide = display.width > display.height;
        let room = if wide {
            Size::new(display.width.saturating_sub(BESIDE), display.height)
        } else {
            Size::new(display.width, display.height.saturating_sub(BELOW))
        };
        Self::with_caption(display, picture, room, wide)
            .or_else(|| {
                let factor = scale(display, picture)?;
                Some(Self::centered(
                    display,
                    picture * factor,
                    Scale::Larger(factor),
                ))
            })
            .or_else(|| Some(Self::shrunk(display, picture)))
    }

    fn with_caption(display: Size, picture: Size, room: Size, wide: bool) -> Option<Layout> {
        let scale = scale(room, picture)?;
        let size = picture * scale;
        // Beside: what is over goes around the picture in a square. Below: above and under the picture.
        let (origin, corner) = if wide {
            let margin = (display.height - size.height) / 2;
            let left = margin.min((room.width - size.width) / 2);
            let corner = (left + size.width + left.max(4)).min(room.width);
            ((left, margin), (corner, 0))
        } else {
            let over = room.height - size.height;
            let top = over / 2;
            (
                ((display.width - size.width) / 2, top),
                (0, top + size.height),
            )
        };
        let corner = Size::new(corner.0, corner.1);
        Some(Layout {
            scale: Scale::Larger(scale),
            picture: Rectangle::new(Point::zero() + Size::new(origin.0, origin.1), size),
            caption: Some(Rectangle::new(Point::zero() + corner, display - corner)),
        })
    }

    fn shrunk(display: Size, picture: Size) -> Layout {
        let columns = picture.width.div_ceil(display.width);
        let factor = columns.max(picture.height.div_ceil(display.height));
        let size = Size::new(
            picture.width.div_ceil(factor),
            picture.height.div_ceil(factor),
        );
        Self::centered(display, size, Scale::Smaller(factor))
    }

    fn centered(display: Size, size: Size, scale: Scale) -> Layout {
        Layout {
            scale,
            picture: Rectangle::new(Point::zero() + (display - size) / 2, size),
            caption: None,
        }
    }
}

fn scale(room: Size, picture: Size) -> Option<u32> {
    let scale = (room.width / picture.width).min(room.height / picture.height);
    (scale > 0).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLED: Size = Size::new(128, 64);
    const TFT: Size = Size::new(240, 240);

    #[test]
    fn oled_shows_28_pixels_twice_as_large_in_a_square() {
        let layout = Layout::new(OLED, Size::new(28, 28)).unwrap();
        assert_eq!(layout.scale, Scale::Larger(2));
        assert_eq!(
            layout.picture,
            Rectangle::new(Point::new(4, 4), Size::new(56, 56))
        );
        assert_eq!(layout.caption.unwrap().top_left, Point::new(64, 0));
    }

    #[test]
    fn tft_shows_28_pixels_seven_times_as_large_above_the_caption() {
        let layout = Layout::new(TFT, Size::new(28, 28)).unwrap();
        assert_eq!(layout.scale, Scale::Larger(7));
        let caption = layout.caption.unwrap();
        assert_eq!(
            caption.top_left.y,
            layout.picture.bottom_right().unwrap().y + 1
        );
        assert!(caption.size.height >= BELOW);
    }

    #[test]
    fn a_picture_of_the_size_of_the_display_has_no_caption() {
        let layout = Layout::new(TFT, TFT).unwrap();
        assert_eq!(layout.picture, Rectangle::new(Point::zero(), TFT));
        assert_eq!(layout.caption, None);
    }

    #[test]
    fn a_larger_picture_is_shrunk_by_a_whole_number() {
        let leds = Layout::new(Size::new(5, 5), Size::new(28, 28)).unwrap();
        assert_eq!(leds.scale, Scale::Smaller(6));
        assert_eq!(leds.picture, Rectangle::new(Point::zero(), Size::new(5, 5)));
        let oled = Layout::new(OLED, Size::new(128, 128)).unwrap();
        assert_eq!(oled.scale, Scale::Smaller(2));
        assert_eq!(
            oled.picture,
            Rectangle::new(Point::new(32, 0), Size::new(64, 64))
        );
    }

    #[test]
    fn nothing_is_shown_of_nothing() {
        assert_eq!(Layout::new(OLED, Size::new(0, 1)), None);
        assert_eq!(Layout::new(Size::new(1, 0), Size::new(1, 1)), None);
    }

    #[test]
    fn everything_stays_on_the_display() {
        let badger = Size::new(296, 128);
        for display in [
            OLED,
            TFT,
            badger,
            Size::new(160, 80),
            Size::new(135, 240),
            Size::new(5, 5),
        ] {
            for side in 1..=300 {
                let layout = Layout::new(display, Size::new(side, side)).unwrap();
                let whole = Rectangle::new(Point::zero(), display);
                assert_eq!(whole.intersection(&layout.picture), layout.picture);
                if let Some(caption) = layout.caption {
                    assert_eq!(whole.intersection(&caption), caption);
                    assert!(layout.picture.intersection(&caption).is_zero_sized());
                }
            }
        }
    }
}
