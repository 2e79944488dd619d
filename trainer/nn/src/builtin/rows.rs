//! Batches as matrices with a column for each sample, of which rows can be gathered.

use crate::shapes::{Batch, Flat, Matrix, flat};
use dfdx::shapes::{Axes2, Axis, HasShape};
use dfdx::tensor::{PutTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, GatherTo, PermuteTo, ReshapeTo, TryConcatAlong};

/// Gathers rows of `matrix`; `None` is a row of zeros.
pub(super) fn gather_rows<D: Device<f32>, T: Tape<f32, D>>(
    matrix: Batch<D, T>,
    rows: impl Iterator<Item = Option<usize>>,
) -> Result<Batch<D, T>, D::Err> {
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
pub(super) fn samples_as_columns<D: Device<f32>, T: Tape<f32, D>>(
    input: Flat<D, T>,
    size: usize,
) -> Result<Batch<D, T>, D::Err> {
    let batch = input.shape().0 / size;
    input
        .try_reshape_like(&(batch, size))?
        .try_permute::<_, Axes2<1, 0>>()
}

/// The reverse of [`samples_as_columns`].
pub(super) fn columns_as_samples<D: Device<f32>, T: Tape<f32, D>>(
    columns: Batch<D, T>,
) -> Result<Flat<D, T>, D::Err> {
    flat(columns.try_permute::<Matrix, Axes2<1, 0>>()?)
}
