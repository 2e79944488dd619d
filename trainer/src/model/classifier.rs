//! Classifiers with a number of classes that is known at run time.

use super::network::{Network, Recorded};
use super::state::{State, load_named, named};
use super::tensors::Matrix;
use crate::nn::{
    Adam, Backend, Freeze, NamedTensor, Parameters, Wanted, load_parameters, parameters,
};
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::{ConstDim, Gradients, HasShape, Shape, Tape, Tensor};

/// The last layer: `F` features to a logit per class.
#[derive(Clone, Debug)]
pub struct ClassHead<F: ConstDim, D: Backend> {
    /// Classes x features.
    pub weight: Tensor<(usize, F), f32, D>,
    /// One value for each class.
    pub bias: Tensor<(usize,), f32, D>,
    frozen: bool,
}

impl<F: ConstDim, D: Backend> ClassHead<F, D> {
    /// A head of all zeros: every class is as likely, and the features are what breaks the symmetry.
    pub fn new(device: &D, classes: usize) -> Self {
        ClassHead {
            weight: device.zeros_like(&(classes, F::default())),
            bias: device.zeros_like(&(classes,)),
            frozen: false,
        }
    }

    fn logits<T: Tape<f32, D>>(
        &self,
        features: Tensor<(usize, F), f32, D, T>,
    ) -> Tensor<Matrix, f32, D, T> {
        let shape = (features.shape().0, self.bias.shape().0);
        let parameters = Parameters {
            weight: &self.weight,
            bias: &self.bias,
        };
        let wanted = Wanted {
            input: true,
            parameters: !self.frozen,
        };
        match D::linear(features, parameters, shape, wanted) {
            Ok(logits) => logits,
            Err(error) => panic!("no memory for the logits of a batch: {error:?}"),
        }
    }
}

/// Features and logits of a batch.
type Answer<F, D> = (Tensor<(usize, F), f32, D>, Tensor<Matrix, f32, D>);

/// A network of features and a head.
#[derive(Clone, Debug)]
pub struct Classifier<N, F: ConstDim, D: Backend> {
    /// Gives the features.
    pub features: N,
    /// Reads the classes from them.
    pub head: ClassHead<F, D>,
}

impl<N, F: ConstDim, D: Backend> Classifier<N, F, D> {
    /// A classifier on top of a network.
    pub fn new(device: &D, features: N, classes: usize) -> Self {
        Classifier {
            features,
            head: ClassHead::new(device, classes),
        }
    }

    /// Logits of a batch in training.
    pub fn learn<I: Shape>(&mut self, input: Recorded<I, D>) -> Recorded<Matrix, D>
    where
        N: Network<D, I, (usize, F)>,
    {
        self.head.logits(self.features.learn(input))
    }

    /// Features and logits of a batch.
    pub fn infer<I: Shape>(&self, input: Tensor<I, f32, D>) -> Answer<F, D>
    where
        N: Network<D, I, (usize, F)>,
    {
        let features = self.features.infer(input);
        let logits = self.head.logits(features.clone());
        (features, logits)
    }

    /// One step of the optimizers of features, weights and biases.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn update(
        &mut self,
        optimizers: &mut [Adam; 3],
        gradients: &mut Gradients<f32, D>,
    ) -> Result<(), D::Err>
    where
        N: TensorCollection<f32, D>,
    {
        let [features, weight, bias] = optimizers;
        features.update(&mut self.features, gradients)?;
        weight.update_tensor(&mut self.head.weight, gradients)?;
        bias.update_tensor(&mut self.head.bias, gradients)
    }

    pub(super) fn tensors(&self) -> Vec<NamedTensor>
    where
        N: TensorCollection<f32, D>,
    {
        let mut state = State::default();
        state.add("features", parameters(&self.features));
        state.add(
            "head",
            vec![
                named("weight", &self.head.weight),
                named("bias", &self.head.bias),
            ],
        );
        state.into_tensors()
    }

    pub(super) fn load(&mut self, tensors: &[NamedTensor]) -> anyhow::Result<()>
    where
        N: TensorCollection<f32, D>,
    {
        let state = State::new(tensors);
        load_parameters(&mut self.features, &state.part("features"))?;
        let head = state.part("head");
        load_named("weight", &mut self.head.weight, &head)?;
        load_named("bias", &mut self.head.bias, &head)
    }

    /// A copy that computes no gradients for its parameters.
    pub fn frozen(&self) -> Self
    where
        N: Freeze,
    {
        let mut head = self.head.clone();
        head.frozen = true;
        Classifier {
            features: self.features.frozen(),
            head,
        }
    }
}
