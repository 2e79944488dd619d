//! The trait by which a training step uses a model: from a picture to a latent, and the losses of that latent.

use super::losses::Losses;
use super::mixture::HostMixture;
use super::standardize::Standardization;
use super::state::State;
use super::tensors::upload;
use crate::random::{Purpose, generator, normal};
use anyhow::Result;
use dfdx::prelude::{Gradients, Tensor};
use pixling_nn::{Backend, Matrix, Recorded};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The source of the class that a picture is decoded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassSource {
    /// `Encoder_S` reads `z_s` from the picture.
    Picture,
    /// The label, which is an input of decoder and encoder.
    Label,
    /// None: the model has no classes.
    None,
}

/// The networks of a model that make latents: all but decoder and discriminator.
pub(super) trait Latents<D: Backend> {
    /// The source of the class.
    fn class_source(&self) -> ClassSource;

    /// Updates the networks that the merged backward pass does not train; then makes the latents of a batch with their
    /// noise, and the weighted sum of their losses.
    fn encode(
        &mut self,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
        losses: &mut Losses,
    ) -> Result<Encoded<D>, D::Err>;

    /// Draws `z_s` of classes from the prior, recorded; `labels` has a row with a 1 for each.
    fn draw(
        &self,
        labels: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> Recorded<Matrix, D>;

    /// `L_con` of generated pictures, if the model can tell their classes.
    fn consistency(
        &self,
        generated: Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Option<Recorded<(), D>>;

    /// `L_cls` of draws of the prior, if it has classes that may overlap.
    fn overlap(&self, step: u64, noise: &mut Noise<'_, D>) -> Option<Recorded<(), D>>;

    /// Steps of the optimizers.
    fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err>;

    /// Codes of a batch; `classes` are needed if the [class source](Self::class_source) is a label.
    fn codes(&self, pictures: Tensor<Matrix, f32, D>, classes: Option<&[u16]>) -> Result<Codes>;

    /// The prior of `z_s` of each class.
    fn prior(&self) -> HostMixture;

    /// Makes the latents that are drawn from N(0, I) standard over the training pictures. Gives the change that the
    /// decoder must undo; `None` without pictures.
    fn standardize(&mut self, codes: &Codes) -> Result<Option<Standardization>>;

    /// Fits the prior of `z_s` to the codes of the training pictures, if it is not fixed.
    fn refit(&mut self, codes: &Codes, classes: &[u16]);

    /// Adds networks and moments to a state.
    fn save(&self, state: &mut State);

    /// Restores networks and moments from a saved state.
    fn load(&mut self, state: &State) -> Result<()>;
}

/// A batch and its place in the training.
pub(super) struct Batch<'a, D: Backend> {
    /// Pixels, a row for each picture.
    pub(super) pictures: &'a Tensor<Matrix, f32, D>,
    /// The class of each picture.
    pub(super) classes: &'a [u16],
    /// A row for each picture with a 1 in the column of its class.
    pub(super) labels: Tensor<Matrix, f32, D>,
    /// The part of the training before this batch, from 0 to 1.
    pub(super) part: f32,
    /// The factor on learning rates.
    pub(super) rate: f32,
}

/// Latents of a batch, with noise, and their losses.
pub(super) struct Encoded<D: Backend> {
    pub(super) z_s: Recorded<Matrix, D>,
    pub(super) z_u: Recorded<Matrix, D>,
    pub(super) loss: Recorded<(), D>,
}

/// The codes of pictures by the encoders, a row for each picture.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// `Encoder_S(x)`, or the part of the latent in its place.
    pub z_s: Vec<f32>,
    /// The logarithm of the variance that `z_s` is drawn with; empty unless the model is a VAE, which has one for each
    /// picture.
    pub z_s_log_variance: Vec<f32>,
    /// The mean of `z_u`.
    pub mean: Vec<f32>,
    /// The logarithm of the variance of `z_u`.
    pub log_variance: Vec<f32>,
}

/// The noise of a step.
pub(super) struct Noise<'a, D: Backend> {
    device: &'a D,
    random: ChaCha8Rng,
}

impl<'a, D: Backend> Noise<'a, D> {
    pub(super) fn new(device: &'a D, seed: u64, step: u64) -> Self {
        Noise {
            device,
            random: generator(seed, Purpose::Step, step),
        }
    }

    /// The seed of a request.
    pub(super) fn seed(&mut self) -> u64 {
        self.random.r#gen()
    }

    /// Draws from N(0, 1).
    pub(super) fn draw(&mut self, shape: Matrix) -> Tensor<Matrix, f32, D> {
        let values = normal(&mut self.random, shape.0 * shape.1);
        upload(self.device, shape, &values)
    }
}
