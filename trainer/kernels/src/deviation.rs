//! The deviation of a batch as one more feature of each sample.

use super::batches::{GROUP, in_wide_vectors, sum};
use rayon::prelude::*;

/// Features per task of the pool.
const FEATURES: usize = 256;

/// Added to the variances, so that the slope of their root stays finite.
const EPSILON: f32 = 1e-8;

/// Mean and deviation of each feature over a batch.
#[derive(Debug)]
pub struct Statistics {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

/// Mean and deviation of each of the features of `input`, of batch x `features`.
pub fn statistics(features: usize, input: &[f32]) -> Statistics {
    let part = 1.0 / (input.len() / features).max(1) as f32;
    let (mut mean, mut deviation) = (vec![0.0; features], vec![EPSILON; features]);
    let tasks = mean
        .par_chunks_mut(FEATURES)
        .zip(deviation.par_chunks_mut(FEATURES));
    tasks.enumerate().for_each(|(task, (mean, deviation))| {
        in_wide_vectors!({
            // Longer than the task's features, which end the loops below.
            let samples = || {
                let samples = input.chunks_exact(features);
                samples.map(|sample| &sample[task * FEATURES..])
            };
            for sample in samples() {
                for (mean, value) in mean.iter_mut().zip(sample) {
                    *mean += value * part;
                }
            }
            for sample in samples() {
                for ((variance, value), mean) in deviation.iter_mut().zip(sample).zip(&*mean) {
                    *variance += (value - mean) * (value - mean) * part;
                }
            }
            deviation.iter_mut().for_each(|value| *value = value.sqrt());
        });
    });
    Statistics { mean, deviation }
}

/// Copies each sample to `output` and appends the mean of the deviations.
pub fn forward(features: usize, input: &[f32], statistics: &Statistics, output: &mut [f32]) {
    let deviation = sum(&statistics.deviation) / features as f32;
    let tasks = output
        .par_chunks_mut(GROUP * (features + 1))
        .zip(input.par_chunks(GROUP * features));
    tasks.for_each(|(output, input)| {
        for (output, input) in output
            .chunks_exact_mut(features + 1)
            .zip(input.chunks_exact(features))
        {
            let (copy, last) = output.split_at_mut(features);
            copy.copy_from_slice(input);
            last.fill(deviation);
        }
    });
}

/// Adds the gradient of the input: the deviation of feature f has the slope `(x - mean_f) / (batch deviation_f)`.
pub fn backward(
    features: usize,
    input: &[f32],
    statistics: &Statistics,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let last = output_gradient.iter().skip(features).step_by(features + 1);
    let slope = last.sum::<f32>() / input.len().max(1) as f32;
    let Statistics { mean, deviation } = statistics;
    let gradients = input_gradient
        .par_chunks_mut(GROUP * features)
        .zip(output_gradient.par_chunks(GROUP * (features + 1)));
    let tasks = gradients.zip(input.par_chunks(GROUP * features));
    tasks.for_each(|((input_gradient, output_gradient), input)| {
        in_wide_vectors!({
            let gradients = input_gradient
                .chunks_exact_mut(features)
                .zip(output_gradient.chunks_exact(features + 1));
            for ((target, gradient), input) in gradients.zip(input.chunks_exact(features)) {
                let statistics = mean.iter().zip(deviation);
                for ((target, gradient), (value, (mean, deviation))) in target
                    .iter_mut()
                    .zip(gradient)
                    .zip(input.iter().zip(statistics))
                {
                    *target += gradient + slope * (value - mean) / deviation;
                }
            }
        });
    });
}
