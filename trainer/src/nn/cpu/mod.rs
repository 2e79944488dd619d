//! The operations of [`Backend`] on the processor, with kernels of our own.

mod batches;
mod columns;
mod convolution;
mod deviation;
mod elementwise;
mod linear;
mod memory;
mod normalization;
mod pooling;

pub use elementwise::map_elements;

use super::adam::AdamStep;
use super::backend::{
    Activation, Affine, Backend, BatchStatistics, Normalization, Parameters, Wanted,
};
use super::geometry::{Geometry, Planes};
use convolution::{GradientBuffers, ParameterBuffers};
use dfdx::prelude::{
    Cpu, CpuError, Gradients, HasShape, PutTape, ReshapeTo, Shape, SplitTape, Storage, Tape,
    Tensor, ZerosTensor,
};
use elementwise::{try_activate, try_map_elements};
use memory::{elements, elements_mut};
use normalization::{Dependence, Normalizer};

/// A buffer of the device: the elements of a tensor or of a gradient.
type Buffer = <Cpu as Storage<f32>>::Vec;

/// Takes a gradient out of its place, so that others can be borrowed beside it. Its user puts it back.
fn take(device: &Cpu, gradient: &mut Buffer) -> Result<Buffer, CpuError> {
    Ok(std::mem::replace(gradient, device.try_alloc_len(0)?))
}

