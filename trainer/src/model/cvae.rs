//! CVAE: the class is an input of decoder and encoder.
//!
//! The decoder's input is as wide as in Lr-LiVAE: a learned matrix without a bias maps the one-hot label to the width
//! of `z_s`, and the result is concatenated to `z_u`. Both models have the same decoder, whatever the number of
//! classes.

use super::gaussian::{Gaussian, STYLE};
use super::label_encoder::LabelEncoder;
use super::latents::{Batch, ClassSource, Codes, Encoded, Latents, Noise};
use super::learner::{Learner, adam};
use super::losses::Losses;
use super::mixture::HostMixture;
use super::preset::Preset;
use super::standardize::Standardization;
use super::state::{State, load_named, named};
use super::tensors::{carry, one_hot, recorded, upload, value};
use crate::config::Config;
use crate::random::{Purpose, generator, normal};
use anyhow::{Context, Result};
use dfdx::prelude::{Gradients, HasShape, Tape, Tensor, TryMatMul};
use pixling_nn::{Activation, Adam, Backend, Matrix, Recorded, flat, shaped};

/// Names of the optimizers of the label's matrices in a saved state.
const MATRICES: [&str; 2] = ["label.decoder", "label.encoder"];

/// The encoder, and the matrices that give the class to encoder and decoder.
pub(super) struct Cvae<D: Backend> {
    device: D,
    config: Config,
    encoder: Learner<D>,
    /// Features to features of the class: a dense layer on features and label.
    condition: Learner<D>,
    heads: Gaussian<D>,
    /// Classes x width of `z_s`: the decoder's input for a class.
    decoder_label: Tensor<Matrix, f32, D>,
    /// Classes x features: the encoder's input for a class.
    encoder_label: Tensor<Matrix, f32, D>,
    matrices: [Adam; 2],
    /// With `L_con`, the same classifier of pictures as in Lr-LiVAE, trained beside the model.
    helper: Option<LabelEncoder<D>>,
}

impl<D: Backend> Cvae<D> {
    pub(super) fn new(preset: &dyn Preset<D>, device: &D, config: &Config, classes: usize) -> Self {
        let settings = &config.optimizer;
        let sizes = preset.sizes();
        let (label, features) = (sizes.label, sizes.features);
        let mut random = generator(config.seed, Purpose::Mixture, 1);
        let decoder_label = normal(&mut random, classes * label);
        let scale = 1.0 / (features as f32).sqrt();
        let encoder_label: Vec<f32> = normal(&mut random, classes * features)
            .iter()
            .map(|draw| draw * scale)
            .collect();
        Cvae {
            device: device.clone(),
            config: config.clone(),
            encoder: Learner::new("encoder_u", preset.encoder_u(device), settings),
            condition: Learner::new("condition", preset.condition(device), settings),
            heads: Gaussian::new(STYLE, || preset.style_head(device), settings),
            decoder_label: upload(device, (classes, label), &decoder_label),
            encoder_label: upload(device, (classes, features), &encoder_label),
            matrices: [adam(settings), adam(settings)],
            helper: (config.loss.consistency > 0.0)
                .then(|| LabelEncoder::new(preset, device, config, classes)),
        }
    }
}

/// `max(x, 0)`.
fn relu<D: Backend, T: Tape<f32, D>>(
    features: Tensor<Matrix, f32, D, T>,
) -> Result<Tensor<Matrix, f32, D, T>, D::Err> {
    let shape = *features.shape();
    shaped(D::activation(Activation::ReLU, flat(features)?)?, shape)
}

impl<D: Backend> Latents<D> for Cvae<D> {
    fn class_source(&self) -> ClassSource {
        ClassSource::Label
    }

