//! The operations of [`Backend`](super::Backend) from dfdx's own, for devices without kernels of ours.
//!
//! A convolution is a gather of rows and a product. On the processor this is about 2.4 times slower than our kernels
//! and equal up to rounding, which the tests use. Gradients of parameters are always computed; unwanted ones are stored
//! under an id that is never read. Index tables are made anew for every call: leave the device's cache off, or it keeps
//! all of them. Batches must not be empty.

mod elementwise;
mod normalization;
mod rows;
mod weighted;

pub use elementwise::{activation, adam, max_pooling};
pub use normalization::{batch_deviation, batch_normalization, fixed_normalization};
pub use weighted::{convolution, linear, transposed_convolution};

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
