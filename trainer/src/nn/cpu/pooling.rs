//! The largest of each 2 x 2 square.

use rayon::prelude::*;

/// Feature maps per task of the pool.
const PLANES: usize = 32;

/// Sizes of a feature map before pooling; an odd last row or column is left out.
#[derive(Clone, Copy)]
pub(super) struct Plane {
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Plane {
    fn pooled(self) -> usize {
        (self.height / 2) * (self.width / 2)
    }

    /// Calls `visit(output index, the first index of the largest of the square)` for each square of `input`.
    fn squares(self, input: &[f32], mut visit: impl FnMut(usize, usize)) {
        let columns = self.width / 2;
        for y in 0..self.height / 2 {
            for x in 0..columns {
                let corner = 2 * y * self.width + 2 * x;
                let mut largest = corner;
                for candidate in [corner + 1, corner + self.width, corner + self.width + 1] {
                    if input[candidate] > input[largest] {
                        largest = candidate;
                    }
                }
                visit(y * columns + x, largest);
            }
        }
    }
}

/// Writes the largest element of each square of each feature map of `input` to `output`.
pub(super) fn forward(plane: Plane, input: &[f32], output: &mut [f32]) {
    let (size, pooled) = (plane.height * plane.width, plane.pooled());
    output
        .par_chunks_mut(PLANES * pooled)
        .zip(input.par_chunks(PLANES * size))
        .for_each(|(output, input)| {
            for (output, input) in output
                .chunks_exact_mut(pooled)
                .zip(input.chunks_exact(size))
            {
                plane.squares(input, |target, largest| output[target] = input[largest]);
            }
        });
}

/// Adds each output's gradient to that of the first of the largest elements of its square.
pub(super) fn backward(
    plane: Plane,
    input: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let (size, pooled) = (plane.height * plane.width, plane.pooled());
    let gradients = input_gradient
        .par_chunks_mut(PLANES * size)
        .zip(output_gradient.par_chunks(PLANES * pooled));
    gradients.zip(input.par_chunks(PLANES * size)).for_each(
        |((input_gradient, output_gradient), input)| {
            let gradients = input_gradient
                .chunks_exact_mut(size)
                .zip(output_gradient.chunks_exact(pooled));
            for ((input_gradient, output_gradient), input) in
                gradients.zip(input.chunks_exact(size))
            {
                plane.squares(input, |target, largest| {
                    input_gradient[largest] += output_gradient[target]
                });
            }
        },
    );
}
