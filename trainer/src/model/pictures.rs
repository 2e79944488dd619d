//! Encoding of pictures of bytes to latents, and decoding, by a trained model.

use super::autoencoder::Autoencoder;
use super::feed::{for_batches, to_bytes};
use super::latents::Codes;
use anyhow::Result;
use dfdx::prelude::HasShape;
use pixling::Request;
use pixling_nn::Backend;

/// Pictures of a batch.
const BATCH: usize = 256;

impl<D: Backend> Autoencoder<D> {
    /// Codes of pictures of bytes, one after another. A model with the [label](super::ClassSource::Label) as an input
    /// needs `classes`, one for each picture; the others ignore them.
    ///
    /// # Errors
    ///
    /// When `classes` are needed and absent.
    pub fn encode_bytes(&self, pictures: &[u8], classes: Option<&[u16]>) -> Result<Codes> {
        let mut codes = Codes::default();
        let (mut done, mut failure) = (0, None);
        for_batches(&self.device, self.sizes.picture, pictures, BATCH, |batch| {
            let rows = batch.shape().0;
            let classes = classes.and_then(|all| all.get(done..done + rows));
            done += rows;
            match self.encode(batch, classes) {
                Ok(batch) => {
                    codes.z_s.extend(batch.z_s);
                    codes.z_s_log_variance.extend(batch.z_s_log_variance);
                    codes.mean.extend(batch.mean);
                    codes.log_variance.extend(batch.log_variance);
                }
                Err(error) => failure = Some(error),
            }
        });
        failure.map_or(Ok(codes), Err)
    }

    /// The latents of requests in floating point, row by row: the same draws as on a device.
    pub fn latents_of(&self, requests: &[Request]) -> Vec<f32> {
        if let Some(mixture) = &self.mixture {
            return mixture.latents_of(requests);
        }
        let mixture = self.prior();
        let mut latents = Vec::with_capacity(requests.len() * self.sizes.latent());
        for request in requests {
            let (mut label, mut style) = request.noise();
            let unit = |draw: i32| draw as f32 / 4096.0;
            let temperature = |t: pixling::Temperature| f32::from(t.in_256ths()) / 256.0;
            let row = usize::from(request.class) * mixture.dimensions;
            for d in 0..mixture.dimensions {
                let deviation = mixture.sigma[row + d] * temperature(request.z_s_temperature);
                latents.push(mixture.mu[row + d] + deviation * unit(label.draw()));
            }
            for _ in 0..self.sizes.style {
                latents.push(temperature(request.z_u_temperature) * unit(style.draw()));
            }
        }
        latents
    }

    /// Pictures of latents as bytes, one after another, by the averaged decoder.
    pub fn decode_to_bytes(&self, latents: &[f32]) -> Vec<u8> {
        let (format, columns) = (self.sizes.picture, self.sizes.latent());
        let mut bytes = Vec::with_capacity(latents.len() / columns * self.sizes.pixels());
        for chunk in latents.chunks(BATCH * columns) {
            let values = self.decode(chunk);
            for picture in values.chunks_exact(self.sizes.pixels()) {
                bytes.extend(to_bytes(picture, format.channels));
            }
        }
        bytes
    }
}
