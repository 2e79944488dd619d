//! The operations of [`Backend`] on dfdx's CUDA device, all from dfdx's own.

use super::backend::{Backend, BatchStatistics, Normalization, Parameters, Wanted};
use super::builtin;
use super::shapes::Flat;
use dfdx::shapes::Shape;
use dfdx::tensor::{Cuda, Gradients, HasErr, Tape, Tensor};

use pixling_kernels::Geometry;
use pixling_kernels::activation::Activation;
use pixling_kernels::adam::AdamStep;

type Error = <Cuda as HasErr>::Err;

impl Backend for Cuda {
    fn convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::convolution(geometry, input, parameters, wanted)
    }

    fn transposed_convolution<T: Tape<f32, Self>>(
        geometry: &Geometry,
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::transposed_convolution(geometry, input, parameters, wanted)
    }

    fn linear<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        parameters: Parameters<Self>,
        wanted: Wanted,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::linear(input, parameters, wanted)
    }

    fn batch_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        normalization: Normalization<Self>,
    ) -> Result<(Flat<Self, T>, BatchStatistics), Error> {
        builtin::batch_normalization(input, normalization)
    }

    fn fixed_normalization<T: Tape<f32, Self>>(
        input: Flat<Self, T>,
        mean: &Flat<Self>,
        variance: &Flat<Self>,
        normalization: Normalization<Self>,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::fixed_normalization(input, mean, variance, normalization)
    }

    fn activation<T: Tape<f32, Self>>(
        activation: Activation,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::activation(activation, input)
    }

    fn max_pooling<T: Tape<f32, Self>>(
        height: usize,
        width: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::max_pooling(height, width, input)
    }

    fn batch_deviation<T: Tape<f32, Self>>(
        features: usize,
        input: Flat<Self, T>,
    ) -> Result<Flat<Self, T>, Error> {
        builtin::batch_deviation(features, input)
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
