//! PNG files.

use crate::Error;
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// The bytes of a PNG of pixels in grey or, with three channels, in red, green and blue.
pub(crate) fn encode_png(
    width: u32,
    height: u32,
    channels: u16,
    pixels: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let failed = |reason: String| Error::Encode {
        width,
        height,
        reason,
    };
    let image = if channels == 1 {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let image = image.ok_or_else(|| failed("too few bytes".to_owned()))?;
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| failed(error.to_string()))?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_needs_all_of_its_bytes() {
        assert!(encode_png(2, 2, 3, vec![0; 12]).is_ok());
        assert!(encode_png(2, 2, 3, vec![0; 11]).is_err());
    }
}
