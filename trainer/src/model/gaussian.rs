//! Gaussian latents: two heads on the features of an encoder, and their divergence from N(0, I).

use super::latents::Noise;
use super::learner::Learner;
use super::network::{Network, Recorded};
use super::standardize::Standardization;
use super::state::State;
use super::tensors::{Matrix, mean_of_rows};
use crate::nn::Backend;
use crate::train::OptimizerConfig;
use anyhow::Result;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::{ConstDim, Gradients, HasShape, ReshapeTo, Tensor, WithEmptyTape};
use std::marker::PhantomData;

/// The logarithm of a variance stays between these.
const LOG_VARIANCE: (f32, f32) = (-8.0, 4.0);

/// The names of the heads of `z_u`, the same in every model.
pub(super) const STYLE: [&str; 2] = ["mean_head", "log_variance_head"];

/// Features `F` to the mean and the logarithm of the variance of a latent of `Z` dimensions.
#[derive(Debug)]
pub(super) struct Gaussian<H, F, Z> {
    mean: Learner<H>,
    log_variance: Learner<H>,
    sizes: PhantomData<(F, Z)>,
}

/// A draw, and what it was drawn from.
pub(super) struct Draw<D: Backend> {
    z: Recorded<Matrix, D>,
    mean: Recorded<Matrix, D>,
    log_variance: Recorded<Matrix, D>,
}

impl<D: Backend> Draw<D> {
    /// `KL( N(mu, sigma^2) || N(0, I) )`, summed over dimensions; and the draw.
    pub(super) fn divergence(self) -> (Recorded<Matrix, D>, Recorded<(), D>) {
        let (rows, _) = *self.z.shape();
        let Draw {
            z,
            mean,
            log_variance,
        } = self;
        let kl = log_variance.with_empty_tape().exp() + mean.square() - log_variance - 1.0;
        (z, mean_of_rows(kl * 0.5, rows))
    }
}

impl<H, F: ConstDim, Z: ConstDim> Gaussian<H, F, Z> {
    /// Two new heads, with the names of mean and logarithm of the variance.
    pub(super) fn new(
        names: [&'static str; 2],
        head: impl Fn() -> H,
        settings: &OptimizerConfig,
    ) -> Self {
        let [mean, log_variance] = names.map(|name| Learner::new(name, head(), settings));
        Gaussian {
            mean,
            log_variance,
            sizes: PhantomData,
        }
    }

    /// `z = mu + exp(logvar / 2) noise`.
    pub(super) fn draw<D: Backend>(
        &mut self,
        features: Recorded<(usize, F), D>,
        noise: &mut Noise<'_, D>,
    ) -> Draw<D>
    where
        H: Network<D, (usize, F), (usize, Z)>,
    {
        let shape = (features.shape().0, Z::SIZE);
        let mean = self.mean.network.learn(features.with_empty_tape());
        let mean: Recorded<Matrix, D> = mean.reshape_like(&shape);
        let log_variance = self.log_variance.network.learn(features);
        let log_variance: Recorded<Matrix, D> = log_variance.reshape_like(&shape);
        let log_variance = log_variance.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1);
        let deviation = (log_variance.with_empty_tape() * 0.5).exp();
        Draw {
            z: mean.with_empty_tape() + deviation * noise.draw(shape),
            mean,
            log_variance,
        }
    }

    /// Means and logarithms of variances, row by row.
    pub(super) fn infer<D: Backend>(
        &self,
        features: Tensor<(usize, F), f32, D>,
    ) -> (Vec<f32>, Vec<f32>)
    where
        H: Network<D, (usize, F), (usize, Z)>,
    {
        let mean = self.mean.network.infer(features.clone()).as_vec();
        let log_variance = self.log_variance.network.infer(features).as_vec();
        let clamped = log_variance
            .into_iter()
            .map(|v| v.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1));
        (mean, clamped.collect())
    }

    /// Makes the latents standard over pictures, by what was [inferred](Self::infer) of them, and gives what the network
    /// that reads the latents has to do about it; `None` without pictures.
    pub(super) fn standardize<D: Backend>(
        &mut self,
        means: &[f32],
        log_variances: &[f32],
    ) -> Result<Option<Standardization>>
    where
        H: TensorCollection<f32, D>,
    {
        let found = Standardization::of(means, log_variances, Z::SIZE);
        if let Some(found) = &found {
            found.of_means(&mut self.mean.network)?;
            found.of_log_variances(&mut self.log_variance.network)?;
        }
        Ok(found)
    }

    pub(super) fn update<D: Backend>(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> Result<(), D::Err>
    where
        H: TensorCollection<f32, D>,
    {
        self.mean.update(gradients, rate)?;
        self.log_variance.update(gradients, rate)
    }

    pub(super) fn save<D: Backend>(&self, state: &mut State)
    where
        H: TensorCollection<f32, D>,
    {
        self.mean.save(state);
        self.log_variance.save(state);
    }

    pub(super) fn load<D: Backend>(&mut self, state: &State) -> Result<()>
    where
        H: TensorCollection<f32, D>,
    {
        self.mean.load(state)?;
        self.log_variance.load(state)
    }
}
