//! Gaussian latents: two heads on the features of an encoder, and their divergence from N(0, I).

use super::latents::Noise;
use super::learner::Learner;
use super::standardize::Standardization;
use super::state::State;
use super::tensors::mean_of_rows;
use crate::config::OptimizerConfig;
use anyhow::Result;
use dfdx::prelude::{Gradients, HasShape, Tensor, WithEmptyTape};
use pixling_nn::{Backend, Matrix, Network, Recorded};

/// The logarithm of a variance stays between these.
const LOG_VARIANCE: (f32, f32) = (-8.0, 4.0);

/// The names of the heads of `z_u`, the same in every model.
pub(super) const STYLE: [&str; 2] = ["mean_head", "log_variance_head"];

/// Mean and logarithm of the variance of a latent, read from features.
#[derive(Debug)]
pub(super) struct Gaussian<D: Backend> {
    mean: Learner<D>,
    log_variance: Learner<D>,
}

/// A draw, with mean and variance.
pub(super) struct Draw<D: Backend> {
    z: Recorded<Matrix, D>,
    mean: Recorded<Matrix, D>,
    log_variance: Recorded<Matrix, D>,
}

impl<D: Backend> Draw<D> {
    /// The mean, recorded.
    pub(super) fn mean(&self) -> Recorded<Matrix, D> {
        self.mean.with_empty_tape()
    }

    /// `KL( N(mu, sigma^2) || N(0, I) )`, summed over dimensions; and the draw.
    pub(super) fn divergence(self) -> (Recorded<Matrix, D>, Recorded<(), D>) {
        let Draw {
            z,
            mean,
            log_variance,
        } = self;
        let kl = log_variance.with_empty_tape().exp() + mean.square() - log_variance - 1.0;
        (z, mean_of_rows(kl * 0.5))
    }
}

impl<D: Backend> Gaussian<D> {
    /// Two new heads, with the names of mean and logarithm of the variance.
    pub(super) fn new(
        names: [&'static str; 2],
        head: impl Fn() -> Network<D>,
        settings: &OptimizerConfig,
    ) -> Self {
        let [mean, log_variance] = names.map(|name| Learner::new(name, head(), settings));
        Gaussian { mean, log_variance }
    }

    /// `z = mu + exp(logvar / 2) noise`.
    pub(super) fn draw(
        &mut self,
        features: Recorded<Matrix, D>,
        noise: &mut Noise<'_, D>,
    ) -> Draw<D> {
        let mean = self.mean.network.learn(features.with_empty_tape());
        let log_variance = self.log_variance.network.learn(features);
        let log_variance = log_variance.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1);
        let deviation = (log_variance.with_empty_tape() * 0.5).exp();
        Draw {
            z: mean.with_empty_tape() + deviation * noise.draw(*mean.shape()),
            mean,
            log_variance,
        }
    }

    /// Means and logarithms of variances, row by row.
    pub(super) fn infer(&self, features: Tensor<Matrix, f32, D>) -> (Vec<f32>, Vec<f32>) {
        let mean = self.mean.network.infer(features.clone()).as_vec();
        let log_variance = self.log_variance.network.infer(features).as_vec();
        let clamped = log_variance
            .into_iter()
            .map(|v| v.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1));
        (mean, clamped.collect())
    }

    /// Makes the latents standard over pictures, from their [inferred](Self::infer) means and variances. Gives the
    /// change that the network that reads the latents must undo; `None` without pictures.
    pub(super) fn standardize(
        &mut self,
        means: &[f32],
        log_variances: &[f32],
    ) -> Result<Option<Standardization>> {
        let dimensions = self.mean.network.outputs();
        let found = Standardization::of(means, log_variances, dimensions);
        if let Some(found) = &found {
            found.of_means(&mut self.mean.network)?;
            found.of_log_variances(&mut self.log_variance.network)?;
        }
        Ok(found)
    }

    pub(super) fn update(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> Result<(), D::Err> {
        self.mean.update(gradients, rate)?;
        self.log_variance.update(gradients, rate)
    }

    pub(super) fn save(&self, state: &mut State) {
        self.mean.save(state);
        self.log_variance.save(state);
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        self.mean.load(state)?;
        self.log_variance.load(state)
    }
}
