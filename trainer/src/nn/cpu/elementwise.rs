//! Operations on each element: activations, and one step of Adam.

use super::batches::in_wide_vectors;
use super::memory::{elements, elements_mut, owns_buffer};
use super::{buffers, take};
use crate::nn::adam::AdamStep;
use dfdx::prelude::{Cpu, CpuError, HasShape, PutTape, ReshapeTo, Shape, SplitTape, Tape, Tensor};
use rayon::prelude::*;

/// Elements per task of the pool: a few microseconds of work.
const CHUNK: usize = 8192;

/// Applies `function` to each element of a tensor of any shape, with a gradient by `derivative(input, output)`.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_trainer::nn::map_elements;
///
/// let device = Cpu::default();
/// let input: Tensor<Rank1<3>, f32, _> = device.tensor([1.0, -2.0, 3.0]);
/// let cube = map_elements(input.leaky_trace(), |x| x * x * x, |x, _| 3.0 * x * x);
/// assert_eq!(cube.array(), [1.0, -8.0, 27.0]);
/// assert_eq!(cube.sum().backward().get(&input).array(), [3.0, 12.0, 27.0]);
/// ```
pub fn map_elements<S: Shape, T: Tape<f32, Cpu>>(
    input: Tensor<S, f32, Cpu, T>,
    function: impl Fn(f32) -> f32 + Sync,
    derivative: impl Fn(f32, f32) -> f32 + Sync + 'static,
) -> Tensor<S, f32, Cpu, T> {
    match try_map_elements(input, function, derivative) {
        Ok(output) => output,
        Err(error) => panic!("no memory for the result of an elementwise operation: {error}"),
    }
}

/// [`map_elements`] that reports a lack of memory.
pub(super) fn try_map_elements<S: Shape, T: Tape<f32, Cpu>>(
    input: Tensor<S, f32, Cpu, T>,
    function: impl Fn(f32) -> f32 + Sync,
    derivative: impl Fn(f32, f32) -> f32 + Sync + 'static,
) -> Result<Tensor<S, f32, Cpu, T>, CpuError> {
    let (input, mut tape) = input.try_contiguous()?.split_tape();
    let mut output = buffers::output(input.device(), input.shape())?;
    let values = elements_mut(&mut output)
        .par_chunks_mut(CHUNK)
        .zip(elements(&input).par_chunks(CHUNK));
    values.for_each(|(output, input)| {
        in_wide_vectors(
            #[inline(always)]
            || {
                for (output, input) in output.iter_mut().zip(input) {
                    *output = function(*input);
                }
            },
        );
    });
    if T::OWNS_TAPE {
        let output = output.clone();
        tape.add_backward_op(move |gradients| {
            let output_gradient = take(gradients.get_or_alloc_mut(&output)?);
            let input_gradient = gradients.get_or_alloc_mut(&input)?;
            let chunks = input_gradient
                .par_chunks_mut(CHUNK)
                .zip(output_gradient.par_chunks(CHUNK));
            let values = elements(&input)
                .par_chunks(CHUNK)
                .zip(elements(&output).par_chunks(CHUNK));
            chunks
                .zip(values)
                .for_each(|((input_gradient, output_gradient), (input, output))| {
                    in_wide_vectors(
                        #[inline(always)]
                        || {
                            let chunks = input_gradient.iter_mut().zip(output_gradient);
                            for ((target, gradient), (input, output)) in
                                chunks.zip(input.iter().zip(output))
                            {
                                *target += derivative(*input, *output) * gradient;
                            }
                        },
                    );
                });
            buffers::keep(input.device(), output_gradient)
        });
    }
    Ok(output.put_tape(tape))
}

/// Applies `function` to each element in place, with a gradient by `derivative(output)`.
///
/// The result keeps the identity of the input, and so its gradient: operations that are recorded later add the result's
/// gradient to it, the operation here turns that into the input's, and those that were recorded earlier see that. A
/// tensor whose elements somebody else will look at is not changed: then the result is a tensor of its own.
pub(super) fn try_activate<S: Shape, T: Tape<f32, Cpu>>(
    input: Tensor<S, f32, Cpu, T>,
    function: impl Fn(f32) -> f32 + Sync,
    derivative: impl Fn(f32) -> f32 + Sync + 'static,
) -> Result<Tensor<S, f32, Cpu, T>, CpuError> {
    let (mut tensor, mut tape) = input.try_contiguous()?.split_tape();
    if !owns_buffer(&mut tensor) {
        return try_map_elements(tensor.put_tape(tape), function, move |_, y| derivative(y));
    }
    let chunks = elements_mut(&mut tensor).par_chunks_mut(CHUNK);
    chunks.for_each(|values| {
        in_wide_vectors(
            #[inline(always)]
            || {
                for value in values {
                    *value = function(*value);
                }
            },
        );
    });
    if T::OWNS_TAPE {
        let output = tensor.clone();
        tape.add_backward_op(move |gradients| {
            let gradient = gradients.get_or_alloc_mut(&output)?;
            let chunks = gradient
                .par_chunks_mut(CHUNK)
                .zip(elements(&output).par_chunks(CHUNK));
            chunks.for_each(|(gradient, output)| {
                in_wide_vectors(
                    #[inline(always)]
                    || {
                        for (gradient, output) in gradient.iter_mut().zip(output) {
                            *gradient *= derivative(*output);
                        }
                    },
                );
            });
            Ok(())
        });
    }
    Ok(tensor.put_tape(tape))
}

/// Copies all elements.
pub(super) fn copy(from: &[f32], to: &mut [f32]) {
    to.par_chunks_mut(CHUNK)
        .zip(from.par_chunks(CHUNK))
        .for_each(|(to, from)| to.copy_from_slice(from));
}

/// One step of Adam on `parameter`, after which `gradient` is zero.
pub(super) fn adam(
    parameter: &mut [f32],
    gradient: &mut [f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    step: &AdamStep,
) {
    let values = parameter
        .par_chunks_mut(CHUNK)
        .zip(gradient.par_chunks_mut(CHUNK));
    let moments = first_moment
        .par_chunks_mut(CHUNK)
        .zip(second_moment.par_chunks_mut(CHUNK));
    values
        .zip(moments)
        .for_each(|((parameter, gradient), (first, second))| {
            in_wide_vectors(
                #[inline(always)]
                || step.apply(parameter, gradient, first, second),
            );
            gradient.fill(0.0);
        });
}
