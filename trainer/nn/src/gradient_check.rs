//! Checks of gradients against differences of the forward pass, for tests.

use crate::tensors::{AnyTensor, tensors};
use crate::{Backend, Tensors};
use dfdx::prelude::{
    Backward, Cpu, Gradients, HasShape, OwnedTape, PutTape, Rank0, Rank1, SampleTensor, Shape,
    SplitTape, SumTo, Tensor, Trace, ZerosTensor,
};
use dfdx::tensor_ops::ReshapeTo;

tensors!([] () {});

pub(super) type Traced<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;

/// Half the distance of the two points of a difference.
const STEP: f32 = 1e-2;
/// The error that rounding and the step allow, absolute and relative.
const TOLERANCE: f32 = 4e-3;

/// Output and gradients of one run, all under a random linear loss.
pub(super) struct Run {
    pub(super) output: Vec<f32>,
    pub(super) input_gradient: Vec<f32>,
    /// Name, whether trained, gradient: in visiting order. Empty where the backward pass computed none.
    pub(super) parameter_gradients: Vec<(String, bool, Vec<f32>)>,
}

/// Runs forward and backward. The loss is the sum of the output times fixed random numbers.
pub(super) fn run<M: Tensors<Cpu>, S: Shape, Y: Shape>(
    module: &mut M,
    input: &Tensor<S, f32, Cpu>,
    forward: impl Fn(&mut M, Traced<S>) -> Traced<Y>,
) -> Run {
    let output = forward(module, input.leaky_trace());
    let values = elements(&output);
    let mut gradients = if values.is_empty() {
        // dfdx's `sum` panics if there is nothing to add.
        let (output, tape) = output.split_tape();
        let loss: Tensor<Rank0, f32, Cpu> = output.device().zeros();
        loss.put_tape(tape).backward()
    } else {
        let mut factors: Tensor<Y, f32, Cpu> = input.device().zeros_like(output.shape());
        factors.copy_from(&loss_factors(values.len()));
        (output * factors)
            .reshape_like(&(values.len(),))
            .sum::<Rank0, _>()
            .backward()
    };
    let input_gradient = gradient_of(&mut gradients, input);
    let mut parameter_gradients = Vec::new();
    module.visit("", &mut |name, tensor| {
        parameter_gradients.push((name.into(), false, tensor.gradient(&mut gradients)));
    });
    let mut parameters = parameter_gradients.iter_mut();
    module.visit_mut(&mut |trained, _| {
        if let Some((_, is_trained, _)) = parameters.next() {
            *is_trained = trained;
        }
    });
    Run {
        output: values,
        input_gradient,
        parameter_gradients,
    }
}

fn loss_factors(count: usize) -> Vec<f32> {
    let device = Cpu::seed_from_u64(17);
    let factors: Tensor<(usize,), f32, _> = device.sample_normal_like(&(count,));
    elements(&factors)
}

/// dfdx's `as_vec` panics if there are none.
pub(super) fn elements<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> Vec<f32> {
    if tensor.shape().num_elements() == 0 {
        Vec::new()
    } else {
        tensor.as_vec()
    }
}

/// Zeros if the backward pass computed none.
pub(super) fn gradient_of<S: Shape>(
    gradients: &mut Gradients<f32, Cpu>,
    tensor: &Tensor<S, f32, Cpu>,
) -> Vec<f32> {
    gradients.try_alloc_for(tensor).unwrap();
    elements(&gradients.get(tensor))
}

fn assert_near(what: &str, element: usize, difference: f64, gradient: f32) {
    let error = (difference as f32 - gradient).abs();
    assert!(
        error < TOLERANCE * (1.0 + gradient.abs()),
        "gradient of {what}, element {element}: {gradient} by the backward pass, {difference} by a difference"
    );
}

/// Compares every element's gradient of the input (if `input_too`) and of every trained tensor with a difference.
pub(super) fn check<M, S: Shape, Y: Shape>(
    module: &M,
    input: &Tensor<S, f32, Cpu>,
    input_too: bool,
    forward: impl Fn(&mut M, Traced<S>) -> Traced<Y>,
) where
    M: Tensors<Cpu> + Clone,
{
    let analytic = run(&mut module.clone(), input, &forward);
    let factors = loss_factors(analytic.output.len());
    let loss = |module: &mut M, input: &Tensor<S, f32, Cpu>| -> f64 {
        let output = forward(module, input.leaky_trace()).as_vec();
        output
            .iter()
            .zip(&factors)
            .map(|(output, factor)| f64::from(*output) * f64::from(*factor))
            .sum()
    };
    if input_too {
        for (element, gradient) in analytic.input_gradient.iter().enumerate() {
            let at = |by: f32| {
                let mut values = input.as_vec();
                values[element] += by;
                let mut nudged = input.clone();
                nudged.copy_from(&values);
                loss(&mut module.clone(), &nudged)
            };
            assert_near(
                "the input",
                element,
                (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP),
                *gradient,
            );
        }
    }
    for (index, (name, trained, gradients)) in analytic.parameter_gradients.iter().enumerate() {
        if !trained {
            continue;
        }
        for (element, gradient) in gradients.iter().enumerate() {
            let at = |by: f32| {
                let mut nudged = module.clone();
                let mut tensors_before = index;
                nudged.visit_mut(&mut |_, tensor| {
                    if tensors_before == 0 {
                        let mut values = tensor.values();
                        values[element] += by;
                        tensor.set(&values);
                    }
                    tensors_before = tensors_before.wrapping_sub(1);
                });
                loss(&mut nudged, input)
            };
            assert_near(
                name,
                element,
                (at(STEP) - at(-STEP)) / f64::from(2.0 * STEP),
                *gradient,
            );
        }
    }
}

/// Random values of a shape, from a normal distribution.
pub(super) fn normal<S: Shape>(seed: u64, shape: &S) -> Tensor<S, f32, Cpu> {
    Cpu::seed_from_u64(seed).sample_normal_like(shape)
}

/// Distinct values of a shape in no order, 0.1 apart and none within 0.05 of zero: for operations with kinks.
pub(super) fn spaced<S: Shape>(shape: &S) -> Tensor<S, f32, Cpu> {
    let mut tensor = Cpu::default().zeros_like(shape);
    let count = shape.num_elements();
    // Any multiplier without a common factor visits all of them.
    let multiplier = (count * 5 / 8..)
        .find(|multiplier| gcd(*multiplier, count) == 1)
        .unwrap_or(1);
    let values: Vec<f32> = (0..count)
        .map(|index| ((index * multiplier % count) as f32 - (count / 2) as f32 + 0.5) * 0.1)
        .collect();
    tensor.copy_from(&values);
    tensor
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Asserts that two runs of slices agree up to rounding.
pub(super) fn assert_all_near(what: &str, left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len(), "lengths of {what}");
    for (index, (left, right)) in left.iter().zip(right).enumerate() {
        assert!(
            (left - right).abs() < 1e-4 * (1.0 + right.abs()),
            "{what}, element {index}: {left} and {right}"
        );
    }
}

#[test]
#[should_panic(expected = "gradient of the input, element 0")]
fn a_wrong_gradient_is_found() {
    let input: Tensor<Rank1<3>, f32, _> = normal(1, &Default::default());
    let wrong = |(): &mut (), input: Traced<Rank1<3>>| {
        // The square with one factor held: half of its gradient.
        let held = crate::detach(&input);
        input * held
    };
    check(&(), &input, true, wrong);
}
