//! Adam with a state that can be saved.

use super::backend::Backend;
use super::tensors::{AnyTensor, Tensors};
use dfdx::tensor::Gradients;
use pixling_kernels::adam::AdamStep;
use serde::{Deserialize, Serialize};

/// The Adam optimizer (Kingma and Ba, 2015) for one module, or for a few lone tensors.
///
/// Unlike dfdx's its state is public and can be serialized, so that a resumed run equals an uninterrupted one.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::{Adam, Build, builders};
///
/// let device = Cpu::seed_from_u64(0);
/// let mut layer = builders::Linear::<2, 1>::build(&device).unwrap();
/// let mut adam = Adam::new(1e-2);
/// let mut gradients = Gradients::leaky();
/// let input: Tensor<Rank2<1, 2>, f32, _> = device.tensor([[1.0, 2.0]]);
/// for _ in 0..10 {
///     let loss = layer.forward(input.trace(gradients)).square().sum();
///     gradients = loss.backward();
///     adam.update(&mut layer, &mut gradients)?;
/// }
/// assert_eq!(adam.state.step, 10);
/// # Ok::<(), CpuError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// The learning rate; may be changed between steps.
    pub learning_rate: f32,
    /// Decay of the first and of the second moment per step.
    pub betas: [f32; 2],
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Step and moments.
    pub state: AdamState,
}

/// The state of Adam between steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AdamState {
    /// The number of steps so far.
    pub step: u32,
    /// Moments of each trainable tensor, in the order in which its module visits them; empty before the first step.
    pub moments: Vec<Moments>,
}

/// Moments of one tensor's gradient, one value for each element in row-major order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Decaying mean of the gradient.
    pub first: Vec<f32>,
    /// Decaying mean of the gradient's square.
    pub second: Vec<f32>,
}

impl Adam {
    /// Adam with the usual constants: betas 0.9 and 0.999, epsilon 1e-8.
    pub fn new(learning_rate: f32) -> Self {
        Self {
            learning_rate,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            state: AdamState::default(),
        }
    }

    /// The same with other decays of the moments.
    #[must_use]
    pub fn with_betas(self, first: f32, second: f32) -> Self {
        Self {
            betas: [first, second],
            ..self
        }
    }

    /// One step on every trainable tensor of `module`; zeroes the gradients that it used.
    ///
    /// A gradient that the backward pass did not compute counts as zero. Drop clones of the module first, frozen
    /// ones too: a tensor whose buffer is shared is copied before it is written.
    ///
    /// # Errors
    ///
    /// If the device has no memory for a gradient.
    ///
    /// # Panics
    ///
    /// If the state belongs to another module.
    pub fn update<D: Backend>(
        &mut self,
        module: &mut dyn Tensors<D>,
        gradients: &mut Gradients<f32, D>,
    ) -> Result<(), D::Err> {
        let step = self.begin();
        let (mut index, mut result) = (0, Ok(()));
        module.visit_mut(&mut |trained, tensor| {
            if trained && result.is_ok() {
                result = self.apply(index, tensor, gradients, &step);
                index += 1;
            }
        });
        result
    }

    pub(super) fn begin(&mut self) -> AdamStep {
        self.state.step += 1;
        let bias = |beta: f32| (1.0 - f64::from(beta).powf(f64::from(self.state.step))) as f32;
        AdamStep {
            betas: self.betas,
            epsilon: self.epsilon,
            rate: self.learning_rate / bias(self.betas[0]),
            second_factor: 1.0 / bias(self.betas[1]),
        }
    }

