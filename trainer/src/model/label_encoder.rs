//! `Encoder_S`, which reads classes from pictures, and the mixture that its codes are drawn towards.

use super::latents::{Batch, Noise};
use super::learner::{Learner, adam};
use super::mixture::{HostMixture, Mixture, classification, likelihood, log_densities};
use super::preset::Preset;
use super::state::State;
use super::tensors::{carry, one_hot, recorded, value};
use crate::config::{Config, LossConfig, OptimizerConfig, Schedule};
use crate::random::{Purpose, generator, normal};
use anyhow::{Context, Result};
use dfdx::prelude::{Axis, Backward, Gradients, HasShape, Tensor, WithEmptyTape};
use pixling_nn::{Adam, Backend, Matrix, Recorded, detach};

/// Draws of the mixture per step for the overlap loss.
const OVERLAP_DRAWS: usize = 256;
/// Draws for each picture that the mixture is fitted to at the end.
const REFIT_DRAWS: usize = 4;
/// Names of the mixture's optimizers in a saved state.
const MIXTURE: [&str; 2] = ["mixture.mu", "mixture.log_variance"];
/// Names of the optimizers of [`LabelEncoder::learn_alone`] in a saved state.
const ALONE: [&str; 3] = [
    "alone.encoder_s",
    "alone.mixture.mu",
    "alone.mixture.log_variance",
];

/// `Encoder_S`, `mu_c` and `Sigma_c`.
pub(super) struct LabelEncoder<D: Backend> {
    device: D,
    seed: u64,
    weights: LossConfig,
    settings: OptimizerConfig,
    encoder: Learner<D>,
    pub(super) mixture: Mixture<D>,
    mixture_optimizers: [Adam; 2],
    /// Optimizers of the steps on `L_GM` alone, with the reference's schedule.
    alone: Option<[Adam; 3]>,
}

/// `L_cls` and `L_lkd`.
pub(super) struct MixtureLosses<D: Backend> {
    classification: Recorded<(), D>,
    likelihood: Recorded<(), D>,
}

impl<D: Backend> LabelEncoder<D> {
    /// A new encoder. The mixture's means follow from the configuration's seed.
    pub(super) fn new(preset: &dyn Preset<D>, device: &D, config: &Config, classes: usize) -> Self {
        let dimensions = preset.sizes().label;
        let mut random = generator(config.seed, Purpose::Mixture, 0);
        let draws = normal(&mut random, classes * dimensions);
        let settings = &config.optimizer;
        let adam = || adam(settings);
        LabelEncoder {
            device: device.clone(),
            seed: config.seed,
            weights: config.loss.clone(),
            settings: settings.clone(),
            encoder: Learner::new("encoder_s", preset.encoder_s(device), settings),
            mixture: Mixture::new(device, classes, dimensions, &draws),
            mixture_optimizers: [adam(), adam()],
            alone: (settings.schedule == Schedule::Reference).then(|| [adam(), adam(), adam()]),
        }
    }

