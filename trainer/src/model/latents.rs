//! What the training asks of a model: how a picture becomes a latent, and what shapes that latent.

use super::losses::Losses;
use super::mixture::HostMixture;
use super::standardize::Standardization;
use super::state::State;
use super::tensors::upload;
use crate::random::{Purpose, generator, normal};
use anyhow::Result;
use dfdx::prelude::{Gradients, Tensor};
use pixling_nn::{Backend, Matrix, Recorded};
use rand_chacha::ChaCha8Rng;

/// Where the class that a picture is decoded with comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassSource {
    /// `Encoder_S` reads `z_s` from the picture.
    Picture,
    /// It is told, and so it is to the encoder.
    Label,
    /// The model knows of no classes.
    None,
}

/// One half of the networks of a model, the other being decoder and discriminator: everything that makes latents.
pub(super) trait Latents<D: Backend> {
    /// Where the class comes from.
    fn class_source(&self) -> ClassSource;

    /// Makes steps of their own with networks that are not taught by the merged backward pass, then the latents of a
    /// batch with their noise, and the weighted sum of the losses that shape them.
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

    /// What `z_s` of each class is drawn from.
    fn prior(&self) -> HostMixture;

    /// Makes what is drawn from N(0, I) standard over the training pictures, and gives what the decoder has to do about
    /// it; `None` without pictures.
    fn standardize(&mut self, codes: &Codes) -> Result<Option<Standardization>>;

    /// Fits the prior of `z_s` to the codes of the training pictures, if it is not fixed.
    fn refit(&mut self, codes: &Codes, classes: &[u16]);

    /// Adds networks and moments.
    fn save(&self, state: &mut State);

    /// Takes over what was saved.
    fn load(&mut self, state: &State) -> Result<()>;
}

/// A batch and where in the training it stands.
pub(super) struct Batch<'a, D: Backend> {
    /// A row of pixels for each.
    pub(super) pictures: &'a Tensor<Matrix, f32, D>,
    /// A row for each picture with a 1 in the column of its class.
    pub(super) labels: Tensor<Matrix, f32, D>,
    /// Part of the training that is done, from 0 to 1.
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

/// What the encoders make of pictures, row by row.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// `Encoder_S(x)`, or what stands in its place.
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

    /// Draws from N(0, 1).
    pub(super) fn draw(&mut self, shape: Matrix) -> Tensor<Matrix, f32, D> {
        let values = normal(&mut self.random, shape.0 * shape.1);
        upload(self.device, shape, &values)
    }
}