/// Runs an operation with weights: `forward` fills the output, `backward` adds to the gradients that are wanted.
///
/// `parts` is the number of elements of scratch memory that `backward` needs for the parameters' gradients.
fn weighted<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Cpu>>(
    input: Tensor<X, f32, Cpu, T>,
    parameters: Parameters<'_, W, B, Cpu>,
    output: Y,
    wanted: Wanted,
    parts: usize,
    forward: impl FnOnce(&[f32], &[f32], &[f32], &mut [f32]),
    backward: impl FnOnce(&[f32], &[f32], &[f32], GradientBuffers<'_>) + 'static,
) -> Result<Tensor<Y, f32, Cpu, T>, CpuError> {
    let (input, mut tape) = input.try_contiguous()?.split_tape();
    let (weight, bias) = (parameters.weight, parameters.bias);
    let mut output: Tensor<Y, f32, Cpu> = input.device().try_zeros_like(&output)?;
    forward(
        elements(&input),
        elements(weight),
        elements(bias),
        elements_mut(&mut output),
    );
    if T::OWNS_TAPE && (wanted.input || wanted.parameters) {
        let (weight, bias, ghost) = (weight.clone(), bias.clone(), output.ghost());
        tape.add_backward_op(move |gradients| {
            let device = input.device();
            let output_gradient = take(device, gradients.get_or_alloc_mut(&ghost)?)?;
            let mut buffers = if wanted.parameters {
                let weight = take(device, gradients.get_or_alloc_mut(&weight)?)?;
                let bias = take(device, gradients.get_or_alloc_mut(&bias)?)?;
                Some((weight, bias, device.try_alloc_len(parts)?))
            } else {
                None
            };
            let buffers_of_parameters =
                buffers
                    .as_mut()
                    .map(|(weight, bias, parts)| ParameterBuffers {
                        weight,
                        bias,
                        parts,
                    });
            let input_gradient = if wanted.input {
                Some(&mut gradients.get_or_alloc_mut(&input)?[..])
            } else {
                None
            };
            let buffers_of_all = GradientBuffers {
                input: input_gradient,
                parameters: buffers_of_parameters,
            };
            backward(
                elements(&input),
                elements(&weight),
                &output_gradient,
                buffers_of_all,
            );
            if let Some((weight_gradient, bias_gradient, _)) = buffers {
                *gradients.get_or_alloc_mut(&weight)? = weight_gradient;
                *gradients.get_or_alloc_mut(&bias)? = bias_gradient;
            }
            *gradients.get_or_alloc_mut(&ghost)? = output_gradient;
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

/// Normalizes; `depends_on_batch` says whether the normalizer came from the input.
fn normalize<X: Shape, C: Shape, T: Tape<f32, Cpu>>(
    input: Tensor<X, f32, Cpu, T>,
    normalizer: Normalizer,
    planes: Planes,
    affine: Option<Affine<'_, C, Cpu>>,
    depends_on_batch: bool,
) -> Result<Tensor<X, f32, Cpu, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let mut output: Tensor<X, f32, Cpu> = input.device().try_zeros_like(input.shape())?;
    let scale_and_shift = affine
        .as_ref()
        .map(|affine| (elements(affine.scale), elements(affine.shift)));
    normalization::forward(
        planes,
        elements(&input),
        &normalizer,
        scale_and_shift,
        elements_mut(&mut output),
    );
    if T::OWNS_TAPE {
        let wanted = affine.as_ref().is_some_and(|affine| affine.wanted);
        let affine = affine.map(|affine| (affine.scale.clone(), affine.shift.clone()));
        let ghost = output.ghost();
        tape.add_backward_op(move |gradients| {
            let output_gradient = take(input.device(), gradients.get_or_alloc_mut(&ghost)?)?;
            let sums = (depends_on_batch || wanted).then(|| {
                normalization::parameter_gradients(
                    planes,
                    elements(&input),
                    &normalizer,
                    &output_gradient,
                )
            });
            let dependence = match &sums {
                Some((scale, shift)) if depends_on_batch => Dependence::Batch(scale, shift),
                _ => Dependence::Constant,
            };
            normalization::backward(
                planes,
                elements(&input),
                &normalizer,
                affine.as_ref().map(|(scale, _)| elements(scale)),
                &dependence,
                &output_gradient,
                gradients.get_or_alloc_mut(&input)?,
            );
            if let (true, Some((scale, shift)), Some((scale_sums, shift_sums))) =
                (wanted, &affine, &sums)
            {
                for (tensor, sums) in [(scale, scale_sums), (shift, shift_sums)] {
                    for (target, value) in gradients.get_or_alloc_mut(tensor)?.iter_mut().zip(sums)
                    {
                        *target += value;
                    }
                }
            }
            *gradients.get_or_alloc_mut(&ghost)? = output_gradient;
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

fn normalizer(mean: Vec<f32>, variance: &[f32], epsilon: f32) -> Normalizer {
    let factor = variance
        .iter()
        .map(|variance| 1.0 / (variance + epsilon).sqrt())
        .collect();
    Normalizer {
        center: mean,
        factor,
    }
}

impl Backend for Cpu {
    fn convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, CpuError> {
        let geometry = *geometry;
        let batch = input.shape().num_elements() / geometry.picture.elements();
        let channels = geometry.features.channels;
        let parts = convolution::parts_len(batch, channels * geometry.window(), channels);
        weighted(
            input,
            parameters,
            output,
            wanted,
            parts,
            |input, weight, bias, output| {
                convolution::convolve(&geometry, input, weight, bias, output)
            },
            move |input, weight, output_gradient, gradients| {
                convolution::convolve_backward(
                    &geometry,
                    input,
                    weight,
                    output_gradient,
                    gradients,
                );
            },
        )
    }

    fn transposed_convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, CpuError> {
        let geometry = *geometry;
        let batch = input.shape().num_elements() / geometry.features.elements();
        let weights = geometry.features.channels * geometry.window();
        let parts = convolution::parts_len(batch, weights, geometry.picture.channels);
        weighted(
            input,
            parameters,
            output,
            wanted,
            parts,
            |input, weight, bias, output| {
                convolution::convolve_transposed(&geometry, input, weight, bias, output)
            },
            move |input, weight, output_gradient, gradients| {
                convolution::convolve_transposed_backward(
                    &geometry,
                    input,
                    weight,
                    output_gradient,
                    gradients,
                );
            },
        )
    }

    fn linear<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, CpuError> {
        let outputs = parameters.bias.shape().num_elements();
        let sizes = linear::Sizes {
            inputs: parameters.weight.shape().num_elements() / outputs,
            outputs,
        };
        weighted(
            input,
            parameters,
            output,
            wanted,
            0,
            |input, weight, bias, output| linear::forward(sizes, input, weight, bias, output),
            move |input, weight, output_gradient, gradients| {
                linear::backward(sizes, input, weight, output_gradient, gradients);
            },
        )
    }

    fn batch_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<(Tensor<X, f32, Self, T>, BatchStatistics), CpuError> {
        let Normalization {
            planes,
            epsilon,
            affine,
        } = normalization;
        let input = input.try_contiguous()?;
        let (mean, variance) = normalization::statistics(planes, elements(&input));
        let normalizer = normalizer(mean.clone(), &variance, epsilon);
        let output = normalize(input, normalizer, planes, affine, true)?;
        Ok((output, BatchStatistics { mean, variance }))
    }

    fn fixed_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        mean: &Tensor<C, f32, Self>,
        variance: &Tensor<C, f32, Self>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<Tensor<X, f32, Self, T>, CpuError> {
        let Normalization {
            planes,
            epsilon,
            affine,
        } = normalization;
        let normalizer = normalizer(elements(mean).to_vec(), elements(variance), epsilon);
        normalize(input.try_contiguous()?, normalizer, planes, affine, false)
    }

    fn activation<S: Shape, T: Tape<f32, Self>>(
        activation: Activation,
        input: Tensor<S, f32, Self, T>,
    ) -> Result<Tensor<S, f32, Self, T>, CpuError> {
        match activation {
            Activation::LeakyReLU { slope } => try_activate(
                input,
                move |x| if x > 0.0 { x } else { slope * x },
                move |y| if y > 0.0 { 1.0 } else { slope },
            ),
            Activation::ReLU => {
                try_activate(input, |x| x.max(0.0), |y| if y > 0.0 { 1.0 } else { 0.0 })
            }
            Activation::Sigmoid => {
                try_activate(input, |x| 1.0 / (1.0 + (-x).exp()), |y| y * (1.0 - y))
            }
            Activation::Tanh => try_activate(input, f32::tanh, |y| 1.0 - y * y),
            Activation::Rounding(grid) => try_map_elements(
                input,
                move |x| grid.round(x),
                move |x, _| f32::from(u8::from(grid.covers(x))),
            ),
        }
    }

    fn max_pooling<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, CpuError> {
        let plane = pooling::Plane { height, width };
        let (input, mut tape) = input.try_contiguous()?.split_tape();
        let mut output: Tensor<Y, f32, Cpu> = input.device().try_zeros_like(&output)?;
        pooling::forward(plane, elements(&input), elements_mut(&mut output));
        if T::OWNS_TAPE {
            let ghost = output.ghost();
            tape.add_backward_op(move |gradients| {
                let output_gradient = take(input.device(), gradients.get_or_alloc_mut(&ghost)?)?;
                let input_gradient = gradients.get_or_alloc_mut(&input)?;
                pooling::backward(plane, elements(&input), &output_gradient, input_gradient);
                *gradients.get_or_alloc_mut(&ghost)? = output_gradient;
                Ok(())
            });
        }
        Ok(output.put_tape(tape))
    }

    fn batch_deviation<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        features: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, CpuError> {
        let (input, mut tape) = input.try_contiguous()?.split_tape();
        let statistics = deviation::statistics(features, elements(&input));
        let mut output: Tensor<Y, f32, Cpu> = input.device().try_zeros_like(&output)?;
        deviation::forward(
            features,
            elements(&input),
            &statistics,
            elements_mut(&mut output),
        );
        if T::OWNS_TAPE {
            let ghost = output.ghost();
            tape.add_backward_op(move |gradients| {
                let output_gradient = take(input.device(), gradients.get_or_alloc_mut(&ghost)?)?;
                let input_gradient = gradients.get_or_alloc_mut(&input)?;
                deviation::backward(
                    features,
                    elements(&input),
                    &statistics,
                    &output_gradient,
                    input_gradient,
                );
                *gradients.get_or_alloc_mut(&ghost)? = output_gradient;
                Ok(())
            });
        }
        Ok(output.put_tape(tape))
    }

    fn adam<S: Shape>(
        parameter: &mut Tensor<S, f32, Self>,
        gradients: &mut Gradients<f32, Self>,
        first_moment: &mut [f32],
        second_moment: &mut [f32],
        step: &AdamStep,
    ) -> Result<(), CpuError> {
        let gradient = gradients.get_or_alloc_mut(parameter)?;
        elementwise::adam(
            elements_mut(parameter),
            gradient,
            first_moment,
            second_moment,
            step,
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::nn::builders::{
        BatchNorm1d, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, Sigmoid, Tanh,
        TransposedConv2d, Unflatten,
    };
    use crate::nn::gradient_check::{Run, normal, run};
    use dfdx::prelude::{Const, Cpu, DeviceBuildExt, Module, ModuleMut};
    use rayon::ThreadPoolBuilder;

    type Network = (
        (
            Conv2d<1, 5, 4, 2, 1, 12, 12, 6, 6>,
            BatchNorm2d<5>,
            LeakyReLU<10>,
            MaxPool2d<5, 6, 6, 3, 3>,
        ),
        (
            Flatten<5, 3, 3, 45>,
            Linear<45, 50>,
            BatchNorm1d<50>,
            Tanh,
            Linear<50, 36>,
        ),
        (
            Unflatten<36, 4, 3, 3>,
            TransposedConv2d<4, 2, 4, 2, 1, 3, 3, 6, 6>,
            Sigmoid,
        ),
    );

    /// A batch of several groups and a remainder, on a pool of `threads`.
    fn run_on(threads: usize, training: bool) -> Run {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut network = Cpu::seed_from_u64(5).build_module::<Network, f32>();
            let input = normal(6, &(75, Const::<1>, Const::<12>, Const::<12>));
            run(&mut network, &input, |network, input| {
                if training {
                    network.forward_mut(input)
                } else {
                    network.forward(input)
                }
            })
        })
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        for training in [false, true] {
            let one = run_on(1, training);
            assert!(one.input_gradient.iter().any(|gradient| *gradient != 0.0));
            for threads in [2, 3] {
                let several = run_on(threads, training);
                assert_eq!(one.output, several.output);
                assert_eq!(one.input_gradient, several.input_gradient);
                assert_eq!(one.parameter_gradients, several.parameter_gradients);
            }
        }
    }
}
