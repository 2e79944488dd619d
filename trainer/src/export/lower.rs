//! Networks of the trainer as decoders of the runtime, and back.

use super::error::ExportError;
use super::float_decoder::{FloatActivation, FloatDecoder, PixelFunction};
use pixling_nn::{Activation, Backend, Description, NamedTensor, Network, parameters};

/// The decoder that is equivalent to a network, with normalization folded into its layers.
///
/// # Errors
///
/// When the runtime's operators cannot express a layer, or the order of layers.
pub fn lower<D: Backend>(network: &Network<D>) -> Result<FloatDecoder, ExportError> {
    let mut decoder = FloatDecoder::new(network.inputs());
    let mut tensors = parameters(network).into_iter().map(|tensor| tensor.values);
    let mut next = || tensors.next().unwrap_or_default();
    for layer in network.describe() {
        match layer {
            Description::Linear { .. } => decoder.dense(next(), next())?,
            Description::Unflatten(extent) => {
                decoder.unflatten(extent.channels, extent.height, extent.width)?;
            }
            Description::Conv2d(geometry) => {
                let (weight, bias) = (next(), next());
                decoder.convolution(
                    &weight,
                    bias,
                    geometry.kernel,
                    geometry.stride,
                    geometry.padding,
                )?;
            }
            Description::TransposedConv2d(geometry) => {
                if (geometry.kernel, geometry.stride, geometry.padding) != (4, 2, 1) {
                    return Err(ExportError::Unsupported(
                        "the runtime has no transposed convolution but 4x4 with stride 2 and padding 1",
                    ));
                }
                let (weight, bias) = (next(), next());
                decoder.transposed_convolution(&weight, bias)?;
            }
            Description::BatchNorm2d { epsilon, .. } => {
                let (scale, shift, mean, variance) = (next(), next(), next(), next());
                let factors = scale.iter().zip(&variance);
                let scale: Vec<f32> = factors
                    .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
                    .collect();
                let moved = shift.iter().zip(&mean).zip(&scale);
                let shift: Vec<f32> = moved
                    .map(|((shift, mean), scale)| shift - mean * scale)
                    .collect();
                decoder.fold(&scale, &shift)?;
            }
            Description::Activation(Activation::ReLU) => {
                decoder.activation(FloatActivation::Relu)?;
            }
            Description::Activation(Activation::LeakyReLU { slope }) => {
                decoder.activation(FloatActivation::LeakyRelu { slope })?;
            }
            Description::Activation(Activation::Sigmoid) => {
                decoder.pixels(PixelFunction::Sigmoid)?;
            }
            Description::Activation(Activation::Tanh) => decoder.pixels(PixelFunction::Tanh)?,
            // The runtime's own rounding.
            Description::Rounding => {}
            _ => {
                return Err(ExportError::Unsupported(
                    "a decoder has a layer that the runtime has no operator for",
                ));
            }
        }
    }
    Ok(decoder)
}

/// The tensors with which a network is equivalent to a decoder, with normalizations that do nothing. The decoder has
/// the layers of the network's [lowered](lower) form, and any weights.
pub fn raise<D: Backend>(decoder: &FloatDecoder, network: &Network<D>) -> Vec<NamedTensor> {
    let mut tensors = parameters(network);
    let mut rest = tensors.iter_mut();
    let mut layers = decoder.layers.iter();
    for description in network.describe() {
        match description {
            Description::Linear { .. }
            | Description::Conv2d(_)
            | Description::TransposedConv2d(_) => {
                let (weight, bias) = (rest.next(), rest.next());
                if let (Some(layer), Some(weight), Some(bias)) = (layers.next(), weight, bias) {
                    for (index, value) in layer.weights.iter().enumerate() {
                        weight.values[layer.place_of_weight(index)] = *value;
                    }
                    for (index, value) in layer.bias.iter().enumerate() {
                        bias.values[layer.place_of_bias(index)] = *value;
                    }
                }
            }
            Description::BatchNorm2d { epsilon, .. } => {
                // The layer adds its epsilon to the variance.
                for value in [1.0, 0.0, 0.0, 1.0 - epsilon] {
                    if let Some(tensor) = rest.next() {
                        tensor.values.fill(value);
                    }
                }
            }
            _ => {}
        }
    }
    tensors
}

/// Gives a decoder the weights and biases of the equivalent network, whose normalizations do nothing: changes of these
/// by an optimizer are ignored.
pub fn reread<D: Backend>(decoder: &mut FloatDecoder, network: &Network<D>) {
    let tensors = parameters(network);
    // A dense layer or a convolution has two tensors, a normalization four.
    let weighted = tensors.iter().filter(|tensor| {
        let field = tensor.name.rsplit('.').next();
        matches!(field, Some("weight" | "bias"))
    });
    let mut weighted = weighted.map(|tensor| &tensor.values);
    for layer in &mut decoder.layers {
        let (Some(weight), Some(bias)) = (weighted.next(), weighted.next()) else {
            break;
        };
        for index in 0..layer.weights.len() {
            layer.weights[index] = weight[layer.place_of_weight(index)];
        }
        for index in 0..layer.bias.len() {
            layer.bias[index] = bias[layer.place_of_bias(index)];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Micro, Preset};
    use dfdx::prelude::Cpu;
    use pixling_nn::load_parameters;

    /// Normalizations that do nothing change no bit, and every number comes back to its place.
    #[test]
    fn a_raised_decoder_is_lowered_to_itself() {
        let device = Cpu::seed_from_u64(3);
        let mut network = Preset::<Cpu>::decoder(&Micro, &device);
        let decoder = lower(&network).unwrap();
        let tensors = raise(&decoder, &network);
        assert_ne!(tensors, parameters(&network), "nothing was folded");
        load_parameters(&mut network, &tensors).unwrap();
        let again = lower(&network).unwrap();
        assert_eq!(again.layers.len(), 4);
        for (again, layer) in again.layers.iter().zip(&decoder.layers) {
            assert_eq!(again.weights, layer.weights);
            assert_eq!(again.bias, layer.bias);
        }
    }

    #[test]
    fn a_decoder_rereads_the_weights_of_its_network_alone() {
        let device = Cpu::seed_from_u64(3);
        let mut network = Preset::<Cpu>::decoder(&Micro, &device);
        let decoder = lower(&network).unwrap();
        let mut tensors = raise(&decoder, &network);
        for tensor in &mut tensors {
            tensor.values.iter_mut().for_each(|value| *value += 0.5);
        }
        load_parameters(&mut network, &tensors).unwrap();
        let mut moved = decoder.clone();
        reread(&mut moved, &network);
        for (moved, layer) in moved.layers.iter().zip(&decoder.layers) {
            let numbers = moved.weights.iter().chain(&moved.bias);
            let before = layer.weights.iter().chain(&layer.bias);
            for (moved, before) in numbers.zip(before) {
                assert_eq!(*moved, before + 0.5);
            }
        }
    }
}
