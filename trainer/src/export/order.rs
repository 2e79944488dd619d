//! Where the numbers of a trained network stand in the decoder that is quantized, and back.

use super::float_decoder::FloatDecoder;
use super::lower::Lower;
use crate::nn::{Backend, NamedTensor, detach_module, load_parameters, parameters};
use anyhow::{Context, Result, ensure};
use dfdx::nn::tensor_collection::TensorCollection;

/// The normalization that does nothing.
const IDENTITY: [(&str, f32); 4] = [
    ("scale", 1.0),
    ("shift", 0.0),
    ("running_mean", 0.0),
    // The layer adds its epsilon to it.
    ("running_variance", 1.0 - 1e-5),
];

/// For each layer of the decoder, the place of each of its numbers among all numbers of the network's tensors.
#[derive(Clone, Debug)]
pub struct Order {
    /// The network's tensors; normalizations do nothing.
    tensors: Vec<NamedTensor>,
    /// Of weights and of biases.
    places: Vec<[Vec<usize>; 2]>,
}

impl Order {
    /// The order of a network whose normalizations are folded into the layers before them.
    ///
    /// # Errors
    ///
    /// When the network cannot be lowered, or a number of it would be lost.
    pub fn of<D: Backend, N>(network: &N, latent: usize) -> Result<Order>
    where
        N: Lower + TensorCollection<f32, D> + Clone,
    {
        // A network whose numbers are their own places shows where each of them goes.
        let mut numbered = detach_module(network);
        let mut tensors = parameters(&numbered);
        let mut next = 0;
        for tensor in &mut tensors {
            match identity(tensor) {
                Some(value) => tensor.values.fill(value),
                None => {
                    for value in &mut tensor.values {
                        *value = next as f32;
                        next += 1;
                    }
                }
            }
        }
        ensure!(next < 1 << 23, "a decoder of {next} weights is too large");
        load_parameters(&mut numbered, &tensors)?;
        let mut decoder = FloatDecoder::new(latent);
        numbered.lower(&mut decoder)?;
        let layers = decoder.layers.iter();
        let numbers: Vec<[&[f32]; 2]> = layers
            .map(|layer| [&layer.weights[..], &layer.bias[..]])
            .collect();
        let whole = |n: &f32| (n - n.round()).abs() <= 1e-6 * n.abs();
        ensure!(
            numbers.iter().flatten().copied().flatten().all(whole),
            "a normalization that should do nothing changes what it reads"
        );
        let places = |numbers: &[f32]| -> Vec<usize> {
            numbers.iter().map(|n| n.round() as usize).collect()
        };
        let places: Vec<[Vec<usize>; 2]> = numbers.iter().map(|both| both.map(places)).collect();
        let mut seen: Vec<usize> = places.iter().flatten().flatten().copied().collect();
        seen.sort_unstable();
        ensure!(
            seen.iter().copied().eq(0..next),
            "the decoder has numbers that its network has not"
        );
        Ok(Order { tensors, places })
    }

    /// The network's tensors with the decoder's numbers.
    ///
    /// # Errors
    ///
    /// When the decoder is another one.
    pub fn tensors(&self, decoder: &FloatDecoder) -> Result<Vec<NamedTensor>> {
        let count = self.places.iter().flatten().map(Vec::len).sum();
        let mut numbers = vec![0.0; count];
        ensure!(decoder.layers.len() == self.places.len(), "another decoder");
        for (layer, [weights, bias]) in decoder.layers.iter().zip(&self.places) {
            ensure!(
                layer.weights.len() == weights.len() && layer.bias.len() == bias.len(),
                "a layer of another size"
            );
            let places = weights.iter().chain(bias);
            let values = layer.weights.iter().chain(&layer.bias);
            places
                .zip(values)
                .for_each(|(place, value)| numbers[*place] = *value);
        }
        let mut tensors = self.tensors.clone();
        let mut rest = numbers.as_slice();
        for tensor in tensors
            .iter_mut()
            .filter(|tensor| identity(tensor).is_none())
        {
            let (values, behind) = rest
                .split_at_checked(tensor.values.len())
                .context("too few numbers")?;
            tensor.values.copy_from_slice(values);
            rest = behind;
        }
        Ok(tensors)
    }

    /// Gives the decoder the numbers of the network's tensors.
    pub fn update(&self, decoder: &mut FloatDecoder, tensors: &[NamedTensor]) {
        let numbers: Vec<f32> = tensors
            .iter()
            .filter(|tensor| identity(tensor).is_none())
            .flat_map(|tensor| tensor.values.iter().copied())
            .collect();
        for (layer, [weights, bias]) in decoder.layers.iter_mut().zip(&self.places) {
            let places = weights.iter().chain(bias);
            let values = layer.weights.iter_mut().chain(&mut layer.bias);
            places
                .zip(values)
                .for_each(|(place, value)| *value = numbers[*place]);
        }
    }
}

/// The value of a normalization's tensor that does nothing; `None` for weights and biases.
fn identity(tensor: &NamedTensor) -> Option<f32> {
    let field = tensor.name.rsplit('.').next().unwrap_or_default();
    let found = IDENTITY.iter().find(|(name, _)| *name == field);
    found.map(|(_, value)| *value)
}
