//! Dense layers.

use super::weighted::{names::*, weighted_layer};
use dfdx::shapes::{Rank1, Rank2};

weighted_layer! {
    /// Builds a dense layer from `I` to `O` features.
    builder Linear<const I: usize, const O: usize>;
    shape: assert!(I > 0 && O > 0, "Linear: no inputs or no outputs");
    description: Description::Linear { inputs: I, outputs: O };

    /// A dense layer, `x * weight^T + bias`: batch x `I` to batch x `O`.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use pixling_nn::{Build, builders};
    ///
    /// let device = Cpu::default();
    /// let mut layer = builders::Linear::<2, 3>::build(&device).unwrap();
    /// layer.weight = device.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// layer.bias = device.tensor([0.1, 0.2, 0.3]);
    /// let input: Tensor<Rank2<1, 2>, f32, _> = device.tensor([[1.0, 10.0]]);
    /// assert_eq!(layer.forward(input).array(), [[21.1, 43.2, 65.3]]);
    /// ```
    layer {
        /// Outputs x inputs.
        weight: Rank2<O, I>,
        /// One value for each output.
        bias: Rank1<O>,
    }
    fan_in: I as f64;
    input_gradient: true;
    (I) -> (O): linear;
}

#[cfg(test)]
mod tests {
    use crate::Build;
    use crate::builders::Linear;
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{Axes2, Const, Cpu, Module, PermuteTo};

    fn compare<const I: usize, const O: usize>(batch: usize) {
        let layer = Linear::<I, O>::build(&Cpu::seed_from_u64(3)).unwrap();
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
        let mut layer = Linear::<2, 3>::build(&Cpu::default()).unwrap();
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
        let layer = Linear::<4, 2>::build(&Cpu::seed_from_u64(3)).unwrap();
        let input = normal(1, &(Const::<4>, Const::<3>));
        check(&layer, &input, true, |layer, input| {
            layer.forward(input.permute::<(Const<3>, Const<4>), Axes2<1, 0>>())
        });
    }
}
