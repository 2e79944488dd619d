//! What the readers make of the bytes of a file, for the fuzz targets: no part of the interface, and free to change.

use std::{io::Cursor, path::Path};

use image::Rgb;

use super::{
    DataError, Format, fonts, idx,
    picture::{Fit, Frame},
    sidecar,
};

/// A file of the MNIST family: its dimensions and values.
pub fn idx<const DIMENSIONS: usize>(
    bytes: &[u8],
) -> Result<([usize; DIMENSIONS], Vec<u8>), DataError> {
    idx::read_values(Path::new("idx"), Cursor::new(bytes.to_vec()))
}

/// A file of labels.
pub fn labels(text: &str) -> Result<Vec<String>, DataError> {
    idx::parse_labels(Path::new("labels.txt"), text)
}

/// What a licence file says.
pub fn licence(text: &str) -> Option<&str> {
    sidecar::first_line(text)
}

/// A picture with each way to fit it, in order: crop, letterbox, stretch. Pictures of more pixels are refused, of
/// which a fuzz target could not draw many.
pub fn picture(bytes: &[u8], format: Format, max_pixels: u64) -> [Result<Vec<u8>, String>; 3] {
    [Fit::Crop, Fit::Letterbox, Fit::Stretch].map(|fit| {
        let background = Rgb([9, 80, 200]);
        let frame = Frame {
            format,
            fit,
            background,
        };
        frame.read_from(Cursor::new(bytes), max_pixels)
    })
}

/// The fonts of a file: a grey picture for each character one after another, or why there is none.
pub fn fonts(bytes: &[u8], characters: &[char], format: Format) -> Vec<Result<Vec<u8>, String>> {
    fonts::draw_bytes(bytes, "font", characters, format)
        .into_iter()
        .map(|(_, face)| face.map(|face| face.pixels))
        .collect()
}
