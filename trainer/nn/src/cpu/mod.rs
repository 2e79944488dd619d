//! The operations of [`Backend`] on the processor, with the kernels of `pixling-kernels`.

mod buffers;
mod elementwise;
mod memory;

use super::backend::{Affine, Backend, BatchStatistics, Normalization, Parameters, Wanted};
use super::shapes::Flat;
use dfdx::prelude::{
    Cpu, CpuError, Gradients, HasShape, PutTape, ReshapeTo, Shape, SplitTape, Storage, Tape, Tensor,
};
use elementwise::{activate, copied};
use memory::{elements, elements_mut, owns_buffer};
use pixling_kernels::activation::Activation;
use pixling_kernels::adam::{AdamStep, adam};
use pixling_kernels::convolution::{self, GradientBuffers, ParameterBuffers};
use pixling_kernels::elementwise::copy;
use pixling_kernels::normalization::{self, Dependence, Normalizer};
use pixling_kernels::{Geometry, Planes, deviation, linear, pooling};

/// A buffer of the device: the elements of a tensor or of a gradient.
type Buffer = <Cpu as Storage<f32>>::Vec;

/// Takes the elements of a gradient out of the collection, so that other gradients can be borrowed at the same time.
fn take(gradient: &mut Buffer) -> Vec<f32> {
    std::mem::take(&mut **gradient)
}

/// Runs an operation with weights: `forward` fills the output, of `outputs` elements, `backward` adds to the gradients
/// that are wanted.
///
/// `parts` is the number of elements of scratch memory that `backward` needs for the parameters' gradients. `apart` says
/// that these and the input's gradient have no work in common: then dfdx writes the zeros of the input's gradient while
/// other threads compute the parameters'.
#[allow(clippy::too_many_arguments)]
fn weighted<T: Tape<f32, Cpu>>(
    input: Flat<Cpu, T>,
    parameters: Parameters<Cpu>,
    outputs: usize,
    wanted: Wanted,
    parts: usize,
    apart: bool,
    forward: impl FnOnce(&[f32], &[f32], &[f32], &mut [f32]),
    backward: impl Fn(&[f32], &[f32], &[f32], GradientBuffers<'_>) + Sync + 'static,
) -> Result<Flat<Cpu, T>, CpuError> {
    let (input, mut tape) = input.try_contiguous()?.split_tape();
    let Parameters { weight, bias } = parameters;
    let mut output = buffers::output(input.device(), outputs)?;
    forward(
        elements(&input),
        elements(&weight),
        elements(&bias),
        elements_mut(&mut output),
    );
    if T::OWNS_TAPE && (wanted.input || wanted.parameters) {
        let ghost = output.ghost();
        tape.add_backward_op(move |gradients| {
            let device = input.device();
            let output_gradient = take(gradients.get_or_alloc_mut(&ghost)?);
            let mut buffers = if wanted.parameters {
                let weight = take(gradients.get_or_alloc_mut(&weight)?);
                let bias = take(gradients.get_or_alloc_mut(&bias)?);
                Some((weight, bias, buffers::take(device, parts)?))
            } else {
                None
            };
            let run = |buffers: GradientBuffers<'_>| {
                backward(
                    elements(&input),
                    elements(&weight),
                    &output_gradient,
                    buffers,
                );
            };
            let mut of_parameters =
                buffers
                    .as_mut()
                    .map(|(weight, bias, parts)| ParameterBuffers {
                        weight,
                        bias,
                        parts,
                    });
            if apart
                && wanted.input
                && let Some(parameters) = of_parameters.take()
            {
                let alone = GradientBuffers {
                    input: None,
                    parameters: Some(parameters),
                };
                let (made, ()) = rayon::join(|| gradients.try_alloc_for(&input), || run(alone));
                made?;
            }
            if wanted.input || of_parameters.is_some() {
                run(GradientBuffers {
                    input: match wanted.input {
                        true => Some(gradients.get_or_alloc_mut(&input)?),
                        false => None,
                    },
                    parameters: of_parameters,
                });
            }
            if let Some((weight_gradient, bias_gradient, parts)) = buffers {
                **gradients.get_or_alloc_mut(&weight)? = weight_gradient;
                **gradients.get_or_alloc_mut(&bias)? = bias_gradient;
                buffers::keep(device, parts)?;
            }
            buffers::keep(device, output_gradient)
        });
    }
    Ok(output.put_tape(tape))
}

