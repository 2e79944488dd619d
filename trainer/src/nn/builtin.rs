//! The operations of [`Backend`](super::Backend) from dfdx's own, for devices without kernels of ours.
//!
//! A convolution is a gather of rows and a product. On the processor this is about 2.4 times slower than our kernels
//! and equal up to rounding, which the tests use. Gradients of parameters are always computed; those that are not
//! wanted end under an id that nobody asks for. Index tables are made anew for every call: leave the device's cache
//! off, or it keeps each of them.

use super::adam::AdamStep;
use super::backend::{Activation, BatchStatistics, Normalization, Parameters, Wanted};
use super::detach::detach;
use super::geometry::{Geometry, Planes};
use dfdx::shapes::{Axes2, Axis, HasShape, Shape};
use dfdx::tensor::{Gradients, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{
    BroadcastTo, Device, GatherTo, MaxTo, MeanTo, PermuteTo, ReshapeTo, SumTo, TryAdd,
    TryConcatAlong, TryDiv, TryMatMul, TryMul, TrySub,
};

type Matrix<D, T> = Tensor<(usize, usize), f32, D, T>;

/// The tensor with an empty tape, so that its gradient is kept only if wanted.
fn parameter<S: Shape, D: Device<f32>, T: Tape<f32, D>>(
    tensor: &Tensor<S, f32, D>,
    wanted: bool,
) -> Tensor<S, f32, D, T> {
    if wanted {
        tensor.retaped()
    } else {
        detach(tensor).put_tape(T::default())
    }
}

fn input_gradient_if<S: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<S, f32, D, T>,
    wanted: bool,
) -> Tensor<S, f32, D, T> {
    if wanted {
        return input;
    }
    let (input, tape) = input.split_tape();
    detach(&input).put_tape(tape)
}

/// Gathers rows of `matrix`; `None` is a row of zeros.
fn gather_rows<D: Device<f32>, T: Tape<f32, D>>(
    matrix: Matrix<D, T>,
    rows: impl Iterator<Item = Option<usize>>,
) -> Result<Matrix<D, T>, D::Err> {
    let (count, columns) = *matrix.shape();
    let device = matrix.device().clone();
    let rows: Vec<usize> = rows.map(|row| row.unwrap_or(count)).collect();
    let gathered = rows.len();
    let rows: Tensor<(usize,), usize, D> = device.try_tensor_from_vec(rows, (gathered,))?;
    let zeros: Tensor<(usize, usize), f32, D> = device.try_zeros_like(&(1, columns))?;
    (matrix, zeros.put_tape(T::default()))
        .try_concat_along(Axis::<0>)?
        .try_gather(rows)
}

/// Samples as columns: batch x `size` to `size` x batch.
fn samples_as_columns<X: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<X, f32, D, T>,
    size: usize,
) -> Result<Matrix<D, T>, D::Err> {
    let batch = input.shape().num_elements() / size;
    input
        .try_reshape_like(&(batch, size))?
        .try_permute::<_, Axes2<1, 0>>()
}

/// The reverse of [`samples_as_columns`].
fn columns_as_samples<Y: Shape, D: Device<f32>, T: Tape<f32, D>>(
    columns: Matrix<D, T>,
    output: Y,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    columns
        .try_permute::<(usize, usize), Axes2<1, 0>>()?
        .try_reshape_like(&output)
}

/// Adds one value to each row.
fn add_to_rows<B: Shape, D: Device<f32>, T: Tape<f32, D>>(
    matrix: Matrix<D, T>,
    bias: Tensor<B, f32, D, T>,
) -> Result<Matrix<D, T>, D::Err> {
    let shape = *matrix.shape();
    matrix.try_add(
        bias.try_reshape_like(&(shape.0,))?
            .try_broadcast_like::<_, Axis<1>>(&shape)?,
    )
}

/// Sources of the matrix of columns in a picture: kernel offsets of each channel, times features.
fn window_sources(geometry: Geometry) -> impl Iterator<Item = Option<usize>> {
    let Geometry {
        picture,
        features,
        kernel,
        ..
    } = geometry;
    let offsets = (0..geometry.window())
        .map(move |row| (row / (kernel * kernel), row / kernel % kernel, row % kernel));
    offsets.flat_map(move |(channel, offset_y, offset_x)| {
        (0..features.plane()).map(move |position| {
            let y = geometry.source(position / features.width, offset_y, picture.height)?;
            let x = geometry.source(position % features.width, offset_x, picture.width)?;
            Some(channel * picture.plane() + y * picture.width + x)
        })
    })
}

