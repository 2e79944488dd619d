//! One picture file, fitted to a format.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Seek},
    path::Path,
};

use image::{
    DynamicImage, GenericImageView, ImageBuffer, ImageDecoder, ImageError, ImageFormat,
    ImageReader, Limits, Pixel, Rgb, RgbImage,
    imageops::{self, FilterType},
};

use crate::{DataError, Format, jpeg, options};

/// Names of the file formats that are read, for messages.
const KNOWN_FORMATS: &str = "PNG, JPEG, GIF or BMP";

/// Limit on the pixels of a picture: a photograph at a camera's full resolution is read, a small file
/// that decompresses to gigabytes is not.
const MAX_PIXELS: u64 = 64_000_000;

/// Limit on the memory of one decoder, in bytes.
const MAX_DECODER_BYTES: u64 = 512 << 20;

/// Reason why a picture was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The operating system could not read the file. Not a `source`, as the message has it already.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// The file is not a picture of a format that is read.
    #[error("not a {KNOWN_FORMATS} picture")]
    NotAPicture,
    /// The file is a picture of a format that is recognized and not read.
    #[error("{format} pictures are not read: convert it to {KNOWN_FORMATS}")]
    OtherFormat {
        /// Name of the format.
        format: String,
    },
    /// The file does not decode.
    #[error("corrupt: {problem}")]
    Corrupt {
        /// Message of the decoder, in one line.
        problem: String,
    },
    /// The width or the height is 0.
    #[error("a picture without pixels")]
    NoPixels,
    /// The picture has more pixels than the limit.
    #[error("{width}x{height} pixels: at most {} million are read", max_pixels / 1_000_000)]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Limit on width times height.
        max_pixels: u64,
    },
}

impl PictureError {
    /// The error of a decoder with a message, in one line.
    pub(crate) fn corrupt(message: &str) -> Self {
        let lines: Vec<&str> = message.lines().map(str::trim).collect();
        Self::Corrupt {
            problem: lines.join(" "),
        }
    }
}

/// Method of fitting a picture to another aspect ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The largest part from the centre that has the aspect ratio of the format.
    Crop,
    /// The whole picture, with the background filling the rest.
    Letterbox,
    /// The whole picture, distorted.
    Stretch,
}

/// Format that pictures are fitted to, and the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    format: Format,
    fit: Fit,
    /// Colour under transparent pixels and beside letterboxed pictures.
    background: Rgb<u8>,
}

impl Frame {
    /// Creates a frame. `background` is the red, green and blue under transparent pixels and beside
    /// letterboxed pictures.
    ///
    /// # Errors
    ///
    /// [`DataError::BadFormat`] when a side is not 1 to 1024 pixels, or there are not 1 or 3 channels.
    pub fn new(format: Format, fit: Fit, background: [u8; 3]) -> Result<Self, DataError> {
        options::check_format(format, 1)?;
        Ok(Self {
            format,
            fit,
            background: Rgb(background),
        })
    }

    /// Reads a PNG, JPEG, GIF or BMP file of at most 64 million pixels; the content tells the format,
    /// not the name. Of an animation, the first picture is read.
    ///
    /// Returns the bytes of one picture of the frame's format: rows from the top, channel last.
    ///
    /// # Errors
    ///
    /// The reason why the file can't be used.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, PictureError> {
        let file = File::open(path).map_err(PictureError::Read)?;
        self.read_from(BufReader::new(file), MAX_PIXELS)
    }

    /// As [`Frame::read`], from any reader, for pictures of at most `max_pixels` pixels.
    ///
    /// # Errors
    ///
    /// The reason why the bytes can't be used.
    pub fn read_from(
        &self,
        file: impl BufRead + Seek,
        max_pixels: u64,
    ) -> Result<Vec<u8>, PictureError> {
        let image = decode(file, max_pixels)?;
        Ok(match self.format.channels {
            1 => {
                let grey = match image {
                    DynamicImage::ImageLuma8(grey) => grey,
                    other => DynamicImage::from(flatten(other, self.background)).into_luma8(),
                };
                let background = self.background.to_luma();
                self.fit(grey, background).into_raw()
            }
            _ => {
                let colour = flatten(image, self.background);
                self.fit(colour, self.background).into_raw()
            }
        })
    }

    /// Fits a picture to the size of the format.
    fn fit<P>(&self, image: ImageBuffer<P, Vec<u8>>, background: P) -> ImageBuffer<P, Vec<u8>>
    where
        P: Pixel<Subpixel = u8> + 'static,
    {
        let (width, height) = (self.format.width as u32, self.format.height as u32);
        let size = image.dimensions();
        match self.fit {
            Fit::Stretch => resize(&image, width, height),
            Fit::Crop => {
                let (crop_width, crop_height) = inside((width, height), size);
                let (x, y) = ((size.0 - crop_width) / 2, (size.1 - crop_height) / 2);
                if (crop_width, crop_height) == size {
                    return resize(&image, width, height);
                }
                let part = imageops::crop_imm(&image, x, y, crop_width, crop_height);
                resize(&*part, width, height)
            }
            Fit::Letterbox => {
                let (inner_width, inner_height) = inside(size, (width, height));
                let inner = resize(&image, inner_width, inner_height);
                let mut whole = ImageBuffer::from_pixel(width, height, background);
                let (x, y) = ((width - inner_width) / 2, (height - inner_height) / 2);
                imageops::replace(&mut whole, &inner, x.into(), y.into());
                whole
            }
        }
    }
}

