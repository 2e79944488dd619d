//! The operations that layers need from a device.

use crate::builtin;
use crate::shapes::Flat;
use dfdx::shapes::Shape;
use dfdx::tensor::{Gradients, Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;
use pixling_kernels::activation::Activation;
use pixling_kernels::adam::AdamStep;
use pixling_kernels::{Geometry, Planes};

/// The gradients that the backward pass of an operation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The gradient of the input.
    pub input: bool,
    /// The gradients of weights and biases, or of scale and shift.
    pub parameters: bool,
}

/// Weights and biases of a layer. They share identity and buffer with the layer's tensors.
#[derive(Debug)]
pub struct Parameters<D: Storage<f32>> {
    /// Weights, whose first axis is output channels, or input channels for a transposed convolution.
    pub weight: Flat<D>,
    /// One value for each output channel.
    pub bias: Flat<D>,
}

/// A normalization of channels, `(x - mean) / sqrt(variance + epsilon) * scale + shift`, less its statistics.
#[derive(Debug)]
pub struct Normalization<D: Storage<f32>> {
    /// How the input divides into channels.
    pub planes: Planes,
    /// Added to the variance.
    pub epsilon: f32,
    /// Scale and shift of each channel; 1 and 0 if absent.
    pub affine: Option<Affine<D>>,
}

/// Scale and shift of each channel. They share identity and buffer with the layer's tensors.
#[derive(Debug)]
pub struct Affine<D: Storage<f32>> {
    /// Factors.
    pub scale: Flat<D>,
    /// Summands.
    pub shift: Flat<D>,
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

/// A dfdx device with the operations of our layers.
///
/// Generic code over devices needs only `D: Backend`: it implies `dfdx::tensor_ops::Device<f32>`. Operations take
/// [flat](Flat) tensors of row-major elements, so that each is compiled once for all layers; they record themselves on
/// the input's tape. Callers (the layers) guarantee that sizes agree.
///
/// The methods are provided, from dfdx's own operations: a device without kernels of its own implements none of them.
/// [`Cpu`](dfdx::tensor::Cpu) has kernels of its own. The provided convolutions are gathers of rows and products. On the
/// processor this is about 2.4 times slower than our kernels and equal up to rounding. The provided methods compute the
/// gradients of all parameters; unwanted ones are stored under an id that is never read. They make index tables anew for
/// every call: leave the device's cache off, or it keeps all of them. Their batches must not be empty.
pub trait Backend: Device<f32> {
    /// A convolution from `geometry.picture` to `geometry.features`.
    ///
    /// Input: batch x picture; weight: output channels x input channels x kernel x kernel.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::convolution(geometry, input, parameters, wanted)
    }

    /// A transposed convolution from `geometry.features` to `geometry.picture`.
    ///
    /// Input: batch x features; weight: input channels x output channels x kernel x kernel.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn transposed_convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::transposed_convolution(geometry, input, parameters, wanted)
    }

    /// A dense layer, `input * weight^T + bias`. Input: batch x inputs; weight: outputs x inputs.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn linear<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::linear(input, parameters, wanted)
    }

    /// Normalizes by the statistics of the batch itself, and gives them.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    #[allow(clippy::type_complexity)]
    fn batch_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        normalization: Normalization<Self>,
    ) -> Result<(Flat<Self, T>, BatchStatistics), Self::Err> {
        builtin::batch_normalization(input, normalization)
    }

    /// Normalizes by given means and variances, which get no gradient.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn fixed_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        mean: &Flat<Self>,
        variance: &Flat<Self>,
        normalization: Normalization<Self>,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::fixed_normalization(input, mean, variance, normalization)
    }

    /// Applies an activation function to each element.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn activation<T: Tape<f32, Self>>(
        activation: Activation,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::activation(activation, input)
    }

    /// The largest of each 2 x 2 square of feature maps of `height` x `width`; an odd last row or column is left out.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn max_pooling<T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::max_pooling(height, width, input)
    }

    /// Each sample of batch x `features`, followed by the mean over the features of their deviation over the batch.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the output.
    fn batch_deviation<T: Tape<f32, Self>>(
        features: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Self::Err> {
        builtin::batch_deviation(features, input)
    }

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
    ) -> Result<(), Self::Err> {
        builtin::adam(parameter, gradients, first_moment, second_moment, step)
    }
}
