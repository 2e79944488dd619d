//! A feature by which a discriminator sees that all pictures of a batch are alike.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer, stateless_layer, without_tensors};
use super::shapes::{flat, shaped};
use super::tensors::{AnyTensor, Tensors, tensors};
use dfdx::nn::{Module, NonMutableModule};
use dfdx::shapes::{Const, Dim, HasShape};
use dfdx::tensor::{Tape, Tensor};

/// Appends to each sample the deviation of each feature over the batch, averaged over the features: batch x `F` to batch
/// x `O`, where `O` must be `F + 1` (Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and
/// Variation", 2018, section 3).
///
/// The batch is the input of one call: give real and generated pictures in different calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchDeviation<const F: usize, const O: usize>;

impl<const F: usize, const O: usize> BatchDeviation<F, O> {
    /// Evaluating this stops the build if the sizes do not agree.
    pub const SHAPE: () = assert!(F > 0 && O == F + 1, "BatchDeviation: O is not F + 1");
}

stateless_layer!(
    [const F: usize, const O: usize] BatchDeviation<F, O>: (F) -> (O),
    Description::BatchDeviation { features: F },
    |elements, D| D::batch_deviation(F, elements)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{AsArray, Cpu, Rank2, TensorFrom};

    #[test]
    fn values() {
        let input: Tensor<Rank2<2, 2>, f32, _> = Cpu::default().tensor([[1.0, 5.0], [3.0, -1.0]]);
        // The deviations are 1 and 3.
        let output = BatchDeviation::<2, 3>.forward(input).array();
        assert_eq!(output, [[1.0, 5.0, 2.0], [3.0, -1.0, 2.0]]);
    }

    #[test]
    fn gradients() {
        let input = normal(3, &(6, Const::<5>));
        check(&(), &input, true, |(): &mut (), input| {
            BatchDeviation::<5, 6>.forward(input)
        });
    }

    #[test]
    fn dfdx_operations_agree() {
        let input = normal(3, &(9, Const::<20>));
        let ours = run(&mut (), &input, |(): &mut (), input| {
            BatchDeviation::<20, 21>.forward(input)
        });
        let theirs = run(&mut (), &input, |(): &mut (), input| {
            builtin::batch_deviation(20, flat(input).unwrap()).unwrap()
        });
        assert_all_near("the output", &ours.output, &theirs.output);
        assert_all_near("the gradient", &ours.input_gradient, &theirs.input_gradient);
    }

    #[test]
    fn a_batch_of_equal_samples_has_a_finite_slope() {
        let input: Tensor<Rank2<3, 2>, f32, _> = Cpu::default().tensor([[1.0, 5.0]; 3]);
        let run = run(&mut (), &input, |(): &mut (), input| {
            BatchDeviation::<2, 3>.forward(input)
        });
        assert!(run.output[2] < 1e-3, "{:?}", run.output);
        assert!(run.input_gradient.iter().all(|value| value.is_finite()));
    }
}
