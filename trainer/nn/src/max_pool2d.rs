//! Max pooling.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer, stateless_layer, without_tensors};
use super::shapes::{flat, shaped};
use super::tensors::{AnyTensor, Tensors, tensors};
use dfdx::nn::{Module, NonMutableModule};
use dfdx::shapes::{Const, Dim, HasShape};
use dfdx::tensor::{Tape, Tensor};
use pixling_kernels::Extent;

/// The largest of each 2 x 2 square, at a stride of 2: batch x `C` x `H` x `W` to batch x `C` x `OH` x `OW`.
///
/// `OH` must be `H / 2` and `OW` must be `W / 2`, rounded down: an odd last row or column is left out. Of equal
/// elements the first, row by row, gets the gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaxPool2d<
    const C: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
>;

impl<const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize>
    MaxPool2d<C, H, W, OH, OW>
{
    /// Evaluating this stops the build if the sizes do not agree.
    pub const SHAPE: () = {
        assert!(
            C > 0 && OH > 0 && OW > 0,
            "MaxPool2d: no channels, or less than one square"
        );
        assert!(OH == H / 2, "MaxPool2d: OH is not H / 2");
        assert!(OW == W / 2, "MaxPool2d: OW is not W / 2");
    };
}

stateless_layer!(
    [const C: usize, const H: usize, const W: usize, const OH: usize, const OW: usize]
    MaxPool2d<C, H, W, OH, OW>: (C, H, W) -> (C, OH, OW),
    Description::MaxPool2d(Extent { channels: C, height: H, width: W }),
    |elements, D| D::max_pooling(H, W, elements)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient_check::{check, run, spaced};
    use dfdx::prelude::{AsArray, Cpu, Rank4, TensorFrom, ZerosTensor};

    #[test]
    fn gradients_in_even_and_odd_sizes() {
        check(
            &(),
            &spaced(&(3, Const::<2>, Const::<4>, Const::<6>)),
            true,
            |(): &mut (), input| MaxPool2d::<2, 4, 6, 2, 3>.forward(input),
        );
        check(
            &(),
            &spaced(&(17, Const::<2>, Const::<3>, Const::<5>)),
            true,
            |(): &mut (), input| MaxPool2d::<2, 3, 5, 1, 2>.forward(input),
        );
    }

    #[test]
    fn values() {
        let input: Tensor<Rank4<1, 1, 2, 5>, f32, _> =
            Cpu::default().tensor([[[[1.0, -2.0, -3.0, -4.0, 9.0], [0.0, 3.0, -7.0, -1.0, 9.0]]]]);
        assert_eq!(
            MaxPool2d::<1, 2, 5, 1, 2>.forward(input).array(),
            [[[[3.0, -1.0]]]]
        );
    }

    #[test]
    fn the_first_of_equal_elements_gets_the_gradient() {
        let input: Tensor<Rank4<1, 1, 2, 2>, f32, _> = Cpu::default().zeros();
        let run = run(&mut (), &input, |(): &mut (), input| {
            MaxPool2d::<1, 2, 2, 1, 1>.forward(input)
        });
        assert!(run.input_gradient[0] != 0.0);
        assert_eq!(run.input_gradient[1..], [0.0; 3]);
    }
}