    fn encode(
        &mut self,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
        losses: &mut Losses,
    ) -> Result<Encoded<D>, D::Err> {
        let features = self.encoder.network.learn(recorded(batch.pictures));
        let read = self.condition.network.learn(features);
        let told = recorded(&batch.labels).matmul(recorded(&self.encoder_label));
        let features = relu(read + told)?;
        let (z_u, kl) = self.heads.draw(features, noise).divergence();
        losses.kl = value(&kl);
        let mut loss = kl * self.config.loss.kl;
        let z_s = self.draw(&batch.labels, noise);
        if let Some(helper) = &mut self.helper {
            helper.learn_alone(batch, noise)?;
            let codes = helper.draw(batch.pictures, noise);
            let (of_helper, values) = helper.losses(&codes, &batch.labels);
            [losses.classification, losses.likelihood] = values;
            loss = loss + carry(codes, of_helper);
        }
        Ok(Encoded { z_s, z_u, loss })
    }

    fn draw(&self, labels: &Tensor<Matrix, f32, D>, _: &mut Noise<'_, D>) -> Recorded<Matrix, D> {
        recorded(labels).matmul(recorded(&self.decoder_label))
    }

    fn consistency(
        &self,
        generated: Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Option<Recorded<(), D>> {
        let helper = self.helper.as_ref()?;
        Some(helper.consistency(generated, labels))
    }

    fn overlap(&self, _: u64, _: &mut Noise<'_, D>) -> Option<Recorded<(), D>> {
        None
    }

    fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err> {
        self.encoder.update(gradients, rate)?;
        self.condition.update(gradients, rate)?;
        self.heads.update(gradients, rate)?;
        let matrices = [&mut self.decoder_label, &mut self.encoder_label];
        for (adam, matrix) in self.matrices.iter_mut().zip(matrices) {
            adam.learning_rate = rate;
            adam.update(matrix, gradients)?;
        }
        match &mut self.helper {
            Some(helper) => helper.update(gradients, rate),
            None => Ok(()),
        }
    }

    fn codes(&self, pictures: Tensor<Matrix, f32, D>, classes: Option<&[u16]>) -> Result<Codes> {
        let classes = classes
            .context("a CVAE reads pictures of known classes only: use an lr-livae model")?;
        let labels = one_hot(&self.device, classes, self.decoder_label.shape().0);
        let read = self
            .condition
            .network
            .infer(self.encoder.network.infer(pictures));
        let told = labels.clone().matmul(self.encoder_label.clone());
        let features = match relu(read + told) {
            Ok(features) => features,
            Err(error) => anyhow::bail!("the device ran out of memory: {error:?}"),
        };
        let (mean, log_variance) = self.heads.infer(features);
        Ok(Codes {
            z_s: labels.matmul(self.decoder_label.clone()).as_vec(),
            z_s_log_variance: Vec::new(),
            mean,
            log_variance,
        })
    }

    /// A point for each class.
    fn prior(&self) -> HostMixture {
        let (classes, dimensions) = *self.decoder_label.shape();
        HostMixture {
            classes,
            dimensions,
            mu: self.decoder_label.as_vec(),
            sigma: vec![0.0; classes * dimensions],
        }
    }

    fn standardize(&mut self, codes: &Codes) -> Result<Option<Standardization>> {
        self.heads.standardize(&codes.mean, &codes.log_variance)
    }

    fn refit(&mut self, _: &Codes, _: &[u16]) {}

    fn save(&self, state: &mut State) {
        self.encoder.save(state);
        self.condition.save(state);
        self.heads.save(state);
        state.add(
            "label",
            vec![
                named("decoder", &self.decoder_label),
                named("encoder", &self.encoder_label),
            ],
        );
        for (name, adam) in MATRICES.iter().zip(&self.matrices) {
            state.add_adam(name, adam);
        }
        if let Some(helper) = &self.helper {
            helper.save(state);
        }
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.encoder.load(state)?;
        self.condition.load(state)?;
        self.heads.load(state)?;
        let label = state.part("label");
        load_named("decoder", &mut self.decoder_label, &label).context("label")?;
        load_named("encoder", &mut self.encoder_label, &label).context("label")?;
        for (name, adam) in MATRICES.iter().zip(&mut self.matrices) {
            state.load_adam(name, adam)?;
        }
        match &mut self.helper {
            Some(helper) => helper.load(state),
            None => Ok(()),
        }
    }
}
