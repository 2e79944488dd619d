//! Lr-LiVAE: `z_s` from `Encoder_S`, drawn towards the mixture, and `z_u` from `Encoder_U`, kept free of the class.

use super::adversary::Adversary;
use super::class_means::ClassMeans;
use super::gaussian::{Gaussian, STYLE};
use super::label_encoder::LabelEncoder;
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
use dfdx::prelude::{Gradients, Tensor};
use pixling_nn::{Backend, Matrix, Recorded};

/// The part of the training over which `L_E^adv` is ramped up.
const RAMP: f32 = 0.5;

/// Both encoders, the mixture and the adversarial classifier.
pub(super) struct LrLivae<D: Backend> {
    config: Config,
    label: LabelEncoder<D>,
    /// `x ->` features of `z_u`.
    encoder_u: Learner<D>,
    style: Gaussian<D>,
    adversary: Adversary<D>,
    class_means: ClassMeans,
}

impl<D: Backend> LrLivae<D> {
    pub(super) fn new(preset: &dyn Preset<D>, device: &D, config: &Config, classes: usize) -> Self {
        let settings = &config.optimizer;
        LrLivae {
            config: config.clone(),
            label: LabelEncoder::new(preset, device, config, classes),
            encoder_u: Learner::new("encoder_u", preset.encoder_u(device), settings),
            style: Gaussian::new(STYLE, || preset.style_head(device), settings),
            adversary: Adversary::new(preset, device, classes, settings.adversary_learning_rate),
            class_means: ClassMeans::new(classes, preset.sizes().style),
        }
    }
}

impl<D: Backend> Latents<D> for LrLivae<D> {
    fn class_source(&self) -> ClassSource {
        ClassSource::Picture
    }

    fn encode(
        &mut self,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
        losses: &mut Losses,
    ) -> Result<Encoded<D>, D::Err> {
        let weights = &self.config.loss;
        self.label.learn_alone(batch, noise)?;
        let z_s = self.label.draw(batch.pictures, noise);
        let features = self.encoder_u.network.learn(recorded(batch.pictures));
        let drawn = self.style.draw(features, noise);
        let mean = drawn.mean();
        let (z_u, kl) = drawn.divergence();
        losses.kl = value(&kl);
        let mut style = kl * weights.kl;
        if weights.class_mean > 0.0 {
            let product = self.class_means.product(mean, batch.classes);
            losses.class_mean = value(&product);
            style = style + product * weights.class_mean;
        }
        if weights.adversarial > 0.0 {
            let rate = self.config.optimizer.adversary_learning_rate * batch.rate;
            losses.adversary = self.adversary.teach(&z_u, &batch.labels, rate)?;
            let confusion = self.adversary.confusion(&z_u);
            losses.confusion = value(&confusion);
            let pressure = weights.adversarial * (batch.part / RAMP).min(1.0);
            style = style + confusion * pressure;
        }
        let (label, values) = self.label.losses(&z_s, &batch.labels);
        [losses.classification, losses.likelihood] = values;
        Ok(Encoded {
            z_s,
            z_u,
            loss: style + label,
        })
    }

    fn draw(
        &self,
        labels: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> Recorded<Matrix, D> {
        self.label.draw_prior(labels, noise)
    }

    fn consistency(
        &self,
        generated: Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Option<Recorded<(), D>> {
        Some(self.label.consistency(generated, labels))
    }

    fn overlap(&self, step: u64, noise: &mut Noise<'_, D>) -> Option<Recorded<(), D>> {
        Some(self.label.overlap(step, noise))
    }

    fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err> {
        self.label.update(gradients, rate)?;
        self.encoder_u.update(gradients, rate)?;
        self.style.update(gradients, rate)
    }

    fn codes(&self, pictures: Tensor<Matrix, f32, D>, _: Option<&[u16]>) -> Result<Codes> {
        let z_s = self.label.infer(pictures.clone());
        let features = self.encoder_u.network.infer(pictures);
        let (mean, log_variance) = self.style.infer(features);
        Ok(Codes {
            z_s,
            z_s_log_variance: Vec::new(),
            mean,
            log_variance,
        })
    }

    fn prior(&self) -> HostMixture {
        self.label.mixture.to_host()
    }

    fn standardize(&mut self, codes: &Codes) -> Result<Option<Standardization>> {
        self.style.standardize(&codes.mean, &codes.log_variance)
    }

    fn refit(&mut self, codes: &Codes, classes: &[u16]) {
        self.label.refit(&codes.z_s, classes);
    }

    fn save(&self, state: &mut State) {
        self.label.save(state);
        self.encoder_u.save(state);
        self.style.save(state);
        self.adversary.save(state);
        self.class_means.save(state);
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.label.load(state)?;
        self.encoder_u.load(state)?;
        self.style.load(state)?;
        self.adversary.load(state)?;
        self.class_means.load(state)
    }
}
