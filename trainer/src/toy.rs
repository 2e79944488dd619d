//! The paper's toy experiment: points of the plane in three classes, each spread about an arc of its own. The question
//! is whether a model covers the spread of each arc or collapses onto a curve.

use crate::config::Config;
use crate::data::Format;
use crate::model::tensors::upload;
use crate::model::{Autoencoder, Components, Toy};
use crate::random::{Purpose, generator};
use anyhow::{Result, anyhow};
use dfdx::tensor::Tensor;
use pixling::Request;
use pixling_nn::{Backend, Matrix};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f32::consts::TAU;

/// Classes, each with an arc.
pub const CLASSES: usize = 3;
/// Radius of the circle that the arcs lie on.
const RADIUS: f32 = 2.0;
/// Part of the circle that an arc covers.
const ARC: f32 = 0.25;
/// Standard deviation of the distance from the arc.
const SPREAD: f32 = 0.25;
/// Points of a class for a figure and for an energy distance.
const SHOWN: usize = 1000;
/// Key of the points that models are measured against, and of others of the same kind.
const REFERENCE: u64 = 1 << 40;
const OTHERS: u64 = 1 << 41;
/// Key of the points that a prior is fitted to.
const FITTED: u64 = 1 << 42;
/// Steps from a fit of the prior to the next, its points of each class, and its Gaussians of a class and of all.
const REFIT_EVERY: u64 = 50;
const REFIT_POINTS: usize = 1000;
const REFIT_NUMBERS: [Components; 2] = [Components::Exactly(8), Components::Exactly(16)];

/// A point of the plane.
pub type Point = [f32; 2];

