//! Pictures on the device.

use crate::data::{Dataset, Format, Split};
use anyhow::{Result, ensure};
use dfdx::prelude::Tensor;
use pixling_nn::{Backend, Matrix};
use rayon::prelude::*;

/// A batch on the device that is filled again and again.
#[derive(Debug)]
pub struct Feed<D: Backend> {
    /// The pictures, a row of values from 0 to 1 for each, channels one after another.
    pub pictures: Tensor<Matrix, f32, D>,
    format: Format,
    staging: Vec<f32>,
}

impl<D: Backend> Feed<D> {
    /// A batch of `rows` pictures, black at first.
    pub fn new(device: &D, format: Format, rows: usize) -> Self {
        let shape = (rows, format.bytes_per_picture());
        Feed {
            pictures: device.zeros_like(&shape),
            format,
            staging: vec![0.0; shape.0 * shape.1],
        }
    }

    /// Fills it with pictures of a split: as many indices as rows.
    pub fn fill(&mut self, split: &Split, indices: &[usize]) {
        let bytes = self.format.bytes_per_picture();
        let pictures = indices.par_iter().map(|&index| split.picture(index, bytes));
        self.stage(pictures);
    }

    /// Fills it with pictures of bytes, one after another: as many as rows.
    pub fn fill_bytes(&mut self, pictures: &[u8]) {
        self.stage(pictures.par_chunks_exact(self.format.bytes_per_picture()));
    }

    fn stage<'a>(&mut self, pictures: impl IndexedParallelIterator<Item = &'a [u8]>) {
        let Format { channels, .. } = self.format;
        let rows = self
            .staging
            .par_chunks_exact_mut(self.format.bytes_per_picture());
        rows.zip(pictures)
            .for_each(|(row, picture)| planes(picture, channels, row));
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

/// Calls `each` with pictures of bytes on the device, in batches of at most `rows`. There are two feeds: one for whole
/// batches and one for the rest.
pub fn for_batches<D: Backend>(
    device: &D,
    format: Format,
    pictures: &[u8],
    rows: usize,
    mut each: impl FnMut(Tensor<Matrix, f32, D>),
) {
    let bytes = format.bytes_per_picture();
    let mut feed: Option<Feed<D>> = None;
    for chunk in pictures.chunks(rows * bytes) {
        let fitting = feed.take().filter(|feed| feed.staging.len() == chunk.len());
        let feed =
            feed.insert(fitting.unwrap_or_else(|| Feed::new(device, format, chunk.len() / bytes)));
        feed.fill_bytes(chunk);
        each(feed.pictures.clone());
    }
}

/// Refuses data that cannot be trained on.
///
/// # Errors
///
/// When there are too few pictures or too many classes.
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
