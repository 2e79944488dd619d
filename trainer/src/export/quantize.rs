//! From floating point to int8: weights symmetric per output channel, activations per layer with a zero point.
//! `docs/arithmetic.md` defines what the integers mean.

use super::float_decoder::{FloatActivation, FloatDecoder, FloatLayer, PixelFunction};
use anyhow::{Context, Result, ensure};
use pixling::write::{Packed, Plain, pack};
use pixling::{Activation, Coding, Layer, Operator, Shape};
use rayon::prelude::*;

/// The largest magnitude of a quantized weight or activation.
const TOP: f32 = 127.0;

/// What a step of an int8 activation is worth, and which step is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    /// Real value of a step.
    pub scale: f32,
    /// The quantized value of a real zero.
    pub zero_point: i8,
}

impl Quantization {
    /// The finest steps that cover a range; zero is always in it.
    fn of_range(low: f32, high: f32) -> Quantization {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let scale = ((high - low) / (2.0 * TOP)).max(1e-6);
        let zero_point = (-TOP - low / scale).round().clamp(-TOP, TOP);
        Quantization {
            scale,
            zero_point: zero_point as i8,
        }
    }
}

/// How a latent is quantized: a step for each dimension, zero at zero. The steps are part of the first layer's weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentQuantization {
    /// Real value of a step, for `z_s` and `z_u` in order.
    pub steps: Vec<f32>,
}

impl LatentQuantization {
    /// The quantized latent.
    pub fn quantize(&self, latent: &[f32]) -> Vec<i8> {
        let quantize = |(value, step): (&f32, &f32)| (value / step).round().clamp(-TOP, TOP) as i8;
        latent.iter().zip(&self.steps).map(quantize).collect()
    }
}

/// A layer in integers; it owns what a [`Layer`] borrows.
#[derive(Clone, Debug)]
pub struct QuantizedLayer {
    operator: Operator,
    input: Shape,
    output: Shape,
    output_zero_point: i8,
    activation: Activation,
    packed: Packed,
}

impl QuantizedLayer {
    /// The record of the file.
    pub fn record(&self) -> Layer<'_> {
        Layer {
            operator: self.operator,
            input: self.input,
            output: self.output,
            output_zero_point: self.output_zero_point,
            activation: self.activation,
            coding: Coding::Int8,
            weights: &self.packed.weights,
            bias: &self.packed.bias,
            multipliers: &self.packed.multipliers,
        }
    }
}

/// A decoder in integers.
#[derive(Clone, Debug)]
pub struct QuantizedDecoder {
    /// The layers in order.
    pub layers: Vec<QuantizedLayer>,
    /// The pixel for each value of the last layer, from -128 on.
    pub pixels: Vec<u8>,
}

/// Ranges that activations take on calibration latents.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Lowest and highest value of each layer.
    ranges: Vec<(f32, f32)>,
}

impl Calibration {
    /// Runs latents through the decoder; of each layer's values the outermost `1 - coverage` are left to saturate.
    pub fn new(decoder: &FloatDecoder, latents: &[Vec<f32>], coverage: f64) -> Calibration {
        // Layer by layer: all maps of all latents at once would not fit into memory for large pictures.
        let mut values: Vec<Vec<f32>> = latents.to_vec();
        let mut ranges = Vec::with_capacity(decoder.layers.len());
        for layer in &decoder.layers {
            values = values.par_iter().map(|input| layer.run(input)).collect();
            ranges.push(range(values.concat(), coverage));
        }
        Calibration { ranges }
    }
}

/// The lowest and the highest value but for the outermost `1 - coverage`.
fn range(mut values: Vec<f32>, coverage: f64) -> (f32, f32) {
    let outside = (values.len() as f64 * (1.0 - coverage) / 2.0) as usize;
    let last = values.len().saturating_sub(1);
    let low = *values.select_nth_unstable_by(outside, f32::total_cmp).1;
    let high = *values
        .select_nth_unstable_by(last - outside, f32::total_cmp)
        .1;
    (low, high)
}

