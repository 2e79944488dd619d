//! Batch normalization.

use super::parameter;
use crate::nn::backend::{BatchStatistics, Normalization};
use crate::nn::detach::detach;
use crate::nn::geometry::Planes;
use dfdx::shapes::{Axes2, Axis, HasShape, Shape};
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{
    BroadcastTo, Device, MeanTo, ReshapeTo, TryAdd, TryConcatAlong, TryDiv, TryMul, TrySub,
};

type Channels<D, T> = Tensor<(usize, usize, usize), f32, D, T>;
type PerChannel<D, T> = Tensor<(usize,), f32, D, T>;

fn as_channels<X: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<X, f32, D, T>,
    planes: Planes,
) -> Result<Channels<D, T>, D::Err> {
    input.try_reshape_like(&(planes.batch, planes.channels, planes.plane))
}

/// Means in two steps: dfdx adds one by one, which loses too much over a whole batch.
fn channel_means<D: Device<f32>, T: Tape<f32, D>>(
    input: Channels<D, T>,
) -> Result<PerChannel<D, T>, D::Err> {
    input
        .try_mean::<(usize, usize), Axis<2>>()?
        .try_mean::<(usize,), Axis<0>>()
}

fn broadcast<D: Device<f32>, T: Tape<f32, D>>(
    values: PerChannel<D, T>,
    planes: Planes,
) -> Result<Channels<D, T>, D::Err> {
    values.try_broadcast_like::<_, Axes2<0, 2>>(&(planes.batch, planes.channels, planes.plane))
}

/// Scales and shifts what is normalized already.
fn scale_and_shift<C: Shape, X: Shape, D: Device<f32>, T: Tape<f32, D>>(
    normalized: Channels<D, T>,
    normalization: Normalization<'_, C, D>,
    output: X,
) -> Result<Tensor<X, f32, D, T>, D::Err> {
    let planes = normalization.planes;
    let result = match normalization.affine {
        Some(affine) => {
            let scale = parameter::<_, _, T>(affine.scale, affine.wanted)
                .try_reshape_like(&(planes.channels,))?;
            let shift = parameter::<_, _, T>(affine.shift, affine.wanted)
                .try_reshape_like(&(planes.channels,))?;
            normalized
                .try_mul(broadcast(scale, planes)?)?
                .try_add(broadcast(shift, planes)?)?
        }
        None => normalized,
    };
    result.try_reshape_like(&output)
}

/// [`Backend::batch_deviation`](crate::nn::Backend::batch_deviation).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn batch_deviation<X: Shape, Y: Shape, D: Device<f32>, T: Tape<f32, D>>(
    features: usize,
    input: Tensor<X, f32, D, T>,
    output: Y,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    const EPSILON: f32 = 1e-8;
    let samples = input.shape().num_elements() / features;
    let shape = (samples, features);
    let (input, tape) = input.try_reshape_like(&shape)?.split_tape();
    let again = || input.retaped::<T>();
    let mean = again().try_mean::<(usize,), Axis<0>>()?;
    let centered = again().try_sub(mean.try_broadcast_like::<_, Axis<0>>(&shape)?)?;
    let variance = centered.try_square()?.try_mean::<(usize,), Axis<0>>()?;
    let deviation = variance.try_add(EPSILON)?.try_sqrt()?;
    let deviation = deviation.try_mean::<(), Axis<0>>()?;
    let column = deviation.try_broadcast_like::<_, Axes2<0, 1>>(&(samples, 1))?;
    let beside = (input.put_tape(tape), column).try_concat_along(Axis::<1>)?;
    beside.try_reshape_like(&output)
}

