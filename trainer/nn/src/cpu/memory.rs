//! The elements of a tensor as a slice, which needs unsafe code.
//!
//! dfdx 0.13 keeps a tensor's buffer to itself. `copy_into` and `as_vec` copy it, which costs as much as a layer's
//! own work, so the kernels borrow it instead.
#![allow(unsafe_code)]

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Cpu, Tensor};

/// The elements of a contiguous tensor, in row-major order.
///
/// # Panics
///
/// If the tensor is not contiguous: call `contiguous` on it first.
pub(super) fn elements<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> &[f32] {
    let count = tensor.shape().num_elements();
    if count == 0 {
        return &[];
    }
    assert!(
        is_contiguous(tensor),
        "the elements of a strided tensor are not a slice"
    );
    let first: *const f32 = &tensor[S::Concrete::default()];
    // SAFETY: the tensor is contiguous (the addresses of the second elements along every axis were checked), so
    // `count` initialized elements of its one buffer start at `first`. The borrow of the tensor keeps the buffer
    // alive, and writing to it needs a mutable borrow or, in a clone, makes a copy first.
    unsafe { std::slice::from_raw_parts(first, count) }
}

/// The elements of a contiguous tensor, in row-major order, to be written.
///
/// Like every write to a tensor this copies the buffer first if a clone shares it.
///
/// # Panics
///
/// If the tensor is not contiguous.
pub(super) fn elements_mut<S: Shape, T>(tensor: &mut Tensor<S, f32, Cpu, T>) -> &mut [f32] {
    let count = tensor.shape().num_elements();
    if count == 0 {
        return &mut [];
    }
    assert!(
        is_contiguous(tensor),
        "the elements of a strided tensor are not a slice"
    );
    let first: *mut f32 = &mut tensor[S::Concrete::default()];
    // SAFETY: as in `elements`; indexing mutably has made this tensor the only owner of the buffer, and the result
    // borrows the tensor mutably.
    unsafe { std::slice::from_raw_parts_mut(first, count) }
}

/// Whether the tensor is the only owner of its buffer; otherwise it gets its own copy.
pub(super) fn owns_buffer<S: Shape, T>(tensor: &mut Tensor<S, f32, Cpu, T>) -> bool {
    let before = elements(tensor).as_ptr();
    elements_mut(tensor).as_ptr() == before
}

/// Strides are private: they are read from the addresses of elements.
fn is_contiguous<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> bool {
    let sizes = tensor.shape().concrete();
    let strides = tensor.shape().strides();
    let origin = S::Concrete::default();
    let address = |index: S::Concrete| std::ptr::from_ref(&tensor[index]).addr();
    (0..S::NUM_DIMS)
        .filter(|&axis| sizes[axis] > 1)
        .all(|axis| {
            let mut second = origin;
            second[axis] = 1;
            address(second) == address(origin) + strides[axis] * size_of::<f32>()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::prelude::{
        BroadcastTo, PermuteTo, Rank1, Rank2, ReshapeTo, SampleTensor, TensorFrom, ZerosTensor,
    };

    #[test]
    fn elements_are_those_of_the_tensor() {
        let device = Cpu::default();
        let mut tensor: Tensor<Rank2<2, 3>, f32, _> =
            device.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        assert_eq!(elements(&tensor), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let clone = tensor.clone();
        elements_mut(&mut tensor)[5] = 7.0;
        assert_eq!(elements(&tensor)[5], 7.0);
        assert_eq!(elements(&clone)[5], 6.0);
    }

    #[test]
    fn a_tensor_of_no_elements_is_an_empty_slice() {
        let mut tensor: Tensor<(usize,), f32, _> = Cpu::default().zeros_like(&(0,));
        assert!(elements(&tensor).is_empty());
        assert!(elements_mut(&mut tensor).is_empty());
    }

    #[test]
    fn strided_tensors_are_recognized() {
        let device = Cpu::default();
        let row: Tensor<Rank1<4>, f32, _> = device.sample_normal();
        let broadcast: Tensor<Rank2<3, 4>, f32, _> = row.broadcast();
        assert!(!is_contiguous(&broadcast));
        assert!(is_contiguous(&broadcast.contiguous()));
        let matrix: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
        let transposed: Tensor<Rank2<4, 3>, f32, _> = matrix.permute();
        assert!(!is_contiguous(&transposed));
    }
}
