//! Quantization of a decoder in floating point to one in integers.

use super::activations::{LatentQuantization, Quantization};
use super::error::ExportError;
use super::float_decoder::{FloatDecoder, FloatLayer, PixelFunction};
use super::scheme::{Precision, QuantizedLayer, Scheme};
use pixling_nn::Grid;
use rayon::prelude::*;

/// A decoder in integers.
#[derive(Clone, Debug)]
pub struct QuantizedDecoder {
    /// The layers in order.
    pub layers: Vec<QuantizedLayer>,
    /// The pixel for each value of the last layer from 0 to 128; negative values mirror them.
    pub pixels: Vec<u8>,
}

/// The quantization of each number of a decoder. It is chosen for a decoder, and can be applied to the same decoder
/// with changed weights.
#[derive(Clone, Debug)]
pub struct Quantizer {
    /// The quantization of latents.
    pub latent: LatentQuantization,
    pub(super) function: PixelFunction,
    /// The scheme of each layer.
    pub schemes: Vec<Scheme>,
}

impl Quantizer {
    /// Chooses the quantization of a decoder. `outputs` come from [`Calibration`](super::Calibration); they and the
    /// precisions have an item for each layer.
    ///
    /// # Errors
    ///
    /// When the decoder is incomplete, a weight is not a number, or a number has no room in the file.
    pub fn new(
        decoder: &FloatDecoder,
        latent: &LatentQuantization,
        outputs: &[Quantization],
        precisions: &[Precision],
    ) -> Result<Quantizer, ExportError> {
        let layers = decoder.layers.len();
        let (calibrated, chosen) = (outputs.len(), precisions.len());
        if (calibrated, chosen) != (layers, layers) {
            return Err(ExportError::Layers {
                layers,
                calibrated,
                chosen,
            });
        }
        let function = decoder.pixels.ok_or(ExportError::NoPixels)?;
        let mut input = Quantization::STEPS;
        let mut schemes = Vec::with_capacity(layers);
        let choices = outputs.iter().zip(precisions).enumerate();
        for (layer, (index, (output, precision))) in in_steps(decoder, latent).zip(choices) {
            schemes.push(Scheme::choose(index, &layer, input, *output, *precision)?);
            input = *output;
        }
        Ok(Quantizer {
            latent: latent.clone(),
            function,
            schemes,
        })
    }

    /// The decoder with corrected biases: less the mean error of each output by rounding.
    ///
    /// Runs the latents through both forms of the decoder at once.
    pub fn with_corrected_biases(
        &self,
        decoder: &FloatDecoder,
        latents: &[Vec<f32>],
    ) -> FloatDecoder {
        let mut corrected = decoder.clone();
        let mut wanted: Vec<Vec<f32>> = latents.to_vec();
        let mut rounded: Vec<Vec<f32>> = latents.iter().map(|z| self.latent.rounded(z)).collect();
        for (index, scheme) in self.schemes.iter().enumerate() {
            let layer = &decoder.layers[index];
            let coarse = self.dequantized_layer(index, layer);
            let offsets = wanted.par_iter().zip(&rounded).map(|(wanted, rounded)| {
                let mut offsets = vec![0f64; layer.bias.len()];
                let sums = layer.sums(wanted).into_iter().zip(coarse.sums(rounded));
                for (output, (wanted, found)) in sums.enumerate() {
                    offsets[layer.bias_of_output(output)] += f64::from(wanted - found);
                }
                offsets
            });
            // Collected first: a parallel sum would depend on the number of threads.
            let offsets: Vec<Vec<f64>> = offsets.collect();
            let count = latents.len() * layer.output.values() as usize / layer.bias.len().max(1);
            for (output, bias) in corrected.layers[index].bias.iter_mut().enumerate() {
                let sum: f64 = offsets.iter().map(|offsets| offsets[output]).sum();
                *bias += (sum / count.max(1) as f64) as f32;
            }
            let exact = self.dequantized_layer(index, &corrected.layers[index]);
            let grid = scheme.output.grid();
            let next = |values: &mut Vec<f32>| *values = layer.run(values);
            wanted.par_iter_mut().for_each(next);
            rounded
                .par_iter_mut()
                .for_each(|values| *values = run_rounded(&exact, values, grid));
        }
        corrected
    }

    /// The decoder with the real values of the integers, for latents that are not in steps.
    pub fn dequantized(&self, decoder: &FloatDecoder) -> FloatDecoder {
        let layers = decoder.layers.iter().enumerate();
        FloatDecoder {
            layers: layers
                .map(|(index, layer)| self.dequantized_layer(index, layer))
                .collect(),
            ..decoder.clone()
        }
    }

    fn dequantized_layer(&self, index: usize, layer: &FloatLayer) -> FloatLayer {
        let scheme = &self.schemes[index];
        if index > 0 {
            return scheme.dequantized(layer);
        }
        let mut found = scheme.dequantized(&with_steps(layer, &self.latent.steps));
        let reciprocal: Vec<f32> = self.latent.steps.iter().map(|step| 1.0 / step).collect();
        found = with_steps(&found, &reciprocal);
        found
    }

