//! A frame buffer in the caller's memory.

use crate::Colour;
use core::fmt;
use core::marker::PhantomData;
use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, GrayColor, PixelColor, Rgb565};
use embedded_graphics::prelude::{DrawTarget, IntoStorage, OriginDimensions, Point, Size};

/// A colour with a place in a frame buffer: rows from top to bottom, each of whole bytes, as displays take them.
pub trait Stored: PixelColor {
    /// The form of its pixels.
    const COLOUR: Colour;

    /// Writes a pixel of a row.
    fn store(self, row: &mut [u8], column: usize);

    /// Reads a pixel of a row.
    fn load(row: &[u8], column: usize) -> Option<Self>;
}

impl Stored for BinaryColor {
    const COLOUR: Colour = Colour::OneBit;

    /// The highest bit is the leftmost pixel.
    fn store(self, row: &mut [u8], column: usize) {
        if let Some(byte) = row.get_mut(column / 8) {
            let bit = 0x80 >> (column % 8);
            match self {
                BinaryColor::On => *byte |= bit,
                BinaryColor::Off => *byte &= !bit,
            }
        }
    }

    fn load(row: &[u8], column: usize) -> Option<Self> {
        let byte = row.get(column / 8)?;
        Some(BinaryColor::from(byte & (0x80 >> (column % 8)) != 0))
    }
}

impl Stored for Gray8 {
    const COLOUR: Colour = Colour::Grey;

    fn store(self, row: &mut [u8], column: usize) {
        if let Some(byte) = row.get_mut(column) {
            *byte = self.luma();
        }
    }

    fn load(row: &[u8], column: usize) -> Option<Self> {
        row.get(column).map(|&luma| Gray8::new(luma))
    }
}

impl Stored for Rgb565 {
    const COLOUR: Colour = Colour::Rgb565;

    /// The high byte first, as on the wire.
    fn store(self, row: &mut [u8], column: usize) {
        let place = row.get_mut(column * 2..);
        if let Some(place) = place.and_then(|it| it.first_chunk_mut()) {
            *place = self.into_storage().to_be_bytes();
        }
    }

    fn load(row: &[u8], column: usize) -> Option<Self> {
        let bits = u16::from_be_bytes(*row.get(column * 2..)?.first_chunk()?);
        Some(Rgb565::new(
            (bits >> 11) as u8,
            (bits >> 5 & 0x3f) as u8,
            (bits & 0x1f) as u8,
        ))
    }
}

/// The memory is smaller than the display's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameTooSmall {
    /// Bytes that the frame takes.
    pub needed: usize,
    /// Bytes that were given.
    pub found: usize,
}

impl fmt::Display for FrameTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameTooSmall { needed, found } = self;
        write!(
            f,
            "the frame buffer is too small: {needed} bytes needed, {found} given"
        )
    }
}

impl core::error::Error for FrameTooSmall {}

/// All pixels of a display. Drawing outside of it is left out, as displays do.
#[derive(Debug)]
pub struct Frame<'b, C> {
    bytes: &'b mut [u8],
    size: Size,
    color: PhantomData<C>,
}

impl<'b, C: Stored> Frame<'b, C> {
    /// Takes the first bytes of the memory; what they hold is what is shown.
    ///
    /// # Errors
    ///
    /// When there are fewer than [`bytes_needed`](Self::bytes_needed).
    pub fn new(bytes: &'b mut [u8], size: Size) -> Result<Frame<'b, C>, FrameTooSmall> {
        let needed = Self::bytes_needed(size);
        let found = bytes.len();
        let bytes = bytes
            .get_mut(..needed)
            .ok_or(FrameTooSmall { needed, found })?;
        Ok(Frame {
            bytes,
            size,
            color: PhantomData,
        })
    }

    /// The bytes of a frame.
    pub const fn bytes_needed(size: Size) -> usize {
        C::COLOUR.frame_bytes(size)
    }

    /// The pixels as they are stored.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
    }

    /// A pixel; `None` outside of the display.
    pub fn pixel(&self, point: Point) -> Option<C> {
        let (start, column) = self.place(point)?;
        C::load(self.bytes.get(start..)?, column)
    }

    /// Where the row of a point starts, and its column.
    fn place(&self, point: Point) -> Option<(usize, usize)> {
        let (x, y) = (u32::try_from(point.x).ok()?, u32::try_from(point.y).ok()?);
        let inside = x < self.size.width && y < self.size.height;
        inside.then(|| {
            (
                y as usize * C::COLOUR.row_bytes(self.size.width),
                x as usize,
            )
        })
    }
}

impl<C> OriginDimensions for Frame<'_, C> {
    fn size(&self) -> Size {
        self.size
    }
}

impl<C: Stored> DrawTarget for Frame<'_, C> {
    type Color = C;
    type Error = core::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<C>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Self::Error> {
        for Pixel(point, color) in pixels {
            if let Some((start, column)) = self.place(point)
                && let Some(row) = self.bytes.get_mut(start..)
            {
                color.store(row, column);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeps<C: Stored + fmt::Debug>(colors: &[C]) {
        let size = Size::new(11, 3);
        let mut bytes = vec![0; Frame::<C>::bytes_needed(size)];
        let mut frame = Frame::<C>::new(&mut bytes, size).unwrap();
        for y in -1..4i32 {
            for x in -1..12 {
                let color = colors[(x * 7 + y * 3).unsigned_abs() as usize % colors.len()];
                frame.draw_iter([Pixel(Point::new(x, y), color)]).unwrap();
                let inside = (0..11).contains(&x) && (0..3).contains(&y);
                assert_eq!(frame.pixel(Point::new(x, y)), inside.then_some(color));
            }
        }
    }

    #[test]
    fn what_is_drawn_can_be_read() {
        keeps(&[BinaryColor::On, BinaryColor::Off]);
        keeps(&[Gray8::new(3), Gray8::new(255)]);
        keeps(&[Rgb565::new(31, 0, 1), Rgb565::new(1, 63, 30)]);
    }

    #[test]
    fn rows_are_of_whole_bytes() {
        assert_eq!(Frame::<BinaryColor>::bytes_needed(Size::new(128, 64)), 1024);
        assert_eq!(Frame::<BinaryColor>::bytes_needed(Size::new(9, 2)), 4);
        assert_eq!(Frame::<Rgb565>::bytes_needed(Size::new(240, 240)), 115_200);
    }

    #[test]
    fn one_byte_too_few_is_refused_with_both_numbers() {
        let size = Size::new(8, 8);
        let error = Frame::<BinaryColor>::new(&mut [0; 7], size).unwrap_err();
        let (needed, found) = (8, 7);
        assert_eq!(error, FrameTooSmall { needed, found });
        assert!(Frame::<BinaryColor>::new(&mut [0; 8], size).is_ok());
    }
}
