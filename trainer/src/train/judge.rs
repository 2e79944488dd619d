//! The judge: a classifier of pictures, trained apart from the generator, that measures the generator's pictures.

use crate::data::{Dataset, Format};
use crate::model::feed::{Feed, for_batches};
use crate::model::tensors::{one_hot, recorded};
use crate::model::{Classifier, Preset};
use crate::random::{Purpose, generator};
use anyhow::{Result, anyhow};
use dfdx::prelude::Axis;
use pixling_metrics::Verdict;
use pixling_nn::{Adam, Backend, NamedTensor};
use rand::seq::SliceRandom;
use std::ops::Range;

/// Learning rate at the start; falls to zero by a cosine.
const LEARNING_RATE: f32 = 2e-3;
/// Pictures per step: many, or a sixteenth of few.
const BATCH: usize = 64;
const SMALL_BATCH: usize = 16;
/// Training pictures from which on a judge learns from all of them for [`EPOCHS`].
const MANY: usize = 30_000;
const EPOCHS: usize = 4;
/// Part of fewer training pictures that is held out: one of eight.
const HELD_OUT_PART: usize = 8;
/// Steps between two measurements on the pictures that are held out.
const CHECK: usize = 50;
/// Measurements without a better one after which the learning rate falls.
const PATIENCE: usize = 5;
/// Steps after which it falls in any case, and steps of its fall.
const STEADY: usize = 3000;
const FALL: usize = 150;
/// The key of the order that pictures are held out by.
const HELD_OUT_ORDER: u64 = 1 << 32;

/// A trained judge.
#[derive(Debug)]
pub struct Judge<D: Backend> {
    device: D,
    classifier: Classifier<D>,
    format: Format,
}

/// The length of a training and its learning rate.
struct Length<M> {
    /// Steps of the fall of the learning rate, when they are known.
    fall: Option<Range<usize>>,
    /// Measures a judge on the pictures that are held out.
    measure: Option<M>,
    best: f64,
    best_at: usize,
}

impl<M> Length<M> {
    /// [`EPOCHS`] passes; the learning rate falls from the first step on.
    fn passes(per_epoch: usize) -> Self {
        Length {
            fall: Some(0..per_epoch * EPOCHS),
            measure: None,
            best: 0.0,
            best_at: 0,
        }
    }

    /// As many steps as a judge gets better in.
    fn until_it_stops(measure: M) -> Self {
        Length {
            fall: None,
            measure: Some(measure),
            best: 0.0,
            best_at: 0,
        }
    }

    /// Steps at most, as far as it is known.
    fn most(&self) -> usize {
        self.fall.as_ref().map_or(STEADY + FALL, |fall| fall.end)
    }

    /// The factor on the learning rate before a step; `None` ends the training.
    fn rate<J>(&mut self, step: usize, judge: &J) -> Option<f32>
    where
        M: Fn(&J) -> f64,
    {
        if let (None, Some(measure)) = (&self.fall, &self.measure)
            && step.is_multiple_of(CHECK)
        {
            let found = measure(judge);
            if found > self.best {
                (self.best, self.best_at) = (found, step);
            }
            if step - self.best_at >= PATIENCE * CHECK || step >= STEADY {
                self.fall = Some(step..step + FALL);
            }
        }
        let Some(fall) = &self.fall else {
            return Some(1.0);
        };
        let part = (step - fall.start) as f32 / fall.len() as f32;
        (step < fall.end).then(|| 0.5 * (1.0 + (std::f32::consts::PI * part).cos()))
    }
}

fn untrained<D: Backend>(preset: &dyn Preset<D>, device: &D, classes: usize) -> Classifier<D> {
    let adam = Adam::new(LEARNING_RATE);
    Classifier::new(device, preset.judge(device), classes, adam)
}

impl<D: Backend> Judge<D> {
    /// Trains a judge; `progress` is called after each step with the finished part, from 0 to 1.
    ///
    /// Many pictures are passed four times. Of fewer, an eighth is held out, and the training goes on until the judge gets
    /// no better on it.
    ///
    /// # Errors
    ///
    /// When the device runs out of memory.
    pub fn train(
        preset: &dyn Preset<D>,
        device: &D,
        data: &Dataset,
        seed: u64,
        mut progress: impl FnMut(f32),
    ) -> Result<Self> {
        let classes = data.labels.len();
        let format = preset.sizes().picture;
        let mut judge = Judge {
            device: device.clone(),
            classifier: untrained(preset, device, classes),
            format,
        };
        let mut order: Vec<usize> = (0..data.train.len()).collect();
        let mut length = if order.len() >= MANY {
            Length::passes(order.len() / BATCH)
        } else {
            order.shuffle(&mut generator(seed, Purpose::Judge, HELD_OUT_ORDER));
            let held_out = order.split_off(order.len() - order.len() / HELD_OUT_PART);
            order.sort_unstable();
            let (pixels, classes) = data.train.some(&held_out, format.bytes_per_picture());
            Length::until_it_stops(move |judge: &Judge<D>| judge.judge(&pixels).accuracy(&classes))
        };
        let rows = order;
        let batch = (rows.len() / 16).clamp(SMALL_BATCH, BATCH).min(rows.len());
        let mut feed = Feed::new(device, format, batch);
        let mut step = 0;
        for epoch in 0.. {
            let mut order = rows.clone();
            order.shuffle(&mut generator(seed, Purpose::Judge, epoch));
            for rows in order.chunks_exact(batch) {
                let Some(rate) = length.rate(step, &judge) else {
                    return Ok(judge);
                };
                feed.fill(&data.train, rows);
                let labels: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
                let labels = one_hot(device, &labels, classes);
                judge
                    .classifier
                    .teach(recorded(&feed.pictures), labels, LEARNING_RATE * rate)
                    .map_err(|error| {
                        anyhow!("the judge's training ran out of memory: {error:?}")
                    })?;
                step += 1;
                progress(step as f32 / length.most() as f32);
            }
        }
        Ok(judge)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of a training whose judge has an accuracy at each step, and its factors at some of them.
    fn trained(accuracy: impl Fn(usize) -> f64) -> (usize, Vec<f32>) {
        let mut length = Length::until_it_stops(|&step: &usize| accuracy(step));
        let mut rates = Vec::new();
        let mut step = 0;
        while let Some(rate) = length.rate(step, &step) {
            rates.push(rate);
            step += 1;
        }
        (step, rates)
    }

    #[test]
    fn a_judge_learns_until_it_gets_no_better() {
        // Best at step 400; noticed 250 steps later.
        let (steps, rates) = trained(|step| (step.min(400)) as f64 / 1000.0);
        assert_eq!(steps, 650 + FALL);
        assert!(rates[..=650].iter().all(|&rate| rate == 1.0));
        assert!((rates[650 + FALL / 2] - 0.5).abs() < 0.01 && rates[steps - 1] < 0.01);
        // At chance at first.
        let late = |step| if step < 200 { 0.1 } else { 0.2 };
        assert_eq!(trained(late).0, 450 + FALL);
        // Always better.
        assert_eq!(trained(|step| step as f64).0, STEADY + FALL);
    }
}
