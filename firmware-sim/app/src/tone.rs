//! The colours of displays.

use embedded_graphics::pixelcolor::{BinaryColor, Gray8, PixelColor, Rgb565, RgbColor};

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

/// A colour that the application can draw in.
pub trait Tone: PixelColor {
    /// Whether greys must be drawn as patterns of dots.
    const ONE_BIT: bool;
    /// The darkest.
    const BLACK: Self;
    /// The brightest.
    const WHITE: Self;
    /// For less important words.
    const FAINT: Self;

    /// The nearest to a picture's red, green and blue.
    fn nearest(rgb: [u8; 3]) -> Self;
}

/// The luma of ITU-R BT.601 in integers, exact for greys.
pub(crate) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// `value / 255` as the nearest of `0 ..= most`: multiplied by 257/65536, which is 1/255 for every byte after rounding.
fn nearest(value: u8, most: u8) -> u8 {
    ((u32::from(value) * u32::from(most) * 257 + 32_896) >> 16) as u8
}

impl Tone for BinaryColor {
    const ONE_BIT: bool = true;
    const BLACK: Self = BinaryColor::Off;
    const WHITE: Self = BinaryColor::On;
    const FAINT: Self = BinaryColor::On;

    fn nearest(rgb: [u8; 3]) -> Self {
        BinaryColor::from(luma(rgb) >= 128)
    }
}

impl Tone for Gray8 {
    const ONE_BIT: bool = false;
    const BLACK: Self = Gray8::new(0);
    const WHITE: Self = Gray8::new(255);
    const FAINT: Self = Gray8::new(128);

    fn nearest(rgb: [u8; 3]) -> Self {
        Gray8::new(luma(rgb))
    }
}

impl Tone for Rgb565 {
    const ONE_BIT: bool = false;
    const BLACK: Self = <Rgb565 as RgbColor>::BLACK;
    const WHITE: Self = <Rgb565 as RgbColor>::WHITE;
    const FAINT: Self = Rgb565::new(15, 34, 19);

    fn nearest([red, green, blue]: [u8; 3]) -> Self {
        Rgb565::new(
            nearest(red, Rgb565::MAX_R),
            nearest(green, Rgb565::MAX_G),
            nearest(blue, Rgb565::MAX_B),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_rounded_to_the_nearest_step() {
        for most in [31u8, 63] {
            for value in 0..=255u8 {
                let exact = f64::from(value) * f64::from(most) / 255.0;
                assert_eq!(nearest(value, most), exact.round() as u8, "{value}/{most}");
            }
        }
    }

    #[test]
    fn a_grey_keeps_its_value() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
        }
    }
}