/// Normalizes in place; `depends_on_batch` says whether the normalizer came from the input.
///
/// As with an [activation](activate), the result keeps the identity of the input and its gradient.
fn normalize<T: Tape<f32, Cpu>>(
    input: Flat<Cpu, T>,
    normalizer: Normalizer,
    planes: Planes,
    affine: Option<Affine<Cpu>>,
    depends_on_batch: bool,
) -> Result<Flat<Cpu, T>, CpuError> {
    let (mut tensor, mut tape) = input.split_tape();
    if !owns_buffer(&mut tensor) {
        // Its elements or its gradient are read elsewhere: take a copy with another identity.
        (tensor, tape) = copied(tensor, tape)?;
    }
    let device = tensor.device().clone();
    let input = if T::OWNS_TAPE {
        let mut input = buffers::take(&device, planes.batch * planes.sample())?;
        copy(elements(&tensor), &mut input);
        Some(input)
    } else {
        None
    };
    let scale_and_shift = affine
        .as_ref()
        .map(|affine| (elements(&affine.scale), elements(&affine.shift)));
    normalization::forward(
        planes,
        &normalizer,
        scale_and_shift,
        elements_mut(&mut tensor),
    );
    if let Some(input) = input {
        let wanted = affine.as_ref().is_some_and(|affine| affine.wanted);
        let affine = affine.map(|affine| (affine.scale, affine.shift));
        let ghost = tensor.ghost();
        tape.add_backward_op(move |gradients| {
            let mut gradient = take(gradients.get_or_alloc_mut(&ghost)?);
            let sums = (depends_on_batch || wanted).then(|| {
                normalization::parameter_gradients(planes, &input, &normalizer, &gradient)
            });
            let dependence = match &sums {
                Some((scale, shift)) if depends_on_batch => Dependence::Batch(scale, shift),
                _ => Dependence::Constant,
            };
            normalization::backward(
                planes,
                &input,
                &normalizer,
                affine.as_ref().map(|(scale, _)| elements(scale)),
                &dependence,
                &mut gradient,
            );
            **gradients.get_or_alloc_mut(&ghost)? = gradient;
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
            buffers::keep(&device, input)
        });
    }
    Ok(tensor.put_tape(tape))
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
    fn convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, CpuError> {
        let geometry = *geometry;
        let batch = input.shape().0 / geometry.picture.elements();
        let channels = geometry.features.channels;
        let parts = convolution::parts_len(batch, channels * geometry.window(), channels);
        weighted(
            input,
            parameters,
            batch * geometry.features.elements(),
            wanted,
            parts,
            true,
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

    fn transposed_convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, CpuError> {
        let geometry = *geometry;
        let batch = input.shape().0 / geometry.features.elements();
        let weights = geometry.features.channels * geometry.window();
        let parts = convolution::parts_len(batch, weights, geometry.picture.channels);
        weighted(
            input,
            parameters,
            batch * geometry.picture.elements(),
            wanted,
            parts,
            // Both are products with the same columns.
            false,
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

    fn linear<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, CpuError> {
        let (outputs, weights) = (parameters.bias.shape().0, parameters.weight.shape().0);
        let inputs = weights / outputs;
        let batch = input.shape().0 / inputs;
        let sizes = linear::Sizes { inputs, outputs };
        weighted(
            input,
            parameters,
            batch * outputs,
            wanted,
            0,
            true,
            |input, weight, bias, output| linear::forward(sizes, input, weight, bias, output),
            move |input, weight, output_gradient, gradients| {
                linear::backward(sizes, input, weight, output_gradient, gradients);
            },
        )
    }

    fn batch_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        normalization: Normalization<Self>,
    ) -> Result<(Flat<Self, T>, BatchStatistics), CpuError> {
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

    fn fixed_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        mean: &Flat<Self>,
        variance: &Flat<Self>,
        normalization: Normalization<Self>,
    ) -> Result<Flat<Self, T>, CpuError> {
        let Normalization {
            planes,
            epsilon,
            affine,
        } = normalization;
        let normalizer = normalizer(elements(mean).to_vec(), elements(variance), epsilon);
        normalize(input.try_contiguous()?, normalizer, planes, affine, false)
    }

    fn activation<T: Tape<f32, Self>>(
        activation: Activation,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, CpuError> {
        activate(activation, input)
    }

    fn max_pooling<T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, CpuError> {
        let plane = pooling::Plane { height, width };
        let (input, mut tape) = input.try_contiguous()?.split_tape();
        let planes = input.shape().0 / (height * width);
        let pooled = planes * (height / 2) * (width / 2);
        let mut output = buffers::output(input.device(), pooled)?;
        pooling::forward(plane, elements(&input), elements_mut(&mut output));
        if T::OWNS_TAPE {
            let ghost = output.ghost();
            tape.add_backward_op(move |gradients| {
                let output_gradient = take(gradients.get_or_alloc_mut(&ghost)?);
                let input_gradient = gradients.get_or_alloc_mut(&input)?;
                pooling::backward(plane, elements(&input), &output_gradient, input_gradient);
                buffers::keep(input.device(), output_gradient)
            });
        }
        Ok(output.put_tape(tape))
    }

    fn batch_deviation<T: Tape<f32, Self>>(
        features: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, CpuError> {
        let (input, mut tape) = input.try_contiguous()?.split_tape();
        let statistics = deviation::statistics(features, elements(&input));
        let samples = input.shape().0 / features;
        let mut output = buffers::output(input.device(), samples * (features + 1))?;
        deviation::forward(
            features,
            elements(&input),
            &statistics,
            elements_mut(&mut output),
        );
        if T::OWNS_TAPE {
            let ghost = output.ghost();
            tape.add_backward_op(move |gradients| {
                let output_gradient = take(gradients.get_or_alloc_mut(&ghost)?);
                let input_gradient = gradients.get_or_alloc_mut(&input)?;
                deviation::backward(
                    features,
                    elements(&input),
                    &statistics,
                    &output_gradient,
                    input_gradient,
                );
                buffers::keep(input.device(), output_gradient)
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
        adam(
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
    use crate::Build;
    use crate::builders::{
        BatchNorm1d, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, Sigmoid, Tanh,
        TransposedConv2d, Unflatten,
    };
    use crate::gradient_check::{Run, normal, run};
    use dfdx::prelude::{Const, Cpu, Module, ModuleMut};
    use rayon::{ThreadPool, ThreadPoolBuilder};

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

    /// A batch of several groups and a remainder.
    fn run_network(seed: u64, training: bool) -> Run {
        let mut network = Network::build(&Cpu::seed_from_u64(5)).unwrap();
        let input = normal(seed, &(75, Const::<1>, Const::<12>, Const::<12>));
        run(&mut network, &input, |network, input| {
            if training {
                network.forward_mut(input)
            } else {
                network.forward(input)
            }
        })
    }

    fn pool(threads: usize) -> ThreadPool {
        let pool = ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap()
    }

    fn check_equal(one: &Run, other: &Run) {
        assert_eq!(one.output, other.output);
        assert_eq!(one.input_gradient, other.input_gradient);
        assert_eq!(one.parameter_gradients, other.parameter_gradients);
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        for training in [false, true] {
            let one = pool(1).install(|| run_network(6, training));
            assert!(one.input_gradient.iter().any(|gradient| *gradient != 0.0));
            for threads in [2, 3] {
                let several = pool(threads).install(|| run_network(6, training));
                check_equal(&one, &several);
            }
        }
    }

    /// Earlier contents of a reused buffer do not change results.
    #[test]
    fn results_do_not_depend_on_what_ran_before() {
        for training in [false, true] {
            let first = pool(1).install(|| run_network(6, training));
            let second = pool(1).install(|| {
                run_network(7, training);
                run_network(6, training)
            });
            check_equal(&first, &second);
        }
    }
}
