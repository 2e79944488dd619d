//! The operations of [`Backend`](super::Backend) from dfdx's own, for devices without kernels of ours.

mod elementwise;
mod normalization;
mod rows;
mod weighted;

pub(crate) use elementwise::{activation, adam, max_pooling};
pub(crate) use normalization::{batch_deviation, batch_normalization, fixed_normalization};
pub(crate) use weighted::{convolution, linear, transposed_convolution};

use super::detach::detach;
use super::shapes::Flat;
use dfdx::tensor::{PutTape, Tape};
use dfdx::tensor_ops::Device;

/// The tensor with an empty tape, so that its gradient is kept only if wanted.
fn parameter<D: Device<f32>, T: Tape<f32, D>>(tensor: &Flat<D>, wanted: bool) -> Flat<D, T> {
    if wanted {
        tensor.retaped()
    } else {
        detach(tensor).put_tape(T::default())
    }
}

#[cfg(test)]
mod tests {
    use crate::gradient_check::{Run, assert_all_near};

    /// Asserts that output and gradients of our kernels and of dfdx's operations agree.
    pub(super) fn assert_same(ours: &Run, builtin: &Run) {
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
}
