//! Classifiers with a number of classes that is known at run time.

use super::state::{State, load_named, named};
use super::tensors::{mean_of_rows, value};
use anyhow::{Context, Result};
use dfdx::prelude::{Axis, Backward, Gradients, HasShape, Tape, Tensor};
use pixling_nn::{
    Adam, Backend, Matrix, NamedTensor, Network, Parameters, Recorded, Wanted, flat,
    load_parameters, parameters, shaped,
};

/// The last layer: from features to a logit for each class.
#[derive(Clone, Debug)]
pub(super) struct ClassHead<D: Backend> {
    /// Classes x features.
    pub(super) weight: Tensor<Matrix, f32, D>,
    /// One value for each class.
    bias: Tensor<(usize,), f32, D>,
    frozen: bool,
}

impl<D: Backend> ClassHead<D> {
    /// A head of all zeros: every class is as likely, and the features break the symmetry.
    fn new(device: &D, classes: usize, features: usize) -> Self {
        ClassHead {
            weight: device.zeros_like(&(classes, features)),
            bias: device.zeros_like(&(classes,)),
            frozen: false,
        }
    }

    fn logits<T: Tape<f32, D>>(
        &self,
        features: Tensor<Matrix, f32, D, T>,
    ) -> Result<Tensor<Matrix, f32, D, T>, D::Err> {
        let shape = (features.shape().0, self.bias.shape().0);
        let parameters = Parameters {
            weight: flat(self.weight.clone())?,
            bias: self.bias.clone(),
        };
        let wanted = Wanted {
            input: true,
            parameters: !self.frozen,
        };
        shaped(D::linear(flat(features)?, parameters, wanted)?, shape)
    }
}

/// The value of a batch's logits or features.
fn in_memory<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("no memory for the logits of a batch: {error:?}"),
    }
}

/// The name of a classifier that is saved alone.
const WEIGHTS: &str = "classifier";

/// A network of features, a head, and the optimizers of both.
#[derive(Clone, Debug)]
pub struct Classifier<D: Backend> {
    features: Network<D>,
    pub(super) head: ClassHead<D>,
    /// Optimizers of features, weights and biases.
    pub(super) optimizers: [Adam; 3],
}

impl<D: Backend> Classifier<D> {
    /// A classifier on top of a network, with three optimizers like `adam`.
    pub fn new(device: &D, features: Network<D>, classes: usize, adam: Adam) -> Self {
        Classifier {
            head: ClassHead::new(device, classes, features.outputs()),
            features,
            optimizers: [adam.clone(), adam.clone(), adam],
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.head.bias.shape().0
    }

    /// Elements of an input row.
    pub fn inputs(&self) -> usize {
        self.features.inputs()
    }

    /// Features of a row.
    pub fn features(&self) -> usize {
        self.features.outputs()
    }

    /// Logits of a batch in training.
    pub fn learn(&mut self, input: Recorded<Matrix, D>) -> Recorded<Matrix, D> {
        in_memory(self.head.logits(self.features.learn(input)))
    }

    /// Features and logits of a batch.
    pub fn infer(&self, input: Tensor<Matrix, f32, D>) -> [Tensor<Matrix, f32, D>; 2] {
        let features = self.features.infer(input);
        let logits = in_memory(self.head.logits(features.clone()));
        [features, logits]
    }

    /// One step on the cross entropy of a batch against its labels, a row with a 1 for each. Gives the loss.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn teach(
        &mut self,
        input: Recorded<Matrix, D>,
        labels: Tensor<Matrix, f32, D>,
        rate: f32,
    ) -> Result<f32, D::Err> {
        let answers = self.learn(input).log_softmax::<Axis<1>>();
        let loss = mean_of_rows(answers * labels * -1.0);
        let told = value(&loss);
        self.update(&mut loss.backward(), rate)?;
        Ok(told)
    }

    /// One step of the optimizers of features, weights and biases.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err> {
        for optimizer in &mut self.optimizers {
            optimizer.learning_rate = rate;
        }
        let [features, weight, bias] = &mut self.optimizers;
        features.update(&mut self.features, gradients)?;
        weight.update(&mut self.head.weight, gradients)?;
        bias.update(&mut self.head.bias, gradients)
    }

    /// A copy that computes no gradients for its parameters.
    pub fn frozen(&self) -> Self {
        let mut frozen = self.clone();
        frozen.features = self.features.frozen();
        frozen.head.frozen = true;
        frozen
    }

    /// The names of the optimizers in a saved state.
    fn optimizer_names(name: &str) -> [String; 3] {
        ["features", "head.weight", "head.bias"].map(|of| format!("{name}.{of}"))
    }

    /// The weights of features and head.
    fn save_weights(&self, name: &str, state: &mut State) {
        state.add(&format!("{name}.features"), parameters(&self.features));
        state.add(
            &format!("{name}.head"),
            vec![
                named("weight", &self.head.weight),
                named("bias", &self.head.bias),
            ],
        );
    }

    fn load_weights(&mut self, name: &str, state: &State) -> Result<()> {
        let features = state.part(&format!("{name}.features"));
        load_parameters(&mut self.features, &features).with_context(|| name.to_string())?;
        let head = state.part(&format!("{name}.head"));
        load_named("weight", &mut self.head.weight, &head).with_context(|| name.to_string())?;
        load_named("bias", &mut self.head.bias, &head).with_context(|| name.to_string())
    }

    /// All weights, for a classifier that learns no more.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let mut state = State::default();
        self.save_weights(WEIGHTS, &mut state);
        state.into_tensors()
    }

    /// Sets all weights to [`tensors`](Self::tensors) of another classifier.
    ///
    /// # Errors
    ///
    /// When one is missing or has another shape.
    pub fn set_tensors(&mut self, tensors: &[NamedTensor]) -> Result<()> {
        self.load_weights(WEIGHTS, &State::new(tensors))
    }

    pub(super) fn save(&self, name: &str, state: &mut State) {
        self.save_weights(name, state);
        for (name, adam) in Self::optimizer_names(name).iter().zip(&self.optimizers) {
            state.add_adam(name, adam);
        }
    }

    pub(super) fn load(&mut self, name: &str, state: &State) -> Result<()> {
        self.load_weights(name, state)?;
        let names = Self::optimizer_names(name);
        for (name, adam) in names.iter().zip(&mut self.optimizers) {
            state.load_adam(name, adam)?;
        }
        Ok(())
    }
}
