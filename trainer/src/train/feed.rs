//! Pictures on the device.

use crate::data::{Dataset, Split};
use crate::model::{Pictures, Preset, Sizes};
use crate::nn::Backend;
use anyhow::{Result, ensure};
use dfdx::prelude::Tensor;
use rayon::prelude::*;

/// A batch on the device that is filled again and again.
#[derive(Debug)]
pub struct Feed<P: Sizes, D: Backend> {
    /// The pictures, values from 0 to 1, channels of a picture one after another.
    pub pictures: Tensor<Pictures<P>, f32, D>,
    staging: Vec<f32>,
}

impl<P: Preset<D>, D: Backend> Feed<P, D> {
    /// A batch of `rows` pictures, black at first.
    pub fn new(device: &D, rows: usize) -> Self {
        Feed {
            pictures: device.zeros_like(&P::pictures(rows)),
            staging: vec![0.0; rows * P::format().bytes_per_picture()],
        }
    }

    /// Fills it with pictures of a split: as many indices as rows.
    pub fn fill(&mut self, split: &Split, indices: &[usize]) {
        let bytes = P::format().bytes_per_picture();
        let rows = self.staging.par_chunks_exact_mut(bytes).zip(indices);
        rows.for_each(|(row, &index)| {
            planes(split.picture(index, bytes), P::format().channels, row)
        });
        self.pictures.copy_from(&self.staging);
    }

    /// Fills it with pictures of bytes, one after another: as many as rows.
    pub fn fill_bytes(&mut self, pictures: &[u8]) {
        let bytes = P::format().bytes_per_picture();
        let rows = self
            .staging
            .par_chunks_exact_mut(bytes)
            .zip(pictures.par_chunks_exact(bytes));
        rows.for_each(|(row, picture)| planes(picture, P::format().channels, row));
        self.pictures.copy_from(&self.staging);
    }
}

/// Bytes with channels side by side as values from 0 to 1, channels one after another.
fn planes(picture: &[u8], channels: usize, values: &mut [f32]) {
    let pixels = picture.len() / channels;
    for (index, byte) in picture.iter().enumerate() {
        values[index % channels * pixels + index / channels] = f32::from(*byte) / 255.0;
    }
}

/// Values from 0 to 1, channels one after another, as bytes with channels side by side.
pub fn to_bytes(values: &[f32], channels: usize) -> Vec<u8> {
    let pixels = values.len() / channels;
    let byte =
        |index: usize| (values[index % channels * pixels + index / channels] * 255.0).round() as u8;
    (0..values.len()).map(byte).collect()
}

/// Batches of at most `rows` bytes-pictures, each given to `each` on the device. Two feeds serve all: one for whole
/// batches and one for the rest.
pub fn for_batches<P: Preset<D>, D: Backend>(
    device: &D,
    pictures: &[u8],
    rows: usize,
    mut each: impl FnMut(Tensor<Pictures<P>, f32, D>),
) {
    let bytes = P::format().bytes_per_picture();
    let mut feed: Option<Feed<P, D>> = None;
    for chunk in pictures.chunks(rows * bytes) {
        let count = chunk.len() / bytes;
        if feed
            .as_ref()
            .is_none_or(|feed| feed.staging.len() != chunk.len())
        {
            feed = Some(Feed::new(device, count));
        }
        if let Some(feed) = &mut feed {
            feed.fill_bytes(chunk);
            each(feed.pictures.clone());
        }
    }
}

/// Refuses data that a preset cannot be trained on.
///
/// # Errors
///
/// Says what does not fit.
pub fn check(data: &Dataset, batch: usize) -> Result<()> {
    ensure!(
        data.train.len() >= batch,
        "{} has {} training pictures, fewer than one batch of {batch}: use more data or set batch",
        data.name,
        data.train.len()
    );
    let most = usize::from(pixling::limits::MAX_CLASSES);
    ensure!(
        data.labels.len() <= most,
        "{} has {} classes, more than {most}",
        data.name,
        data.labels.len()
    );
    Ok(())
}
