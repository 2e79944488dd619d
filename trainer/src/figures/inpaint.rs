//! Completing a picture of which a part is hidden.

use super::Networks;
use super::generator::latents_of;
use crate::data::{Dataset, Format};
use crate::grid::Grid;
use crate::metrics::psnr;
use anyhow::Result;
use clap::ValueEnum;

/// The part that is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hidden {
    /// The left half.
    Left,
    /// The right half.
    Right,
    /// The upper half.
    Top,
    /// The lower half.
    Bottom,
    /// Half of the width and half of the height, in the middle.
    Middle,
}

impl Hidden {
    /// Whether it hides the pixel in that column and row.
    pub fn covers(self, x: usize, y: usize, format: Format) -> bool {
        let (width, height) = (format.width, format.height);
        match self {
            Hidden::Left => x < width / 2,
            Hidden::Right => x >= width.div_ceil(2),
            Hidden::Top => y < height / 2,
            Hidden::Bottom => y >= height.div_ceil(2),
            Hidden::Middle => {
                let inside = |at: usize, size: usize| (size / 4..size - size / 4).contains(&at);
                inside(x, width) && inside(y, height)
            }
        }
    }

    /// For each byte of a picture, whether it is hidden.
    fn mask(self, format: Format) -> Vec<bool> {
        (0..format.bytes_per_picture())
            .map(|i| {
                let pixel = i / format.channels;
                self.covers(pixel % format.width, pixel / format.width, format)
            })
            .collect()
    }
}

/// Completed pictures.
#[derive(Debug)]
pub struct Inpainted {
    /// Three rows: the originals, the encoder's first input, the completed pictures.
    pub sheet: Grid,
    /// PSNR of the hidden pixels against the originals, in decibels.
    pub psnr: f64,
    /// The same for the grey of the hidden pixels.
    pub psnr_hidden: f64,
}

/// The first value of hidden pixels, the middle grey.
const GREY: u8 = 128;
/// Rounds of encoding and decoding, each with the last result in the hidden part: the encoder was not trained on grey
/// halves.
const ROUNDS: usize = 8;

/// Completes test pictures: encodes them with a part hidden, decodes, and keeps the known pixels.
///
/// # Errors
///
/// When the pictures cannot be encoded.
pub fn inpaint(
    networks: &dyn Networks,
    data: &Dataset,
    indices: &[usize],
    hidden: Hidden,
) -> Result<Inpainted> {
    let bytes = data.bytes_per_picture();
    let (originals, classes) = data.test.some(indices, bytes);
    let mask = hidden.mask(data.format());
    // The pictures with something else in the hidden part.
    let filled = |with: &dyn Fn(usize) -> u8| -> Vec<u8> {
        let byte = |(i, &original): (usize, &u8)| match mask[i % bytes] {
            true => with(i),
            false => original,
        };
        originals.iter().enumerate().map(byte).collect()
    };
    let masked = filled(&|_| GREY);
    let mut completed = masked.clone();
    for _ in 0..ROUNDS {
        let codes = networks.encode(&completed, &classes)?;
        let decoded = networks.decode(&latents_of(&codes, networks.dimensions()));
        completed = filled(&|i| decoded[i]);
    }
    let mut sheet = Grid::new(data.format(), indices.len());
    for pictures in [&originals, &masked, &completed] {
        sheet.push_all(pictures);
    }
    let only_hidden = |pictures: &[u8]| -> Vec<u8> {
        let bytes = pictures.iter().enumerate();
        let hidden = bytes.filter(|(i, _)| mask[i % mask.len()]);
        hidden.map(|(_, &byte)| byte).collect()
    };
    let originals = only_hidden(&originals);
    Ok(Inpainted {
        sheet,
        psnr: psnr(&originals, &only_hidden(&completed)),
        psnr_hidden: psnr(&originals, &only_hidden(&masked)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::plain_networks::{PlainNetworks, data, pictures};
    use super::*;
    use crate::model::ClassSource;

    const FORMAT: Format = Format {
        width: 5,
        height: 4,
        channels: 3,
    };

    #[test]
    fn each_part_hides_what_its_name_says() {
        let drawn = |hidden: Hidden| -> Vec<String> {
            let row = |y| {
                let pixel = |x| match hidden.covers(x, y, FORMAT) {
                    true => '#',
                    false => '.',
                };
                (0..FORMAT.width).map(pixel).collect()
            };
            (0..FORMAT.height).map(row).collect()
        };
        assert_eq!(drawn(Hidden::Left), ["##..."; 4]);
        assert_eq!(drawn(Hidden::Right), ["...##"; 4]);
        assert_eq!(drawn(Hidden::Top), ["#####", "#####", ".....", "....."]);
        assert_eq!(drawn(Hidden::Bottom), [".....", ".....", "#####", "#####"]);
        assert_eq!(drawn(Hidden::Middle), [".....", ".###.", ".###.", "....."]);
    }

    #[test]
    fn what_is_hidden_comes_from_the_model_and_the_rest_from_the_picture() {
        let networks = PlainNetworks {
            class_source: ClassSource::Picture,
        };
        let data = data(&[[208, 207], [96, 97]]);
        let found = inpaint(&networks, &data, &[0, 1], Hidden::Right).unwrap();
        // Each round goes half of the way from 128 to the left pixel; fractions are cut.
        assert_eq!(
            pictures(&found.sheet),
            [
                [[208, 207], [96, 97]],
                [[208, 128], [96, 128]],
                [[208, 207], [96, 96]]
            ]
        );
        let of_error = |squares: f64| 10.0 * (255.0 * 255.0 / (squares / 2.0)).log10();
        assert!((found.psnr - of_error(1.0)).abs() < 1e-9);
        assert!((found.psnr_hidden - of_error(79.0 * 79.0 + 31.0 * 31.0)).abs() < 1e-9);
    }

    #[test]
    fn all_channels_of_a_pixel_are_hidden() {
        let mask = Hidden::Left.mask(FORMAT);
        assert_eq!(mask.len(), 60);
        assert!(mask[..6].iter().all(|&hidden| hidden) && !mask[6]);
    }
}
