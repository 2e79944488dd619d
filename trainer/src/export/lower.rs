//! Networks of the trainer as decoders of the runtime, and back.

use super::error::ExportError;
use super::float_decoder::{FloatDecoder, PixelFunction};
use super::float_layer::{FloatActivation, FloatLayer};
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
            Description::Modulation { .. } => {
                let [scale, of_scale, shift, of_shift] = [next(), next(), next(), next()];
                decoder.modulation([scale, shift].concat(), [of_scale, of_shift].concat())?;
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
    let (modulations, layers): (Vec<&FloatLayer>, Vec<&FloatLayer>) = decoder
        .layers
        .iter()
        .partition(|layer| layer.is_modulation());
    let (mut modulations, mut layers) = (modulations.into_iter(), layers.into_iter());
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
            Description::Modulation { .. } => {
                // Weight and bias of the scales, then of the shifts.
                let mut halves = modulations.next().into_iter().flat_map(|modulation| {
                    let (weights, biases) = (&modulation.weights, &modulation.bias);
                    let (scales, shifts) = weights.split_at(weights.len() / 2);
                    let (of_scales, of_shifts) = biases.split_at(biases.len() / 2);
                    [scales, of_scales, shifts, of_shifts]
                });
                for _ in 0..4 {
                    if let (Some(tensor), Some(values)) = (rest.next(), halves.next()) {
                        tensor.values.copy_from_slice(values);
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
    let mut tensors = parameters(network).into_iter().map(|tensor| tensor.values);
    let (mut weighted, mut modulations) = (Vec::new(), Vec::new());
    for description in network.describe() {
        let own: Vec<Vec<f32>> = tensors.by_ref().take(description.tensors()).collect();
        match (description, &own[..]) {
            (Description::Modulation { .. }, [scale, of_scale, shift, of_shift]) => {
                let concat = |a: &[f32], b: &[f32]| [a, b].concat();
                modulations.push((concat(scale, shift), concat(of_scale, of_shift)));
            }
            (_, [weight, bias]) => weighted.push((weight.clone(), bias.clone())),
            _ => {}
        }
    }
    let (mut weighted, mut modulations) = (weighted.into_iter(), modulations.into_iter());
    for layer in &mut decoder.layers {
        let read = match layer.is_modulation() {
            true => modulations.next(),
            false => weighted.next(),
        };
        let Some((weight, bias)) = read else { break };
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
        assert_eq!(again.layers.len(), 6);
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
