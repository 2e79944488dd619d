//! The decoder in floating point: layers in the runtime's layout. Calibration runs it, quantization reads it.

use super::error::ExportError;
use super::float_layer::{FloatActivation, FloatLayer};
use pixling::{Operator, Shape, Window};

/// The largest scale of a modulation, `(128 + 127) / 128`.
const LARGEST_SCALE: f32 = 255.0 / 128.0;

/// The function from the last layer's values to pixels from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFunction {
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `(tanh(x) + 1) / 2`.
    Tanh,
}

impl PixelFunction {
    /// The pixel of a value, from 0 to 1.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            PixelFunction::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            PixelFunction::Tanh => (x.tanh() + 1.0) / 2.0,
        }
    }

    /// The value beyond which a pixel rounds to black or white.
    pub fn saturation(self) -> f32 {
        let logit = (2.0f32 * 255.0 - 1.0).ln();
        match self {
            PixelFunction::Sigmoid => logit,
            PixelFunction::Tanh => logit / 2.0,
        }
    }
}

/// Refuses a decoder that the runtime cannot express.
fn supported(is_so: bool, otherwise: &'static str) -> Result<(), ExportError> {
    match is_so {
        true => Ok(()),
        false => Err(ExportError::Unsupported(otherwise)),
    }
}

/// A decoder under construction: layers in the order of a network, weights in the trainer's layout.
#[derive(Clone, Debug)]
pub struct FloatDecoder {
    pub(super) latent: usize,
    /// The layers so far.
    pub layers: Vec<FloatLayer>,
    /// The function from the last layer's values to pixels.
    pub pixels: Option<PixelFunction>,
}

impl FloatDecoder {
    /// A decoder of a latent, without layers.
    pub fn new(latent: usize) -> FloatDecoder {
        FloatDecoder {
            latent,
            layers: Vec::new(),
            pixels: None,
        }
    }

    fn shape(&self) -> Shape {
        // A modulation stands before the layer that it modulates.
        self.layers.last().map_or(
            Shape {
                height: 1,
                width: 1,
                channels: self.latent as u16,
            },
            |layer| layer.output,
        )
    }

    fn last(&mut self) -> Result<&mut FloatLayer, ExportError> {
        self.layers.last_mut().ok_or(ExportError::Unsupported(
            "a decoder starts with a layer that has weights",
        ))
    }