    /// The values that each layer may write.
    pub fn grids(&self) -> impl Iterator<Item = Grid> {
        self.schemes.iter().map(|scheme| scheme.output.grid())
    }

    /// The outputs of the layers for a latent, rounded as in the runtime. `exact` is
    /// [`dequantized`](Self::dequantized).
    pub fn run(&self, exact: &FloatDecoder, latent: &[f32]) -> Vec<Vec<f32>> {
        let mut values = self.latent.rounded(latent);
        let layers = exact.layers.iter().zip(self.grids());
        let run = layers.map(|(layer, grid)| {
            values = run_rounded(layer, &values, grid);
            values.clone()
        });
        run.collect()
    }

    /// The decoder in integers.
    pub fn pack(&self, decoder: &FloatDecoder) -> QuantizedDecoder {
        let layers = in_steps(decoder, &self.latent).zip(&self.schemes);
        let last = self
            .schemes
            .last()
            .map_or(Quantization::STEPS, |last| last.output);
        QuantizedDecoder {
            layers: layers.map(|(layer, scheme)| scheme.pack(&layer)).collect(),
            pixels: last.pixels(self.function),
        }
    }
}

fn run_rounded(layer: &FloatLayer, input: &[f32], grid: Grid) -> Vec<f32> {
    let mut values = layer.run(input);
    values
        .iter_mut()
        .for_each(|value| *value = grid.round(*value));
    values
}

/// The layers, the first one for a latent in steps.
fn in_steps(
    decoder: &FloatDecoder,
    latent: &LatentQuantization,
) -> impl Iterator<Item = FloatLayer> {
    let layers = decoder.layers.iter().enumerate();
    layers.map(|(index, layer)| match index {
        0 => with_steps(layer, &latent.steps),
        _ => layer.clone(),
    })
}

/// A layer with inputs in steps of a size.
fn with_steps(layer: &FloatLayer, steps: &[f32]) -> FloatLayer {
    let mut layer = layer.clone();
    for row in layer.weights.chunks_exact_mut(steps.len()) {
        let weights = row.iter_mut().zip(steps);
        weights.for_each(|(weight, step)| *weight *= step);
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::super::{Calibration, FloatActivation};
    use super::*;

    /// Two layers with weights that 4 bits cannot hold.
    fn decoder() -> FloatDecoder {
        let noise = |seed: usize, count: usize| -> Vec<f32> {
            let value = |i: usize| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
            (0..count).map(value).collect()
        };
        let mut decoder = FloatDecoder::new(8);
        decoder.dense(noise(1, 8 * 36), noise(2, 36)).unwrap();
        decoder.unflatten(4, 3, 3).unwrap();
        decoder
            .activation(FloatActivation::LeakyRelu { slope: 0.1 })
            .unwrap();
        decoder
            .convolution(&noise(3, 36), vec![0.3], 3, 1, 1)
            .unwrap();
        decoder.pixels(PixelFunction::Sigmoid).unwrap();
        decoder
    }

    /// The largest mean error of a layer's sums by rounding, over latents, for each bias.
    fn offset(
        quantizer: &Quantizer,
        trained: &FloatDecoder,
        decoder: &FloatDecoder,
        latents: &[Vec<f32>],
    ) -> Vec<f64> {
        let exact = quantizer.dequantized(decoder);
        let of_layer = |index: usize| -> f64 {
            let layer = &trained.layers[index];
            let mut sums = vec![0f64; layer.bias.len()];
            for latent in latents {
                let (wanted, rounded) = (trained.run(latent), quantizer.run(&exact, latent));
                let inputs = match index {
                    0 => (latent.clone(), quantizer.latent.rounded(latent)),
                    _ => (wanted[index - 1].clone(), rounded[index - 1].clone()),
                };
                let wanted = layer.sums(&inputs.0);
                let found = exact.layers[index].sums(&inputs.1);
                for (output, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                    sums[layer.bias_of_output(output)] += f64::from(found - wanted);
                }
            }
            sums.iter().fold(0.0, |most: f64, sum| most.max(sum.abs())) / latents.len() as f64
        };
        (0..trained.layers.len()).map(of_layer).collect()
    }

    #[test]
    fn corrected_biases_take_away_what_rounding_adds_on_average() {
        let trained = decoder();
        let latents: Vec<Vec<f32>> = (0..200)
            .map(|n| {
                (0..8)
                    .map(|d| ((n * 13 + d * 5) as f32 * 0.37).sin() + 0.5)
                    .collect()
            })
            .collect();
        let outputs = Calibration::default().run(&trained, &latents).unwrap();
        let latent = LatentQuantization {
            steps: vec![1.5 / 127.0; 8],
        };
        let quantizer = Quantizer::new(&trained, &latent, &outputs, &[Precision::Int4; 2]).unwrap();
        let corrected = quantizer.with_corrected_biases(&trained, &latents);
        let before = offset(&quantizer, &trained, &trained, &latents);
        let after = offset(&quantizer, &trained, &corrected, &latents);
        for (before, after) in before.iter().zip(&after) {
            assert!(after < &(before / 3.0), "{before} {after}");
        }
    }
}
