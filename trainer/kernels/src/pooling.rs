//! The largest of each 2 x 2 square.

use super::batches::in_wide_vectors;
use rayon::prelude::*;

/// Feature maps per task of the pool.
const PLANES: usize = 32;

/// Sizes of a feature map before pooling; an odd last row or column is left out.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    /// Rows.
    pub height: usize,
    /// Elements of a row.
    pub width: usize,
}

impl Plane {
    fn pooled(self) -> usize {
        (self.height / 2) * (self.width / 2)
    }

    /// The rows of squares: of each the pairs of its upper and of its lower row.
    #[inline(always)]
    fn squares(self, input: &[f32]) -> impl Iterator<Item = (&[Pair], &[Pair])> {
        let rows = input.chunks_exact(2 * self.width).take(self.height / 2);
        rows.map(move |rows| {
            let (upper, lower) = rows.split_at(self.width);
            (upper.as_chunks().0, lower.as_chunks().0)
        })
    }
}

/// Two neighbours of a row.
type Pair = [f32; 2];

/// The largest element of a square and its index: the first of equal ones, the upper pair before the lower.
#[inline(always)]
fn largest(upper: Pair, lower: Pair) -> (f32, u32) {
    let mut largest = (upper[0], 0);
    for (which, value) in [(1, upper[1]), (2, lower[0]), (3, lower[1])] {
        if value > largest.0 {
            largest = (value, which);
        }
    }
    largest
}

/// Writes the largest element of each square of each feature map of `input` to `output`.
pub fn forward(plane: Plane, input: &[f32], output: &mut [f32]) {
    let (size, pooled) = (plane.height * plane.width, plane.pooled());
    output
        .par_chunks_mut(PLANES * pooled)
        .zip(input.par_chunks(PLANES * size))
        .for_each(|(output, input)| {
            in_wide_vectors!({
                for (output, input) in output
                    .chunks_exact_mut(pooled)
                    .zip(input.chunks_exact(size))
                {
                    let rows = output.chunks_exact_mut(plane.width / 2);
                    for (output, (upper, lower)) in rows.zip(plane.squares(input)) {
                        for (output, (upper, lower)) in
                            output.iter_mut().zip(upper.iter().zip(lower))
                        {
                            *output = largest(*upper, *lower).0;
                        }
                    }
                }
            });
        });
}

/// Adds the gradient of each output to the gradient of the first largest element of its square.
pub fn backward(plane: Plane, input: &[f32], output_gradient: &[f32], input_gradient: &mut [f32]) {
    let (size, pooled) = (plane.height * plane.width, plane.pooled());
    let gradients = input_gradient
        .par_chunks_mut(PLANES * size)
        .zip(output_gradient.par_chunks(PLANES * pooled));
    gradients.zip(input.par_chunks(PLANES * size)).for_each(
        |((input_gradient, output_gradient), input)| {
            in_wide_vectors!({
                let gradients = input_gradient
                    .chunks_exact_mut(size)
                    .zip(output_gradient.chunks_exact(pooled));
                for ((targets, gradients), input) in gradients.zip(input.chunks_exact(size)) {
                    let rows = targets
                        .chunks_exact_mut(2 * plane.width)
                        .zip(gradients.chunks_exact(plane.width / 2));
                    for ((targets, gradients), (upper, lower)) in rows.zip(plane.squares(input)) {
                        let (target_upper, target_lower) = targets.split_at_mut(plane.width);
                        let targets = target_upper.as_chunks_mut::<2>().0.iter_mut();
                        let targets = targets.zip(target_lower.as_chunks_mut::<2>().0);
                        let squares = upper.iter().zip(lower);
                        for ((targets, gradient), (upper, lower)) in
                            targets.zip(gradients).zip(squares)
                        {
                            let (_, which) = largest(*upper, *lower);
                            // Additions of zero instead of branches, for the compiler to use vectors.
                            let gradient_of = |index| if which == index { *gradient } else { 0.0 };
                            targets.0[0] += gradient_of(0);
                            targets.0[1] += gradient_of(1);
                            targets.1[0] += gradient_of(2);
                            targets.1[1] += gradient_of(3);
                        }
                    }
                }
            });
        },
    );
}
