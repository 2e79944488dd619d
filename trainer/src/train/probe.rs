//! The probe, a fresh classifier on `z_u` that measures how much of the class leaks into the style.

use crate::model::tensors::{one_hot, recorded, upload};
use crate::model::{Classifier, Preset};
use crate::random::{Purpose, generator};
use anyhow::{Result, anyhow};
use pixling_metrics::{accuracy, answers};
use pixling_nn::{Adam, Backend};
use rand::seq::SliceRandom;

const LEARNING_RATE: f32 = 3e-3;
const BATCH: usize = 200;
const EPOCHS: u64 = 8;

/// Latents of pictures and their classes.
#[derive(Clone, Copy, Debug)]
pub struct Labelled<'a> {
    /// Latents, a row for each picture.
    pub latents: &'a [f32],
    /// The class of each row.
    pub classes: &'a [u16],
}

/// Trains the probe on one set and gives its accuracy on the other.
///
/// # Errors
///
/// When the device runs out of memory.
pub fn leakage<D: Backend>(
    preset: &dyn Preset<D>,
    device: &D,
    classes: usize,
    seed: u64,
    train: Labelled<'_>,
    test: Labelled<'_>,
) -> Result<f64> {
    let adam = Adam::new(LEARNING_RATE);
    let mut classifier = Classifier::new(device, preset.adversary(device), classes, adam);
    let width = classifier.inputs();
    let batch = BATCH.min(train.classes.len());
    let steps = train.classes.len() / batch * EPOCHS as usize;
    let mut step = 0;
    for epoch in 0..EPOCHS {
        let mut order: Vec<usize> = (0..train.classes.len()).collect();
        order.shuffle(&mut generator(seed, Purpose::Probe, epoch));
        for rows in order.chunks_exact(batch) {
            let part = step as f32 / steps as f32;
            let rate = LEARNING_RATE * 0.5 * (1.0 + (std::f32::consts::PI * part).cos());
            step += 1;
            let latents: Vec<f32> = rows
                .iter()
                .flat_map(|&row| &train.latents[row * width..][..width])
                .copied()
                .collect();
            let labels: Vec<u16> = rows.iter().map(|&row| train.classes[row]).collect();
            let input = upload(device, (batch, width), &latents);
            let labels = one_hot(device, &labels, classes);
            classifier
                .teach(recorded(&input), labels, rate)
                .map_err(|error| anyhow!("the probe's training ran out of memory: {error:?}"))?;
        }
    }
    let input = upload(device, (test.classes.len(), width), test.latents);
    let [_, logits] = classifier.infer(input);
    Ok(accuracy(answers(&logits.as_vec(), classes), test.classes))
}
