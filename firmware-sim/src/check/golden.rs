//! The recorded pictures, in one file that can be kept beside the model.

use crate::model_file::draw;
use crate::png::encode_png;
use crate::{Error, PictureRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use pixling::{Model, Way};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the file.
const VERSION: u32 = 1;

/// One picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The class.
    pub class: u16,
    /// The class in words, for people.
    pub label: String,
    /// The seed of the class's latent and of the style.
    pub seed: u64,
    /// Percent of the trained deviation of both.
    pub temperature: u16,
    /// CRC-32 (ISO-HDLC) of the pixels, as eight hexadecimal digits.
    pub checksum: String,
    /// The picture as PNG in Base64, to show what it was.
    pub png: String,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    version: u32,
    /// The model's name, for people.
    pub model: String,
    /// The pictures in order.
    pub samples: Vec<Sample>,
}

impl Golden {
    /// Draws and records pictures, each of a class, a seed and a temperature.
    ///
    /// # Errors
    ///
    /// When the model draws no picture, for instance because it has fewer classes.
    pub fn record(
        model: &Model<'_>,
        pictures: impl IntoIterator<Item = (u16, u64, u16)>,
    ) -> Result<Golden, Error> {
        let pictures = pictures.into_iter();
        let samples = pictures
            .map(|(class, seed, temperature)| Sample::record(model, class, seed, temperature));
        Ok(Golden {
            version: VERSION,
            model: model.name().to_owned(),
            samples: samples.collect::<Result<_, _>>()?,
        })
    }

    /// Draws the same pictures and records them anew.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn record_again(&self, model: &Model<'_>) -> Result<Golden, Error> {
        let samples = self.samples.iter();
        Golden::record(model, samples.map(|it| (it.class, it.seed, it.temperature)))
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is of another version, or holds nothing.
    pub fn read(path: &Path) -> Result<Golden, Error> {
        let failed = |reason: String| Error::Golden {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let golden: Golden =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if golden.version != VERSION {
            return Err(failed(format!(
                "it is of version {}, this program reads {VERSION}",
                golden.version
            )));
        }
        if golden.samples.is_empty() {
            return Err(failed("it holds no picture".to_owned()));
        }
        for (number, sample) in (1..).zip(&golden.samples) {
            let readable = sample.pixels().is_some() && sample.checksum_value().is_some();
            if !readable {
                return Err(failed(format!("its picture {number} cannot be decoded")));
            }
        }
        Ok(golden)
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        // Numbers and words: nothing of it can fail to serialize.
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        Ok(pixling_io::write(path, text.as_bytes())?)
    }
}

impl Sample {
    fn record(model: &Model<'_>, class: u16, seed: u64, temperature: u16) -> Result<Sample, Error> {
        let mut sample = Sample {
            class,
            label: model.class_label(class).unwrap_or_default().to_owned(),
            seed,
            temperature,
            checksum: String::new(),
            png: String::new(),
        };
        let pixels = draw(model, &sample.request().to_request())?;
        sample.checksum = format!("{:08x}", checksum(&pixels));
        let (width, height) = (model.width().into(), model.height().into());
        sample.png = STANDARD.encode(encode_png(width, height, model.channels(), pixels)?);
        Ok(sample)
    }

    /// The request for the picture.
    pub fn request(&self) -> PictureRequest {
        PictureRequest {
            class: self.class,
            seed: self.seed,
            style: self.seed,
            z_s_percent: self.temperature,
            z_u_percent: self.temperature,
            way: Way::Joint,
        }
    }

    /// A name for people and for files.
    pub fn name(&self) -> String {
        let label: String = self
            .label
            .chars()
            .map(|it| if it.is_alphanumeric() { it } else { '-' })
            .collect();
        format!(
            "class-{}-{label}-seed-{}-temperature-{}",
            self.class, self.seed, self.temperature
        )
    }

    pub(super) fn checksum_value(&self) -> Option<u32> {
        u32::from_str_radix(&self.checksum, 16).ok()
    }

    /// The recorded picture.
    pub(super) fn pixels(&self) -> Option<RgbImage> {
        let png = STANDARD.decode(&self.png).ok()?;
        let image = image::load_from_memory_with_format(&png, image::ImageFormat::Png).ok()?;
        Some(image.to_rgb8())
    }
}

/// CRC-32 (ISO-HDLC), as the runtime's.
pub(super) fn checksum(pixels: &[u8]) -> u32 {
    crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(pixels)
}
