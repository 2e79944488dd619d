//! Feature maps as vectors, and back.

use super::layer::{Description, Layer};
use super::shapes::{flat, shaped};
use dfdx::nn::{Module, NonMutableModule, ZeroSizedModule};
use dfdx::shapes::{Const, Dim, HasShape};
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::Device;
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

impl<const C: usize, const H: usize, const W: usize, const F: usize> ZeroSizedModule
    for Flatten<C, H, W, F>
{
}
impl<const C: usize, const H: usize, const W: usize, const F: usize> NonMutableModule
    for Flatten<C, H, W, F>
{
}
impl<const F: usize, const C: usize, const H: usize, const W: usize> ZeroSizedModule
    for Unflatten<F, C, H, W>
{
}
impl<const F: usize, const C: usize, const H: usize, const W: usize> NonMutableModule
    for Unflatten<F, C, H, W>
{
}

impl<const C: usize, const H: usize, const W: usize, const F: usize> Layer for Flatten<C, H, W, F> {
    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::Flatten(Extent {
            channels: C,
            height: H,
            width: W,
        }));
    }
}

impl<const F: usize, const C: usize, const H: usize, const W: usize> Layer
    for Unflatten<F, C, H, W>
{
    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::Unflatten(Extent {
            channels: C,
            height: H,
            width: W,
        }));
    }
}

impl<
    B: Dim,
    const C: usize,
    const H: usize,
    const W: usize,
    const F: usize,
    D: Device<f32>,
    T: Tape<f32, D>,
> Module<Tensor<(B, Const<C>, Const<H>, Const<W>), f32, D, T>> for Flatten<C, H, W, F>
{
    type Output = Tensor<(B, Const<F>), f32, D, T>;
    type Error = D::Err;

    fn try_forward(
        &self,
        input: Tensor<(B, Const<C>, Const<H>, Const<W>), f32, D, T>,
    ) -> Result<Self::Output, D::Err> {
        let () = Self::SHAPE;
        let batch = input.shape().0;
        shaped(flat(input)?, (batch, Const::<F>))
    }
}

impl<
    B: Dim,
    const F: usize,
    const C: usize,
    const H: usize,
    const W: usize,
    D: Device<f32>,
    T: Tape<f32, D>,
> Module<Tensor<(B, Const<F>), f32, D, T>> for Unflatten<F, C, H, W>
{
    type Output = Tensor<(B, Const<C>, Const<H>, Const<W>), f32, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<(B, Const<F>), f32, D, T>) -> Result<Self::Output, D::Err> {
        let () = Self::SHAPE;
        let batch = input.shape().0;
        shaped(flat(input)?, (batch, Const::<C>, Const::<H>, Const::<W>))
    }
}

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
