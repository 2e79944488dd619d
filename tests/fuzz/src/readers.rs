//! Targets for the readers of pixling-data: IDX files, labels and licences, pictures, fonts.

use flate2::Compression;
use flate2::write::GzEncoder;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use pixling_data::{Fit, Format, Frame, TestFont, draw_fonts, read_idx};
use std::collections::HashSet;
use std::io::{Cursor, Write};
use std::path::Path;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Pictures and labels, plain and gzipped.
pub(crate) fn idx_seeds() -> Vec<Vec<u8>> {
    let pictures = [
        &[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3][..],
        &[7; 24],
    ]
    .concat();
    let labels = vec![0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 2, 1, 0];
    let members = [gzip(&pictures[..9]), gzip(&pictures[9..])].concat();
    vec![gzip(&pictures), gzip(&labels), members, pictures, labels]
}

/// As pictures and as labels.
pub(crate) fn idx(bytes: &[u8]) {
    idx_of::<3>(bytes);
    idx_of::<1>(bytes);
}

fn idx_of<const DIMENSIONS: usize>(bytes: &[u8]) {
    let path = Path::new("idx");
    let read = read_idx::<DIMENSIONS>(path, bytes);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        if let Ok((sizes, values)) = read {
            assert_eq!(sizes.iter().product::<usize>(), values.len());
        }
        return;
    }
    // The same file gzipped is read, or refused, alike.
    let words = |error: &dyn std::error::Error| error.to_string();
    let gzipped = read_idx::<DIMENSIONS>(path, &*gzip(bytes)).map_err(|error| words(&error));
    let read = read.map_err(|error| words(&error));
    assert_eq!(read, gzipped);
    let Ok((sizes, values)) = read else {
        return;
    };
    assert!(sizes.iter().all(|&size| size > 0));
    assert_eq!(sizes.iter().product::<usize>(), values.len());
    let header = 4 + 4 * DIMENSIONS;
    assert_eq!(values, bytes[header..]);
    assert_eq!(bytes[..4], [0, 0, 8, DIMENSIONS as u8]);
    let less = &bytes[..bytes.len() - 1];
    assert!(read_idx::<DIMENSIONS>(path, less).is_err(), "a byte less");
    let more = [bytes, &[0]].concat();
    assert!(read_idx::<DIMENSIONS>(path, &*more).is_err(), "a byte more");
}

pub(crate) fn text_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "cat\ndog\n",
        "\n CC0 1.0 \nmore\n",
        "T-shirt/top\r\nÄrmel\r\n\r\n",
        "a\na",
        "\u{a0}",
        "\u{feff}cafe\u{301}\n\u{1b}[31m\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// As labels and as a licence.
pub(crate) fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(licence) = pixling_data::parse_licence(text) {
        assert!(!licence.is_empty() && licence == licence.trim());
        assert!(!licence.contains('\n') && text.contains(licence));
    } else {
        assert!(pixling_io::without_mark(text).trim().is_empty());
    }
    match pixling_data::parse_labels(Path::new("labels.txt"), text) {
        Ok(labels) => {
            let lines = pixling_io::without_mark(text).trim_end().lines();
            assert_eq!(labels.len(), lines.count());
            let mut seen = HashSet::new();
            for label in &labels {
                assert!(seen.insert(label));
                assert_eq!(pixling_io::label(label).as_ref(), Ok(label));
                assert_eq!(pixling_io::escaped(label), *label);
            }
        }
        Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
    }
}

/// Limit on the pixels of a picture, for the speed of the target.
const MOST_PIXELS: u64 = 1 << 14;

