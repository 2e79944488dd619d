//! The choice of 4-bit layers with which the file fits and the pictures change least.

use super::activations::LatentQuantization;
use super::calibration::Written;
use super::error::ExportError;
use super::float_decoder::{FloatDecoder, Flow};
use super::quantizer::Quantizer;
use super::scheme::Precision;
use rayon::prelude::*;
use serde::Serialize;

/// Layers for which all choices are tried.
const MOST_LAYERS: usize = 16;

/// The cost of a layer's weights in each precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// The mean squared difference of a pixel, from 0 to 1, when only this layer's weights are int8.
    pub int8: f64,
    /// The same when they are int4.
    pub int4: f64,
}

impl Sensitivity {
    fn of(&self, precision: Precision) -> f64 {
        match precision {
            Precision::Int8 => self.int8,
            Precision::Int4 => self.int4,
        }
    }
}

/// Measures each layer alone: all others, and all activations, stay in floating point.
///
/// # Errors
///
/// As [`Quantizer::new`].
pub(super) fn sensitivities(
    decoder: &FloatDecoder,
    latent: &LatentQuantization,
    outputs: &[Written],
    latents: &[Vec<f32>],
) -> Result<Vec<Sensitivity>, ExportError> {
    let function = decoder.pixels.ok_or(ExportError::NoPixels)?;
    let layers = decoder.layers.len();
    let coarse = |precision: Precision| -> Result<FloatDecoder, ExportError> {
        let quantizer = Quantizer::new(decoder, latent, outputs, &vec![precision; layers])?;
        let corrected = quantizer.with_corrected_biases(decoder, latents);
        Ok(quantizer.dequantized(&corrected))
    };
    let coarse = [coarse(Precision::Int8)?, coarse(Precision::Int4)?];
    // For each latent: errors of each layer.
    let errors = latents.par_iter().map(|latent| {
        // The values before each layer.
        let mut before = vec![Flow::new(latent.clone())];
        for layer in &decoder.layers {
            let mut flow = before[before.len() - 1].clone();
            flow.write(layer, flow.run(layer));
            before.push(flow);
        }
        let wanted = before.pop().map(Flow::into_map).unwrap_or_default();
        let error = |layer: usize, coarse: &FloatDecoder| -> f64 {
            let mut flow = before[layer].clone();
            let rest = decoder.layers[layer + 1..].iter();
            for layer in std::iter::once(&coarse.layers[layer]).chain(rest) {
                flow.write(layer, flow.run(layer));
            }
            let values = flow.into_map();
            let squared = |(found, wanted): (&f32, &f32)| {
                f64::from(function.apply(*found) - function.apply(*wanted)).powi(2)
            };
            let sum: f64 = values.iter().zip(&wanted).map(squared).sum();
            sum / wanted.len().max(1) as f64
        };
        let both = |layer: usize| [0, 1].map(|of| error(layer, &coarse[of]));
        (0..layers).map(both).collect::<Vec<[f64; 2]>>()
    });
    let errors: Vec<Vec<[f64; 2]>> = errors.collect();
    let mean = |layer: usize, of: usize| {
        let sum: f64 = errors.iter().map(|errors| errors[layer][of]).sum();
        sum / errors.len().max(1) as f64
    };
    let sensitivity = |layer| Sensitivity {
        int8: mean(layer, 0),
        int4: mean(layer, 1),
    };
    Ok((0..layers).map(sensitivity).collect())
}

/// The precision of each layer with which the file has at most `budget` bytes and the sum of errors is least; `size`
/// gives the size of the file.
///
/// # Errors
///
/// When no choice fits: the error has the size of the smallest file.
pub(super) fn choose(
    sensitivities: &[Sensitivity],
    budget: u64,
    size: impl Fn(&[Precision]) -> Result<u64, ExportError>,
) -> Result<Vec<Precision>, ExportError> {
    let layers = sensitivities.len();
    if layers > MOST_LAYERS {
        return Err(ExportError::TooManyLayers {
            layers,
            most: MOST_LAYERS,
        });
    }
    let precisions = |choice: u32| -> Vec<Precision> {
        let of = |layer| match choice >> layer & 1 {
            0 => Precision::Int8,
            _ => Precision::Int4,
        };
        (0..layers).map(of).collect()
    };
    let mut best: Option<(f64, Vec<Precision>)> = None;
    for choice in 0..1u32 << layers {
        let precisions = precisions(choice);
        let errors = sensitivities.iter().zip(&precisions);
        let error: f64 = errors.map(|(layer, precision)| layer.of(*precision)).sum();
        let better = best.as_ref().is_none_or(|(least, _)| error < *least);
        if better && size(&precisions)? <= budget {
            best = Some((error, precisions));
        }
    }
    match best {
        Some((_, precisions)) => Ok(precisions),
        None => Err(ExportError::Budget {
            budget,
            smallest: size(&vec![Precision::Int4; layers])?,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Precision::{Int4, Int8};

    const LAYERS: [Sensitivity; 3] = [
        Sensitivity {
            int8: 1.0,
            int4: 5.0,
        },
        Sensitivity {
            int8: 1.0,
            int4: 2.0,
        },
        Sensitivity {
            int8: 0.0,
            int4: 4.5,
        },
    ];

    fn size(precisions: &[Precision]) -> Result<u64, ExportError> {
        let bytes = [[100, 50], [10, 5], [40, 20]];
        let of =
            |(bytes, precision): (&[u64; 2], &Precision)| bytes[usize::from(*precision == Int4)];
        Ok(bytes.iter().zip(precisions).map(of).sum())
    }

    #[test]
    fn the_least_error_that_fits_is_chosen() {
        let choose = |budget| choose(&LAYERS, budget, size).unwrap();
        assert_eq!(choose(150), [Int8, Int8, Int8]);
        assert_eq!(choose(149), [Int8, Int4, Int8]);
        // 4 for the first, 4.5 for the last, although the last is smaller.
        assert_eq!(choose(144), [Int4, Int8, Int8]);
        assert_eq!(choose(99), [Int4, Int4, Int8]);
        assert_eq!(choose(94), [Int4, Int8, Int4]);
    }

    #[test]
    fn an_impossible_budget_says_what_is_missing() {
        assert_eq!(choose(&LAYERS, 75, size).unwrap(), [Int4; 3]);
        let error = choose(&LAYERS, 74, size).unwrap_err().to_string();
        assert!(error.contains("has 75, 1 too many"), "{error}");
    }
}