/// The largest size with the aspect ratio of `shape` inside `bounds`, at least one pixel on each side.
fn inside(shape: (u32, u32), bounds: (u32, u32)) -> (u32, u32) {
    let [shape_width, shape_height, width, height] =
        [shape.0, shape.1, bounds.0, bounds.1].map(u64::from);
    let rounded = |product: u64, divisor: u64| ((product + divisor / 2) / divisor).max(1);
    let (inner_width, inner_height) = if shape_width * height > width * shape_height {
        (width, rounded(width * shape_height, shape_width))
    } else {
        (rounded(height * shape_width, shape_height), height)
    };
    // The minimum with a bound of 32 bits fits 32 bits.
    (
        inner_width.min(width) as u32,
        inner_height.min(height) as u32,
    )
}

/// Resizes a picture; one that has the size already keeps its bytes.
fn resize<I>(image: &I, width: u32, height: u32) -> ImageBuffer<I::Pixel, Vec<u8>>
where
    I: GenericImageView,
    I::Pixel: Pixel<Subpixel = u8> + 'static,
{
    // Catmull-Rom is sharp, and rings less in small pictures than wider filters.
    imageops::resize(image, width, height, FilterType::CatmullRom)
}

/// Converts a picture to RGB, with transparent pixels blended over the background.
fn flatten(image: DynamicImage, background: Rgb<u8>) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let over = |value: u8, under: u8, alpha: u8| {
        let alpha = u32::from(alpha);
        ((u32::from(value) * alpha + u32::from(under) * (255 - alpha) + 127) / 255) as u8
    };
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let pixel = image.get_pixel(x, y);
        Rgb(std::array::from_fn(|channel| {
            over(pixel[channel], background[channel], pixel[3])
        }))
    })
}

