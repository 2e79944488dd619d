//! Batch normalization of vectors of features.

use super::backend::{Backend, Normalization};
use super::batch_norm2d::{EPSILON, MOMENTUM, move_towards};
use super::build::Build;
use super::layer::{Description, Layer};
use super::shapes::{flat, shaped};
use super::tensors::{AnyTensor, Tensors, joined, tensors};
use dfdx::dtypes::Dtype;
use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::{Const, Dim, HasShape, Rank1};
use dfdx::tensor::{Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;
use pixling_kernels::Planes;

pub(super) mod builder {
    /// Builds a batch normalization of `F` features, without scale and shift.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct BatchNorm1d<const F: usize>;
}

/// Normalizes each of `F` features, without scale and shift: batch x `F` to the same shape.
///
/// Before a classifier it removes the scale of the features, so that an encoder cannot hide a class by shrinking them.
/// As in [`BatchNorm2d`](super::BatchNorm2d), `forward_mut` uses the statistics of the batch and updates the running
/// ones, and `forward` uses the running ones. It has no trained parameters.
#[derive(Clone, Debug)]
pub struct BatchNorm1d<const F: usize, E: Dtype, D: Storage<E>> {
    /// Running means, at first 0.
    pub running_mean: Tensor<Rank1<F>, E, D>,
    /// Running variances, with Bessel's correction, at first 1.
    pub running_variance: Tensor<Rank1<F>, E, D>,
    /// Added to variances; 1e-5 at first.
    pub epsilon: f32,
    /// Share of the batch in the running statistics; 0.1 at first.
    pub momentum: f32,
}

impl<const F: usize, D: Device<f32>> BatchNorm1d<F, f32, D> {
    fn normalization(&self, batch: usize) -> Normalization<D> {
        Normalization {
            planes: Planes {
                batch,
                channels: F,
                plane: 1,
            },
            epsilon: self.epsilon,
            affine: None,
        }
    }
}

impl<const F: usize, D: Backend> Build<D> for builder::BatchNorm1d<F> {
    type Built = BatchNorm1d<F, f32, D>;

    fn build(device: &D) -> Result<Self::Built, D::Err> {
        Ok(BatchNorm1d {
            running_mean: device.try_zeros()?,
            running_variance: device.try_ones()?,
            epsilon: EPSILON,
            momentum: MOMENTUM,
        })
    }
}

tensors!([const F: usize] BatchNorm1d<F, f32, D> { running_mean: false, running_variance: false });

impl<const F: usize, E: Dtype, D: Storage<E>> Layer for BatchNorm1d<F, E, D> {
    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::BatchNorm1d { features: F });
    }
}

impl<B: Dim, const F: usize, D: Backend, T: Tape<f32, D>> Module<Tensor<(B, Const<F>), f32, D, T>>
    for BatchNorm1d<F, f32, D>
{
    type Output = Tensor<(B, Const<F>), f32, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<(B, Const<F>), f32, D, T>) -> Result<Self::Output, D::Err> {
        let shape = *input.shape();
        let [mean, variance] =
            [&self.running_mean, &self.running_variance].map(|it| flat(it.clone()));
        let normalization = self.normalization(shape.0.size());
        shaped(
            D::fixed_normalization(flat(input)?, &mean?, &variance?, normalization)?,
            shape,
        )
    }
}

impl<B: Dim, const F: usize, D: Backend, T: Tape<f32, D>>
    ModuleMut<Tensor<(B, Const<F>), f32, D, T>> for BatchNorm1d<F, f32, D>
{
    type Output = Tensor<(B, Const<F>), f32, D, T>;
    type Error = D::Err;

    fn try_forward_mut(
        &mut self,
        input: Tensor<(B, Const<F>), f32, D, T>,
    ) -> Result<Self::Output, D::Err> {
        let shape = *input.shape();
        let batch = shape.0.size();
        let (output, statistics) = D::batch_normalization(flat(input)?, self.normalization(batch))?;
        if batch > 0 {
            let (mean, variance) = (&mut self.running_mean, &mut self.running_variance);
            move_towards(mean, variance, &statistics, self.momentum, batch);
        }
        shaped(output, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders;
    use crate::gradient_check::{check, normal};
    use dfdx::prelude::{AsArray, Cpu};

    fn layer() -> BatchNorm1d<5, f32, Cpu> {
        let mut layer = builders::BatchNorm1d::<5>::build(&Cpu::default()).unwrap();
        layer.running_mean.copy_from(&[0.3, -0.4, 0.0, 1.0, 2.0]);
        layer.running_variance.copy_from(&[0.5, 1.5, 4.0, 1.0, 0.1]);
        layer
    }

    #[test]
    fn gradients_through_the_batch() {
        for batch in [2, 19] {
            check(
                &layer(),
                &normal(1, &(batch, Const::<5>)),
                true,
                |layer, input| layer.forward_mut(input),
            );
        }
    }

    #[test]
    fn gradients_with_running_statistics() {
        check(
            &layer(),
            &normal(1, &(19, Const::<5>)),
            true,
            |layer, input| layer.forward(input),
        );
    }

    #[test]
    fn sizes_of_features_do_not_show() {
        let mut layer = layer();
        let features = normal(1, &(64, Const::<5>));
        let small = layer.forward_mut(features.clone() * 0.1).as_vec();
        let large = layer.forward_mut(features * 10.0).as_vec();
        for (small, large) in small.iter().zip(&large) {
            assert!((small - large).abs() < 5e-3, "{small} and {large}");
        }
    }

    #[test]
    fn there_is_nothing_to_train_but_statistics_to_keep() {
        let mut layer = layer();
        layer.momentum = 1.0;
        layer.forward_mut(normal(1, &(1000, Const::<5>)) * 2.0 + 1.0);
        assert!(
            layer
                .running_mean
                .array()
                .iter()
                .all(|mean| (mean - 1.0).abs() < 0.3)
        );
        assert!(
            layer
                .running_variance
                .array()
                .iter()
                .all(|variance| (variance - 4.0).abs() < 0.7)
        );
        assert_eq!(crate::parameters(&layer).len(), 2);
        layer.visit_mut(&mut |trained, _| assert!(!trained));
    }
}
