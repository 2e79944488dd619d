//! What the trainer asks of a network: compile-time shapes inside, a batch of any size at its two ends.

use crate::nn::{Backend, Freeze};
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::{Module, ModuleMut, OwnedTape, Shape, Tensor};

/// A tensor whose operations are recorded.
pub type Recorded<S, D> = Tensor<S, f32, D, OwnedTape<f32, D>>;

/// A network from batches of shape `I` to batches of shape `O`.
pub trait Network<D: Backend, I: Shape, O: Shape>:
    TensorCollection<f32, D> + Clone + Freeze
{
    /// Runs it as it is: nothing is recorded, normalizations use their running statistics.
    fn infer(&self, input: Tensor<I, f32, D>) -> Tensor<O, f32, D>;

    /// Runs it as it is and records it: gradients flow through it.
    fn record(&self, input: Recorded<I, D>) -> Recorded<O, D>;

    /// Runs it in training: recorded, normalizations use and follow the batch.
    fn learn(&mut self, input: Recorded<I, D>) -> Recorded<O, D>;
}

impl<N, D: Backend, I: Shape, O: Shape> Network<D, I, O> for N
where
    N: TensorCollection<f32, D>
        + Clone
        + Freeze
        + Module<Tensor<I, f32, D>, Output = Tensor<O, f32, D>, Error = D::Err>
        + Module<Recorded<I, D>, Output = Recorded<O, D>, Error = D::Err>
        + ModuleMut<Recorded<I, D>, Output = Recorded<O, D>, Error = D::Err>,
{
    fn infer(&self, input: Tensor<I, f32, D>) -> Tensor<O, f32, D> {
        self.forward(input)
    }

    fn record(&self, input: Recorded<I, D>) -> Recorded<O, D> {
        self.forward(input)
    }

    fn learn(&mut self, input: Recorded<I, D>) -> Recorded<O, D> {
        self.forward_mut(input)
    }
}
