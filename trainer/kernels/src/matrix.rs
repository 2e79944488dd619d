//! Products of matrices in slices.
#![allow(unsafe_code)]

use gemm_common::Parallelism;
use std::cell::RefCell;

/// A matrix in a slice: stored row by row, possibly read as its transpose.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix of `rows` x `columns`, stored row by row in exactly `values`.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(
            values.len(),
            rows * columns,
            "a matrix of {rows} x {columns} has another length"
        );
        Self {
            values,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// Some of the columns.
    fn columns(self, columns: std::ops::Range<usize>) -> Self {
        assert!(
            columns.start < columns.end && columns.end <= self.columns,
            "columns {columns:?} of {}",
            self.columns
        );
        Self {
            values: &self.values[columns.start * self.column_stride..],
            columns: columns.len(),
            ..self
        }
    }

    /// The transpose, without moving anything.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Use of the values that the output of a product held before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// They are overwritten.
    Set,
    /// The product is added to them.
    Add,
}

thread_local! {
    static TRANSPOSED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Columns that the product's kernel takes at once, in the widest vectors. It copies all of `right` when their number
/// is not a multiple of this, or when they are not adjacent.
const LANES: usize = 16;

/// Writes `left * right` to `output` (row by row, `left.rows` x `right.columns`), on this thread alone.
///
/// One thread, because a product split over a pool may depend on the pool's size: the callers split the batch.
pub(crate) fn multiply(left: Matrix<'_>, right: Matrix<'_>, output: &mut [f32], mode: Product) {
    let (rows, columns) = (left.rows, right.columns);
    if right.column_stride != 1 && left.column_stride == 1 && 2 * rows < columns {
        // The transposed product has the smaller matrix in the place that is copied.
        TRANSPOSED.with_borrow_mut(|transposed| {
            transposed.resize(rows * columns, 0.0);
            if mode == Product::Add {
                transpose(output, rows, columns, transposed);
            }
            multiply_wide(right.transposed(), left.transposed(), transposed, mode);
            transpose(transposed, columns, rows, output);
        });
    } else {
        multiply_wide(left, right, output, mode);
    }
}

/// Writes the transpose of a matrix of `rows` x `columns` to `transposed`, in squares that stay in the nearest cache.
fn transpose(values: &[f32], rows: usize, columns: usize, transposed: &mut [f32]) {
    const SIDE: usize = 16;
    for first_row in (0..rows).step_by(SIDE) {
        for first_column in (0..columns).step_by(SIDE) {
            for row in first_row..(first_row + SIDE).min(rows) {
                for column in first_column..(first_column + SIDE).min(columns) {
                    transposed[column * rows + row] = values[row * columns + column];
                }
            }
        }
    }
}

/// [`multiply`], the last columns by themselves if they do not fill a vector.
fn multiply_wide(left: Matrix<'_>, right: Matrix<'_>, output: &mut [f32], mode: Product) {
    let columns = right.columns;
    let whole = columns / LANES * LANES;
    if right.column_stride == 1 && whole > 0 && whole < columns {
        multiply_columns(left, right, 0..whole, output, mode);
        multiply_columns(left, right, whole..columns, output, mode);
    } else {
        multiply_columns(left, right, 0..columns, output, mode);
    }
}

/// Writes the part `range` of the columns of `left * right`.
fn multiply_columns(
    left: Matrix<'_>,
    right: Matrix<'_>,
    range: std::ops::Range<usize>,
    output: &mut [f32],
    mode: Product,
) {
    let (rows, depth, columns) = (left.rows, left.columns, right.columns);
    assert_eq!(depth, right.rows, "the inner sizes of a product differ");
    assert_eq!(
        output.len(),
        rows * columns,
        "the output of a product has another length"
    );
    if rows == 0 || columns == 0 {
        return;
    }
    if depth == 0 {
        if mode == Product::Set {
            output.fill(0.0);
        }
        return;
    }
    let right = right.columns(range.clone());
    // SAFETY: the strides address only elements of the slices: `Matrix::new` checked the operands' lengths (transposing
    // swaps sizes and strides together, and `columns` checks its range), the output's is checked above, and the columns
    // that are written are some of its own. The output is borrowed mutably, hence disjoint from the operands. Without
    // `Product::Add` the kernel does not read the output. It wants the output column by column: it is given the
    // transposed problem.
    unsafe {
        gemm_f32::gemm::f32::get_gemm_fn()(
            right.columns,
            rows,
            depth,
            output[range.start..].as_mut_ptr(),
            columns as isize,
            1,
            mode == Product::Add,
            right.values.as_ptr(),
            right.row_stride as isize,
            right.column_stride as isize,
            left.values.as_ptr(),
            left.row_stride as isize,
            left.column_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_transposes() {
        let left = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let right = [1.0, 0.0, 2.0, 1.0, 1.0, 1.0];
        let mut output = [f32::NAN; 4];
        multiply(
            Matrix::new(&left, 2, 3),
            Matrix::new(&right, 3, 2),
            &mut output,
            Product::Set,
        );
        assert_eq!(output, [8.0, 5.0, 20.0, 11.0]);
        multiply(
            Matrix::new(&left, 3, 2).transposed(),
            Matrix::new(&right, 2, 3).transposed(),
            &mut output,
            Product::Add,
        );
        assert_eq!(output, [8.0 + 11.0, 5.0 + 9.0, 20.0 + 14.0, 11.0 + 12.0]);
    }

    /// All paths: columns that fill vectors, columns that do not, and the transposed product.
    #[test]
    fn products_of_all_shapes_are_sums() {
        let values = |count: usize, factor: usize| -> Vec<f32> {
            (0..count).map(|i| (i * factor % 17) as f32 - 8.0).collect()
        };
        for (rows, depth, columns) in [(2, 3, 5), (3, 7, 16), (5, 9, 53), (40, 33, 20), (1, 4, 33)]
        {
            let (left, right) = (values(rows * depth, 7), values(depth * columns, 5));
            let at = |left_at: &dyn Fn(usize, usize) -> f32,
                      right_at: &dyn Fn(usize, usize) -> f32| {
                let sum = |row, column| -> f32 {
                    (0..depth)
                        .map(|k| left_at(row, k) * right_at(k, column))
                        .sum()
                };
                let elements = (0..rows * columns).map(|i| sum(i / columns, i % columns));
                elements.collect::<Vec<f32>>()
            };
            for (left_transposed, right_transposed) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let matrix = |values, [rows, columns]: [usize; 2], transposed| match transposed {
                    false => Matrix::new(values, rows, columns),
                    true => Matrix::new(values, columns, rows).transposed(),
                };
                let expected = at(
                    &|row, k| match left_transposed {
                        false => left[row * depth + k],
                        true => left[k * rows + row],
                    },
                    &|k, column| match right_transposed {
                        false => right[k * columns + column],
                        true => right[column * depth + k],
                    },
                );
                let left = matrix(&left, [rows, depth], left_transposed);
                let right = matrix(&right, [depth, columns], right_transposed);
                let mut output = vec![f32::NAN; rows * columns];
                multiply(left, right, &mut output, Product::Set);
                assert_eq!(output, expected, "{rows} x {depth} x {columns}");
                multiply(left, right, &mut output, Product::Add);
                let doubled: Vec<f32> = expected.iter().map(|value| 2.0 * value).collect();
                assert_eq!(output, doubled, "{rows} x {depth} x {columns}, added");
            }
        }
    }

    #[test]
    fn products_of_no_depth() {
        let mut output = [3.0; 2];
        multiply(
            Matrix::new(&[], 2, 0),
            Matrix::new(&[], 0, 1),
            &mut output,
            Product::Add,
        );
        assert_eq!(output, [3.0; 2]);
        multiply(
            Matrix::new(&[], 2, 0),
            Matrix::new(&[], 0, 1),
            &mut output,
            Product::Set,
        );
        assert_eq!(output, [0.0; 2]);
    }
}
