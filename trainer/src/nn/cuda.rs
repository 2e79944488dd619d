//! The operations of [`Backend`] on dfdx's CUDA device, all from dfdx's own.

use super::adam::AdamStep;
use super::backend::{Activation, Backend, BatchStatistics, Normalization, Parameters, Wanted};
use super::builtin;
use super::geometry::Geometry;
use dfdx::shapes::Shape;
use dfdx::tensor::{Cuda, Gradients, HasErr, Tape, Tensor};

type Error = <Cuda as HasErr>::Err;

impl Backend for Cuda {
    fn convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Error> {
        builtin::convolution(geometry, input, parameters, output, wanted)
    }

    fn transposed_convolution<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Error> {
        builtin::transposed_convolution(geometry, input, parameters, output, wanted)
    }

    fn linear<X: Shape, W: Shape, B: Shape, Y: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        parameters: Parameters<'_, W, B, Self>,
        output: Y,
        wanted: Wanted,
    ) -> Result<Tensor<Y, f32, Self, T>, Error> {
        builtin::linear(input, parameters, output, wanted)
    }

    fn batch_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<(Tensor<X, f32, Self, T>, BatchStatistics), Error> {
        builtin::batch_normalization(input, normalization)
    }

    fn fixed_normalization<X: Shape, C: Shape, T: Tape<f32, Self>>(
        input: Tensor<X, f32, Self, T>,
        mean: &Tensor<C, f32, Self>,
        variance: &Tensor<C, f32, Self>,
        normalization: Normalization<'_, C, Self>,
    ) -> Result<Tensor<X, f32, Self, T>, Error> {
        builtin::fixed_normalization(input, mean, variance, normalization)
    }

    fn activation<S: Shape, T: Tape<f32, Self>>(
        activation: Activation,
        input: Tensor<S, f32, Self, T>,
    ) -> Result<Tensor<S, f32, Self, T>, Error> {
        builtin::activation(activation, input)
    }

    fn max_pooling<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, Error> {
        builtin::max_pooling(height, width, input, output)
    }

    fn batch_deviation<X: Shape, Y: Shape, T: Tape<f32, Self>>(
        features: usize,
        input: Tensor<X, f32, Self, T>,
        output: Y,
    ) -> Result<Tensor<Y, f32, Self, T>, Error> {
        builtin::batch_deviation(features, input, output)
    }

    fn adam<S: Shape>(
        parameter: &mut Tensor<S, f32, Self>,
        gradients: &mut Gradients<f32, Self>,
        first_moment: &mut [f32],
        second_moment: &mut [f32],
        step: &AdamStep,
    ) -> Result<(), Error> {
        builtin::adam(parameter, gradients, first_moment, second_moment, step)
    }
}
