//! The judge: a classifier of pictures, trained apart from the generator, that measures the generator's pictures.

use crate::data::{Dataset, Format};
use crate::model::feed::{Feed, for_batches};
use crate::model::tensors::{one_hot, recorded};
use crate::model::{Classifier, Preset};
use crate::random::{Purpose, generator};
use anyhow::{Result, anyhow};
use dfdx::prelude::Axis;
use pixling_nn::{Adam, Backend, NamedTensor};
use rand::seq::SliceRandom;

/// Learning rate at the start; falls to zero by a cosine.
const LEARNING_RATE: f32 = 2e-3;
/// Pictures per step.
const BATCH: usize = 64;

/// A trained judge.
#[derive(Debug)]
pub struct Judge<D: Backend> {
    device: D,
    classifier: Classifier<D>,
    format: Format,
}

/// The judge's answers on pictures.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Penultimate features, row by row.
    pub features: Vec<f32>,
    /// Features per row.
    pub dimension: usize,
    /// Probabilities of the classes, row by row.
    pub probabilities: Vec<f32>,
    /// Classes.
    pub classes: usize,
}

impl Verdict {
    /// The likeliest class of each picture.
    pub fn answers(&self) -> impl Iterator<Item = usize> + '_ {
        answers(&self.probabilities, self.classes)
    }

    /// The share of pictures that get their own class.
    pub fn accuracy(&self, classes: &[u16]) -> f64 {
        accuracy(self.answers(), classes)
    }
}

/// The class with the highest score in each row.
pub(super) fn answers(scores: &[f32], classes: usize) -> impl Iterator<Item = usize> {
    scores.chunks_exact(classes).map(|row| {
        let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(class, _)| class)
    })
}

/// The share of answers that are the class.
pub(super) fn accuracy(answers: impl Iterator<Item = usize>, classes: &[u16]) -> f64 {
    let pairs = answers.zip(classes);
    let right = pairs.filter(|&(answer, &class)| answer == usize::from(class));
    right.count() as f64 / classes.len().max(1) as f64
}

fn untrained<D: Backend>(preset: &dyn Preset<D>, device: &D, classes: usize) -> Classifier<D> {
    let adam = Adam::new(LEARNING_RATE);
    Classifier::new(device, preset.judge(device), classes, adam)
}

impl<D: Backend> Judge<D> {
    /// Trains a judge; `progress` is called after each step with the finished part, from 0 to 1.
    ///
    /// # Errors
    ///
    /// When the device runs out of memory.
    pub fn train(
        preset: &dyn Preset<D>,
        device: &D,
        data: &Dataset,
        seed: u64,
        epochs: u32,
        mut progress: impl FnMut(f32),
    ) -> Result<Self> {
        let classes = data.labels.len();
        let mut classifier = untrained(preset, device, classes);
        let batch = BATCH.min(data.train.len());
        let format = preset.sizes().picture;
        let mut feed = Feed::new(device, format, batch);
        let per_epoch = data.train.len() / batch;
        let steps = per_epoch * epochs as usize;
        for epoch in 0..epochs {
            let mut order: Vec<usize> = (0..data.train.len()).collect();
            order.shuffle(&mut generator(seed, Purpose::Judge, u64::from(epoch)));
            for (index, rows) in order.chunks_exact(batch).enumerate() {
                let step = epoch as usize * per_epoch + index;
                let part = step as f32 / steps as f32;
                let rate = LEARNING_RATE * 0.5 * (1.0 + (std::f32::consts::PI * part).cos());
                feed.fill(&data.train, rows);
                let labels: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
                let labels = one_hot(device, &labels, classes);
                classifier
                    .teach(recorded(&feed.pictures), labels, rate)
                    .map_err(|error| {
                        anyhow!("the judge's training ran out of memory: {error:?}")
                    })?;
                progress((step + 1) as f32 / steps as f32);
            }
        }
        Ok(Judge {
            device: device.clone(),
            classifier,
            format,
        })
    }

    /// A judge with the [weights](Self::tensors) of another one.
    ///
    /// # Errors
    ///
    /// When they are of another network.
    pub(super) fn with_tensors(
        preset: &dyn Preset<D>,
        device: &D,
        classes: usize,
        tensors: &[NamedTensor],
    ) -> Result<Self> {
        let mut classifier = untrained(preset, device, classes);
        classifier.set_tensors(tensors)?;
        Ok(Judge {
            device: device.clone(),
            classifier,
            format: preset.sizes().picture,
        })
    }

    /// All weights.
    pub(super) fn tensors(&self) -> Vec<NamedTensor> {
        self.classifier.tensors()
    }

    /// The format of the pictures that it judges.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Judges pictures of bytes, one after another.
    pub fn judge(&self, pictures: &[u8]) -> Verdict {
        let mut verdict = Verdict {
            dimension: self.classifier.features(),
            classes: self.classifier.classes(),
            ..Verdict::default()
        };
        for_batches(&self.device, self.format, pictures, 256, |batch| {
            let [features, logits] = self.classifier.infer(batch);
            verdict.features.extend(features.as_vec());
            verdict
                .probabilities
                .extend(logits.softmax::<Axis<1>>().as_vec());
        });
        verdict
    }
}