/// For each element of a picture and each kernel offset, the element of the matrix of columns that comes from it.
fn window_targets(geometry: Geometry) -> impl Iterator<Item = Option<usize>> {
    let Geometry {
        picture,
        features,
        kernel,
        stride,
        padding,
    } = geometry;
    let position = move |source: usize, offset: usize, count: usize| {
        let distance = (source + padding).checked_sub(offset)?;
        (distance % stride == 0 && distance / stride < count).then_some(distance / stride)
    };
    (0..picture.elements()).flat_map(move |element| {
        let (channel, element) = (element / picture.plane(), element % picture.plane());
        (0..kernel * kernel).map(move |offset| {
            let y = position(element / picture.width, offset / kernel, features.height)?;
            let x = position(element % picture.width, offset % kernel, features.width)?;
            Some((channel * kernel * kernel + offset) * features.plane() + y * features.width + x)
        })
    })
}

/// [`Backend::convolution`](super::Backend::convolution).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn convolution<X: Shape, W: Shape, B: Shape, Y: Shape, D: Device<f32>, T: Tape<f32, D>>(
    geometry: &Geometry,
    input: Tensor<X, f32, D, T>,
    parameters: Parameters<'_, W, B, D>,
    output: Y,
    wanted: Wanted,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    let (window, plane) = (geometry.window(), geometry.features.plane());
    let channels = geometry.features.channels;
    let pixels = samples_as_columns(
        input_gradient_if(input, wanted.input),
        geometry.picture.elements(),
    )?;
    let batch = pixels.shape().1;
    let columns = gather_rows(pixels, window_sources(*geometry))?
        .try_reshape_like(&(window, plane * batch))?;
    let weight =
        parameter(parameters.weight, wanted.parameters).try_reshape_like(&(channels, window))?;
    let features = add_to_rows(
        weight.try_matmul(columns)?,
        parameter(parameters.bias, wanted.parameters),
    )?;
    columns_as_samples(
        features.try_reshape_like(&(channels * plane, batch))?,
        output,
    )
}

/// [`Backend::transposed_convolution`](super::Backend::transposed_convolution).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn transposed_convolution<
    X: Shape,
    W: Shape,
    B: Shape,
    Y: Shape,
    D: Device<f32>,
    T: Tape<f32, D>,
>(
    geometry: &Geometry,
    input: Tensor<X, f32, D, T>,
    parameters: Parameters<'_, W, B, D>,
    output: Y,
    wanted: Wanted,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    let (window, plane) = (geometry.window(), geometry.features.plane());
    let channels = geometry.features.channels;
    let features = samples_as_columns(
        input_gradient_if(input, wanted.input),
        geometry.features.elements(),
    )?;
    let batch = features.shape().1;
    let features = features.try_reshape_like(&(channels, plane * batch))?;
    let weight =
        parameter(parameters.weight, wanted.parameters).try_reshape_like(&(channels, window))?;
    let columns = weight
        .try_permute::<(usize, usize), Axes2<1, 0>>()?
        .try_matmul(features)?;
    let columns = columns.try_reshape_like(&(window * plane, batch))?;
    let pixels = geometry.picture.elements();
    let summands = gather_rows(columns, window_targets(*geometry))?;
    let summands =
        summands.try_reshape_like(&(pixels, geometry.kernel * geometry.kernel, batch))?;
    let picture = summands.try_sum::<(usize, usize), Axis<1>>()?;
    let picture =
        picture.try_reshape_like(&(geometry.picture.channels, geometry.picture.plane() * batch))?;
    let picture = add_to_rows(picture, parameter(parameters.bias, wanted.parameters))?;
    columns_as_samples(picture.try_reshape_like(&(pixels, batch))?, output)
}

/// [`Backend::linear`](super::Backend::linear).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn linear<X: Shape, W: Shape, B: Shape, Y: Shape, D: Device<f32>, T: Tape<f32, D>>(
    input: Tensor<X, f32, D, T>,
    parameters: Parameters<'_, W, B, D>,
    output: Y,
    wanted: Wanted,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    let outputs = parameters.bias.shape().num_elements();
    let inputs = parameters.weight.shape().num_elements() / outputs;
    let samples = samples_as_columns(input_gradient_if(input, wanted.input), inputs)?;
    let weight =
        parameter(parameters.weight, wanted.parameters).try_reshape_like(&(outputs, inputs))?;
    let result = add_to_rows(
        weight.try_matmul(samples)?,
        parameter(parameters.bias, wanted.parameters),
    )?;
    columns_as_samples(result, output)
}

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

/// [`Backend::batch_normalization`](super::Backend::batch_normalization).
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

/// [`Backend::fixed_normalization`](super::Backend::fixed_normalization).
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