    /// `z_s = Encoder_S(x) + noise`.
    pub(super) fn draw(
        &mut self,
        pictures: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> Recorded<Matrix, D> {
        let codes = self.encoder.network.learn(recorded(pictures));
        let shape = *codes.shape();
        codes + noise.draw(shape) * self.weights.z_s_noise
    }

    /// The parts of `L_GM`. The variance learns from the likelihood alone, weighted by the held posterior of the true
    /// class.
    fn mixture_losses(
        &self,
        z_s: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> MixtureLosses<D> {
        let mu = || recorded(&self.mixture.mu);
        let densities = log_densities(z_s.with_empty_tape(), mu(), self.mixture.held_variance());
        let posterior = detach(&densities).softmax::<Axis<1>>() * labels.clone();
        let classification = classification(densities, labels);
        let densities = log_densities(z_s.with_empty_tape(), mu(), self.mixture.variance());
        MixtureLosses {
            classification,
            likelihood: likelihood(densities, &posterior),
        }
    }

    /// `L_GM`, weighted, for the merged backward pass. With the reference's schedule only `Encoder_S` is taught here,
    /// by `L_lkd`: the rest is learned [alone](Self::learn_alone). Gives `L_cls` and `L_lkd` too.
    pub(super) fn losses(
        &self,
        z_s: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> (Recorded<(), D>, [f32; 2]) {
        let parts = self.mixture_losses(z_s, labels);
        let values = [value(&parts.classification), value(&parts.likelihood)];
        let weights = &self.weights;
        let loss = if self.alone.is_some() {
            let mixture = &self.mixture;
            let z_s = z_s.with_empty_tape();
            let densities = log_densities(z_s, mixture.held_mu(), mixture.held_variance());
            likelihood(densities, labels) * weights.likelihood
        } else {
            parts.classification * weights.classification + parts.likelihood * weights.likelihood
        };
        (loss, values)
    }

    /// With the reference's schedule, steps of encoder and mixture on `L_GM` alone.
    pub(super) fn learn_alone(
        &mut self,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
    ) -> Result<(), D::Err> {
        if self.alone.is_none() {
            return Ok(());
        }
        for _ in 0..self.settings.label_steps {
            let z_s = self.draw(batch.pictures, noise);
            let parts = self.mixture_losses(&z_s, &batch.labels);
            let weights = &self.weights;
            let loss = parts.classification * weights.classification
                + parts.likelihood * weights.likelihood;
            let mut gradients = carry(z_s, loss).backward();
            let Some([encoder, mixture @ ..]) = &mut self.alone else {
                break;
            };
            encoder.learning_rate = self.settings.learning_rate * batch.rate;
            mixture[0].learning_rate = encoder.learning_rate;
            mixture[1].learning_rate = self.settings.variance_rate(batch.part);
            encoder.update(&mut self.encoder.network, &mut gradients)?;
            self.mixture.update(mixture, &mut gradients)?;
        }
        Ok(())
    }

    /// Draws `z_s ~ N(mu_c, Sigma_c)`, recorded.
    pub(super) fn draw_prior(
        &self,
        labels: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> Recorded<Matrix, D> {
        let noise = noise.draw((labels.shape().0, self.mixture.mu.shape().1));
        self.mixture.draw(labels, &noise)
    }

    /// `L_con`: the loss of finding the class of generated pictures with encoder and mixture, both constant.
    pub(super) fn consistency(
        &self,
        generated: Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Recorded<(), D> {
        let codes = self.encoder.network.frozen().record(generated);
        let densities = log_densities(codes, self.mixture.held_mu(), self.mixture.held_variance());
        classification(densities, labels)
    }

    /// `L_cls` on draws of the mixture, which keeps its classes apart.
    pub(super) fn overlap(&self, step: u64, noise: &mut Noise<'_, D>) -> Recorded<(), D> {
        let (count, _) = *self.mixture.mu.shape();
        // With more classes than draws the classes take turns.
        let first = step as usize % count * OVERLAP_DRAWS;
        let classes: Vec<u16> = (first..first + OVERLAP_DRAWS)
            .map(|i| (i % count) as u16)
            .collect();
        let labels = one_hot(&self.device, &classes, count);
        let draws = self.draw_prior(&labels, noise);
        let densities = log_densities(draws, recorded(&self.mixture.mu), self.mixture.variance());
        classification(densities, &labels)
    }

    pub(super) fn update(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> Result<(), D::Err> {
        self.encoder.update(gradients, rate)?;
        if self.alone.is_some() {
            return Ok(());
        }
        for adam in &mut self.mixture_optimizers {
            adam.learning_rate = rate;
        }
        self.mixture.update(&mut self.mixture_optimizers, gradients)
    }

    /// `Encoder_S(x)`, row by row.
    pub(super) fn infer(&self, pictures: Tensor<Matrix, f32, D>) -> Vec<f32> {
        self.encoder.network.infer(pictures).as_vec()
    }

    /// Takes mean and variance of each class from codes, with the noise of the training.
    pub(super) fn refit(&mut self, codes: &[f32], classes: &[u16]) {
        let mut draws = Vec::with_capacity(REFIT_DRAWS * codes.len());
        for draw in 0..REFIT_DRAWS {
            let noise = normal(
                &mut generator(self.seed, Purpose::Refit, draw as u64),
                codes.len(),
            );
            let noisy = codes.iter().zip(noise);
            draws.extend(noisy.map(|(code, noise)| code + self.weights.z_s_noise * noise));
        }
        let mut host: HostMixture = self.mixture.to_host();
        host.refit(&draws, &classes.repeat(REFIT_DRAWS));
        self.mixture.set(&host);
    }

    pub(super) fn save(&self, state: &mut State) {
        self.encoder.save(state);
        state.add("mixture", self.mixture.tensors());
        for (name, adam) in MIXTURE.iter().zip(&self.mixture_optimizers) {
            state.add_adam(name, adam);
        }
        for (name, adam) in ALONE.iter().zip(self.alone.iter().flatten()) {
            state.add_adam(name, adam);
        }
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        self.encoder.load(state)?;
        self.mixture
            .load(&state.part("mixture"))
            .context("mixture")?;
        for (name, adam) in MIXTURE.iter().zip(&mut self.mixture_optimizers) {
            state.load_adam(name, adam)?;
        }
        for (name, adam) in ALONE.iter().zip(self.alone.iter_mut().flatten()) {
            state.load_adam(name, adam)?;
        }
        Ok(())
    }
}
