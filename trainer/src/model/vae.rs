//! VAE: one Gaussian latent, as wide as `z_s` and `z_u` together, and no classes.

use super::gaussian::{Gaussian, STYLE};
use super::latents::{Batch, ClassSource, Codes, Encoded, Latents, Noise};
use super::learner::Learner;
use super::losses::Losses;
use super::mixture::HostMixture;
use super::preset::Preset;
use super::standardize::Standardization;
use super::state::State;
use super::tensors::{recorded, value};
use crate::config::Config;
use anyhow::Result;
use dfdx::prelude::{Gradients, HasShape, Tensor, WithEmptyTape};
use pixling_nn::{Backend, Matrix, Recorded};

/// The encoder. The first dimensions of the latent are in the place of `z_s`, the others in the place of `z_u`;
/// otherwise they are alike.
pub(super) struct Vae<D: Backend> {
    config: Config,
    classes: usize,
    /// Dimensions in the place of `z_s`.
    label: usize,
    encoder: Learner<D>,
    first: Gaussian<D>,
    others: Gaussian<D>,
}

impl<D: Backend> Vae<D> {
    pub(super) fn new(preset: &dyn Preset<D>, device: &D, config: &Config, classes: usize) -> Self {
        let settings = &config.optimizer;
        Vae {
            config: config.clone(),
            classes,
            label: preset.sizes().label,
            encoder: Learner::new("encoder_u", preset.encoder_u(device), settings),
            first: Gaussian::new(
                ["first_mean_head", "first_log_variance_head"],
                || preset.label_head(device),
                settings,
            ),
            others: Gaussian::new(STYLE, || preset.style_head(device), settings),
        }
    }
}

impl<D: Backend> Latents<D> for Vae<D> {
    fn class_source(&self) -> ClassSource {
        ClassSource::None
    }

    fn encode(
        &mut self,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
        losses: &mut Losses,
    ) -> Result<Encoded<D>, D::Err> {
        let features = self.encoder.network.learn(recorded(batch.pictures));
        let first = self.first.draw(features.with_empty_tape(), noise);
        let (z_s, of_first) = first.divergence();
        let (z_u, of_others) = self.others.draw(features, noise).divergence();
        let kl = of_first + of_others;
        losses.kl = value(&kl);
        Ok(Encoded {
            z_s,
            z_u,
            loss: kl * self.config.loss.kl,
        })
    }

    fn draw(
        &self,
        labels: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> Recorded<Matrix, D> {
        recorded(&noise.draw((labels.shape().0, self.label)))
    }

    fn consistency(
        &self,
        _: Recorded<Matrix, D>,
        _: &Tensor<Matrix, f32, D>,
    ) -> Option<Recorded<(), D>> {
        None
    }

    fn overlap(&self, _: u64, _: &mut Noise<'_, D>) -> Option<Recorded<(), D>> {
        None
    }

    fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err> {
        self.encoder.update(gradients, rate)?;
        self.first.update(gradients, rate)?;
        self.others.update(gradients, rate)
    }

    fn codes(&self, pictures: Tensor<Matrix, f32, D>, _: Option<&[u16]>) -> Result<Codes> {
        let features = self.encoder.network.infer(pictures);
        let (z_s, z_s_log_variance) = self.first.infer(features.clone());
        let (mean, log_variance) = self.others.infer(features);
        Ok(Codes {
            z_s,
            z_s_log_variance,
            mean,
            log_variance,
        })
    }

    /// N(0, I), whatever the class.
    fn prior(&self) -> HostMixture {
        let values = self.classes * self.label;
        HostMixture {
            classes: self.classes,
            dimensions: self.label,
            mu: vec![0.0; values],
            sigma: vec![1.0; values],
        }
    }

    /// All dimensions: there is no other prior than N(0, I).
    fn standardize(&mut self, codes: &Codes) -> Result<Option<Standardization>> {
        let first = self
            .first
            .standardize(&codes.z_s, &codes.z_s_log_variance)?;
        let others = self.others.standardize(&codes.mean, &codes.log_variance)?;
        Ok(first.zip(others).map(|(first, others)| first.and(others)))
    }

    fn refit(&mut self, _: &Codes, _: &[u16]) {}

    fn save(&self, state: &mut State) {
        self.encoder.save(state);
        self.first.save(state);
        self.others.save(state);
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.encoder.load(state)?;
        self.first.load(state)?;
        self.others.load(state)
    }
}
