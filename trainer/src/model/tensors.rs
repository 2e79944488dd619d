//! Small tensors of run-time shape, from which losses are computed.

use dfdx::prelude::{
    Axis, BroadcastTo, HasShape, Merge, OwnedTape, PutTape, Shape, SplitTape, SumTo, Tape, Tensor,
    TryConcatAlong, WithEmptyTape,
};
use pixling_nn::{Backend, Matrix, Recorded};

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

/// The rows of two matrices side by side.
pub fn beside<D: Backend>(a: Recorded<Matrix, D>, b: Recorded<Matrix, D>) -> Recorded<Matrix, D> {
    (a, b).concat_along(Axis::<1>)
}

/// The rows of one matrix above the rows of another.
pub fn above<D: Backend>(a: Recorded<Matrix, D>, b: Recorded<Matrix, D>) -> Recorded<Matrix, D> {
    (a, b).concat_along(Axis::<0>)
}

/// The first rows of a matrix, and the others.
///
/// dfdx's slices overwrite the gradient of what they read instead of adding to it: nothing else may read the matrix.
pub fn halves<D: Backend>(
    matrix: Recorded<Matrix, D>,
    first: usize,
) -> (Recorded<Matrix, D>, Recorded<Matrix, D>) {
    let rest = matrix.with_empty_tape().slice((first.., ..));
    (matrix.slice((..first, ..)), rest)
}

/// The sum of each row, then the mean over rows. dfdx adds one by one in 32 bits: rows first keeps that harmless.
pub fn mean_of_rows<D: Backend, T: Tape<f32, D>>(
    matrix: Tensor<Matrix, f32, D, T>,
) -> Tensor<(), f32, D, T> {
    let rows = matrix.shape().0;
    let sums: Tensor<(usize,), f32, D, T> = matrix.sum::<_, Axis<1>>();
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

/// A tensor with the record of another one merged into its own.
pub fn carry<A: Shape, B: Shape, D: Backend>(
    from: Recorded<A, D>,
    to: Recorded<B, D>,
) -> Recorded<B, D> {
    let (_, tape) = from.split_tape();
    let (to, own) = to.split_tape();
    to.put_tape(tape.merge(own))
}
