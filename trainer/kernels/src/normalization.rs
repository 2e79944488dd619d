//! Batch normalization: statistics of each channel, the normalization, and its gradients.

use super::batches::{GROUP, in_wide_vectors};
use crate::geometry::Planes;
use rayon::prelude::*;

/// One value for each channel, in the order of channels.
pub type PerChannel = Vec<f32>;

/// How a channel is normalized: `(x - center) * factor * scale + shift`.
#[derive(Debug)]
pub struct Normalizer {
    /// The channel's mean.
    pub center: PerChannel,
    /// One over the channel's standard deviation.
    pub factor: PerChannel,
}

/// Planes of a task of the pool.
const PLANES: usize = 128;

/// Sums two quantities of each channel over the batch: in 64 bits, group by group in order.
///
/// `terms(sample, channel)` gives a channel's two sums in one sample.
fn channel_sums(planes: Planes, terms: impl Fn(usize, usize) -> [f64; 2] + Sync) -> Vec<[f64; 2]> {
    let groups = planes.batch.div_ceil(GROUP);
    let tasks = (0..groups * planes.channels).into_par_iter();
    let sums: Vec<[f64; 2]> = tasks
        .with_min_len(PLANES.div_ceil(GROUP))
        .map(|task| {
            let (group, channel) = (task / planes.channels, task % planes.channels);
            let mut sums = [0.0; 2];
            in_wide_vectors!({
                for sample in group * GROUP..((group + 1) * GROUP).min(planes.batch) {
                    let [first, second] = terms(sample, channel);
                    sums = [sums[0] + first, sums[1] + second];
                }
            });
            sums
        })
        .collect();
    let mut total = vec![[0.0; 2]; planes.channels];
    for group in sums.chunks_exact(planes.channels) {
        for (total, sums) in total.iter_mut().zip(group) {
            *total = [total[0] + sums[0], total[1] + sums[1]];
        }
    }
    total
}

/// Adds up `terms(a, b)` over two slices, in several lanes that the compiler can keep in vectors.
#[inline(always)]
fn lane_sums(a: &[f32], b: &[f32], terms: impl Fn(f32, f32) -> [f64; 2]) -> [f64; 2] {
    const LANES: usize = 8;
    let mut lanes = [[0.0; LANES]; 2];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut sums = [0.0; 2];
    for (a, b) in a_chunks.remainder().iter().zip(b_chunks.remainder()) {
        let [first, second] = terms(*a, *b);
        sums = [sums[0] + first, sums[1] + second];
    }
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            let [first, second] = terms(a[lane], b[lane]);
            lanes[0][lane] += first;
            lanes[1][lane] += second;
        }
    }
    [
        sums[0] + lanes[0].iter().sum::<f64>(),
        sums[1] + lanes[1].iter().sum::<f64>(),
    ]
}

fn plane(planes: Planes, values: &[f32], sample: usize, channel: usize) -> &[f32] {
    &values[(sample * planes.channels + channel) * planes.plane..][..planes.plane]
}

/// Mean and (biased) variance of each channel over the batch.
pub fn statistics(planes: Planes, input: &[f32]) -> (PerChannel, PerChannel) {
    let count = planes.per_channel().max(1) as f64;
    let sums = channel_sums(
        planes,
        #[inline(always)]
        |sample, channel| {
            let values = plane(planes, input, sample, channel);
            lane_sums(
                values,
                values,
                #[inline(always)]
                |value, _| [f64::from(value), f64::from(value) * f64::from(value)],
            )
        },
    );
    sums.iter()
        .map(|[sum, squares]| {
            let mean = sum / count;
            (mean as f32, (squares / count - mean * mean).max(0.0) as f32)
        })
        .unzip()
}

/// Normalizes `values` in place; without scale and shift they are 1 and 0.
pub fn forward(
    planes: Planes,
    normalizer: &Normalizer,
    scale_and_shift: Option<(&[f32], &[f32])>,
    values: &mut [f32],
) {
    let tasks = values.par_chunks_mut(PLANES * planes.plane).enumerate();
    tasks.for_each(|(task, values)| {
        in_wide_vectors!({
            for (index, values) in values.chunks_exact_mut(planes.plane).enumerate() {
                let channel = (task * PLANES + index) % planes.channels;
                let (scale, shift) = scale_and_shift.map_or((1.0, 0.0), |(scale, shift)| {
                    (scale[channel], shift[channel])
                });
                let (center, factor) = (
                    normalizer.center[channel],
                    normalizer.factor[channel] * scale,
                );
                for value in values {
                    *value = (*value - center) * factor + shift;
                }
            }
        });
    });
}

/// The gradients of scale and shift: sums over the batch of the output's gradient, times the normalized input or not.
pub fn parameter_gradients(
    planes: Planes,
    input: &[f32],
    normalizer: &Normalizer,
    output_gradient: &[f32],
) -> (PerChannel, PerChannel) {
    let sums = channel_sums(
        planes,
        #[inline(always)]
        |sample, channel| {
            let (center, factor) = (normalizer.center[channel], normalizer.factor[channel]);
            let input = plane(planes, input, sample, channel);
            let gradient = plane(planes, output_gradient, sample, channel);
            lane_sums(
                input,
                gradient,
                #[inline(always)]
                |input, gradient| {
                    [
                        f64::from(gradient * (input - center) * factor),
                        f64::from(gradient),
                    ]
                },
            )
        },
    );
    sums.iter()
        .map(|[scale, shift]| (*scale as f32, *shift as f32))
        .unzip()
}

/// How the gradient of the input depends on the batch.
#[derive(Debug)]
pub enum Dependence<'a> {
    /// The statistics are constants.
    Constant,
    /// The statistics depend on the input: the results of [`parameter_gradients`], scale first.
    Batch(&'a [f32], &'a [f32]),
}

/// Turns the gradient of the output into the gradient of the input.
pub fn backward(
    planes: Planes,
    input: &[f32],
    normalizer: &Normalizer,
    scale: Option<&[f32]>,
    dependence: &Dependence<'_>,
    gradient: &mut [f32],
) {
    let count = planes.per_channel().max(1) as f32;
    let tasks = gradient
        .par_chunks_mut(PLANES * planes.plane)
        .zip(input.par_chunks(PLANES * planes.plane));
    tasks.enumerate().for_each(|(task, (gradient, input))| {
        in_wide_vectors!({
            let size = planes.plane;
            let maps = gradient
                .chunks_exact_mut(size)
                .zip(input.chunks_exact(size));
            for (index, (gradient, input)) in maps.enumerate() {
                let channel = (task * PLANES + index) % planes.channels;
                let (center, factor) = (normalizer.center[channel], normalizer.factor[channel]);
                let outer = factor * scale.map_or(1.0, |scale| scale[channel]);
                let (slope, offset) = match dependence {
                    Dependence::Constant => (0.0, 0.0),
                    Dependence::Batch(scale, shift) => {
                        (factor * scale[channel] / count, shift[channel] / count)
                    }
                };
                for (gradient, input) in gradient.iter_mut().zip(input) {
                    *gradient = outer * (*gradient - offset - (input - center) * slope);
                }
            }
        });
    });
}
