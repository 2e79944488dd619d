//! A drawn picture.

use crate::envelope::checksum;

/// A picture in the caller's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture<'a> {
    width: u16,
    height: u16,
    channels: u16,
    pixels: &'a [u8],
}

impl<'a> Picture<'a> {
    pub(crate) fn new(width: u16, height: u16, channels: u16, pixels: &'a [u8]) -> Self {
        Picture {
            width,
            height,
            channels,
            pixels,
        }
    }

    /// Columns.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u16 {
        self.height
    }

    /// 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// Row by row, the channels of a pixel side by side, 0 to 255.
    pub fn pixels(&self) -> &'a [u8] {
        self.pixels
    }

    /// Red, green and blue of a pixel, three times the same for a grey picture; `None` outside of the picture.
    pub fn pixel(&self, x: u16, y: u16) -> Option<[u8; 3]> {
        if x >= self.width {
            return None;
        }
        let index = usize::from(y) * usize::from(self.width) + usize::from(x);
        if self.channels == 1 {
            self.pixels.get(index).map(|&grey| [grey; 3])
        } else {
            self.pixels.get(index * 3..)?.first_chunk().copied()
        }
    }

    /// CRC-32 (ISO-HDLC) of the pixels, as in [`Golden`](crate::Golden).
    pub fn checksum(&self) -> u32 {
        checksum(self.pixels)
    }
}
