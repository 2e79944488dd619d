//! Quantization of a decoder in floating point to one in integers.

use super::activations::{LatentQuantization, Quantization};
use super::calibration::Written;
use super::error::ExportError;
use super::float_decoder::{FloatDecoder, Flow, PixelFunction};
use super::float_layer::FloatLayer;
use super::scheme::{Precision, QuantizedLayer, Scheme};
use pixling::Operator;
use pixling::limits::MAX_MODULATION_SHIFT;
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
    /// The units of what each layer writes, if that is a modulation.
    modulations: Vec<Option<ModulationUnits>>,
}

/// The units of a modulation's integers.
#[derive(Clone, Debug)]
struct ModulationUnits {
    /// The real value of 1, of each scale and of each shift.
    steps: Vec<f32>,
    /// A shift is this many bits above a unit of the accumulator.
    shift: u8,
}

/// The step of a scale.
const SCALE_STEP: f32 = 1.0 / 128.0;

impl ModulationUnits {
    /// For the shifts of a layer of this scheme, of these magnitudes.
    fn choose(modulated: &Scheme, largest: &[f32]) -> ModulationUnits {
        let units = (0..largest.len()).map(|channel| modulated.unit(channel));
        let units: Vec<f64> = units.collect();
        let most = largest
            .iter()
            .zip(&units)
            .map(|(most, unit)| f64::from(*most) / unit)
            .fold(0.0, f64::max);
        let fits = |shift: &u8| most <= 127.0 * 2f64.powi((*shift).into());
        let shift = (0..=MAX_MODULATION_SHIFT)
            .find(fits)
            .unwrap_or(MAX_MODULATION_SHIFT);
        let of_shifts = units
            .iter()
            .map(|unit| (unit * 2f64.powi(shift.into())) as f32);
        ModulationUnits {
            steps: std::iter::repeat_n(SCALE_STEP, largest.len())
                .chain(of_shifts)
                .collect(),
            shift,
        }
    }
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
        outputs: &[Written],
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
        let mut quantizer = Quantizer {
            latent: latent.clone(),
            function,
            schemes: Vec::with_capacity(layers),
            modulations: vec![None; layers],
        };
        // The last first: the units of a modulation are of the layer after it.
        for index in (0..layers).rev() {
            let layer = &decoder.layers[index];
            let output = match &outputs[index] {
                Written::Map(quantization) => *quantization,
                Written::Shifts(largest) => {
                    let modulated = quantizer.schemes.last();
                    quantizer.modulations[index] =
                        modulated.map(|scheme| ModulationUnits::choose(scheme, largest));
                    Quantization::STEPS
                }
            };
            let maps = outputs[..index]
                .iter()
                .rev()
                .find_map(|written| match written {
                    Written::Map(quantization) => Some(*quantization),
                    Written::Shifts(_) => None,
                });
            let input = maps.filter(|_| !layer.is_modulation());
            let input = input.unwrap_or(Quantization::STEPS);
            let layer = quantizer.in_steps(index, layer);
            let scheme = Scheme::choose(index, &layer, input, output, precisions[index])?;
            quantizer.schemes.push(scheme);
        }
        quantizer.schemes.reverse();
        Ok(quantizer)
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
        let mut wanted: Vec<Flow> = latents.iter().cloned().map(Flow::new).collect();
        let rounded = latents.iter().map(|z| self.latent.rounded(z));
        let mut rounded: Vec<Flow> = rounded.map(Flow::new).collect();
        for (index, layer) in decoder.layers.iter().enumerate() {
            let coarse = self.dequantized_layer(index, layer);
            let offsets = wanted.par_iter().zip(&rounded).map(|(wanted, rounded)| {
                let mut offsets = vec![0f64; layer.bias.len()];
                let wanted = layer.sums(wanted.input(layer)).into_iter();
                let sums = wanted.zip(coarse.sums(rounded.input(layer)));
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
            wanted
                .par_iter_mut()
                .for_each(|flow| flow.write(layer, flow.run(layer)));
            rounded
                .par_iter_mut()
                .for_each(|flow| flow.write(layer, self.run_layer(index, &exact, flow)));
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
        let mut found = self.schemes[index].dequantized(&self.in_steps(index, layer));
        if layer.reads_latent(index) {
            let reciprocal: Vec<f32> = self.latent.steps.iter().map(|step| 1.0 / step).collect();
            multiply_columns(&mut found, &reciprocal);
        }
        if let Some(units) = &self.modulations[index] {
            multiply_rows(&mut found, &units.steps);
        }
        found
    }

    /// A layer for latents in steps, if it reads them, that writes steps of a modulation, if it is one.
    fn in_steps(&self, index: usize, layer: &FloatLayer) -> FloatLayer {
        let mut layer = layer.clone();
        if layer.reads_latent(index) {
            multiply_columns(&mut layer, &self.latent.steps);
        }
        if let Some(units) = &self.modulations[index] {
            let reciprocal: Vec<f32> = units.steps.iter().map(|step| 1.0 / step).collect();
            multiply_rows(&mut layer, &reciprocal);
            layer.operator = Operator::Modulation { shift: units.shift };
        }
        layer
    }

    /// The values that an output of a layer may have.
    pub(super) fn grid(&self, index: usize, output: usize) -> Grid {
        match &self.modulations[index] {
            None => self.schemes[index].output.grid(),
            Some(units) => Grid {
                step: units.steps[output],
                range: [-128.0, 127.0],
            },
        }
    }

    /// The values that may be written, in the order in which a network rounds: a grid for each map, and one for each scale
    /// and each shift of a modulation.
    pub fn grids(&self) -> impl Iterator<Item = Grid> {
        let layers = self.modulations.iter().enumerate();
        layers.flat_map(move |(index, units)| {
            let count = units.as_ref().map_or(1, |units| units.steps.len());
            (0..count).map(move |output| self.grid(index, output))
        })
    }

    /// The outputs of the layers for a latent, rounded as in the runtime. `exact` is
    /// [`dequantized`](Self::dequantized).
    pub fn run(&self, exact: &FloatDecoder, latent: &[f32]) -> Vec<Vec<f32>> {
        let mut flow = Flow::new(self.latent.rounded(latent));
        let layers = exact.layers.iter().enumerate();
        let run = layers.map(|(index, layer)| {
            let values = self.run_layer(index, layer, &flow);
            flow.write(layer, values.clone());
            values
        });
        run.collect()
    }

    /// The rounded output of the next layer.
    fn run_layer(&self, index: usize, layer: &FloatLayer, flow: &Flow) -> Vec<f32> {
        let values = flow.run(layer).into_iter().enumerate();
        values
            .map(|(output, value)| self.grid(index, output).round(value))
            .collect()
    }

    /// The decoder in integers.
    pub fn pack(&self, decoder: &FloatDecoder) -> QuantizedDecoder {
        let layers = decoder.layers.iter().zip(&self.schemes).enumerate();
        let last = self
            .schemes
            .last()
            .map_or(Quantization::STEPS, |last| last.output);
        QuantizedDecoder {
            layers: layers
                .map(|(index, (layer, scheme))| scheme.pack(&self.in_steps(index, layer)))
                .collect(),
            pixels: last.pixels(self.function),
        }
    }
}

/// Multiplies the weights of each input.
fn multiply_columns(layer: &mut FloatLayer, factors: &[f32]) {
    for row in layer.weights.chunks_exact_mut(factors.len()) {
        let weights = row.iter_mut().zip(factors);
        weights.for_each(|(weight, factor)| *weight *= factor);
    }
}

/// Multiplies weights and bias of each output of a modulation.
fn multiply_rows(layer: &mut FloatLayer, factors: &[f32]) {
    let inputs = layer.weights.len() / factors.len();
    let rows = layer.weights.chunks_exact_mut(inputs);
    for ((row, bias), factor) in rows.zip(&mut layer.bias).zip(factors) {
        row.iter_mut().for_each(|weight| *weight *= factor);
        *bias *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::super::float_decoder::tests::noise;
    use super::super::{Calibration, FloatActivation};
    use super::*;

    /// Two layers with weights that 4 bits cannot hold.
    fn decoder() -> FloatDecoder {
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
