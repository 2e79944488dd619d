//! The range of values that each layer keeps, chosen on latents of the kind that the decoder will read.

use super::activations::Quantization;
use super::error::ExportError;
use super::float_decoder::{FloatDecoder, Flow};
use super::float_layer::FloatLayer;
use clap::ValueEnum;
use rayon::prelude::*;

/// How a range is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Calibration {
    /// All but one in ten thousand values.
    Percentile,
    /// The range whose rounding and saturation together have the least squared error.
    #[default]
    MinimumError,
}

/// The range of the values that a layer writes.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A map of this quantization.
    Map(Quantization),
    /// A modulation, with the largest magnitude of the shift of each channel.
    Shifts(Vec<f32>),
}

/// Part of a layer's values that a percentile covers.
const COVERAGE: f64 = 0.9999;
/// Pieces of the range that values are counted in.
const BINS: usize = 2048;
/// Shares of the whole range's ends that are tried.
const SHARES: std::ops::RangeInclusive<u32> = 1..=20;

impl Calibration {
    /// Runs latents through the decoder and chooses the range of each layer's output.
    ///
    /// # Errors
    ///
    /// When there are no latents, the decoder is incomplete, or a value is not a number.
    pub fn run(
        self,
        decoder: &FloatDecoder,
        latents: &[Vec<f32>],
    ) -> Result<Vec<Written>, ExportError> {
        if latents.is_empty() {
            return Err(ExportError::NothingToCalibrateOn);
        }
        let function = decoder.pixels.ok_or(ExportError::NoPixels)?;
        let last = decoder.layers.len().saturating_sub(1);
        // Layer by layer: all maps of all latents at once would not fit into memory for large pictures.
        let mut flows: Vec<Flow> = latents.iter().cloned().map(Flow::new).collect();
        let mut chosen = Vec::with_capacity(decoder.layers.len());
        for (index, layer) in decoder.layers.iter().enumerate() {
            let run = |flow: &mut Flow| {
                let values = flow.run(layer);
                flow.write(layer, values.clone());
                values
            };
            let values: Vec<Vec<f32>> = flows.par_iter_mut().map(run).collect();
            let all = values.concat();
            if !all.iter().all(|value| value.is_finite()) {
                return Err(ExportError::OutputNotFinite { layer: index });
            }
            if layer.is_modulation() {
                chosen.push(Written::Shifts(largest_shifts(&values, layer)));
                continue;
            }
            let quantization = if index == last {
                // Beyond it a pixel is black or white. Zero is in the middle, because the table of pixels is mirrored.
                let largest = all.iter().fold(0f32, |most, value| most.max(value.abs()));
                let most = largest.min(function.saturation());
                Quantization::of_range(-most, most)
            } else {
                self.choose(all)
            };
            chosen.push(Written::Map(quantization));
        }
        Ok(chosen)
    }

    fn choose(self, values: Vec<f32>) -> Quantization {
        match self {
            Calibration::Percentile => {
                let (low, high) = percentile(values);
                Quantization::of_range(low, high)
            }
            Calibration::MinimumError => minimum_error(&values),
        }
    }
}

/// The largest magnitude of each shift.
fn largest_shifts(values: &[Vec<f32>], layer: &FloatLayer) -> Vec<f32> {
    let channels = layer.bias.len() / 2;
    let mut largest = vec![0f32; channels];
    for values in values {
        for (most, shift) in largest.iter_mut().zip(&values[channels..]) {
            *most = most.max(shift.abs());
        }
    }
    largest
}

/// The lowest and the highest value without the outermost ones.
fn percentile(mut values: Vec<f32>) -> (f32, f32) {
    let outside = (values.len() as f64 * (1.0 - COVERAGE) / 2.0) as usize;
    let last = values.len().saturating_sub(1);
    let low = *values.select_nth_unstable_by(outside, f32::total_cmp).1;
    let high = *values
        .select_nth_unstable_by(last - outside, f32::total_cmp)
        .1;
    (low, high)
}

fn minimum_error(values: &[f32]) -> Quantization {
    let (low, high) = values.iter().fold((0f32, 0f32), |(low, high), &value| {
        (low.min(value), high.max(value))
    });
    let width = ((high - low) / BINS as f32).max(f32::MIN_POSITIVE);
    let mut counts = vec![0u32; BINS];
    for value in values {
        let bin = ((value - low) / width) as usize;
        counts[bin.min(BINS - 1)] += 1;
    }
    let bins: Vec<(f32, f64)> = (counts.iter().enumerate())
        .filter(|(_, count)| **count > 0)
        .map(|(bin, &count)| (low + (bin as f32 + 0.5) * width, f64::from(count)))
        .collect();
    let error = |quantization: &Quantization| -> f64 {
        let grid = quantization.grid();
        let squared =
            |&(value, count): &(f32, f64)| f64::from(value - grid.round(value)).powi(2) * count;
        bins.iter().map(squared).sum()
    };
    let pairs: Vec<(u32, u32)> = SHARES
        .flat_map(|below| SHARES.map(move |above| (below, above)))
        .collect();
    let share = |end: f32, share: u32| end * share as f32 / *SHARES.end() as f32;
    let tried = pairs.par_iter().map(|&(below, above)| {
        let quantization = Quantization::of_range(share(low, below), share(high, above));
        (error(&quantization), quantization)
    });
    // The first of equals, whatever the number of threads.
    let tried: Vec<(f64, Quantization)> = tried.collect();
    let best = tried.iter().min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(Quantization::of_range(low, high), |(_, best)| *best)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A normal distribution with a far outlier.
    fn values() -> Vec<f32> {
        let mut values: Vec<f32> = (1..30_000)
            .map(|i| {
                let (u, v) = (i as f32 / 30_000.0, (i * 7919 % 30_000) as f32 / 30_000.0);
                (-2.0 * u.ln()).sqrt() * (v * std::f32::consts::TAU).cos()
            })
            .collect();
        values.push(40.0);
        values
    }

    fn error(quantization: &Quantization) -> f32 {
        let grid = quantization.grid();
        values().iter().map(|&v| (v - grid.round(v)).powi(2)).sum()
    }

    #[test]
    fn the_least_error_is_below_that_of_other_ranges() {
        let values = values();
        let high = values.iter().copied().fold(0.0, f32::max);
        let low = values.iter().copied().fold(0.0, f32::min);
        assert_eq!(high, 40.0);
        let best = Calibration::MinimumError.choose(values.clone());
        for share in [1.0, 0.9, 0.5, 0.2, 0.05] {
            let other = Quantization::of_range(low, high * share);
            assert!(error(&best) <= error(&other) * 1.01, "{share}");
        }
        let (_, top) = percentile(values);
        assert!((3.0..5.0).contains(&top), "{top}");
    }
}