/// A point of a class: on the arc, and off it by the spread.
fn point(class: usize, random: &mut impl Rng) -> Point {
    let angle = TAU * (class as f32 / CLASSES as f32 + ARC * (random.r#gen::<f32>() - 0.5));
    let off: f32 = StandardNormal.sample(random);
    let radius = RADIUS + SPREAD * off;
    [radius * angle.cos(), radius * angle.sin()]
}

/// Points of each class.
pub type Points = [Vec<Point>; CLASSES];

/// The points that models are measured against.
pub fn reference(seed: u64) -> Points {
    points_of(seed, REFERENCE)
}

/// Points of the same kind as the [`reference()`], as a perfect model would draw them.
pub fn others(seed: u64) -> Points {
    points_of(seed, OTHERS)
}

fn points_of(seed: u64, key: u64) -> Points {
    std::array::from_fn(|class| {
        let mut random = generator(seed, Purpose::Toy, key + class as u64);
        (0..SHOWN).map(|_| point(class, &mut random)).collect()
    })
}

/// The settings of the experiment: the model's own but for the losses of pixels, because a point has two values of the
/// size of 1 where a picture has 784 from 0 to 1. `L_con` is not in the paper, and off.
///
/// # Errors
///
/// When there is no such model.
pub fn config(model: &str, seed: u64) -> Result<Config> {
    let mut config = Config::of_model(model)?;
    config.data = "toy".into();
    config.preset = "toy".into();
    config.seed = seed;
    config.batch = 192;
    config.loss.reconstruction = 4.0;
    config.loss.kl = 2.0;
    config.loss.classification = 1.0;
    config.loss.likelihood = 0.5;
    config.loss.adversarial = 0.5;
    config.loss.class_mean = 0.0;
    config.loss.overlap = 0.5;
    config.loss.consistency = 0.0;
    config.loss.gan = 0.5;
    config.loss.gan_slope = 0.1;
    config.optimizer.learning_rate = 1e-3;
    config.optimizer.discriminator_learning_rate = 1e-3;
    Ok(config)
}

/// A model in the experiment.
pub struct Experiment<D: Backend> {
    device: D,
    config: Config,
    model: Autoencoder<D>,
    step: u64,
    steps: u64,
}

impl<D: Backend> Experiment<D> {
    /// A new model that is to be trained for `steps`.
    pub fn new(device: &D, config: &Config, steps: u64) -> Self {
        Experiment {
            device: device.clone(),
            model: Autoencoder::new(&Toy, device, config, CLASSES),
            config: config.clone(),
            step: 0,
            steps,
        }
    }

    /// Trains up to a step, on new points in each step; `progress` is called with each step.
    ///
    /// # Errors
    ///
    /// When the training diverges or the device runs out of memory.
    pub fn train_to(&mut self, step: u64, mut progress: impl FnMut(u64)) -> Result<()> {
        let rows = self.config.batch;
        let classes: Vec<u16> = (0..rows).map(|row| (row % CLASSES) as u16).collect();
        let mut batch: Tensor<Matrix, f32, D> =
            self.device.zeros_like(&(rows, self.model.sizes().pixels()));
        while self.step < step.min(self.steps) {
            let mut random = generator(self.config.seed, Purpose::Toy, self.step);
            let points: Vec<f32> = classes
                .iter()
                .flat_map(|&class| point(class.into(), &mut random))
                .collect();
            batch.copy_from(&points);
            let losses = self
                .model
                .step(&batch, &classes, self.step, self.steps)
                .map_err(|error| anyhow!("the training ran out of memory: {error:?}"))?;
            if let Some(told) = losses.diverged() {
                return Err(anyhow!(
                    "the toy experiment diverged at step {}: {told}",
                    self.step
                ));
            }
            self.step += 1;
            if self.step.is_multiple_of(REFIT_EVERY) || self.step == self.steps {
                self.fit_prior()?;
            }
            progress(self.step);
        }
        Ok(())
    }

    /// Fits the prior that points are drawn from, in training too, to codes of new points.
    fn fit_prior(&mut self) -> Result<()> {
        let mut random = generator(self.config.seed, Purpose::Toy, FITTED + self.step);
        let classes: Vec<u16> = (0..CLASSES as u16)
            .flat_map(|class| [class; REFIT_POINTS])
            .collect();
        let points: Vec<f32> = classes
            .iter()
            .flat_map(|&class| point(class.into(), &mut random))
            .collect();
        let points = upload(&self.device, (classes.len(), 2), &points);
        let codes = self.model.encode(points, Some(&classes))?;
        self.model
            .fit_prior(&codes, &classes, REFIT_NUMBERS, classes.len());
        Ok(())
    }

    /// Points that the model draws of each class from its fitted prior, by its averaged decoder.
    pub fn draw(&self) -> Points {
        std::array::from_fn(|class| {
            let requests: Vec<Request> = (0..SHOWN as u64)
                .map(|seed| Request::new(class as u16, seed))
                .collect();
            let values = self.model.decode(&self.model.latents_of(&requests));
            values.as_chunks::<2>().0.to_vec()
        })
    }
}

/// The energy distance of two sets of points, `2 E|a - b| - E|a - a'| - E|b - b'|` (Szekely and Rizzo, 2013): 0 only
/// for the same distribution.
pub fn energy_distance(a: &[Point], b: &[Point]) -> f64 {
    let mean = |a: &[Point], b: &[Point]| {
        let sum: f64 = a
            .iter()
            .flat_map(|p| b.iter().map(move |q| distance(p, q)))
            .sum();
        sum / (a.len() * b.len()).max(1) as f64
    };
    2.0 * mean(a, b) - mean(a, a) - mean(b, b)
}

fn distance(p: &Point, q: &Point) -> f64 {
    f64::from(p[0] - q[0]).hypot(f64::from(p[1] - q[1]))
}

/// Side of a panel of the figure.
const SIDE: usize = 200;
/// A panel of the figure.
pub const PANEL: Format = Format {
    width: SIDE,
    height: SIDE,
    channels: 3,
};
/// The part of the plane that a panel shows, to each side of the origin.
const REACH: f32 = 3.2;
/// A colour for each class.
const COLOURS: [[u8; 3]; CLASSES] = [[255, 150, 60], [90, 180, 255], [130, 230, 120]];

/// A panel: a dot for each point, brighter where they lie close.
pub fn panel(points: &Points) -> Vec<u8> {
    let mut light = vec![0f32; PANEL.bytes_per_picture()];
    for (points, colour) in points.iter().zip(COLOURS) {
        for [x, y] in points {
            let column = (x / REACH + 1.0) / 2.0 * SIDE as f32;
            let row = (1.0 - y / REACH) / 2.0 * SIDE as f32;
            let inside = |v: f32| v >= 0.0 && v < SIDE as f32;
            if inside(column) && inside(row) {
                let place = (row as usize * SIDE + column as usize) * 3;
                for (light, colour) in light[place..place + 3].iter_mut().zip(colour) {
                    *light += 0.75 * f32::from(colour);
                }
            }
        }
    }
    light
        .into_iter()
        .map(|light| light.min(255.0) as u8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_about_their_arcs() {
        for (class, points) in reference(1).iter().enumerate() {
            let mean = |axis: usize| points.iter().map(|p| p[axis]).sum::<f32>() / SHOWN as f32;
            let expected = TAU * class as f32 / CLASSES as f32;
            let difference = mean(1).atan2(mean(0)) - expected;
            assert!(
                difference.sin().abs() < 0.05,
                "class {class}: off by {difference}"
            );
            let radii: Vec<f32> = points.iter().map(|p| p[0].hypot(p[1]) - RADIUS).collect();
            let spread = (radii.iter().map(|r| r * r).sum::<f32>() / SHOWN as f32).sqrt();
            assert!((spread - SPREAD).abs() < 0.02, "class {class}: {spread}");
        }
    }

    #[test]
    fn the_energy_distance_sees_a_collapse() {
        let (reference, others) = (reference(1), others(1));
        let same = energy_distance(&reference[0], &others[0]);
        let onto_the_arc: Vec<Point> = others[0]
            .iter()
            .map(|[x, y]| {
                let scale = RADIUS / x.hypot(*y);
                [x * scale, y * scale]
            })
            .collect();
        let collapsed = energy_distance(&reference[0], &onto_the_arc);
        let other_class = energy_distance(&reference[0], &reference[1]);
        assert!(energy_distance(&reference[0], &reference[0]).abs() < 1e-9);
        assert!(same < 0.01 && collapsed > 3.0 * same && other_class > 1.0);
    }
}
