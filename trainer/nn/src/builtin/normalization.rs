//! Batch normalization.

use super::parameter;
use crate::backend::{BatchStatistics, Normalization};
use crate::detach::detach;
use crate::shapes::{Flat, flat};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{
    BroadcastTo, Device, MeanTo, ReshapeTo, TryAdd, TryConcatAlong, TryDiv, TryMul, TrySub,
};
use pixling_kernels::Planes;

type Channels<D, T> = Tensor<(usize, usize, usize), f32, D, T>;

fn as_channels<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    planes: Planes,
) -> Result<Channels<D, T>, D::Err> {
    input.try_reshape_like(&(planes.batch, planes.channels, planes.plane))
}

/// Means in two steps: dfdx adds one by one, which loses too much over a whole batch.
fn channel_means<D: Device<f32>, T: Tape<f32, D>>(
    input: Channels<D, T>,
) -> Result<Flat<D, T>, D::Err> {
    input
        .try_mean::<(usize, usize), Axis<2>>()?
        .try_mean::<(usize,), Axis<0>>()
}

fn broadcast<D: Device<f32>, T: Tape<f32, D>>(
    values: Flat<D, T>,
    planes: Planes,
) -> Result<Channels<D, T>, D::Err> {
    values.try_broadcast_like::<_, Axes2<0, 2>>(&(planes.batch, planes.channels, planes.plane))
}

/// Scales and shifts normalized values.
fn scale_and_shift<D: Device<f32>, T: Tape<f32, D>>(
    normalized: Channels<D, T>,
    normalization: Normalization<D>,
) -> Result<Flat<D, T>, D::Err> {
    let planes = normalization.planes;
    let result = match normalization.affine {
        Some(affine) => {
            let scale = parameter::<_, T>(&affine.scale, affine.wanted);
            let shift = parameter::<_, T>(&affine.shift, affine.wanted);
            normalized
                .try_mul(broadcast(scale, planes)?)?
                .try_add(broadcast(shift, planes)?)?
        }
        None => normalized,
    };
    flat(result)
}

/// [`Backend::batch_deviation`](crate::Backend::batch_deviation).
pub(crate) fn batch_deviation<D: Device<f32>, T: Tape<f32, D>>(
    features: usize,
    input: Flat<D, T>,
) -> Result<Flat<D, T>, D::Err> {
    const EPSILON: f32 = 1e-8;
    let samples = input.shape().0 / features;
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
    flat(beside)
}

/// [`Backend::batch_normalization`](crate::Backend::batch_normalization).
#[allow(clippy::type_complexity)]
pub(crate) fn batch_normalization<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    normalization: Normalization<D>,
) -> Result<(Flat<D, T>, BatchStatistics), D::Err> {
    let planes = normalization.planes;
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
    Ok((scale_and_shift(normalized, normalization)?, statistics))
}

/// [`Backend::fixed_normalization`](crate::Backend::fixed_normalization).
pub(crate) fn fixed_normalization<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    mean: &Flat<D>,
    variance: &Flat<D>,
    normalization: Normalization<D>,
) -> Result<Flat<D, T>, D::Err> {
    let planes = normalization.planes;
    let deviation = detach(variance)
        .try_add(normalization.epsilon)?
        .try_sqrt()?;
    let constant = |values: Flat<D>| broadcast(values.put_tape(T::default()), planes);
    let centered = as_channels(input, planes)?.try_sub(constant(detach(mean))?)?;
    scale_and_shift(centered.try_div(constant(deviation)?)?, normalization)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_same;
    use super::*;
    use crate::Backend;
    use crate::backend::Affine;
    use crate::gradient_check::{assert_all_near, normal, run};
    use dfdx::prelude::Cpu;
    use dfdx::shapes::Rank1;

    /// Scales and shifts, or means and variances, as a module.
    type Affines = (Tensor<Rank1<3>, f32, Cpu>, Tensor<Rank1<3>, f32, Cpu>);

    fn normalization(module: &Affines, affine: bool) -> Normalization<Cpu> {
        let affine = affine.then(|| Affine {
            scale: flat(module.0.clone()).unwrap(),
            shift: flat(module.1.clone()).unwrap(),
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
        let mut module: Affines = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &(10 * 3 * 2 * 3,)) * 2.0 + 1.0;
        let (mean, variance) = (normal(4, &(3,)), normal(5, &(3,)).square() + 0.1);
        for affine in [false, true] {
            let ours = run(&mut module, &input, |module, input| {
                Cpu::batch_normalization(input, normalization(module, affine))
                    .unwrap()
                    .0
            });
            let builtin = run(&mut module, &input, |module, input| {
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

            let ours = run(&mut module, &input, |module, input| {
                Cpu::fixed_normalization(input, &mean, &variance, normalization(module, affine))
                    .unwrap()
            });
            let builtin = run(&mut module, &input, |module, input| {
                fixed_normalization(input, &mean, &variance, normalization(module, affine)).unwrap()
            });
            assert_same(&ours, &builtin);
        }
    }
}
