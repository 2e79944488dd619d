//! Pictures side by side in one PNG.

use crate::data::Format;
use anyhow::{Context, Result, ensure};
use image::{ImageFormat, RgbImage, imageops};
use std::io::Cursor;
use std::path::Path;

/// Pixels between two pictures, before enlarging.
const GAP: u32 = 1;
/// The colour between pictures.
const PAPER: image::Rgb<u8> = image::Rgb([64, 64, 72]);

/// A grid of pictures of one size.
#[derive(Debug)]
pub struct Grid {
    format: Format,
    columns: u32,
    pictures: Vec<Vec<u8>>,
}

impl Grid {
    /// An empty grid for pictures of a format.
    pub fn new(format: Format, columns: usize) -> Grid {
        Grid {
            format,
            columns: columns.max(1) as u32,
            pictures: Vec::new(),
        }
    }

    /// Puts a picture into the next place, row by row.
    pub fn push(&mut self, pixels: &[u8]) {
        self.pictures.push(pixels.to_vec());
    }

    /// Puts pictures, one after another, into the next places.
    pub fn push_all(&mut self, pictures: &[u8]) {
        let pictures = pictures.chunks_exact(self.format.bytes_per_picture());
        pictures.for_each(|picture| self.push(picture));
    }

    /// Leaves the next place empty.
    pub fn skip(&mut self) {
        self.pictures.push(Vec::new());
    }

    /// The factor by which pixels are enlarged: pictures become about 128 wide, and the whole not much wider than
    /// 2,048.
    pub fn scale(&self) -> u32 {
        let width = self.format.width as u32;
        let of_picture = 128 / width.max(1);
        let of_sheet = 2048 / (self.columns * (width + GAP));
        of_picture.min(of_sheet).max(1)
    }

    /// Columns and rows of pixels of the whole, each enlarged to `scale x scale`.
    pub fn size(&self, scale: u32) -> (u32, u32) {
        let rows = (self.pictures.len() as u32).div_ceil(self.columns);
        let [width, height] = self.step();
        (
            (self.columns * width + GAP) * scale,
            (rows * height + GAP) * scale,
        )
    }

    /// Columns and rows of pixels from a picture to the next.
    fn step(&self) -> [u32; 2] {
        [self.format.width, self.format.height].map(|side| side as u32 + GAP)
    }

    /// Each row as a grid of its own.
    pub fn rows(&self) -> Vec<Grid> {
        let rows = self.pictures.chunks(self.columns as usize);
        rows.map(|pictures| Grid {
            pictures: pictures.to_vec(),
            ..*self
        })
        .collect()
    }

    /// The grid, each pixel enlarged to `scale x scale`.
    ///
    /// # Errors
    ///
    /// When nothing was pushed, or a picture is of another size.
    pub fn render(&self, scale: u32) -> Result<RgbImage> {
        ensure!(!self.pictures.is_empty(), "a grid without pictures");
        let [step_x, step_y] = self.step();
        let (width, height) = self.size(1);
        let mut sheet = RgbImage::from_pixel(width, height, PAPER);
        for (index, pixels) in (0..).zip(&self.pictures) {
            if pixels.is_empty() {
                continue;
            }
            let rgb = match self.format.channels {
                1 => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
                _ => pixels.clone(),
            };
            let picture = RgbImage::from_raw(step_x - GAP, step_y - GAP, rgb)
                .context("a picture of the grid has another size")?;
            let (x, y) = (
                index % self.columns * step_x + GAP,
                index / self.columns * step_y + GAP,
            );
            imageops::replace(&mut sheet, &picture, x.into(), y.into());
        }
        let (width, height) = self.size(scale);
        Ok(imageops::resize(
            &sheet,
            width,
            height,
            imageops::FilterType::Nearest,
        ))
    }

    /// Writes the grid as a PNG.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render), and when the file cannot be written.
    pub fn save(&self, path: &Path, scale: u32) -> Result<()> {
        crate::files::write(path, &self.png(scale)?)
    }

    /// The grid as the bytes of a PNG.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render).
    pub fn png(&self, scale: u32) -> Result<Vec<u8>> {
        let mut png = Cursor::new(Vec::new());
        self.render(scale)?.write_to(&mut png, ImageFormat::Png)?;
        Ok(png.into_inner())
    }
}
