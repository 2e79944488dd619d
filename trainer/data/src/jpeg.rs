//! JPEG files that are whole. A decoder as browsers have it shows a cut file with grey in place of the missing part.

use image::{DynamicImage, GrayImage, RgbImage, metadata::Orientation};
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use crate::picture::{PictureError, check_size};

/// Decodes a file of at most `max_pixels` pixels, in grey or in RGB, turned as the camera was. Bytes after the end of the
/// picture, in which phones keep more pictures, are left alone.
pub(crate) fn decode(file: &[u8], max_pixels: u64) -> Result<DynamicImage, PictureError> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|error| corrupt(&error))?;
    let (width, height) = decoder.dimensions().ok_or(PictureError::NoPixels)?;
    // A JPEG has at most 65,535 columns and rows.
    let (width, height) = (width as u32, height as u32);
    check_size(width, height, max_pixels)?;
    // The decoder does not miss a few bytes at the end.
    if !has_end(file) {
        let problem = "the end of the picture is missing".into();
        return Err(PictureError::Corrupt { problem });
    }
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if is_grey {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().map_err(|error| corrupt(&error))?;
    // Damaged Exif data does not damage the picture.
    let orientation = decoder.exif().map(Vec::as_slice);
    let orientation = orientation.and_then(Orientation::from_exif_chunk);
    let image = if is_grey {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::from)
    };
    let mut image = image.ok_or_else(|| PictureError::Corrupt {
        problem: "too few pixels".into(),
    })?;
    image.apply_orientation(orientation.unwrap_or(Orientation::NoTransforms));
    Ok(image)
}

fn corrupt(error: &DecodeErrors) -> PictureError {
    PictureError::corrupt(&error.to_string())
}

/// Whether the marker of the end of the picture is there, outside of segments, in which thumbnails have theirs.
fn has_end(mut file: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    // Between markers are the codes of a scan; a byte 0xff of theirs is followed by 0.
    while let Some(at) = file.iter().position(|&byte| byte == 0xff) {
        file = &file[at + 1..];
        match *file {
            [END, ..] => return true,
            // Stuffed, filled, and markers without a segment.
            [0x00 | 0x01 | 0xff | 0xd0..=START, ..] | [] => {}
            [_, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                file = file.get(1 + length..).unwrap_or_default();
            }
            [..] => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb};

    use super::*;

    /// Pictures of 40x24 pixels as libjpeg-turbo writes them, with several scans and with restarts.
    const PROGRESSIVE: &[u8] = include_bytes!("test_pictures/progressive.jpg");
    const RESTARTS: &[u8] = include_bytes!("test_pictures/restarts.jpg");

    /// A picture of a single row of blocks, and one of several.
    fn plain(height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(40, height, |x, y| Rgb([x as u8 * 6, y as u8 * 6, 90]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    fn files() -> [Vec<u8>; 4] {
        [plain(8), plain(40), PROGRESSIVE.to_vec(), RESTARTS.to_vec()]
    }

    fn read(file: &[u8]) -> Result<DynamicImage, String> {
        decode(file, 10_000).map_err(|error| error.to_string())
    }

    #[test]
    fn a_whole_file_is_read_as_a_lenient_decoder_does() {
        for file in files() {
            let lenient = image::load_from_memory(&file).unwrap();
            assert!(read(&file).unwrap() == lenient);
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_corrupt() {
        for file in files() {
            for cut in 0..file.len() {
                let reason = read(&file[..cut]).err();
                assert!(
                    reason.is_some_and(|it| it.starts_with("corrupt: ")),
                    "{cut}"
                );
            }
        }
    }

    #[test]
    fn a_file_whose_end_was_never_fetched_is_corrupt() {
        for file in files() {
            let mut file = file;
            let half = file.len() * 3 / 4;
            file[half..].fill(0);
            let reason = read(&file).err();
            assert!(reason.is_some_and(|it| it.starts_with("corrupt: ")));
        }
    }

    #[test]
    fn codes_that_mean_nothing_are_noticed() {
        let mut noticed = 0;
        for file in files() {
            for index in file.len() / 2..file.len() - 2 {
                let mut damaged = file.clone();
                damaged[index] ^= 0xff;
                let lenient = image::load_from_memory(&damaged).is_ok();
                noticed += usize::from(lenient && has_end(&damaged) && read(&damaged).is_err());
            }
        }
        assert!(noticed > 0);
    }

    #[test]
    fn bytes_after_the_end_do_not_matter() {
        for file in files() {
            let whole = read(&file).unwrap();
            for more in [&b"\0\0\0"[..], b"note", &file] {
                assert!(read(&[&file, more].concat()).unwrap() == whole);
            }
        }
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end() {
        let file = plain(8);
        let segment = b"\xff\xe1\x00\x06\xff\xd8\xff\xd9";
        let with_thumbnail = [&file[..2], segment, &file[2..]].concat();
        assert!(read(&with_thumbnail).is_ok());
        assert!(read(&with_thumbnail[..with_thumbnail.len() - 2]).is_err());
    }
}
