//! Batch normalization of feature maps.

use super::backend::{Affine, Backend, BatchStatistics, Normalization};
use super::build::Build;
use super::layer::{Description, Layer};
use super::shapes::{flat, shaped};
use super::tensors::{AnyTensor, Tensors, joined, tensors};
use dfdx::dtypes::Dtype;
use dfdx::nn::{Module, ModuleMut};
use dfdx::shapes::{Const, Dim, HasShape, Rank1, Shape};
use dfdx::tensor::{Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;
use pixling_kernels::Planes;

pub(super) mod builder {
    /// Builds a batch normalization of `C` channels.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct BatchNorm2d<const C: usize>;
}

/// Added to variances unless set otherwise.
pub(super) const EPSILON: f32 = 1e-5;
/// Share of the batch in running statistics unless set otherwise.
pub(super) const MOMENTUM: f32 = 0.1;

/// Normalizes each of `C` channels, then scales and shifts it: batch x `C` x height x width to the same shape.
///
/// `forward_mut` normalizes by the statistics of the batch, through which gradients flow, and moves the running
/// statistics towards them. `forward`, with or without a tape, normalizes by the running statistics, which are
/// constants.
#[derive(Clone, Debug)]
pub struct BatchNorm2d<const C: usize, E: Dtype, D: Storage<E>> {
    /// Factors, at first 1.
    pub scale: Tensor<Rank1<C>, E, D>,
    /// Summands, at first 0.
    pub shift: Tensor<Rank1<C>, E, D>,
    /// Running means, at first 0. Not trained.
    pub running_mean: Tensor<Rank1<C>, E, D>,
    /// Running variances, with Bessel's correction, at first 1. Not trained.
    pub running_variance: Tensor<Rank1<C>, E, D>,
    /// Added to variances; 1e-5 at first.
    pub epsilon: f32,
    /// Share of the batch in the running statistics; 0.1 at first.
    pub momentum: f32,
    frozen: bool,
}

impl<const C: usize, D: Device<f32>> BatchNorm2d<C, f32, D> {
    /// Scale and shift of each channel, `x * scale + shift`, that `forward` amounts to: for folding into the layer
    /// before.
    pub fn folded(&self) -> Vec<(f32, f32)> {
        let (means, variances) = (self.running_mean.as_vec(), self.running_variance.as_vec());
        let statistics = means.iter().zip(&variances);
        let affine = self.scale.as_vec().into_iter().zip(self.shift.as_vec());
        affine
            .zip(statistics)
            .map(|((scale, shift), (mean, variance))| {
                let scale = scale / (variance + self.epsilon).sqrt();
                (scale, shift - mean * scale)
            })
            .collect()
    }

    fn normalization<B: Dim, H: Dim, W: Dim>(
        &self,
        shape: &(B, Const<C>, H, W),
    ) -> Result<Normalization<D>, D::Err> {
        Ok(Normalization {
            planes: Planes {
                batch: shape.0.size(),
                channels: C,
                plane: shape.2.size() * shape.3.size(),
            },
            epsilon: self.epsilon,
            affine: Some(Affine {
                scale: flat(self.scale.clone())?,
                shift: flat(self.shift.clone())?,
                wanted: !self.frozen,
            }),
        })
    }
}

/// Moves the running statistics towards the statistics of a batch with `count` elements in each channel.
pub(super) fn move_towards<S: Shape, D: Device<f32>>(
    running_mean: &mut Tensor<S, f32, D>,
    running_variance: &mut Tensor<S, f32, D>,
    statistics: &BatchStatistics,
    momentum: f32,
    count: usize,
) {
    // One element says nothing about a variance; its correction would divide by zero.
    let correction = if count > 1 {
        count as f32 / (count - 1) as f32
    } else {
        1.0
    };
    let moved = |running: &Tensor<S, f32, D>, batch: &[f32], factor: f32| -> Vec<f32> {
        let pairs = running.as_vec().into_iter().zip(batch);
        pairs
            .map(|(running, batch)| running + momentum * (batch * factor - running))
            .collect()
    };
    let mean = moved(running_mean, &statistics.mean, 1.0);
    let variance = moved(running_variance, &statistics.variance, correction);
    running_mean.copy_from(&mean);
    running_variance.copy_from(&variance);
}

impl<const C: usize, D: Backend> Build<D> for builder::BatchNorm2d<C> {
    type Built = BatchNorm2d<C, f32, D>;

    fn build(device: &D) -> Result<Self::Built, D::Err> {
        Ok(BatchNorm2d {
            scale: device.try_ones()?,
            shift: device.try_zeros()?,
            running_mean: device.try_zeros()?,
            running_variance: device.try_ones()?,
            epsilon: EPSILON,
            momentum: MOMENTUM,
            frozen: false,
        })
    }
}

tensors!([const C: usize] BatchNorm2d<C, f32, D> {
    scale: true,
    shift: true,
    running_mean: false,
    running_variance: false
});

impl<const C: usize, E: Dtype, D: Storage<E>> Layer for BatchNorm2d<C, E, D> {
    fn frozen(&self) -> Self {
        Self {
            frozen: true,
            ..self.clone()
        }
    }

    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::BatchNorm2d {
            channels: C,
            epsilon: self.epsilon,
        });
    }
}