    /// The step on the trained tensor of that index.
    fn apply<D: Backend>(
        &mut self,
        index: usize,
        tensor: &mut dyn AnyTensor<D>,
        gradients: &mut Gradients<f32, D>,
        step: &AdamStep,
    ) -> Result<(), D::Err> {
        let elements: usize = tensor.sizes().iter().product();
        let moments = &mut self.state.moments;
        if moments.len() == index {
            moments.push(Moments {
                first: vec![0.0; elements],
                second: vec![0.0; elements],
            });
        }
        let Moments { first, second } = &mut moments[index];
        assert!(
            first.len() == elements && second.len() == elements,
            "Adam's state for tensor {index} has {} and {} elements, the tensor {elements}",
            first.len(),
            second.len(),
        );
        tensor.adam(gradients, [first, second], step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, ReLU};
    use crate::gradient_check::normal;
    use crate::{Build, load_parameters, parameters};
    use dfdx::optim::{AdamConfig, Optimizer};
    use dfdx::prelude::{
        Backward, Const, Cpu, DeviceBuildExt, MeanTo, Module, ModuleMut, SumTo, Trace, ZeroGrads,
    };

    type Network = (
        (
            Conv2d<1, 4, 4, 2, 1, 6, 6, 3, 3, false>,
            BatchNorm2d<4>,
            LeakyReLU<10>,
        ),
        (Flatten<4, 3, 3, 36>, Linear<36, 3>),
    );
    type Built = <Network as Build<Cpu>>::Built;

    fn network() -> Built {
        Network::build(&Cpu::seed_from_u64(7)).unwrap()
    }

    /// One step of training on random pictures that depend on the step's number only.
    fn step(
        network: &mut Built,
        gradients: Gradients<f32, Cpu>,
        number: u64,
    ) -> Gradients<f32, Cpu> {
        let input = normal(number, &(9, Const::<1>, Const::<6>, Const::<6>));
        network
            .forward_mut(input.trace(gradients))
            .square()
            .mean()
            .backward()
    }

    #[test]
    fn equals_that_of_dfdx() {
        // No batch normalization: the gradient of a bias before it is rounding noise, which Adam blows up.
        type Ours = (Linear<6, 8>, ReLU, Linear<8, 3>);
        type Theirs = (
            dfdx::nn::builders::Linear<6, 8>,
            dfdx::nn::builders::ReLU,
            dfdx::nn::builders::Linear<8, 3>,
        );
        let mut ours = Ours::build(&Cpu::seed_from_u64(7)).unwrap();
        let mut theirs = Cpu::default().build_module::<Theirs, f32>();
        theirs.0.weight.copy_from(&ours.0.weight.as_vec());
        theirs.0.bias.copy_from(&ours.0.bias.as_vec());
        theirs.2.weight.copy_from(&ours.2.weight.as_vec());
        theirs.2.bias.copy_from(&ours.2.bias.as_vec());
        let mut our_adam = Adam {
            epsilon: 1e-6,
            ..Adam::new(1e-2).with_betas(0.5, 0.99)
        };
        let config = AdamConfig {
            lr: 1e-2,
            betas: [0.5, 0.99],
            eps: 1e-6,
            ..AdamConfig::default()
        };
        let mut their_adam = dfdx::optim::Adam::new(&theirs, config);
        let (mut our_gradients, mut their_gradients) = (Gradients::leaky(), theirs.alloc_grads());
        for number in 0..30 {
            let input = normal(number, &(9, Const::<6>));
            our_gradients = ours
                .forward(input.trace(our_gradients))
                .square()
                .mean()
                .backward();
            our_adam.update(&mut ours, &mut our_gradients).unwrap();
            their_gradients = theirs
                .forward(input.trace(their_gradients))
                .square()
                .mean()
                .backward();
            their_adam.update(&mut theirs, &their_gradients).unwrap();
            theirs.zero_grads(&mut their_gradients);
        }
        let theirs = [
            theirs.0.weight.as_vec(),
            theirs.0.bias.as_vec(),
            theirs.2.weight.as_vec(),
            theirs.2.bias.as_vec(),
        ];
        for (ours, theirs) in parameters(&ours).iter().zip(theirs) {
            for (ours, theirs) in ours.values.iter().zip(theirs) {
                assert!((ours - theirs).abs() < 1e-5, "{ours} and {theirs}");
            }
        }
    }

    #[test]
    fn a_resumed_run_equals_an_uninterrupted_one() {
        let mut original = network();
        let mut adam = Adam::new(1e-2);
        let mut gradients = Gradients::leaky();
        for number in 0..5 {
            gradients = step(&mut original, gradients, number);
            adam.update(&mut original, &mut gradients).unwrap();
        }
        let saved = (parameters(&original), serde_json::to_string(&adam).unwrap());
        let finish = |network: &mut Built, mut adam: Adam| {
            let mut gradients = Gradients::leaky();
            for number in 5..10 {
                gradients = step(network, gradients, number);
                adam.update(network, &mut gradients).unwrap();
            }
            (parameters(network), adam)
        };
        let expected = finish(&mut original, adam);
        let mut resumed = Network::build(&Cpu::seed_from_u64(99)).unwrap();
        load_parameters(&mut resumed, &saved.0).unwrap();
        assert_eq!(
            finish(&mut resumed, serde_json::from_str(&saved.1).unwrap()),
            expected
        );
    }

    #[test]
    fn missing_gradients_are_zero_and_used_ones_are_zeroed() {
        let device = Cpu::seed_from_u64(1);
        let mut network = <(Linear<3, 2>, Linear<2, 2>)>::build(&device).unwrap();
        let mut adam = Adam::new(0.1);
        let input = normal(2, &(4, Const::<3>));
        let mut gradients = network
            .0
            .forward(input.leaky_trace())
            .square()
            .mean()
            .backward();
        let before = parameters(&network);
        adam.update(&mut network, &mut gradients).unwrap();
        let after = parameters(&network);
        assert!(
            before[..2]
                .iter()
                .zip(&after)
                .all(|(before, after)| before.values != after.values)
        );
        assert_eq!(before[2..], after[2..]);
        assert_eq!(adam.state.moments.len(), 4);
        assert!(
            gradients
                .get(&network.0.weight)
                .as_vec()
                .iter()
                .all(|gradient| *gradient == 0.0)
        );
    }

    #[test]
    fn running_statistics_are_not_trained() {
        let mut network = network();
        let mut adam = Adam::new(0.1);
        let mut gradients = Gradients::leaky();
        gradients = step(&mut network, gradients, 0);
        let statistics = network.0.1.running_mean.as_vec();
        adam.update(&mut network, &mut gradients).unwrap();
        assert_eq!(network.0.1.running_mean.as_vec(), statistics);
        assert_eq!(adam.state.moments.len(), 6);
    }

    #[test]
    fn a_lone_tensor_of_a_run_time_shape_finds_its_minimum() {
        let mut means = normal(1, &(7, Const::<3>));
        let mut adam = Adam::new(0.1);
        for _ in 0..300 {
            let loss = (means.leaky_trace() - 2.0)
                .square()
                .sum::<dfdx::shapes::Rank0, _>();
            adam.update(&mut means, &mut loss.backward()).unwrap();
        }
        assert!(means.as_vec().iter().all(|mean| (mean - 2.0).abs() < 1e-2));
    }

    #[test]
    #[should_panic(expected = "Adam's state for tensor 0 has 2 and 2 elements, the tensor 3")]
    fn the_state_of_another_module_is_refused() {
        let mut adam = Adam::new(0.1);
        adam.update(&mut normal(1, &(2,)), &mut Gradients::leaky())
            .unwrap();
        adam.update(&mut normal(1, &(3,)), &mut Gradients::leaky())
            .unwrap();
    }
}