/// A small picture in each format that is read, with transparent pixels where the format has them.
pub(crate) fn picture_seeds() -> Vec<Vec<u8>> {
    let pixel = |x, y| {
        Rgba([
            x as u8 * 40,
            y as u8 * 60,
            200,
            [255, 100][(x % 2) as usize],
        ])
    };
    let colours = DynamicImage::from(RgbaImage::from_fn(6, 4, pixel));
    let grey = DynamicImage::from(colours.to_luma8());
    let deep = DynamicImage::from(colours.to_luma16());
    let plain = DynamicImage::from(colours.to_rgb8());
    let saved = |image: &DynamicImage, format| {
        let mut bytes = Cursor::new(Vec::new());
        image
            .write_to(&mut bytes, format)
            .expect("a picture of this format");
        bytes.into_inner()
    };
    vec![
        saved(&colours, ImageFormat::Png),
        saved(&grey, ImageFormat::Png),
        saved(&deep, ImageFormat::Png),
        saved(&plain, ImageFormat::Jpeg),
        saved(&grey, ImageFormat::Jpeg),
        saved(&colours, ImageFormat::Gif),
        saved(&colours, ImageFormat::Bmp),
        saved(&plain, ImageFormat::Bmp),
    ]
}

/// In grey and in colour, fitted in each way.
pub(crate) fn picture(bytes: &[u8]) {
    for channels in [1, 3] {
        let format = Format {
            width: 5,
            height: 7,
            channels,
        };
        let read_once = || {
            [Fit::Crop, Fit::Letterbox, Fit::Stretch].map(|fit| {
                let frame = Frame::new(format, fit, [9, 80, 200]).expect("a small format");
                let read = frame.read_from(Cursor::new(bytes), MOST_PIXELS);
                read.map_err(|error| error.to_string())
            })
        };
        let read = read_once();
        assert_eq!(read, read_once());
        // It is read or refused before it is fitted.
        assert!(
            read.iter()
                .all(|it| it.as_ref().err() == read[0].as_ref().err())
        );
        for pixels in read {
            match pixels {
                Ok(pixels) => assert_eq!(pixels.len(), format.bytes_per_picture()),
                Err(reason) => assert_eq!(reason.lines().count(), 1, "{reason}"),
            }
        }
    }
}

/// Fonts of two characters, and a collection of one.
pub(crate) fn font_seeds() -> Vec<Vec<u8>> {
    let font = TestFont::digits("Test", 90, 2).bytes();
    let mut collection = b"ttcf\0\x01\0\0\0\0\0\x01\0\0\0\x10".to_vec();
    let mut moved = font.clone();
    // Offsets of tables count from the start of the file.
    let tables = usize::from(font[5]);
    for table in 0..tables {
        let at = 12 + 16 * table + 8;
        let field: [u8; 4] = std::array::from_fn(|index| font[at + index]);
        moved[at..at + 4].copy_from_slice(&(u32::from_be_bytes(field) + 16).to_be_bytes());
    }
    collection.extend(moved);
    vec![font, TestFont::digits("Other", 200, 3).bytes(), collection]
}

/// Drawn as `0` and `1`: a font that is taken has both, and they differ.
pub(crate) fn font(bytes: &[u8]) {
    let format = Format {
        width: 8,
        height: 8,
        channels: 1,
    };
    let draw = || -> Vec<Result<Vec<u8>, String>> {
        let fonts = draw_fonts(bytes, "font", &['0', '1'], format).expect("a small format");
        let pixels = fonts.into_iter().map(|(_, face)| match face {
            Ok(face) => Ok(face.pixels),
            Err(error) => Err(error.to_string()),
        });
        pixels.collect()
    };
    let faces = draw();
    assert_eq!(faces, draw());
    for face in faces {
        match face {
            Ok(pixels) => {
                assert_eq!(pixels.len(), 2 * 64);
                let (zero, one) = pixels.split_at(64);
                assert_ne!(zero, one);
                for character in [zero, one] {
                    let ink: u32 = character.iter().map(|&value| u32::from(value)).sum();
                    assert!(ink >= 255, "{ink}");
                }
            }
            Err(reason) => assert_eq!(reason.lines().count(), 1, "{reason}"),
        }
    }
}
