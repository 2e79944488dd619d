//! Activations, pooling and Adam.

use super::rows::{columns_as_samples, gather_rows, samples_as_columns};
use crate::shapes::Flat;
use dfdx::shapes::{Axis, HasShape, Shape};
use dfdx::tensor::{Gradients, PutTape, SplitTape, Tape, Tensor};
use dfdx::tensor_ops::{Device, MaxTo, ReshapeTo, TryAdd, TryMul, TrySub};
use pixling_kernels::activation::Activation;
use pixling_kernels::adam::AdamStep;

/// [`Backend::activation`](crate::Backend::activation).
pub(crate) fn activation<D: Device<f32>, T: Tape<f32, D>>(
    activation: Activation,
    input: Flat<D, T>,
) -> Result<Flat<D, T>, D::Err> {
    match activation {
        Activation::LeakyReLU { slope } => {
            let (input, tape) = input.split_tape();
            let below = input
                .retaped::<T>()
                .try_negate()?
                .try_relu()?
                .try_mul(slope)?;
            input.put_tape(tape).try_relu()?.try_sub(below)
        }
        Activation::ReLU => input.try_relu(),
        Activation::Sigmoid => input.try_sigmoid(),
        Activation::Tanh => input.try_tanh(),
        Activation::Rounding(grid) => {
            let [low, high] = grid.ends();
            let (input, tape) = input.split_tape();
            // dfdx does not round: the difference to the nearest value comes from the host, as a constant.
            let numbers = input.as_vec();
            let missing: Vec<f32> = numbers
                .into_iter()
                .map(|number| grid.round(number) - number.clamp(low, high))
                .collect();
            let mut constant = input.device().try_zeros_like(input.shape())?;
            constant.copy_from(&missing);
            let inside = input.put_tape(tape).try_clamp(low, high)?;
            inside.try_add(constant)
        }
    }
}

/// [`Backend::max_pooling`](crate::Backend::max_pooling), but equal elements get the gradient each.
pub(crate) fn max_pooling<D: Device<f32>, T: Tape<f32, D>>(
    height: usize,
    width: usize,
    input: Flat<D, T>,
) -> Result<Flat<D, T>, D::Err> {
    let pixels = samples_as_columns(input, height * width)?;
    let planes = pixels.shape().1;
    let (rows, columns) = (height / 2, width / 2);
    let corners = (0..4).flat_map(|corner| (0..rows * columns).map(move |square| (corner, square)));
    let sources = corners.map(|(corner, square)| {
        let (y, x) = (
            2 * (square / columns) + corner / 2,
            2 * (square % columns) + corner % 2,
        );
        Some(y * width + x)
    });
    let corners = gather_rows(pixels, sources)?.try_reshape_like(&(4, rows * columns, planes))?;
    columns_as_samples(corners.try_max::<(usize, usize), Axis<0>>()?)
}

/// [`Backend::adam`](crate::Backend::adam), on the host.
pub(crate) fn adam<S: Shape, D: Device<f32>>(
    parameter: &mut Tensor<S, f32, D>,
    gradients: &mut Gradients<f32, D>,
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    step: &AdamStep,
) -> Result<(), D::Err> {
    gradients.try_alloc_for(parameter)?;
    let gradient = gradients.get(parameter).as_vec();
    let mut values = parameter.as_vec();
    step.apply(&mut values, &gradient, first_moment, second_moment);
    parameter.copy_from(&values);
    parameter
        .device()
        .try_fill_with_zeros(gradients.get_or_alloc_mut(parameter)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_same;
    use super::*;
    use crate::Backend;
    use crate::Grid;
    use crate::gradient_check::{normal, run, spaced};
    use dfdx::prelude::Cpu;
    use dfdx::tensor_ops::SumTo;

    #[test]
    fn activations_equal_the_kernels() {
        let input = spaced(&(40,));
        for kind in [
            Activation::LeakyReLU { slope: 0.2 },
            Activation::ReLU,
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Rounding(Grid {
                step: 0.25,
                range: [-3.0, 5.0],
            }),
        ] {
            let ours = run(&mut (), &input, |(), input| {
                Cpu::activation(kind, input).unwrap()
            });
            let builtin = run(&mut (), &input, |(), input| {
                activation(kind, input).unwrap()
            });
            assert_same(&ours, &builtin);
        }
    }

    #[test]
    fn max_pooling_equals_the_kernel() {
        let input = spaced(&(3 * 2 * 5 * 6,));
        let ours = run(&mut (), &input, |(), input| {
            Cpu::max_pooling(5, 6, input).unwrap()
        });
        let builtin = run(&mut (), &input, |(), input| {
            max_pooling(5, 6, input).unwrap()
        });
        assert_same(&ours, &builtin);
    }

    #[test]
    fn adam_equals_the_kernel() {
        let mut optimizer = crate::Adam::new(0.1);
        let start = normal(1, &(20,));
        let mut ours = start.clone();
        optimizer.update(&mut ours, &mut gradients(&start)).unwrap();
        let mut theirs = start.clone();
        let (mut first, mut second) = (vec![0.0; 20], vec![0.0; 20]);
        let mut gradients = gradients(&start);
        adam(
            &mut theirs,
            &mut gradients,
            &mut first,
            &mut second,
            &crate::Adam::new(0.1).begin(),
        )
        .unwrap();
        assert_eq!(ours.as_vec(), theirs.as_vec());
        assert_eq!(optimizer.state.moments[0].first, first);
        assert_eq!(optimizer.state.moments[0].second, second);
        assert!(
            gradients
                .get(&start)
                .as_vec()
                .iter()
                .all(|gradient| *gradient == 0.0)
        );
    }

    fn gradients(tensor: &Tensor<(usize,), f32, Cpu>) -> Gradients<f32, Cpu> {
        use dfdx::prelude::{Backward, Trace};
        tensor
            .leaky_trace()
            .square()
            .sum::<dfdx::shapes::Rank0, _>()
            .backward()
    }
}
