//! The traits by which figures use models and presets.

use crate::data::Format;
use crate::metrics::draw;
use crate::model::{ClassSource, Codes};
use anyhow::Result;
use pixling::{Model, Request};

/// Draws pictures of requests: the networks of a run in floating point, or a model file as a device does.
pub trait Generator {
    /// The format of its pictures.
    fn format(&self) -> Format;

    /// A name for each class.
    fn labels(&self) -> Vec<String>;

    /// Pictures as bytes, one after another.
    ///
    /// # Errors
    ///
    /// When there is no such class.
    fn draw(&self, requests: &[Request]) -> Result<Vec<u8>>;
}

/// The networks of a trained run.
pub trait Networks: Generator {
    /// Dimensions of `z_s` and of `z_u`.
    fn dimensions(&self) -> (usize, usize);

    /// The source of the class that a picture is decoded with.
    fn class_source(&self) -> ClassSource;

    /// Latents `[z_s, z_u]` of requests, row by row: the same draws as on a device.
    fn latents(&self, requests: &[Request]) -> Vec<f32>;

    /// Pictures of latents `[z_s, z_u]` as bytes, one after another.
    fn decode(&self, latents: &[f32]) -> Vec<u8>;

    /// `z_s`, and mean and log variance of `z_u`, of pictures of these classes.
    ///
    /// # Errors
    ///
    /// When there is not one class for each picture.
    fn encode(&self, pictures: &[u8], classes: &[u16]) -> Result<Codes>;
}

/// Latents `[z_s, z_u]` of pictures, row by row, without noise.
pub(super) fn latents_of(codes: &Codes, (label, style): (usize, usize)) -> Vec<f32> {
    let rows = codes.z_s.chunks_exact(label);
    rows.zip(codes.mean.chunks_exact(style))
        .flat_map(|(z_s, z_u)| z_s.iter().chain(z_u))
        .copied()
        .collect()
}

impl Generator for Model<'_> {
    fn format(&self) -> Format {
        Format {
            width: self.width().into(),
            height: self.height().into(),
            channels: self.channels().into(),
        }
    }

    fn labels(&self) -> Vec<String> {
        (0..self.classes())
            .map(|class| self.class_label(class).unwrap_or_default().to_string())
            .collect()
    }

    fn draw(&self, requests: &[Request]) -> Result<Vec<u8>> {
        draw(self, requests)
    }
}
