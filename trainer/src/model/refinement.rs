//! A training step of a decoder alone, whose numbers are rounded as in the file.

use super::autoencoder::Autoencoder;
use super::latents::Batch;
use super::losses::Losses;
use super::tensors::{above, halves, mean_of_rows, one_hot, recorded, value};
use dfdx::prelude::{Backward, Gradients, Tensor, WithEmptyTape};
use pixling_nn::{Backend, Matrix, Network};

/// The inputs of a step.
pub struct RefinementBatch<'a, D: Backend> {
    /// Training pictures.
    pub pictures: &'a Tensor<Matrix, f32, D>,
    /// Their classes.
    pub classes: &'a [u16],
    /// The latents of these pictures, followed by as many new ones of the same classes.
    pub latents: Tensor<Matrix, f32, D>,
    /// The pictures of these latents by the trained decoder, before rounding, a row for each.
    pub wanted: Tensor<Matrix, f32, D>,
    /// The number of the step, counted on from the training's.
    pub step: u64,
    /// Factor on the discriminator's learning rate.
    pub rate: f32,
}

impl<D: Backend> Autoencoder<D> {
    /// The gradients of a decoder by the squared error against the wanted pictures and by the losses of new pictures in
    /// training: `L_con` and the discriminator, which is trained as well. Everything else is constant. In the result
    /// [`Losses::reconstruction`] is that squared error.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn refine(
        &mut self,
        decoder: &Network<D>,
        batch: RefinementBatch<'_, D>,
    ) -> Result<(Gradients<f32, D>, Losses), D::Err> {
        let weights = self.config.loss.clone();
        let rows = batch.classes.len();
        let device = self.device.clone();
        let mut losses = Losses::default();
        let (reconstructed, generated) = halves(decoder.record(recorded(&batch.latents)), rows);
        let learned = Batch {
            pictures: batch.pictures,
            classes: batch.classes,
            labels: one_hot(&device, batch.classes, self.classes),
            part: 1.0,
            rate: batch.rate,
        };
        let fakes = [&reconstructed, &generated].map(WithEmptyTape::with_empty_tape);
        let judged = generated.with_empty_tape();

        let all = above(reconstructed, generated);
        let error = mean_of_rows((all - batch.wanted).square());
        losses.reconstruction = value(&error);
        let mut loss = error * weights.reconstruction;
        if self.discriminator.is_some() {
            let game = self.game(&learned, fakes, batch.classes, batch.step, &mut losses)?;
            loss = loss + game;
        }
        if weights.consistency > 0.0
            && let Some(consistency) = self.latents.consistency(judged, &learned.labels)
        {
            losses.consistency = value(&consistency);
            loss = loss + consistency * weights.consistency;
        }
        Ok((loss.backward(), losses))
    }
}
