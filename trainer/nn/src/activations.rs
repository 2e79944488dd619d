//! Activation functions as layers, for tensors of any shape.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer, without_tensors};
use super::shapes::{Erase, flat, shaped};
use super::tensors::{AnyTensor, Tensors, tensors};
use dfdx::nn::{Module, NonMutableModule};
use dfdx::shapes::HasShape;
use dfdx::tensor::{Tape, Tensor};
use pixling_kernels::activation::Activation;

/// `x` above zero, `PERCENT / 100` times `x` below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeakyReLU<const PERCENT: u32>;

/// `max(x, 0)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReLU;

/// `1 / (1 + exp(-x))`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sigmoid;

/// The hyperbolic tangent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tanh;

macro_rules! activation {
    ([$($generics:tt)*] $layer:ty, $activation:expr) => {
        without_tensors!([$($generics)*] $layer);

        impl<$($generics)*> Layer for $layer {
            fn describe(&self, layers: &mut Vec<Description>) {
                layers.push(Description::Activation($activation));
            }
        }

        impl<S: Erase, D: Backend, T: Tape<f32, D>, $($generics)*> Module<Tensor<S, f32, D, T>> for $layer {
            type Output = Tensor<S, f32, D, T>;
            type Error = D::Err;

            fn try_forward(&self, input: Tensor<S, f32, D, T>) -> Result<Self::Output, D::Err> {
                let shape = *input.shape();
                shaped(D::activation($activation, flat(input)?)?, shape)
            }
        }
    };
}

activation!([const PERCENT: u32] LeakyReLU<PERCENT>, Activation::LeakyReLU { slope: PERCENT as f32 / 100.0 });
activation!([] ReLU, Activation::ReLU);
activation!([] Sigmoid, Activation::Sigmoid);
activation!([] Tanh, Activation::Tanh);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient_check::{Traced, check, normal, spaced};
    use dfdx::prelude::{AsArray, Cpu, Rank1, TensorFrom, WithEmptyTape};

    fn check_activation<L>(layer: L)
    where
        L: Copy + Module<Traced<(usize,)>, Output = Traced<(usize,)>>,
    {
        // Each element costs a difference: a few elements, and every length of the remainder of a vector.
        for count in [1, 33] {
            let input = spaced(&(count,));
            // The input is kept by the test and must not change.
            check(&(), &input, true, |(): &mut (), input| layer.forward(input));
            // In place.
            check(&(), &input, true, |(): &mut (), input| {
                layer.forward(input * 1.5)
            });
            // Beside an earlier use of its input that does not keep it, and then beside a later one that does.
            check(&(), &input, true, |(): &mut (), input| {
                let input = input * 1.5;
                let before = input.with_empty_tape() * 0.7;
                layer.forward(input) + before
            });
            check(&(), &input, true, |(): &mut (), input| {
                let input = input * 1.5;
                let kept = input.with_empty_tape();
                layer.forward(input) * kept
            });
        }
    }

    #[test]
    fn gradients() {
        check_activation(LeakyReLU::<20>);
        check_activation(ReLU);
        check_activation(Sigmoid);
        check_activation(Tanh);
    }

    #[test]
    fn values() {
        let input: Tensor<Rank1<4>, f32, _> = Cpu::default().tensor([-2.0, -0.0, 0.5, 100.0]);
        assert_eq!(
            LeakyReLU::<10>.forward(input.clone()).array(),
            [-0.2, 0.0, 0.5, 100.0]
        );
        assert_eq!(ReLU.forward(input.clone()).array(), [0.0, 0.0, 0.5, 100.0]);
        assert_eq!(
            Tanh.forward(input.clone()).array(),
            [(-2.0f32).tanh(), 0.0, 0.5f32.tanh(), 1.0]
        );
        let sigmoid = Sigmoid.forward(input * -1.0).array();
        assert_eq!(
            [sigmoid[0], sigmoid[1], sigmoid[3]],
            [1.0 / (1.0 + (-2.0f32).exp()), 0.5, 0.0]
        );
    }

    #[test]
    fn every_element_of_a_long_tensor_is_mapped() {
        let input = normal(1, &(20_000,));
        let expected: Vec<f32> = input.as_vec().iter().map(|value| value.max(0.0)).collect();
        assert_eq!(ReLU.forward(input).as_vec(), expected);
    }
}
