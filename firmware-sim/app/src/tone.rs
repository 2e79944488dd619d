//! The colours of displays.

use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565, RgbColor};
use embedded_graphics::prelude::Size;
use pixling::Shade;

/// Whether words are bright on a dark ground, as on displays that shine, or dark on a bright one, as on paper. Pictures
/// are the same on both: what is bright in them is bright on the display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Bright on dark.
    #[default]
    Dark,
    /// Dark on bright.
    Light,
}

/// A pixel of a frame buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// On or off, eight pixels in a byte.
    OneBit = 1,
    /// 256 greys, a byte per pixel.
    Grey = 8,
    /// 65,536 colours, two bytes per pixel.
    Rgb565 = 16,
}

impl Colour {
    /// The colour whose pixels have 1, 8 or 16 bits.
    pub const fn from_bits(bits: u64) -> Option<Colour> {
        match bits {
            1 => Some(Colour::OneBit),
            8 => Some(Colour::Grey),
            16 => Some(Colour::Rgb565),
            _ => None,
        }
    }

    /// Bits of a pixel.
    pub const fn bits(self) -> usize {
        self as usize
    }

    /// Bytes of a row: each row begins with a byte of its own.
    pub(crate) const fn row_bytes(self, columns: u32) -> usize {
        (columns as usize).saturating_mul(self.bits()).div_ceil(8)
    }

    /// Bytes of a frame buffer.
    pub const fn frame_bytes(self, size: Size) -> usize {
        self.row_bytes(size.width)
            .saturating_mul(size.height as usize)
    }
}

/// A colour that the application can draw in.
pub trait Tone: Shade {
    /// Whether greys must be drawn as patterns of dots.
    const ONE_BIT: bool;
    /// The darkest.
    const BLACK: Self;
    /// The brightest.
    const WHITE: Self;
    /// For less important words.
    const FAINT: Self;
}

impl Tone for BinaryColor {
    const ONE_BIT: bool = true;
    const BLACK: Self = BinaryColor::Off;
    const WHITE: Self = BinaryColor::On;
    const FAINT: Self = BinaryColor::On;
}

impl Tone for Gray8 {
    const ONE_BIT: bool = false;
    const BLACK: Self = Gray8::new(0);
    const WHITE: Self = Gray8::new(255);
    const FAINT: Self = Gray8::new(128);
}

impl Tone for Rgb565 {
    const ONE_BIT: bool = false;
    const BLACK: Self = <Rgb565 as RgbColor>::BLACK;
    const WHITE: Self = <Rgb565 as RgbColor>::WHITE;
    const FAINT: Self = Rgb565::new(15, 34, 19);
}