/// [`Backend::activation`](super::Backend::activation).
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn activation<S: Shape, D: Device<f32>, T: Tape<f32, D>>(
    activation: Activation,
    input: Tensor<S, f32, D, T>,
) -> Result<Tensor<S, f32, D, T>, D::Err> {
    match activation {
        Activation::LeakyReLU { slope } => {
            let (input, tape) = input.split_tape();
            let below = input
                .retaped::<T>()
                .try_negate()?
                .try_relu()?
                .try_mul(slope)?;
            input.put_tape(tape).try_relu()?.try_sub(below)
        }
        Activation::ReLU => input.try_relu(),
        Activation::Sigmoid => input.try_sigmoid(),
        Activation::Tanh => input.try_tanh(),
    }
}

/// [`Backend::max_pooling`](super::Backend::max_pooling), but equal elements get the gradient each.
///
/// # Errors
///
/// If the device has no memory for the result.
pub fn max_pooling<X: Shape, Y: Shape, D: Device<f32>, T: Tape<f32, D>>(
    height: usize,
    width: usize,
    input: Tensor<X, f32, D, T>,
    output: Y,
) -> Result<Tensor<Y, f32, D, T>, D::Err> {
    let pixels = samples_as_columns(input, height * width)?;
    let planes = pixels.shape().1;
    let (rows, columns) = (height / 2, width / 2);
    let corners = (0..4).flat_map(|corner| (0..rows * columns).map(move |square| (corner, square)));
    let sources = corners.map(|(corner, square)| {
        let (y, x) = (
            2 * (square / columns) + corner / 2,
            2 * (square % columns) + corner % 2,
        );
        Some(y * width + x)
    });
    let corners = gather_rows(pixels, sources)?.try_reshape_like(&(4, rows * columns, planes))?;
    columns_as_samples(corners.try_max::<(usize, usize), Axis<0>>()?, output)
}

