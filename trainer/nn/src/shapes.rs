//! Conversions between tensors with and without a shape in the type. They copy only strided tensors, and a tensor keeps
//! its identity, so that gradients find it.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{NoneTape, OwnedTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, RealizeTo, ReshapeTo};

/// A tensor of which only the number of elements is known.
pub type Flat<D, T = NoneTape> = Tensor<(usize,), f32, D, T>;

/// Rows and columns.
pub type Matrix = (usize, usize);

/// A batch: a row of elements for each sample.
pub type Batch<D, T = NoneTape> = Tensor<Matrix, f32, D, T>;

/// A tensor whose operations are recorded.
pub type Recorded<S, D> = Tensor<S, f32, D, OwnedTape<f32, D>>;

/// A shape whose sizes, as numbers, are a shape too: all shapes of one axis or more.
pub trait Erase: Shape<Concrete = Self::Sizes> {
    /// The sizes of all axes.
    type Sizes: Shape<Concrete = Self::Sizes>
        + Copy
        + Default
        + std::ops::IndexMut<usize, Output = usize>
        + AsRef<[usize]>;
}

impl<S: Shape> Erase for S
where
    S::Concrete: Shape<Concrete = S::Concrete>,
{
    type Sizes = S::Concrete;
}

/// Another view of the shape of a tensor. `None` if a constant size differs.
fn realized<A: Shape, B: Shape<Concrete = A::Concrete>, D: Device<f32>, T: Tape<f32, D>>(
    tensor: Tensor<A, f32, D, T>,
) -> Option<Tensor<B, f32, D, T>> {
    tensor.try_realize().ok()
}

/// The elements of a tensor, without its shape.
///
/// # Errors
///
/// If the tensor is strided and the device has no memory for a copy.
pub fn flat<S: Erase, D: Device<f32>, T: Tape<f32, D>>(
    tensor: Tensor<S, f32, D, T>,
) -> Result<Flat<D, T>, D::Err> {
    let elements = tensor.shape().num_elements();
    match realized::<S, S::Sizes, D, T>(tensor) {
        Some(tensor) => tensor.try_reshape_like(&(elements,)),
        None => unreachable!("numbers are of any size"),
    }
}

/// A tensor with a shape of the same number of elements.
///
/// # Errors
///
/// If the device has no memory.
///
/// # Panics
///
/// If the number of elements differs.
pub fn shaped<S: Erase, D: Device<f32>, T: Tape<f32, D>>(
    tensor: Flat<D, T>,
    shape: S,
) -> Result<Tensor<S, f32, D, T>, D::Err> {
    let tensor = tensor.try_reshape_like(&shape.concrete())?;
    match realized::<S::Sizes, S, D, T>(tensor) {
        Some(tensor) => Ok(tensor),
        None => unreachable!("a shape has its own sizes"),
    }
}

/// A batch as samples of the shape `S`, whose first axis is the batch.
///
/// # Errors
///
/// If the device has no memory.
///
/// # Panics
///
/// If a row has another number of elements than a sample.
pub(crate) fn samples<S: Erase, D: Device<f32>, T: Tape<f32, D>>(
    batch: Batch<D, T>,
    sample: &[usize],
) -> Result<Tensor<S, f32, D, T>, D::Err> {
    let (rows, columns) = *batch.shape();
    let mut sizes = S::Sizes::default();
    sizes[0] = rows;
    for (axis, size) in sample.iter().enumerate() {
        sizes[axis + 1] = *size;
    }
    match S::from_concrete(&sizes) {
        Some(shape) => shaped(flat(batch)?, shape),
        None => unreachable!("a batch of {rows} x {columns} is not of samples of {sample:?}"),
    }
}

/// Samples, the first axis being the batch, as rows of elements.
///
/// # Errors
///
/// If the device has no memory.
pub(crate) fn rows<S: Erase, D: Device<f32>, T: Tape<f32, D>>(
    samples: Tensor<S, f32, D, T>,
) -> Result<Batch<D, T>, D::Err> {
    let (rows, elements) = (
        samples.shape().concrete()[0],
        samples.shape().num_elements(),
    );
    flat(samples)?.try_reshape_like(&(rows, elements / rows.max(1)))
}
