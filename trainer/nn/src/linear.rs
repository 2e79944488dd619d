//! Dense layers.

use super::backend::{Backend, Parameters, Wanted};
use super::initialization::FanInUniform;
use super::layer::{Description, Layer};
use super::shapes::{flat, shaped};
use dfdx::dtypes::Dtype;
use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::nn::{BuildOnDevice, Module, NonMutableModule};
use dfdx::shapes::{Const, Dim, HasShape, Rank1, Rank2};
use dfdx::tensor::{Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

pub(super) mod builder {
    /// Builds a dense layer from `I` to `O` features.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct Linear<const I: usize, const O: usize>;

    impl<const I: usize, const O: usize> Linear<I, O> {
        /// Evaluating this stops the build if a size is zero.
        pub const SHAPE: () = assert!(I > 0 && O > 0, "Linear: no inputs or no outputs");
    }
}

/// A dense layer, `x * weight^T + bias`: batch x `I` to batch x `O`.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::builders;
///
/// let device = Cpu::default();
/// let mut layer = device.build_module::<builders::Linear<2, 3>, f32>();
/// layer.weight = device.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// layer.bias = device.tensor([0.1, 0.2, 0.3]);
/// let input: Tensor<Rank2<1, 2>, f32, _> = device.tensor([[1.0, 10.0]]);
/// assert_eq!(layer.forward(input).array(), [[21.1, 43.2, 65.3]]);
/// ```
#[derive(Clone, Debug)]
pub struct Linear<const I: usize, const O: usize, E: Dtype, D: Storage<E>> {
    /// Outputs x inputs.
    pub weight: Tensor<Rank2<O, I>, E, D>,
    /// One value for each output.
    pub bias: Tensor<Rank1<O>, E, D>,
    frozen: bool,
}

impl<const I: usize, const O: usize, D: Device<f32>> BuildOnDevice<D, f32>
    for builder::Linear<I, O>
{
    type Built = Linear<I, O, f32, D>;
}

impl<const I: usize, const O: usize, E: Dtype, D: Device<E>> TensorCollection<E, D>
    for Linear<I, O, E, D>
{
    type To<E2: Dtype, D2: Device<E2>> = Linear<I, O, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor(
                    "weight",
                    |layer| &layer.weight,
                    |layer| &mut layer.weight,
                    TensorOptions::reset_with(|weight| {
                        weight.try_fill_with_distr(FanInUniform::new(I as f64))
                    }),
                ),
                Self::tensor(
                    "bias",
                    |layer| &layer.bias,
                    |layer| &mut layer.bias,
                    TensorOptions::reset_with(|bias| {
                        bias.try_fill_with_distr(FanInUniform::new(I as f64))
                    }),
                ),
            ),
            |(weight, bias)| Linear {
                weight,
                bias,
                frozen: false,
            },
        )
    }
}

impl<const I: usize, const O: usize, E: Dtype, D: Storage<E>> NonMutableModule
    for Linear<I, O, E, D>
{
}

impl<const I: usize, const O: usize, E: Dtype, D: Storage<E>> Layer for Linear<I, O, E, D> {
    fn frozen(&self) -> Self {
        Self {
            frozen: true,
            ..self.clone()
        }
    }

    fn describe(&self, layers: &mut Vec<Description>) {
        layers.push(Description::Linear {
            inputs: I,
            outputs: O,
        });
    }
}

impl<B: Dim, const I: usize, const O: usize, D: Backend, T: Tape<f32, D>>
    Module<Tensor<(B, Const<I>), f32, D, T>> for Linear<I, O, f32, D>
{
    type Output = Tensor<(B, Const<O>), f32, D, T>;
    type Error = D::Err;

    fn try_forward(&self, input: Tensor<(B, Const<I>), f32, D, T>) -> Result<Self::Output, D::Err> {
        let () = builder::Linear::<I, O>::SHAPE;
        let batch = input.shape().0;
        let parameters = Parameters {
            weight: flat(self.weight.clone())?,
            bias: flat(self.bias.clone())?,
        };
        let wanted = Wanted {
            input: true,
            parameters: !self.frozen,
        };
        shaped(D::linear(flat(input)?, parameters, wanted)?, (batch, Const))
    }
}

#[cfg(test)]
mod tests {
    use crate::builders::Linear;
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{Axes2, Const, Cpu, DeviceBuildExt, Module, PermuteTo};

    fn compare<const I: usize, const O: usize>(batch: usize) {
        let layer = Cpu::seed_from_u64(3).build_module::<Linear<I, O>, f32>();
        let input = normal(1, &(batch, Const::<I>));
        let (values, weight, bias) = (input.as_vec(), layer.weight.as_vec(), layer.bias.as_vec());
        let expected: Vec<f32> = values
            .chunks(I)
            .flat_map(|sample| {
                weight.chunks(I).zip(&bias).map(move |(row, bias)| {
                    row.iter()
                        .zip(sample)
                        .map(|(weight, value)| weight * value)
                        .sum::<f32>()
                        + bias
                })
            })
            .collect();
        assert_all_near(
            "the output",
            &layer.forward(input.clone()).as_vec(),
            &expected,
        );
        check(&layer, &input, true, |layer, input| layer.forward(input));
    }

    #[test]
    fn more_samples_than_a_task_takes() {
        compare::<5, 3>(37);
    }

    #[test]
    fn more_outputs_than_a_task_takes() {
        compare::<3, 35>(2);
    }

    #[test]
    fn one_of_everything() {
        compare::<1, 1>(1);
    }

    #[test]
    fn an_empty_batch_has_an_empty_output_and_no_gradients() {
        let mut layer = Cpu::default().build_module::<Linear<2, 3>, f32>();
        let run = run(&mut layer, &normal(1, &(0, Const::<2>)), |layer, input| {
            layer.forward(input)
        });
        assert!(run.output.is_empty());
        assert!(
            run.parameter_gradients
                .iter()
                .all(|(_, _, values)| values.iter().all(|value| *value == 0.0))
        );
    }

    #[test]
    fn strided_inputs_are_put_in_order() {
        let layer = Cpu::seed_from_u64(3).build_module::<Linear<4, 2>, f32>();
        let input = normal(1, &(Const::<4>, Const::<3>));
        check(&layer, &input, true, |layer, input| {
            layer.forward(input.permute::<(Const<3>, Const<4>), Axes2<1, 0>>())
        });
    }
}
