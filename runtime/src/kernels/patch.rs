//! What a window of a convolution sees: runs of neighbouring inputs, cut at the borders.

use super::dot;
use crate::layer::Shape;

/// The part of a window that lies inside of the input. A row of it is one run of bytes in the input and one in the
/// weights of an output channel.
#[derive(Clone, Copy)]
pub(super) struct Patch {
    /// Bytes of a run.
    run: usize,
    rows: usize,
    /// Where the first run starts in the input, and how far the next one is.
    input: usize,
    input_step: usize,
    /// The same in the weights.
    weights: usize,
    weights_step: usize,
}

/// The taps `first..last` of a kernel at `start` that fall on `0..length`.
fn inside(start: i32, kernel: i32, length: i32) -> (i32, i32) {
    let first = start.wrapping_neg().max(0);
    let last = length.wrapping_sub(start).min(kernel);
    (first, last.max(first))
}

impl Patch {
    /// The window whose first row and column fall on `(y, x)` of the input, which may be outside.
    #[inline(always)]
    pub(super) fn new(shape: Shape, kernel_height: i32, kernel_width: i32, y: i32, x: i32) -> Self {
        let channels = usize::from(shape.channels);
        let width = usize::from(shape.width);
        let (top, bottom) = inside(y, kernel_height, i32::from(shape.height));
        let (left, right) = inside(x, kernel_width, i32::from(shape.width));
        let row = y.wrapping_add(top) as usize;
        let column = x.wrapping_add(left) as usize;
        let taps = kernel_width as usize;
        Patch {
            run: (right.wrapping_sub(left) as usize).wrapping_mul(channels),
            rows: bottom.wrapping_sub(top) as usize,
            input: row
                .wrapping_mul(width)
                .wrapping_add(column)
                .wrapping_mul(channels),
            input_step: width.wrapping_mul(channels),
            weights: (top as usize)
                .wrapping_mul(taps)
                .wrapping_add(left as usize)
                .wrapping_mul(channels),
            weights_step: taps.wrapping_mul(channels),
        }
    }

    /// `sum of weight * (input - zero point)` over the patch; `weights` are those of one output channel.
    #[inline(always)]
    pub(super) fn dot(self, weights: &[u8], input: &[u8], zero_point: i32) -> i32 {
        let mut sum = 0i32;
        let (mut from, mut to) = (self.weights, self.input);
        for _ in 0..self.rows {
            let weights = weights.get(from..).and_then(|rest| rest.get(..self.run));
            let input = input.get(to..).and_then(|rest| rest.get(..self.run));
            if let (Some(weights), Some(input)) = (weights, input) {
                sum = sum.wrapping_add(dot(weights, input, zero_point));
            }
            from = from.wrapping_add(self.weights_step);
            to = to.wrapping_add(self.input_step);
        }
        sum
    }
}