    /// Adds a dense layer; weights `[output][input]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn dense(&mut self, weights: Vec<f32>, bias: Vec<f32>) -> Result<(), ExportError> {
        let input = self.shape();
        supported(
            input.height == 1 && input.width == 1,
            "a dense layer behind a feature map cannot be exported",
        )?;
        supported(
            weights.len() == bias.len() * usize::from(input.channels),
            "a dense layer's weights do not fit its input",
        )?;
        self.layers.push(FloatLayer {
            operator: Operator::Dense,
            input,
            output: Shape {
                height: 1,
                width: 1,
                channels: u16::try_from(bias.len())
                    .map_err(|_| ExportError::Unsupported("a dense layer is too wide to export"))?,
            },
            weights,
            bias,
            activation: FloatActivation::Linear,
        });
        Ok(())
    }

    /// Takes the dense layer's outputs, channel by channel, as a feature map.
    ///
    /// # Errors
    ///
    /// When the last layer is not dense, or of another size.
    pub fn unflatten(
        &mut self,
        channels: usize,
        height: usize,
        width: usize,
    ) -> Result<(), ExportError> {
        let layer = self.last()?;
        supported(
            layer.operator == Operator::Dense && layer.bias.len() == channels * height * width,
            "only a dense layer of the same size can become a feature map",
        )?;
        layer.output = Shape {
            height: height as u16,
            width: width as u16,
            channels: channels as u16,
        };
        layer.arrange();
        Ok(())
    }

    /// Adds a convolution with a square kernel; weights `[output][input][kernel row][kernel column]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn convolution(
        &mut self,
        weights: &[f32],
        bias: Vec<f32>,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<(), ExportError> {
        let input = self.shape();
        let (channels, filters) = (usize::from(input.channels), bias.len());
        let taps = kernel * kernel;
        supported(
            weights.len() == filters * channels * taps,
            "a convolution's weights do not fit its input",
        )?;
        let side = |length: u16| (usize::from(length) + 2 * padding - kernel) / stride + 1;
        self.layers.push(FloatLayer {
            operator: Operator::Conv2d(Window {
                kernel_height: kernel as u8,
                kernel_width: kernel as u8,
                stride: stride as u8,
                padding_top: padding as u8,
                padding_left: padding as u8,
            }),
            input,
            output: Shape {
                height: side(input.height) as u16,
                width: side(input.width) as u16,
                channels: filters as u16,
            },
            weights: weights.to_vec(),
            bias,
            activation: FloatActivation::Linear,
        });
        self.last()?.arrange();
        Ok(())
    }

    /// Adds a transposed convolution 4x4, stride 2, padding 1; weights `[input][output][kernel row][kernel column]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn transposed_convolution(
        &mut self,
        weights: &[f32],
        bias: Vec<f32>,
    ) -> Result<(), ExportError> {
        let input = self.shape();
        let (channels, filters) = (usize::from(input.channels), bias.len());
        supported(
            weights.len() == channels * filters * 16,
            "a transposed convolution's weights do not fit its input",
        )?;
        self.layers.push(FloatLayer {
            operator: Operator::TransposedConv2d,
            input,
            output: Shape {
                height: 2 * input.height,
                width: 2 * input.width,
                channels: filters as u16,
            },
            weights: weights.to_vec(),
            bias,
            activation: FloatActivation::Linear,
        });
        self.last()?.arrange();
        Ok(())
    }

    /// Folds `x * scale + shift` per channel into the last layer.
    ///
    /// # Errors
    ///
    /// When there is no layer, it already has an activation, or it has another number of channels.
    pub fn fold(&mut self, scale: &[f32], shift: &[f32]) -> Result<(), ExportError> {
        supported(
            !self.is_modulated(),
            "a normalization after a modulation cannot be folded",
        )?;
        let layer = self.last()?;
        supported(
            layer.activation == FloatActivation::Linear,
            "a normalization behind an activation cannot be folded",
        )?;
        supported(
            scale.len() == usize::from(layer.output.channels) && shift.len() == scale.len(),
            "a normalization has another number of channels than the layer before it",
        )?;
        for index in 0..layer.weights.len() {
            let channel = layer.channel_of_weight(index);
            layer.weights[index] *= scale[channel];
        }
        for index in 0..layer.bias.len() {
            let channel = layer.channel_of_bias(index);
            layer.bias[index] = layer.bias[index] * scale[channel] + shift[channel];
        }
        Ok(())
    }

    /// Whether the last layer has a modulation.
    fn is_modulated(&self) -> bool {
        let before = self.layers.iter().rev().nth(1);
        before.is_some_and(FloatLayer::is_modulation)
    }

    /// Scales and shifts the channels of the last layer by the latent; weights `[output][latent]` of the scales less 1,
    /// then of the shifts.
    ///
    /// # Errors
    ///
    /// When there is no convolution, it already has an activation or a modulation, or it has another number of channels.
    pub fn modulation(&mut self, weights: Vec<f32>, bias: Vec<f32>) -> Result<(), ExportError> {
        let latent = self.latent;
        let again = self.is_modulated();
        let layer = self.last()?;
        supported(
            layer.operator != Operator::Dense
                && layer.activation == FloatActivation::Linear
                && !again,
            "only a convolution without an activation can be modulated, and once",
        )?;
        supported(
            bias.len() == 2 * usize::from(layer.output.channels)
                && weights.len() == bias.len() * latent,
            "a modulation has another number of channels than the layer before it",
        )?;
        let flat = |channels: usize| Shape {
            height: 1,
            width: 1,
            channels: channels as u16,
        };
        let modulation = FloatLayer {
            operator: Operator::Modulation { shift: 0 },
            input: flat(latent),
            output: flat(bias.len()),
            weights,
            bias,
            activation: FloatActivation::Linear,
        };
        self.layers.insert(self.layers.len() - 1, modulation);
        Ok(())
    }

    /// Gives each scale of a modulation the largest value 1.992 over these latents, which is the largest of the file;
    /// the modulated layer changes accordingly. Pictures do not change.
    pub fn normalize_modulations(&mut self, latents: &[Vec<f32>]) {
        for index in 1..self.layers.len() {
            let [modulation, layer] = &mut self.layers[index - 1..=index] else {
                break;
            };
            if !modulation.is_modulation() {
                continue;
            }
            let channels = usize::from(layer.output.channels);
            let mut largest = vec![0f32; channels];
            for latent in latents {
                for (most, less_1) in largest.iter_mut().zip(modulation.sums(latent)) {
                    *most = most.max(1.0 + less_1);
                }
            }
            // A channel that is black on all of them keeps its scale.
            let factor = |most: f32| {
                if most > 1e-3 {
                    LARGEST_SCALE / most
                } else {
                    1.0
                }
            };
            let factors: Vec<f32> = largest.into_iter().map(factor).collect();
            let latent = usize::from(modulation.input.channels);
            let rows = modulation.weights.chunks_exact_mut(latent);
            for (row, (weights, bias)) in rows.zip(&mut modulation.bias).enumerate() {
                let factor = factors[row % channels];
                let (factor, of_1) = match row < channels {
                    true => (factor, factor - 1.0),
                    false => (1.0 / factor, 0.0),
                };
                weights.iter_mut().for_each(|weight| *weight *= factor);
                *bias = *bias * factor + of_1;
            }
            for index in 0..layer.weights.len() {
                layer.weights[index] /= factors[layer.channel_of_weight(index)];
            }
            for index in 0..layer.bias.len() {
                layer.bias[index] /= factors[layer.channel_of_bias(index)];
            }
        }
    }

    /// Adds an activation to the last layer.
    ///
    /// # Errors
    ///
    /// When there is no layer, or it already has one.
    pub fn activation(&mut self, activation: FloatActivation) -> Result<(), ExportError> {
        let layer = self.last()?;
        supported(
            layer.activation == FloatActivation::Linear,
            "a layer with two activations cannot be exported",
        )?;
        layer.activation = activation;
        Ok(())
    }

    /// Ends the decoder.
    ///
    /// # Errors
    ///
    /// When it has already ended.
    pub fn pixels(&mut self, function: PixelFunction) -> Result<(), ExportError> {
        supported(self.pixels.is_none(), "a decoder ends once")?;
        self.pixels = Some(function);
        Ok(())
    }

    /// The output of each layer for a latent.
    pub fn run(&self, latent: &[f32]) -> Vec<Vec<f32>> {
        let mut flow = Flow::new(latent.to_vec());
        let run = self.layers.iter().map(|layer| {
            let values = flow.run(layer);
            flow.write(layer, values.clone());
            values
        });
        run.collect()
    }
}

