//! The effect of rounding on each layer.

use super::float_decoder::{FloatDecoder, Flow};
use super::quantizer::Quantizer;
use super::scheme::Precision;
use rayon::prelude::*;
use serde::Serialize;

/// The part of an inner layer's values beyond its range from which the layer is reported as saturated.
pub const SATURATED: f64 = 0.01;

/// The effect of rounding on a layer, over latents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerFidelity {
    /// Bits of its weights.
    pub precision: Precision,
    /// Bytes of its tables in the file.
    pub bytes: usize,
    /// Signal to noise ratio of its output in dB: the power of the output in floating point over the power of the
    /// difference, which includes the loss of the layers before. For the last layer the ratio of the pixels, because
    /// its values beyond black and white are all the same.
    pub signal_to_noise: f64,
    /// Part of the values that lie beyond its range and are cut off.
    pub saturated: f64,
    /// The int8 that stands for zero.
    pub zero_point: i8,
    /// Part of the values that are zero.
    pub at_zero_point: f64,
    /// The number of the 256 values that occur.
    pub levels: u32,
}

#[derive(Clone)]
struct Counts {
    signal: f64,
    noise: f64,
    saturated: u64,
    at_zero: u64,
    values: u64,
    levels: [u64; 256],
}

/// Measures each layer of `quantized` against the same layer of `exact`, the trained decoder.
pub(super) fn layer_fidelity(
    quantizer: &Quantizer,
    exact: &FloatDecoder,
    quantized: &FloatDecoder,
    latents: &[Vec<f32>],
) -> Vec<LayerFidelity> {
    let dequantized = quantizer.dequantized(quantized);
    let empty = Counts {
        signal: 0.0,
        noise: 0.0,
        saturated: 0,
        at_zero: 0,
        values: 0,
        levels: [0; 256],
    };
    let of_latent = |latent: &Vec<f32>| -> Vec<Counts> {
        let wanted = exact.run(latent);
        let mut flow = Flow::new(quantizer.latent.rounded(latent));
        let last = wanted.len().saturating_sub(1);
        let layers = dequantized.layers.iter().zip(wanted);
        let count = layers.enumerate().map(|(index, (layer, wanted))| {
            let seen = |value: f32| match index == last {
                true => f64::from(quantizer.function.apply(value)),
                false => f64::from(value),
            };
            let mut counts = empty.clone();
            let mut values = flow.run(layer);
            for (output, (value, wanted)) in values.iter_mut().zip(wanted).enumerate() {
                let grid = quantizer.grid(index, output);
                let [low, high] = grid.range;
                let level = (*value / grid.step + 0.5).floor();
                let kept = level.clamp(low, high);
                *value = kept * grid.step;
                counts.signal += seen(wanted).powi(2);
                counts.noise += (seen(*value) - seen(wanted)).powi(2);
                counts.saturated += u64::from(level != kept);
                counts.at_zero += u64::from(kept == 0.0);
                counts.values += 1;
                counts.levels[(kept - low) as usize & 255] += 1;
            }
            flow.write(layer, values);
            counts
        });
        count.collect()
    };
    let counts: Vec<Vec<Counts>> = latents.par_iter().map(of_latent).collect();
    let packed = quantizer.pack(quantized);
    let layers = quantizer.schemes.iter().zip(&packed.layers).enumerate();
    let fidelity = layers.map(|(index, (scheme, packed))| {
        let total = counts.iter().fold(empty.clone(), |mut total, counts| {
            let counts = &counts[index];
            total.signal += counts.signal;
            total.noise += counts.noise;
            total.saturated += counts.saturated;
            total.at_zero += counts.at_zero;
            total.values += counts.values;
            for (sum, count) in total.levels.iter_mut().zip(counts.levels) {
                *sum += count;
            }
            total
        });
        let part = |count: u64| count as f64 / total.values.max(1) as f64;
        LayerFidelity {
            precision: scheme.precision(),
            bytes: packed.bytes(),
            signal_to_noise: 10.0 * (total.signal / total.noise.max(1e-12)).log10(),
            saturated: part(total.saturated),
            zero_point: scheme.output.zero_point,
            at_zero_point: part(total.at_zero),
            levels: total.levels.iter().filter(|count| **count > 0).count() as u32,
        }
    });
    fidelity.collect()
}
