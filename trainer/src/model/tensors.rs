//! Small tensors of run-time shape: what losses are made of.

use super::network::Recorded;
use crate::nn::Backend;
use dfdx::prelude::{
    Axis, BroadcastTo, HasShape, Merge, OwnedTape, PutTape, ReshapeTo, Shape, SplitTape, SumTo,
    Tape, Tensor, TryConcatAlong, WithEmptyTape,
};

/// Rows and columns.
pub type Matrix = (usize, usize);

/// A tensor of the device with these elements. Its memory is the device's own, so that a cache gets it back.
pub fn upload<S: Shape, D: Backend>(device: &D, shape: S, values: &[f32]) -> Tensor<S, f32, D> {
    let mut tensor = device.zeros_like(&shape);
    tensor.copy_from(values);
    tensor
}

/// A parameter, recorded.
pub fn recorded<S: Shape, D: Backend>(tensor: &Tensor<S, f32, D>) -> Recorded<S, D> {
    tensor.retaped::<OwnedTape<f32, D>>()
}

/// Rows with a 1 in the column of their class.
pub fn one_hot<D: Backend>(device: &D, classes: &[u16], count: usize) -> Tensor<Matrix, f32, D> {
    let mut values = vec![0.0; classes.len() * count];
    for (row, &class) in values.chunks_exact_mut(count).zip(classes) {
        row[usize::from(class)] = 1.0;
    }
    upload(device, (classes.len(), count), &values)
}

/// The rows of two tensors side by side.
pub fn beside<A: Shape, B: Shape, O: Shape, D: Backend>(
    a: Recorded<A, D>,
    b: Recorded<B, D>,
    rows: usize,
    shape: O,
) -> Recorded<O, D> {
    let (columns_a, columns_b) = (
        a.shape().num_elements() / rows,
        b.shape().num_elements() / rows,
    );
    let a = a.reshape_like(&(rows, columns_a));
    let b = b.reshape_like(&(rows, columns_b));
    (a, b).concat_along(Axis::<1>).reshape_like(&shape)
}

/// The rows of one tensor above those of another.
pub fn above<A: Shape, O: Shape, D: Backend>(
    a: Recorded<A, D>,
    b: Recorded<A, D>,
    rows: usize,
    shape: O,
) -> Recorded<O, D> {
    let columns = a.shape().num_elements() / rows;
    let a = a.reshape_like(&(rows, columns));
    let b_rows = b.shape().num_elements() / columns;
    let b = b.reshape_like(&(b_rows, columns));
    (a, b).concat_along(Axis::<0>).reshape_like(&shape)
}

/// The first rows of a tensor, and the others.
///
/// dfdx's slices overwrite the gradient of what they read instead of adding to it: nothing else may read the tensor.
pub fn halves<S: Shape, D: Backend>(
    tensor: Recorded<S, D>,
    first: usize,
) -> (Recorded<Matrix, D>, Recorded<Matrix, D>) {
    let elements = tensor.shape().num_elements();
    let rows = tensor.shape().concrete()[0];
    let matrix = tensor.reshape_like(&(rows, elements / rows));
    let rest = matrix.with_empty_tape().slice((first.., ..));
    (matrix.slice((..first, ..)), rest)
}

/// The sum of each row, then the mean over rows. dfdx adds one by one in 32 bits: rows first keeps that harmless.
pub fn mean_of_rows<S: Shape, D: Backend, T: Tape<f32, D>>(
    tensor: Tensor<S, f32, D, T>,
    rows: usize,
) -> Tensor<(), f32, D, T> {
    let columns = tensor.shape().num_elements() / rows;
    let sums: Tensor<(usize,), f32, D, T> =
        tensor.reshape_like(&(rows, columns)).sum::<_, Axis<1>>();
    sums.sum::<(), _>() * (1.0 / rows as f32)
}

/// A row for each of `rows`.
pub fn repeat<D: Backend, T: Tape<f32, D>>(
    row: Tensor<(usize,), f32, D, T>,
    rows: usize,
) -> Tensor<Matrix, f32, D, T> {
    let columns = row.shape().0;
    row.broadcast_like::<_, Axis<0>>(&(rows, columns))
}

/// A loss of a single number.
pub fn value<D: Backend>(loss: &Recorded<(), D>) -> f32 {
    loss.as_vec()[0]
}

/// A tensor with what was recorded for another one added to its own record.
pub fn carry<A: Shape, B: Shape, D: Backend>(
    from: Recorded<A, D>,
    to: Recorded<B, D>,
) -> Recorded<B, D> {
    let (_, tape) = from.split_tape();
    let (to, own) = to.split_tape();
    to.put_tape(tape.merge(own))
}