/// The values between the layers of a decoder.
#[derive(Clone, Debug)]
pub struct Flow {
    latent: Vec<f32>,
    /// The map that was written last, at first the latent.
    map: Vec<f32>,
    /// The values of the modulation of the next layer; empty if it has none.
    modulation: Vec<f32>,
}

impl Flow {
    /// Before the first layer.
    pub fn new(latent: Vec<f32>) -> Flow {
        Flow {
            map: latent.clone(),
            latent,
            modulation: Vec::new(),
        }
    }

    /// The values that the next layer reads.
    pub fn input(&self, layer: &FloatLayer) -> &[f32] {
        match layer.is_modulation() {
            true => &self.latent,
            false => &self.map,
        }
    }

    /// The values that the next layer writes.
    pub fn run(&self, layer: &FloatLayer) -> Vec<f32> {
        layer.run(self.input(layer), &self.modulation)
    }

    /// Goes on after a layer that wrote these values.
    pub fn write(&mut self, layer: &FloatLayer, values: Vec<f32>) {
        if layer.is_modulation() {
            self.modulation = values;
        } else {
            self.map = values;
            self.modulation.clear();
        }
    }

    /// The last map.
    pub fn into_map(self) -> Vec<f32> {
        self.map
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Weights from -1 to 1.
    pub(in crate::export) fn noise(seed: usize, count: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
        (0..count).map(value).collect()
    }

    /// A map of 2x2 with two channels, modulated, and a last layer of one.
    fn decoder() -> FloatDecoder {
        let mut decoder = FloatDecoder::new(3);
        decoder.dense(noise(1, 3 * 4), noise(2, 4)).unwrap();
        decoder.unflatten(1, 2, 2).unwrap();
        decoder
            .activation(FloatActivation::LeakyRelu { slope: 0.1 })
            .unwrap();
        decoder
            .convolution(&noise(3, 18), noise(4, 2), 3, 1, 1)
            .unwrap();
        decoder.modulation(noise(5, 4 * 3), noise(6, 4)).unwrap();
        decoder
            .activation(FloatActivation::LeakyRelu { slope: 0.1 })
            .unwrap();
        decoder
            .convolution(&noise(7, 18), vec![0.3], 3, 1, 1)
            .unwrap();
        decoder.pixels(PixelFunction::Sigmoid).unwrap();
        decoder
    }

    fn latents() -> Vec<Vec<f32>> {
        let value = |n: usize, d: usize| ((n * 13 + d * 5) as f32 * 0.37).sin() * 1.5;
        (0..50)
            .map(|n| (0..3).map(|d| value(n, d)).collect())
            .collect()
    }

    #[test]
    fn a_modulation_shifts_and_then_scales_sums() {
        let decoder = decoder();
        let latent = &latents()[7];
        let values = decoder.run(latent);
        let [map, modulation, modulated, _] = &values[..] else {
            panic!("{} layers", values.len());
        };
        let sums = decoder.layers[2].sums(map);
        for (index, (found, sum)) in modulated.iter().zip(sums).enumerate() {
            let (scale, shift) = (modulation[index % 2], modulation[2 + index % 2]);
            let value = (sum + shift) * (1.0 + scale);
            let expected = if value < 0.0 { 0.1 * value } else { value };
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn normalized_modulations_draw_the_same_with_the_largest_scale() {
        let before = decoder();
        let mut after = before.clone();
        after.normalize_modulations(&latents());
        let mut largest = [0f32; 2];
        for latent in latents() {
            let (found, wanted) = (after.run(&latent), before.run(&latent));
            for (found, wanted) in found[3].iter().zip(&wanted[3]) {
                assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
            }
            for (most, scale) in largest.iter_mut().zip(&found[1]) {
                *most = most.max(1.0 + scale);
            }
        }
        for most in largest {
            assert!((most - LARGEST_SCALE).abs() < 1e-5, "{most}");
        }
    }

    #[test]
    fn a_modulation_stands_after_a_convolution_alone() {
        let mut decoder = decoder();
        let again = decoder.modulation(vec![0.0; 2 * 3], vec![0.0; 2]);
        assert!(again.is_ok(), "the last layer has none yet");
        assert!(decoder.fold(&[1.0], &[0.0]).is_err());
        let twice = decoder.modulation(vec![0.0; 2 * 3], vec![0.0; 2]);
        assert!(twice.unwrap_err().to_string().contains("and once"));
        let mut dense = FloatDecoder::new(3);
        dense.dense(vec![0.0; 6], vec![0.0; 2]).unwrap();
        assert!(dense.modulation(vec![0.0; 12], vec![0.0; 4]).is_err());
    }
}