fn decode(mut file: impl BufRead + Seek, max_pixels: u64) -> Result<DynamicImage, PictureError> {
    let reader = ImageReader::new(&mut file).with_guessed_format();
    let mut reader = reader.map_err(PictureError::Read)?;
    match reader.format() {
        Some(ImageFormat::Jpeg) => {
            let mut bytes = Vec::new();
            let read = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
            read.map_err(PictureError::Read)?;
            return jpeg::decode(&bytes, max_pixels);
        }
        Some(ImageFormat::Png | ImageFormat::Gif | ImageFormat::Bmp) => {}
        Some(other) => {
            let format = format!("{other:?}");
            return Err(PictureError::OtherFormat { format });
        }
        None => return Err(PictureError::NotAPicture),
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let corrupt = |error: ImageError| PictureError::corrupt(&error.to_string());
    let mut decoder = reader.into_decoder().map_err(corrupt)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, max_pixels)?;
    // The orientation of the camera, from the Exif data. Damaged Exif data does not damage the picture.
    let orientation = decoder.orientation();
    let mut image = DynamicImage::from_decoder(decoder).map_err(corrupt)?;
    if let Ok(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(image)
}

/// Refuses a picture without pixels, or with more than the limit.
pub(crate) fn check_size(width: u32, height: u32, max_pixels: u64) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::NoPixels);
    }
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err(PictureError::TooManyPixels {
            width,
            height,
            max_pixels,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgba, RgbaImage};
    use tempfile::TempDir;

    use super::*;

    fn frame(width: usize, height: usize, channels: usize, fit: Fit) -> Frame {
        let format = Format {
            width,
            height,
            channels,
        };
        Frame::new(format, fit, [0; 3]).unwrap()
    }

    fn reason(frame: &Frame, path: &Path) -> String {
        frame.read(path).unwrap_err().to_string()
    }

    /// Red on the left third, green in the middle, blue on the right; twice as wide as high.
    fn stripes() -> RgbImage {
        RgbImage::from_fn(12, 6, |x, _| {
            let mut colour = [0; 3];
            colour[x as usize / 4] = 255;
            Rgb(colour)
        })
    }

    fn saved(image: &DynamicImage, name: &str) -> (TempDir, std::path::PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(name);
        image.save(&path).unwrap();
        (folder, path)
    }

    fn pixel(pixels: &[u8], width: usize, x: usize, y: usize) -> &[u8] {
        &pixels[(y * width + x) * 3..][..3]
    }

    #[test]
    fn the_largest_size_inside_keeps_proportions() {
        assert_eq!(inside((1, 1), (12, 6)), (6, 6));
        assert_eq!(inside((12, 6), (16, 16)), (16, 8));
        assert_eq!(inside((6, 12), (16, 16)), (8, 16));
        assert_eq!(inside((1000, 1), (16, 16)), (16, 1));
        assert_eq!(inside((1, 1000), (16, 16)), (1, 16));
        assert_eq!(inside((28, 28), (1, 1000)), (1, 1));
        assert_eq!(inside((3, 2), (4, 3)), (4, 3));
    }

    #[test]
    fn crop_takes_the_centre() {
        let (_folder, path) = saved(&stripes().into(), "a.png");
        let pixels = frame(6, 6, 3, Fit::Crop).read(&path).unwrap();
        assert_eq!(pixel(&pixels, 6, 0, 0), [255, 0, 0]);
        assert_eq!(pixel(&pixels, 6, 1, 3), [0, 255, 0]);
        assert_eq!(pixel(&pixels, 6, 5, 5), [0, 0, 255]);
        // A narrow part of full height from a picture that is wider than high.
        let pixels = frame(2, 6, 3, Fit::Crop).read(&path).unwrap();
        assert!(pixels.chunks(3).all(|pixel| pixel == [0, 255, 0]));
    }

    #[test]
    fn letterbox_keeps_all_and_fills_with_the_background() {
        let (_folder, path) = saved(&stripes().into(), "a.bmp");
        let mut frame = frame(12, 12, 3, Fit::Letterbox);
        frame.background = Rgb([9, 8, 7]);
        let pixels = frame.read(&path).unwrap();
        for y in [0, 2, 9, 11] {
            assert_eq!(pixel(&pixels, 12, 5, y), [9, 8, 7], "{y}");
        }
        for y in [3, 8] {
            assert_eq!(pixel(&pixels, 12, 0, y), [255, 0, 0], "{y}");
            assert_eq!(pixel(&pixels, 12, 11, y), [0, 0, 255], "{y}");
        }
    }

    #[test]
    fn stretch_keeps_all_and_fills_all() {
        let (_folder, path) = saved(&stripes().into(), "a.png");
        let pixels = frame(12, 12, 3, Fit::Stretch).read(&path).unwrap();
        assert_eq!(pixel(&pixels, 12, 0, 0), [255, 0, 0]);
        assert_eq!(pixel(&pixels, 12, 11, 11), [0, 0, 255]);
    }

    #[test]
    fn a_picture_of_the_right_size_keeps_its_bytes() {
        let image = RgbImage::from_fn(5, 4, |x, y| Rgb([x as u8 * 50, y as u8 * 60, 200]));
        let (_folder, path) = saved(&image.clone().into(), "a.png");
        for fit in [Fit::Crop, Fit::Letterbox, Fit::Stretch] {
            assert_eq!(frame(5, 4, 3, fit).read(&path).unwrap(), *image.as_raw());
        }
    }

    #[test]
    fn grey_is_the_luminance_and_grey_files_become_colour() {
        let (_folder, path) = saved(&stripes().into(), "a.png");
        let pixels = frame(12, 6, 1, Fit::Crop).read(&path).unwrap();
        let (red, green, blue) = (pixels[0], pixels[5], pixels[11]);
        assert!(
            green > red && red > blue && blue > 0,
            "{red} {green} {blue}"
        );
        let grey = GrayImage::from_pixel(2, 2, Luma([77]));
        let (_folder, path) = saved(&grey.into(), "a.png");
        assert_eq!(frame(2, 2, 3, Fit::Crop).read(&path).unwrap(), [77; 12]);
        assert_eq!(frame(2, 2, 1, Fit::Crop).read(&path).unwrap(), [77; 4]);
    }

    #[test]
    fn transparent_pixels_show_the_background() {
        let image = RgbaImage::from_fn(3, 1, |x, _| Rgba([200, 100, 0, [0, 128, 255][x as usize]]));
        let (_folder, path) = saved(&image.into(), "a.png");
        let mut frame = frame(3, 1, 3, Fit::Crop);
        assert_eq!(
            frame.read(&path).unwrap(),
            [0, 0, 0, 100, 50, 0, 200, 100, 0]
        );
        frame.background = Rgb([255; 3]);
        assert_eq!(
            frame.read(&path).unwrap(),
            [255, 255, 255, 227, 177, 127, 200, 100, 0]
        );
    }

    #[test]
    fn deep_colours_and_animations_are_read() {
        let deep = image::ImageBuffer::from_pixel(2, 2, Luma([0x8080u16]));
        let (_folder, path) = saved(&DynamicImage::ImageLuma16(deep), "a.png");
        assert_eq!(frame(2, 2, 1, Fit::Crop).read(&path).unwrap(), [128; 4]);
        let (_folder, path) = saved(&stripes().into(), "a.gif");
        let pixels = frame(12, 6, 3, Fit::Crop).read(&path).unwrap();
        assert_eq!(pixel(&pixels, 12, 11, 0), [0, 0, 255]);
    }

    #[test]
    fn the_content_tells_the_format_and_not_the_name() {
        let (_folder, path) = saved(&stripes().into(), "a.png");
        let other = path.with_extension("jpg");
        std::fs::rename(&path, &other).unwrap();
        assert!(frame(6, 6, 3, Fit::Crop).read(&other).is_ok());
    }

    #[test]
    fn a_camera_that_was_turned_is_turned_back() {
        let (_folder, path) = saved(&stripes().into(), "a.jpg");
        let bytes = std::fs::read(&path).unwrap();
        // An Exif segment with one field: an orientation of 90 degrees.
        let mut note =
            b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
                .to_vec();
        note.extend([0; 4]);
        let turned = [&bytes[..2], &note, &bytes[2..]].concat();
        std::fs::write(&path, turned).unwrap();
        let pixels = frame(6, 12, 3, Fit::Crop).read(&path).unwrap();
        let (top, bottom) = (pixel(&pixels, 6, 3, 1), pixel(&pixels, 6, 3, 10));
        assert!(top[0] > 200 && top[2] < 60, "{top:?}");
        assert!(bottom[2] > 200 && bottom[0] < 60, "{bottom:?}");
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let image = DynamicImage::from(stripes());
        for name in ["a.png", "a.jpg", "a.gif", "a.bmp"] {
            let (_folder, path) = saved(&image, name);
            let whole = std::fs::read(&path).unwrap();
            let frame = frame(8, 8, 1, Fit::Crop);
            for cut in 0..whole.len() {
                std::fs::write(&path, &whole[..cut]).unwrap();
                if let Err(error) = frame.read(&path) {
                    let reason = error.to_string();
                    assert_eq!(reason.lines().count(), 1, "{reason}");
                }
                let mut damaged = whole.clone();
                damaged[cut] ^= 0xff;
                std::fs::write(&path, &damaged).unwrap();
                let _ = frame.read(&path);
            }
        }
    }

    #[test]
    fn a_damaged_png_is_called_corrupt() {
        let (_folder, path) = saved(&stripes().into(), "a.png");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let reason = reason(&frame(6, 6, 3, Fit::Crop), &path);
        assert!(reason.starts_with("corrupt: "), "{reason}");
    }

    #[test]
    fn other_files_are_called_what_they_are() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.png");
        let frame = frame(6, 6, 3, Fit::Crop);
        for bytes in [&b""[..], b"notes about cats", &[0; 64]] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(reason(&frame, &path), "not a PNG, JPEG, GIF or BMP picture");
        }
        std::fs::write(&path, b"RIFF\x24\0\0\0WEBPVP8 ").unwrap();
        assert_eq!(
            reason(&frame, &path),
            "WebP pictures are not read: convert it to PNG, JPEG, GIF or BMP"
        );
        std::fs::remove_file(&path).unwrap();
        let reason = reason(&frame, &path);
        assert!(reason.starts_with("cannot read: No such file"), "{reason}");
    }

    #[test]
    fn twenty_megapixels_are_read_and_a_bomb_is_not() {
        let image = GrayImage::from_pixel(5000, 4000, Luma([50]));
        let (_folder, path) = saved(&image.into(), "a.png");
        let frame = frame(28, 28, 1, Fit::Crop);
        assert_eq!(frame.read(&path).unwrap(), [50; 784]);
        // The header alone promises more.
        let mut header = std::fs::read(&path).unwrap();
        header[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        let sum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&header[12..29]);
        header[29..33].copy_from_slice(&sum.to_be_bytes());
        std::fs::write(&path, header).unwrap();
        assert_eq!(
            reason(&frame, &path),
            "60000x4000 pixels: at most 64 million are read"
        );
    }
}
