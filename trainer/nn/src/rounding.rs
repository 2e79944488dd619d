//! Rounding of feature maps to the values of a quantized decoder, as a layer that can be switched on.

use super::backend::Backend;
use super::build::Build;
use super::layer::{Description, Layer, without_tensors};
use super::shapes::{Erase, flat, shaped};
use super::tensors::{AnyTensor, Tensors, tensors};
use dfdx::nn::{Module, NonMutableModule};
use dfdx::shapes::HasShape;
use dfdx::tensor::{Tape, Tensor};
use pixling_kernels::activation::{Activation, Grid};

/// Rounds each element to a multiple of a step, halves up, within a range. It is off at first, and then does
/// nothing.
///
/// The gradient passes unchanged (straight-through), but is zero for elements outside the range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rounding {
    /// The values to round to; absent if the layer is off.
    pub grid: Option<Grid>,
}

without_tensors!([] Rounding);

impl Layer for Rounding {
    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::Rounding);
    }

    fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
        self.grid = grids.next();
    }
}

impl<S: Erase, D: Backend, T: Tape<f32, D>> Module<Tensor<S, f32, D, T>> for Rounding {
    type Output = Tensor<S, f32, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<S, f32, D, T>) -> Result<Self::Output, D::Err> {
        match self.grid {
            Some(grid) => {
                let shape = *input.shape();
                shaped(
                    D::activation(Activation::Rounding(grid), flat(input)?)?,
                    shape,
                )
            }
            None => Ok(input),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::prelude::{AsArray, Backward, Cpu, Rank1, SumTo, TensorFrom, Trace};

    const GRID: Grid = Grid {
        step: 0.5,
        range: [-3.0, 4.0],
    };

    #[test]
    fn values_are_rounded_and_gradients_go_straight_through() {
        let input: Tensor<Rank1<8>, f32, _> =
            Cpu::default().tensor([-9.0, -1.6, -1.2, -0.25, 0.24, 0.25, 1.9, 2.6]);
        let on = Rounding { grid: Some(GRID) };
        let output = on.forward(input.leaky_trace());
        let expected = [-1.5, -1.5, -1.0, 0.0, 0.0, 0.5, 2.0, 2.0];
        assert_eq!(output.array(), expected);
        let factors = Cpu::default().tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let gradients = (output * factors).sum::<(), _>().backward();
        // The range ends at -1.5 and 2.
        let expected = [0.0, 0.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.0];
        assert_eq!(gradients.get(&input).array(), expected);
        assert_eq!(
            Rounding::default().forward(input.clone()).array(),
            input.array()
        );
    }
}
