//! Feature maps as vectors, and back.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer, stateless_layer, without_tensors};
use super::shapes::{flat, shaped};
use super::tensors::{AnyTensor, Tensors, tensors};
use dfdx::nn::{Module, NonMutableModule};
use dfdx::shapes::{Const, Dim, HasShape};
use dfdx::tensor::{Tape, Tensor};
use pixling_kernels::Extent;

/// Batch x `C` x `H` x `W` to batch x `F`, where `F` must be `C * H * W`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flatten<const C: usize, const H: usize, const W: usize, const F: usize>;

/// Batch x `F` to batch x `C` x `H` x `W`, where `F` must be `C * H * W`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unflatten<const F: usize, const C: usize, const H: usize, const W: usize>;

impl<const C: usize, const H: usize, const W: usize, const F: usize> Flatten<C, H, W, F> {
    /// Evaluating this stops the build if the sizes do not agree.
    pub const SHAPE: () = assert!(C * H * W == F, "Flatten: F is not C * H * W");
}

impl<const F: usize, const C: usize, const H: usize, const W: usize> Unflatten<F, C, H, W> {
    /// Evaluating this stops the build if the sizes do not agree.
    pub const SHAPE: () = assert!(C * H * W == F, "Unflatten: F is not C * H * W");
}

stateless_layer!(
    [const C: usize, const H: usize, const W: usize, const F: usize] Flatten<C, H, W, F>: (C, H, W) -> (F),
    Description::Flatten(Extent { channels: C, height: H, width: W }),
    |elements, D| Ok::<_, D::Err>(elements)
);
stateless_layer!(
    [const F: usize, const C: usize, const H: usize, const W: usize] Unflatten<F, C, H, W>: (F) -> (C, H, W),
    Description::Unflatten(Extent { channels: C, height: H, width: W }),
    |elements, D| Ok::<_, D::Err>(elements)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient_check::{check, normal};

    #[test]
    fn elements_keep_their_order_there_and_back() {
        let pictures = normal(1, &(5, Const::<2>, Const::<3>, Const::<4>));
        let vectors = Flatten::<2, 3, 4, 24>.forward(pictures.clone());
        assert_eq!(vectors.as_vec(), pictures.as_vec());
        let back = Unflatten::<24, 2, 3, 4>.forward(vectors);
        assert_eq!(back.as_vec(), pictures.as_vec());
        assert_eq!(back.shape(), pictures.shape());
    }

    #[test]
    fn gradients() {
        let input = normal(1, &(2, Const::<2>, Const::<1>, Const::<3>));
        check(&(), &input, true, |(): &mut (), input| {
            Unflatten::<6, 3, 2, 1>.forward(Flatten::<2, 1, 3, 6>.forward(input))
        });
    }
}
