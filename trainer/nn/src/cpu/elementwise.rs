//! Activations as operations of a tape.

use super::memory::{elements, elements_mut, owns_buffer};
use super::{buffers, take};
use crate::shapes::Flat;
use dfdx::prelude::{Cpu, CpuError, HasShape, PutTape, ReshapeTo, SplitTape, Tape};
use pixling_kernels::activation::{self, Activation};
use pixling_kernels::elementwise::{add, copy};

/// Applies an activation.
///
/// Where it can, it runs in place. The result then keeps the identity of the input and its gradient: later operations
/// add the gradient of the result, this operation turns it into the gradient of the input, and earlier operations read
/// that. A tensor whose elements are read elsewhere is not changed: the result is a new tensor.
pub(super) fn activate<T: Tape<f32, Cpu>>(
    activation: Activation,
    input: Flat<Cpu, T>,
) -> Result<Flat<Cpu, T>, CpuError> {
    let (mut tensor, mut tape) = input.try_contiguous()?.split_tape();
    if !(activation.runs_in_place() && owns_buffer(&mut tensor)) {
        return activate_apart(activation, tensor, tape);
    }
    activation::forward_in_place(activation, elements_mut(&mut tensor));
    if T::OWNS_TAPE {
        let output = tensor.clone();
        tape.add_backward_op(move |gradients| {
            let gradient = gradients.get_or_alloc_mut(&output)?;
            activation::backward_in_place(activation, elements(&output), gradient);
            Ok(())
        });
    }
    Ok(tensor.put_tape(tape))
}

/// Applies an activation to a copy.
fn activate_apart<T: Tape<f32, Cpu>>(
    activation: Activation,
    input: Flat<Cpu>,
    mut tape: T,
) -> Result<Flat<Cpu, T>, CpuError> {
    let mut output = buffers::output(input.device(), input.shape().0)?;
    activation::forward(activation, elements(&input), elements_mut(&mut output));
    if T::OWNS_TAPE {
        let output = output.clone();
        tape.add_backward_op(move |gradients| {
            let output_gradient = take(gradients.get_or_alloc_mut(&output)?);
            let input_gradient = gradients.get_or_alloc_mut(&input)?;
            let values = [elements(&input), elements(&output)];
            activation::backward(activation, values, &output_gradient, input_gradient);
            buffers::keep(input.device(), output_gradient)
        });
    }
    Ok(output.put_tape(tape))
}

/// A copy with an identity of its own, through which gradients flow.
pub(super) fn copied<T: Tape<f32, Cpu>>(
    input: Flat<Cpu>,
    mut tape: T,
) -> Result<(Flat<Cpu>, T), CpuError> {
    let mut output = buffers::output(input.device(), input.shape().0)?;
    copy(elements(&input), elements_mut(&mut output));
    if T::OWNS_TAPE {
        let ghost = output.ghost();
        tape.add_backward_op(move |gradients| {
            let output_gradient = take(gradients.get_or_alloc_mut(&ghost)?);
            add(&output_gradient, gradients.get_or_alloc_mut(&input)?);
            buffers::keep(input.device(), output_gradient)
        });
    }
    Ok((output, tape))
}
