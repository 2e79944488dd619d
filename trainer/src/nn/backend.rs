//! What the layers need from a device.

use super::adam::AdamStep;
use super::geometry::{Geometry, Planes};
use super::rounding::Grid;
use dfdx::nn::DeviceBuildExt;
use dfdx::shapes::Shape;
use dfdx::tensor::{Gradients, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;

/// Which gradients the backward pass of an operation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The gradient of the input.
    pub input: bool,
    /// The gradients of weights and biases, or of scale and shift.
    pub parameters: bool,
}

/// Weights and biases of a layer.
#[derive(Debug)]
pub struct Parameters<'a, W: Shape, B: Shape, D: Storage<f32>> {
    /// Weights, whose first axis is output channels, or input channels for a transposed convolution.
    pub weight: &'a Tensor<W, f32, D>,
    /// One value for each output channel.
    pub bias: &'a Tensor<B, f32, D>,
}

/// A normalization of channels, `(x - mean) / sqrt(variance + epsilon) * scale + shift`, less its statistics.
#[derive(Debug)]
pub struct Normalization<'a, C: Shape, D: Storage<f32>> {
    /// How the input divides into channels.
    pub planes: Planes,
    /// Added to the variance.
    pub epsilon: f32,
    /// Scale and shift of each channel; 1 and 0 if absent.
    pub affine: Option<Affine<'a, C, D>>,
}

/// Scale and shift of each channel.
#[derive(Debug)]
pub struct Affine<'a, C: Shape, D: Storage<f32>> {
    /// Factors.
    pub scale: &'a Tensor<C, f32, D>,
    /// Summands.
    pub shift: &'a Tensor<C, f32, D>,
    /// Whether their gradients are computed.
    pub wanted: bool,
}

/// Statistics of a batch, one value for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchStatistics {
    /// Means.
    pub mean: Vec<f32>,
    /// Variances: mean squared deviations, without Bessel's correction.
    pub variance: Vec<f32>,
}

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `x` above zero, the slope times `x` below.
    LeakyReLU {
        /// The slope below zero.
        slope: f32,
    },
    /// `max(x, 0)`.
    ReLU,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// To a grid, with a gradient that goes straight through inside of its range.
    Rounding(Grid),
}

/// A dfdx device with the operations of our layers.
///
/// Generic code over devices needs only `D: Backend`: it implies `dfdx::tensor_ops::Device<f32>` and
/// `dfdx::nn::DeviceBuildExt`. Operations take
/// tensors of any shape that has the right number of elements in the right order, and give the shape asked for;
/// they record themselves on the input's tape. Callers (the layers) guarantee that sizes agree.
///
/// [`Cpu`](dfdx::tensor::Cpu) has kernels of its own. A device that only has dfdx's operations implements every method
/// with the function of the same name in [`builtin`](super::builtin).
pub trait Backend: Device<f32> + DeviceBuildExt {
    /// A convolution from `geometry.picture` to `geometry.features`.
    ///
    /// Input: batch x picture, row-major; weight: output channels x input channels x kernel x kernel.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Self::Err>;

    /// A transposed convolution from `geometry.features` to `geometry.picture`.
    ///
    /// Input: batch x features, row-major; weight: input channels x output channels x kernel x kernel.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn transposed_convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Self::Err>;

    /// A dense layer, `input * weight^T + bias`. Input: batch x inputs; weight: outputs x inputs.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn linear<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Self::Err>;

    /// Normalizes by the statistics of the batch itself, and gives them.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    #[allow(clippy::type_complexity)]
    fn batch_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<(Tensor<X, f32, Self, T>, BatchStatistics), Self::Err>;

    /// Normalizes by given means and variances, which get no gradient.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn fixed_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        mean: &Tensor<C, f32, Self>,
        variance: &Tensor<C, f32, Self>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<Tensor<X, f32, Self, T>, Self::Err>;

    /// Applies an activation function to each element.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn activation<S: Shape, T: Tape<f32, Self>>(
        activation: Activation,
        input: Tensor<S, f32, Self, T>,
    ) -> Result<Tensor<S, f32, Self, T>, Self::Err>;

    /// The largest of each 2 x 2 square of feature maps of `height` x `width`; an odd last row or column is left out.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn max_pooling<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, Self::Err>;

    /// Each sample of batch x `features`, and behind it the mean over the features of their deviation over the batch.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn batch_deviation<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        features: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, Self::Err>;

    /// One step of Adam on `parameter` (a missing gradient is zero), after which its gradient is zero.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the gradient.
    fn adam<S: Shape>(
        parameter: &mut Tensor<S, f32, Self>,
        gradients: &mut Gradients<f32, Self>,
        first_moment: &mut [f32],
        second_moment: &mut [f32],
        step: &AdamStep,
    ) -> Result<(), Self::Err>;
}