impl<B: Dim, const C: usize, H: Dim, W: Dim, D: Backend, T: Tape<f32, D>>
    Module<Tensor<(B, Const<C>, H, W), f32, D, T>> for BatchNorm2d<C, f32, D>
{
    type Output = Tensor<(B, Const<C>, H, W), f32, D, T>;
    type Error = D::Err;

    fn try_forward(
        &self,
        input: Tensor<(B, Const<C>, H, W), f32, D, T>,
    ) -> Result<Self::Output, D::Err> {
        let shape = *input.shape();
        let normalization = self.normalization(&shape)?;
        let [mean, variance] =
            [&self.running_mean, &self.running_variance].map(|it| flat(it.clone()));
        shaped(
            D::fixed_normalization(flat(input)?, &mean?, &variance?, normalization)?,
            shape,
        )
    }
}

impl<B: Dim, const C: usize, H: Dim, W: Dim, D: Backend, T: Tape<f32, D>>
    ModuleMut<Tensor<(B, Const<C>, H, W), f32, D, T>> for BatchNorm2d<C, f32, D>
{
    type Output = Tensor<(B, Const<C>, H, W), f32, D, T>;
    type Error = D::Err;

    fn try_forward_mut(
        &mut self,
        input: Tensor<(B, Const<C>, H, W), f32, D, T>,
    ) -> Result<Self::Output, D::Err> {
        let shape = *input.shape();
        let normalization = self.normalization(&shape)?;
        let count = normalization.planes.per_channel();
        let (output, statistics) = D::batch_normalization(flat(input)?, normalization)?;
        if count > 0 {
            let (mean, variance) = (&mut self.running_mean, &mut self.running_variance);
            move_towards(mean, variance, &statistics, self.momentum, count);
        }
        shaped(output, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders;
    use crate::gradient_check::{assert_all_near, check, normal};
    use dfdx::prelude::{AsArray, Cpu, WithEmptyTape, ZerosTensor};

    type Pictures = Tensor<(usize, Const<3>, Const<4>, Const<5>), f32, Cpu>;

    /// Parameters other than the initial ones, which would hide mistakes.
    fn layer() -> BatchNorm2d<3, f32, Cpu> {
        let mut layer = builders::BatchNorm2d::<3>::build(&Cpu::default()).unwrap();
        layer.scale.copy_from(&[0.5, 2.0, -1.5]);
        layer.shift.copy_from(&[0.1, -0.2, 3.0]);
        layer.running_mean.copy_from(&[0.3, -0.4, 0.0]);
        layer.running_variance.copy_from(&[0.5, 1.5, 4.0]);
        layer
    }

    fn pictures(batch: usize) -> Pictures {
        normal(1, &(batch, Const, Const, Const)) * 1.5 + 0.7
    }

    /// Mean and variance of each channel, in 64 bits.
    fn statistics(input: &Pictures) -> Vec<(f64, f64)> {
        let values = input.as_vec();
        (0..3)
            .map(|channel| {
                let values: Vec<f64> = values
                    .chunks(20)
                    .skip(channel)
                    .step_by(3)
                    .flatten()
                    .map(|v| f64::from(*v))
                    .collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let squares = values
                    .iter()
                    .map(|value| (value - mean) * (value - mean))
                    .sum::<f64>();
                (mean, squares / values.len() as f64)
            })
            .collect()
    }

    #[test]
    fn gradients_through_the_batch() {
        for batch in [1, 2, 11] {
            check(&layer(), &pictures(batch), true, |layer, input| {
                layer.forward_mut(input)
            });
        }
    }

    /// In place, and on a tensor that is read again later.
    #[test]
    fn gradients_of_what_is_computed() {
        check(&layer(), &pictures(11), true, |layer, input| {
            layer.forward_mut(input * 1.5)
        });
        check(&layer(), &pictures(11), true, |layer, input| {
            layer.forward(input * 1.5)
        });
        check(&layer(), &pictures(11), true, |layer, input| {
            let input = input * 1.5;
            let kept = input.with_empty_tape();
            layer.forward_mut(input) * kept
        });
    }

    #[test]
    fn gradients_with_running_statistics() {
        for batch in [1, 11] {
            check(&layer(), &pictures(batch), true, |layer, input| {
                layer.forward(input)
            });
        }
    }

    #[test]
    fn training_normalizes_and_moves_the_running_statistics() {
        let (mut layer, input) = (layer(), pictures(11));
        layer.momentum = 0.25;
        let before = layer.clone();
        let output = layer.forward_mut(input.clone());
        let count = 11.0 * 20.0;
        for (channel, (output, input)) in statistics(&output)
            .into_iter()
            .zip(statistics(&input))
            .enumerate()
        {
            let (scale, shift) = (before.scale.array()[channel], before.shift.array()[channel]);
            assert!((output.0 as f32 - shift).abs() < 1e-5);
            assert!((output.1.sqrt() as f32 - scale.abs()).abs() < 1e-4);
            let mean = 0.75 * before.running_mean.array()[channel] + 0.25 * input.0 as f32;
            assert!((layer.running_mean.array()[channel] - mean).abs() < 1e-5);
            let unbiased = (input.1 * count / (count - 1.0)) as f32;
            let variance = 0.75 * before.running_variance.array()[channel] + 0.25 * unbiased;
            assert!((layer.running_variance.array()[channel] - variance).abs() < 1e-5);
        }
    }

    #[test]
    fn folding_gives_the_frozen_layer() {
        let (layer, input) = (layer(), pictures(3));
        let folded = layer.folded();
        let values = input.as_vec();
        let expected: Vec<f32> = values
            .chunks(20)
            .enumerate()
            .flat_map(|(plane, values)| {
                let (scale, shift) = folded[plane % 3];
                values.iter().map(move |value| value * scale + shift)
            })
            .collect();
        assert_all_near("the output", &layer.forward(input).as_vec(), &expected);
    }

    #[test]
    fn large_means_do_not_drown_the_variance() {
        let mut layer = builders::BatchNorm2d::<3>::build(&Cpu::default()).unwrap();
        let output = layer.forward_mut(normal(1, &(16, Const, Const, Const)) * 0.01 + 100.0);
        for (mean, variance) in statistics(&output) {
            assert!(mean.abs() < 1e-2, "{mean}");
            // 1e-4 of true variance against an epsilon of 1e-5.
            assert!((variance - 0.91).abs() < 0.02, "{variance}");
        }
    }

    #[test]
    fn batches_without_a_spread_stay_finite() {
        let mut layer = layer();
        let one: Tensor<(usize, Const<3>, Const<1>, Const<1>), f32, _> =
            normal(1, &(1, Const, Const, Const));
        assert_all_near(
            "the output",
            &layer.forward_mut(one).as_vec(),
            &layer.shift.as_vec(),
        );
        assert!(
            layer
                .running_variance
                .array()
                .iter()
                .all(|variance| variance.is_finite())
        );
        let before = layer.running_mean.array();
        let none: Pictures = Cpu::default().zeros_like(&(0, Const, Const, Const));
        assert_eq!(layer.forward_mut(none).shape().0, 0);
        assert_eq!(layer.running_mean.array(), before);
    }
}