/// Quantizes a decoder.
///
/// # Errors
///
/// When the decoder is incomplete, or a weight is not a number.
pub fn quantize(
    decoder: &FloatDecoder,
    latent: &LatentQuantization,
    calibration: &Calibration,
) -> Result<QuantizedDecoder> {
    let function = decoder
        .pixels
        .context("the decoder does not end in pixels")?;
    let last = decoder.layers.len().saturating_sub(1);
    let mut input = Quantization {
        scale: 1.0,
        zero_point: 0,
    };
    let mut layers = Vec::new();
    for (index, (layer, &(low, high))) in decoder.layers.iter().zip(&calibration.ranges).enumerate()
    {
        let output = if index == last {
            let most = function.saturation();
            Quantization::of_range(low.max(-most), high.min(most))
        } else {
            Quantization::of_range(low, high)
        };
        let scaled;
        let layer = if index == 0 {
            scaled = with_latent_steps(layer, latent);
            &scaled
        } else {
            layer
        };
        layers
            .push(quantize_layer(layer, input, output).with_context(|| format!("layer {index}"))?);
        input = output;
    }
    Ok(QuantizedDecoder {
        layers,
        pixels: pixel_table(function, input),
    })
}

/// The first layer for a latent in steps.
fn with_latent_steps(layer: &FloatLayer, latent: &LatentQuantization) -> FloatLayer {
    let mut layer = layer.clone();
    for row in layer.weights.chunks_exact_mut(latent.steps.len()) {
        row.iter_mut()
            .zip(&latent.steps)
            .for_each(|(weight, step)| *weight *= step);
    }
    layer
}

fn quantize_layer(
    layer: &FloatLayer,
    input: Quantization,
    output: Quantization,
) -> Result<QuantizedLayer> {
    let finite = layer
        .weights
        .iter()
        .chain(&layer.bias)
        .all(|value| value.is_finite());
    ensure!(finite, "a weight is not a number: the training diverged");
    let mut largest = vec![0f32; usize::from(layer.output.channels)];
    for (index, weight) in layer.weights.iter().enumerate() {
        let slot = &mut largest[layer.channel_of_weight(index)];
        *slot = slot.max(weight.abs());
    }
    // A channel of tiny weights gets coarser steps than it could have, so that its bias has room: what they lose is a
    // 2^-14th of a step of the output.
    let coarsest = f64::from(output.scale) / f64::from(input.scale) * 2f64.powi(-20);
    let scales: Vec<f64> = largest
        .iter()
        .map(|&most| f64::from(most / TOP).max(coarsest))
        .collect();

    // What a unit of the accumulator is worth, and what a step of the output makes of it.
    let unit = |channel: usize| f64::from(input.scale) * scales[channel];
    let ratio = |channel: usize| unit(channel) / f64::from(output.scale);

    let weight = |(index, weight): (usize, &f32)| {
        let steps = f64::from(*weight) / scales[layer.channel_of_weight(index)];
        steps.round().clamp(-127.0, 127.0) as i8
    };
    // What the products leave of an accumulator's 32 bits: a rule of the file.
    let products = layer.fan_in() as f64 * 127.0 * 255.0;
    ensure!(
        products <= 2f64.powi(30),
        "an output of {} inputs has no room in 32 bits",
        layer.fan_in()
    );
    // A bias that does not fit beside them saturates, and so does every output that it belongs to.
    let most = f64::from(i32::MAX) - products;
    let bias = |(index, bias): (usize, &f32)| {
        let steps = f64::from(*bias) / unit(layer.channel_of_bias(index));
        steps.round().clamp(-most, most) as i32
    };
    let bias: Vec<i32> = layer.bias.iter().enumerate().map(bias).collect();
    let quantized_multiplier = |channel: usize| -> Result<i32> {
        let multiplier = (ratio(channel) * 2f64.powi(32)).round();
        ensure!(
            multiplier <= f64::from(i32::MAX),
            "a channel's output is too fine for its input"
        );
        Ok(multiplier as i32)
    };
    let multipliers: Result<Vec<i32>> = (0..scales.len()).map(quantized_multiplier).collect();

    let weights: Vec<i8> = layer.weights.iter().enumerate().map(weight).collect();
    let activation = match layer.activation {
        FloatActivation::Linear => Activation::Linear,
        FloatActivation::Relu => Activation::Relu,
        FloatActivation::LeakyRelu { slope } => Activation::LeakyRelu {
            slope: (slope * 65536.0).round().clamp(0.0, 65535.0) as u16,
        },
    };
    let plain = Plain {
        weights: &weights,
        bias: &bias,
        multipliers: &multipliers?,
    };
    let (operator, input, shape) = (layer.operator, layer.input, layer.output);
    Ok(QuantizedLayer {
        operator,
        input,
        output: shape,
        output_zero_point: output.zero_point,
        activation,
        packed: pack(operator, input, shape, activation, plain),
    })
}

fn pixel_table(function: PixelFunction, values: Quantization) -> Vec<u8> {
    let pixel = |value: i32| {
        let real = values.scale * (value - i32::from(values.zero_point)) as f32;
        (function.apply(real) * 255.0).round() as u8
    };
    (-128..=127).map(pixel).collect()
}