/// [`Backend::batch_normalization`](crate::nn::Backend::batch_normalization).
///
/// # Errors
///
/// If the device has no memory for the result.
#[allow(clippy::type_complexity)]
pub fn batch_normalization<X: Shape, C: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<X, f32, D, T>,
    normalization: Normalization<'_, C, D>,
) -> Result<(Tensor<X, f32, D, T>, BatchStatistics), D::Err> {
    let planes = normalization.planes;
    let shape = *input.shape();
    let (input, tape) = as_channels(input, planes)?.split_tape();
    let (mean, tape) = channel_means(input.clone().put_tape(tape))?.split_tape();
    let centered = input
        .put_tape(tape)
        .try_sub(broadcast(mean.retaped::<T>(), planes)?)?;
    let (centered, tape) = centered.split_tape();
    let (variance, tape) =
        channel_means(centered.clone().put_tape(tape).try_square()?)?.split_tape();
    let deviation = variance
        .retaped::<T>()
        .try_add(normalization.epsilon)?
        .try_sqrt()?;
    let normalized = centered
        .put_tape(tape)
        .try_div(broadcast(deviation, planes)?)?;
    let statistics = BatchStatistics {
        mean: mean.as_vec(),
        variance: variance.as_vec(),
    };
    Ok((
        scale_and_shift(normalized, normalization, shape)?,
        statistics,
    ))
}

/// [`Backend::fixed_normalization`](crate::nn::Backend::fixed_normalization).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn fixed_normalization<X: Shape, C: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<X, f32, D, T>,
    mean: &Tensor<C, f32, D>,
    variance: &Tensor<C, f32, D>,
    normalization: Normalization<'_, C, D>,
) -> Result<Tensor<X, f32, D, T>, D::Err> {
    let planes = normalization.planes;
    let shape = *input.shape();
    let deviation = detach(variance)
        .try_add(normalization.epsilon)?
        .try_sqrt()?;
    let constant = |values: Tensor<C, f32, D>| -> Result<Channels<D, T>, D::Err> {
        broadcast(
            values
                .try_reshape_like(&(planes.channels,))?
                .put_tape(T::default()),
            planes,
        )
    };
    let centered = as_channels(input, planes)?.try_sub(constant(detach(mean))?)?;
    scale_and_shift(
        centered.try_div(constant(deviation)?)?,
        normalization,
        shape,
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_same;
    use super::*;
    use crate::nn::Backend;
    use crate::nn::backend::Affine;
    use crate::nn::gradient_check::{Traced, assert_all_near, normal, run};
    use dfdx::prelude::Cpu;
    use dfdx::shapes::{Const, Rank1};

    /// Scales and shifts, or means and variances, as a module.
    type Affines = (Tensor<Rank1<3>, f32, Cpu>, Tensor<Rank1<3>, f32, Cpu>);

    fn normalization(module: &Affines, affine: bool) -> Normalization<'_, Rank1<3>, Cpu> {
        let affine = affine.then_some(Affine {
            scale: &module.0,
            shift: &module.1,
            wanted: true,
        });
        Normalization {
            planes: Planes {
                batch: 10,
                channels: 3,
                plane: 6,
            },
            epsilon: 1e-3,
            affine,
        }
    }

    #[test]
    fn normalizations_equal_the_kernels() {
        type Input = (usize, Const<3>, Const<2>, Const<3>);
        let mut module: Affines = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &(10, Const, Const, Const)) * 2.0 + 1.0;
        let (mean, variance): Affines = (
            normal(4, &Default::default()),
            normal(5, &Default::default()).square() + 0.1,
        );
        for affine in [false, true] {
            let ours = run(&mut module, &input, |module, input| -> Traced<Input> {
                Cpu::batch_normalization(input, normalization(module, affine))
                    .unwrap()
                    .0
            });
            let builtin = run(&mut module, &input, |module, input| -> Traced<Input> {
                batch_normalization(input, normalization(module, affine))
                    .unwrap()
                    .0
            });
            assert_same(&ours, &builtin);
            let ours = Cpu::batch_normalization(input.clone(), normalization(&module, affine))
                .unwrap()
                .1;
            let builtin = batch_normalization(input.clone(), normalization(&module, affine))
                .unwrap()
                .1;
            assert_all_near("the means", &ours.mean, &builtin.mean);
            assert_all_near("the variances", &ours.variance, &builtin.variance);

            let ours = run(&mut module, &input, |module, input| -> Traced<Input> {
                Cpu::fixed_normalization(input, &mean, &variance, normalization(module, affine))
                    .unwrap()
            });
            let builtin = run(&mut module, &input, |module, input| -> Traced<Input> {
                fixed_normalization(input, &mean, &variance, normalization(module, affine)).unwrap()
            });
            assert_same(&ours, &builtin);
        }
    }
}