/// [`Backend::adam`](super::Backend::adam), on the host.
///
/// # Errors
///
/// If the device has no memory for the gradient.
pub fn adam<S: Shape, D: Device<f32>>(
    parameter: &mut Tensor<S, f32, D>,
    gradients: &mut Gradients<f32, D>,
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    step: &AdamStep,
) -> Result<(), D::Err> {
    gradients.try_alloc_for(parameter)?;
    let gradient = gradients.get(parameter).as_vec();
    let mut values = parameter.as_vec();
    step.apply(&mut values, &gradient, first_moment, second_moment);
    parameter.copy_from(&values);
    parameter
        .device()
        .try_fill_with_zeros(gradients.get_or_alloc_mut(parameter)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Backend;
    use crate::nn::backend::{Affine, Parameters};
    use crate::nn::geometry::Extent;
    use crate::nn::gradient_check::{Run, Traced, assert_all_near, normal, run, spaced};
    use dfdx::prelude::Cpu;
    use dfdx::shapes::{Const, Rank1, Rank2, Rank4};

    /// Weights and biases, or scales and shifts, as a module.
    type Two<A, B> = (Tensor<A, f32, Cpu>, Tensor<B, f32, Cpu>);

    const WANTED: Wanted = Wanted {
        input: true,
        parameters: true,
    };

    fn assert_same(ours: &Run, builtin: &Run) {
        assert_all_near("the output", &ours.output, &builtin.output);
        assert_all_near(
            "the input's gradient",
            &ours.input_gradient,
            &builtin.input_gradient,
        );
        for (ours, builtin) in ours
            .parameter_gradients
            .iter()
            .zip(&builtin.parameter_gradients)
        {
            assert_all_near(&ours.0, &ours.2, &builtin.2);
        }
    }

    fn geometry(kernel: usize, stride: usize, padding: usize, size: [usize; 2]) -> Geometry {
        let features = |size: usize| (size + 2 * padding - kernel) / stride + 1;
        Geometry {
            picture: Extent {
                channels: 2,
                height: size[0],
                width: size[1],
            },
            features: Extent {
                channels: 3,
                height: features(size[0]),
                width: features(size[1]),
            },
            kernel,
            stride,
            padding,
        }
    }

    fn parameters<W: Shape, B: Shape>((weight, bias): &Two<W, B>) -> Parameters<'_, W, B, Cpu> {
        Parameters { weight, bias }
    }

    fn compare_convolutions<const K: usize>(geometry: Geometry) {
        type Shape4 = (usize, usize, usize, usize);
        let shape =
            |extent: Extent| -> Shape4 { (9, extent.channels, extent.height, extent.width) };
        let (picture, features) = (shape(geometry.picture), shape(geometry.features));
        let mut module: Two<Rank4<3, 2, K, K>, Rank1<3>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &picture);
        let ours = run(&mut module, &input, |module, input| -> Traced<Shape4> {
            Cpu::convolution(&geometry, input, parameters(module), features, WANTED).unwrap()
        });
        let builtin = run(&mut module, &input, |module, input| -> Traced<Shape4> {
            convolution(&geometry, input, parameters(module), features, WANTED).unwrap()
        });
        assert_same(&ours, &builtin);

        let mut module: Two<Rank4<3, 2, K, K>, Rank1<2>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &features);
        let ours = run(&mut module, &input, |module, input| -> Traced<Shape4> {
            Cpu::transposed_convolution(&geometry, input, parameters(module), picture, WANTED)
                .unwrap()
        });
        let builtin = run(&mut module, &input, |module, input| -> Traced<Shape4> {
            transposed_convolution(&geometry, input, parameters(module), picture, WANTED).unwrap()
        });
        assert_same(&ours, &builtin);
    }

    #[test]
    fn convolutions_equal_the_kernels() {
        compare_convolutions::<4>(geometry(4, 2, 1, [8, 6]));
        compare_convolutions::<3>(geometry(3, 1, 1, [5, 4]));
        compare_convolutions::<3>(geometry(3, 2, 0, [5, 6]));
        compare_convolutions::<5>(geometry(5, 3, 2, [4, 3]));
    }

    #[test]
    fn dense_layers_equal_the_kernels() {
        let mut module: Two<Rank2<3, 5>, Rank1<3>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &(37, Const::<5>));
        let output = (37, Const::<3>);
        let ours = run(
            &mut module,
            &input,
            |module, input| -> Traced<(usize, Const<3>)> {
                Cpu::linear(input, parameters(module), output, WANTED).unwrap()
            },
        );
        let builtin = run(
            &mut module,
            &input,
            |module, input| -> Traced<(usize, Const<3>)> {
                linear(input, parameters(module), output, WANTED).unwrap()
            },
        );
        assert_same(&ours, &builtin);
    }

    #[test]
    fn unwanted_gradients_are_absent() {
        let mut module: Two<Rank2<3, 5>, Rank1<3>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let wanted = Wanted {
            input: false,
            parameters: false,
        };
        let run = run(
            &mut module,
            &normal(3, &(2, Const::<5>)),
            |module, input| -> Traced<(usize, Const<3>)> {
                linear(input, parameters(module), (2, Const), wanted).unwrap()
            },
        );
        assert!(run.input_gradient.iter().all(|gradient| *gradient == 0.0));
        assert!(
            run.parameter_gradients
                .iter()
                .flat_map(|(_, _, values)| values)
                .all(|gradient| *gradient == 0.0)
        );
    }

    type Affines = Two<Rank1<3>, Rank1<3>>;

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

    #[test]
    fn activations_equal_the_kernels() {
        let input = spaced(&(40,));
        for kind in [
            Activation::LeakyReLU { slope: 0.2 },
            Activation::ReLU,
            Activation::Sigmoid,
            Activation::Tanh,
        ] {
            let ours = run(&mut (), &input, |(), input| {
                Cpu::activation(kind, input).unwrap()
            });
            let builtin = run(&mut (), &input, |(), input| {
                activation(kind, input).unwrap()
            });
            assert_same(&ours, &builtin);
        }
    }

    #[test]
    fn max_pooling_equals_the_kernel() {
        let input = spaced(&(3, 2, 5, 6));
        let output = (3, 2, 2, 3);
        type Output = Traced<(usize, usize, usize, usize)>;
        let ours = run(&mut (), &input, |(), input| -> Output {
            Cpu::max_pooling(5, 6, input, output).unwrap()
        });
        let builtin = run(&mut (), &input, |(), input| -> Output {
            max_pooling(5, 6, input, output).unwrap()
        });
        assert_same(&ours, &builtin);
    }

    #[test]
    fn adam_equals_the_kernel() {
        let mut optimizer = crate::nn::Adam::new(0.1);
        let start = normal(1, &(20,));
        let mut ours = start.clone();
        optimizer
            .update_tensor(&mut ours, &mut gradients(&start))
            .unwrap();
        let mut theirs = start.clone();
        let (mut first, mut second) = (vec![0.0; 20], vec![0.0; 20]);
        let mut gradients = gradients(&start);
        adam(
            &mut theirs,
            &mut gradients,
            &mut first,
            &mut second,
            &crate::nn::Adam::new(0.1).begin(),
        )
        .unwrap();
        assert_eq!(ours.as_vec(), theirs.as_vec());
        assert_eq!(optimizer.state.moments[0].first, first);
        assert_eq!(optimizer.state.moments[0].second, second);
        assert!(
            gradients
                .get(&start)
                .as_vec()
                .iter()
                .all(|gradient| *gradient == 0.0)
        );
    }

    fn gradients(tensor: &Tensor<(usize,), f32, Cpu>) -> Gradients<f32, Cpu> {
        use dfdx::prelude::{Backward, Trace};
        tensor
            .leaky_trace()
            .square()
            .sum::<dfdx::shapes::Rank0, _>()
            .backward()
    }
}
