//! Convolutions and dense layers.

use super::parameter;
use super::rows::{columns_as_samples, gather_rows, samples_as_columns};
use crate::backend::{Parameters, Wanted};
use crate::detach::detach;
use crate::shapes::{Batch, Flat};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{PutTape, SplitTape, Tape};
use dfdx::tensor_ops::{BroadcastTo, Device, PermuteTo, ReshapeTo, SumTo, TryAdd, TryMatMul};
use pixling_kernels::Geometry;

fn input_gradient_if<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    wanted: bool,
) -> Flat<D, T> {
    if wanted {
        return input;
    }
    let (input, tape) = input.split_tape();
    detach(&input).put_tape(tape)
}

/// Adds one value to each row.
fn add_to_rows<D: Device<f32>, T: Tape<f32, D>>(
    matrix: Batch<D, T>,
    bias: Flat<D, T>,
) -> Result<Batch<D, T>, D::Err> {
    let shape = *matrix.shape();
    matrix.try_add(bias.try_broadcast_like::<_, Axis<1>>(&shape)?)
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

/// [`Backend::convolution`](crate::Backend::convolution).
pub(crate) fn convolution<D: Device<f32>, T: Tape<f32, D>>(
    geometry: &Geometry,
    input: Flat<D, T>,
    parameters: Parameters<D>,
    wanted: Wanted,
) -> Result<Flat<D, T>, D::Err> {
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
        parameter(&parameters.weight, wanted.parameters).try_reshape_like(&(channels, window))?;
    let features = add_to_rows(
        weight.try_matmul(columns)?,
        parameter(&parameters.bias, wanted.parameters),
    )?;
    columns_as_samples(features.try_reshape_like(&(channels * plane, batch))?)
}

/// [`Backend::transposed_convolution`](crate::Backend::transposed_convolution).
pub(crate) fn transposed_convolution<D: Device<f32>, T: Tape<f32, D>>(
    geometry: &Geometry,
    input: Flat<D, T>,
    parameters: Parameters<D>,
    wanted: Wanted,
) -> Result<Flat<D, T>, D::Err> {
    let (window, plane) = (geometry.window(), geometry.features.plane());
    let channels = geometry.features.channels;
    let features = samples_as_columns(
        input_gradient_if(input, wanted.input),
        geometry.features.elements(),
    )?;
    let batch = features.shape().1;
    let features = features.try_reshape_like(&(channels, plane * batch))?;
    let weight =
        parameter(&parameters.weight, wanted.parameters).try_reshape_like(&(channels, window))?;
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
    let picture = add_to_rows(picture, parameter(&parameters.bias, wanted.parameters))?;
    columns_as_samples(picture.try_reshape_like(&(pixels, batch))?)
}

/// [`Backend::linear`](crate::Backend::linear).
pub(crate) fn linear<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    parameters: Parameters<D>,
    wanted: Wanted,
) -> Result<Flat<D, T>, D::Err> {
    let outputs = parameters.bias.shape().0;
    let inputs = parameters.weight.shape().0 / outputs;
    let samples = samples_as_columns(input_gradient_if(input, wanted.input), inputs)?;
    let weight =
        parameter(&parameters.weight, wanted.parameters).try_reshape_like(&(outputs, inputs))?;
    let result = add_to_rows(
        weight.try_matmul(samples)?,
        parameter(&parameters.bias, wanted.parameters),
    )?;
    columns_as_samples(result)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_same;
    use super::*;
    use crate::Backend;
    use crate::gradient_check::{normal, run};
    use crate::shapes::{Erase, flat};
    use dfdx::prelude::{Cpu, Tensor};
    use dfdx::shapes::{Rank1, Rank2, Rank4};
    use pixling_kernels::Extent;

    /// Weights and biases as a module.
    type Two<A, B> = (Tensor<A, f32, Cpu>, Tensor<B, f32, Cpu>);

    const WANTED: Wanted = Wanted {
        input: true,
        parameters: true,
    };

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

    fn parameters<W: Erase, B: Erase>((weight, bias): &Two<W, B>) -> Parameters<Cpu> {
        Parameters {
            weight: flat(weight.clone()).unwrap(),
            bias: flat(bias.clone()).unwrap(),
        }
    }

    fn compare_convolutions<const K: usize>(geometry: Geometry) {
        let batch = |extent: Extent| (9 * extent.elements(),);
        let mut module: Two<Rank4<3, 2, K, K>, Rank1<3>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &batch(geometry.picture));
        let ours = run(&mut module, &input, |module, input| {
            Cpu::convolution(&geometry, input, parameters(module), WANTED).unwrap()
        });
        let builtin = run(&mut module, &input, |module, input| {
            convolution(&geometry, input, parameters(module), WANTED).unwrap()
        });
        assert_same(&ours, &builtin);

        let mut module: Two<Rank4<3, 2, K, K>, Rank1<2>> = (
            normal(1, &Default::default()),
            normal(2, &Default::default()),
        );
        let input = normal(3, &batch(geometry.features));
        let ours = run(&mut module, &input, |module, input| {
            Cpu::transposed_convolution(&geometry, input, parameters(module), WANTED).unwrap()
        });
        let builtin = run(&mut module, &input, |module, input| {
            transposed_convolution(&geometry, input, parameters(module), WANTED).unwrap()
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
        let input = normal(3, &(37 * 5,));
        let ours = run(&mut module, &input, |module, input| {
            Cpu::linear(input, parameters(module), WANTED).unwrap()
        });
        let builtin = run(&mut module, &input, |module, input| {
            linear(input, parameters(module), WANTED).unwrap()
        });
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
        let run = run(&mut module, &normal(3, &(2 * 5,)), |module, input| {
            linear(input, parameters(module), wanted).unwrap()
        });
        assert!(run.input_gradient.iter().all(|gradient| *gradient == 0.0));
        assert!(
            run.parameter_gradients
                .iter()
                .flat_map(|(_, _, values)| values)
                .all(|gradient| *gradient == 0.0)
        );
    }
}
