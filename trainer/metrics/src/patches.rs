//! The distance of textures: the sliced Wasserstein distance of small patches (Karras et al., "Progressive growing of
//! GANs for improved quality, stability, and variation", 2018), of the pictures themselves in place of a pyramid.

use pixling_data::Format;
use pixling_kernels::linear::{Sizes, forward};
use pixling_kernels::order::sort;
use pixling_kernels::random::{Purpose, generator, normal};
use rand::Rng;
use rayon::prelude::*;

/// Width and height of a patch in pixels.
const SIDE: usize = 7;
/// Patches of each set.
const PATCHES: usize = 1 << 16;
/// Directions that the patches are projected onto.
const DIRECTIONS: usize = 128;
/// The distance is in thousandths.
const SCALE: f64 = 1000.0;
/// Keys of the random places and directions.
const PLACES: u64 = 5 << 32;
const DIRECTION: u64 = 6 << 32;

/// Patches of 7x7 pixels of real pictures, all channels together, that patches of other pictures are compared with.
#[derive(Clone, Debug)]
pub struct RealPatches {
    format: Format,
    directions: Vec<f32>,
    /// See [`sorted`].
    projections: Vec<f32>,
}

impl RealPatches {
    /// 65,536 patches, at random places, of pictures of bytes, one after another. `None` for pictures smaller than a
    /// patch, or without any.
    pub fn new(real: &[u8], format: Format) -> Option<RealPatches> {
        let small = format.width.min(format.height) < SIDE;
        if small || real.len() < format.bytes_per_picture() {
            return None;
        }
        let patches = patches(real, format);
        let directions = directions(&patches, format.channels);
        Some(RealPatches {
            format,
            projections: sorted(&directions, &patches),
            directions,
        })
    }

    /// The sliced Wasserstein distance of as many patches of generated pictures to the patches. All are projected onto
    /// 128 random unit vectors and sorted: the distance is the mean difference, in thousandths of a deviation. A channel
    /// is in units of its own deviation in the real patches.
    ///
    /// 0 for equal sets; about 80 if all values are higher by a tenth of a deviation. It depends on the size of the sets
    /// as well: other real pictures show how small it can be. `None` without generated pictures.
    pub fn distance(&self, generated: &[u8]) -> Option<f64> {
        if generated.len() < self.format.bytes_per_picture() {
            return None;
        }
        let generated = sorted(&self.directions, &patches(generated, self.format));
        let differences = generated
            .par_chunks_exact(PATCHES)
            .zip(self.projections.par_chunks_exact(PATCHES));
        let differences: Vec<f64> = differences
            .map(|(a, b)| {
                let difference = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
                difference.sum::<f64>() / PATCHES as f64
            })
            .collect();
        Some(SCALE * differences.iter().sum::<f64>() / DIRECTIONS as f64)
    }
}

/// Patches at random places, as many of each picture as of any other; row by row, values as in the pictures.
fn patches(pictures: &[u8], format: Format) -> Vec<f32> {
    let (bytes, row) = (format.bytes_per_picture(), format.width * format.channels);
    let count = pictures.len() / bytes;
    let mut random = generator(1, Purpose::Evaluation, PLACES);
    let mut patches = Vec::with_capacity(PATCHES * SIDE * SIDE * format.channels);
    for patch in 0..PATCHES {
        let picture = &pictures[patch * count / PATCHES * bytes..][..bytes];
        let x = random.gen_range(0..=format.width - SIDE);
        let y = random.gen_range(0..=format.height - SIDE);
        for row in picture.chunks_exact(row).skip(y).take(SIDE) {
            let values = &row[x * format.channels..][..SIDE * format.channels];
            patches.extend(values.iter().map(|&value| f32::from(value)));
        }
    }
    patches
}

/// Unit vectors, one after another, each value divided by the deviation of its channel: for patches in bytes. The mean
/// of a channel has no part in a difference.
fn directions(real: &[f32], channels: usize) -> Vec<f32> {
    let deviations: Vec<f32> = (0..channels)
        .map(|channel| {
            let values = || {
                real.iter()
                    .skip(channel)
                    .step_by(channels)
                    .map(|&v| f64::from(v))
            };
            let count = (real.len() / channels) as f64;
            let mean = values().sum::<f64>() / count;
            let variance = values().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            // A channel may be the same everywhere.
            variance.sqrt().max(1.0) as f32
        })
        .collect();
    let length = SIDE * SIDE * channels;
    let mut random = generator(1, Purpose::Evaluation, DIRECTION);
    let mut directions = normal(&mut random, DIRECTIONS * length);
    for direction in directions.chunks_exact_mut(length) {
        let norm = direction.iter().map(|v| v * v).sum::<f32>().sqrt();
        for (value, deviation) in direction.iter_mut().zip(deviations.iter().cycle()) {
            *value /= norm * deviation;
        }
    }
    directions
}

/// The projections of all patches onto each direction, direction by direction, sorted.
fn sorted(directions: &[f32], patches: &[f32]) -> Vec<f32> {
    let sizes = Sizes {
        inputs: directions.len() / DIRECTIONS,
        outputs: PATCHES,
    };
    let mut projections = vec![0.0; DIRECTIONS * PATCHES];
    forward(
        sizes,
        directions,
        patches,
        &[0.0; PATCHES],
        &mut projections,
    );
    let of_direction = projections.par_chunks_exact_mut(PATCHES);
    of_direction.for_each(sort);
    projections
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREY: Format = Format {
        width: 12,
        height: 9,
        channels: 1,
    };

    fn patch_distance(generated: &[u8], real: &[u8], format: Format) -> Option<f64> {
        RealPatches::new(real, format)?.distance(generated)
    }

    /// Pictures of a soft wave, each with another phase, with noise of that many steps.
    fn waves(format: Format, first: usize, noise: f32) -> Vec<u8> {
        let row = format.width * format.channels;
        let bytes = format.bytes_per_picture();
        let noises = normal(&mut generator(2, Purpose::Toy, first as u64), 500 * bytes);
        let value = |(i, noise_of): (usize, f32)| {
            let (picture, x, y) = (first + i / bytes, i % row, i % bytes / row);
            let wave = (picture as f32 * 0.7 + x as f32 * 0.3 + y as f32 * 0.2).sin();
            (128.0 + 80.0 * wave + noise * noise_of) as u8
        };
        noises.into_iter().enumerate().map(value).collect()
    }

    #[test]
    fn noise_is_seen_and_equal_pictures_have_no_distance() {
        let real = waves(GREY, 0, 0.0);
        assert_eq!(patch_distance(&real, &real, GREY), Some(0.0));
        let distance = |noise| patch_distance(&waves(GREY, 500, noise), &real, GREY).unwrap();
        let [clean, little, much] = [distance(0.0), distance(10.0), distance(30.0)];
        assert!(
            clean < 0.5 * little && little < 0.5 * much,
            "{clean} {little} {much}"
        );
    }

    /// All values move by the same: so do the projections, by the sum of a direction's values.
    #[test]
    fn a_shift_is_counted_in_thousandths_of_a_deviation() {
        let real = waves(GREY, 0, 0.0);
        let moved: Vec<u8> = real.iter().map(|value| value + 5).collect();
        let found = patch_distance(&moved, &real, GREY).unwrap();
        let patches = patches(&real, GREY);
        let sums = directions(&patches, 1);
        let sums = sums
            .chunks_exact(SIDE * SIDE)
            .map(|it| f64::from(it.iter().sum::<f32>().abs()));
        let expected = SCALE * 5.0 * sums.sum::<f64>() / DIRECTIONS as f64;
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
        // The wave has a deviation of 80 / sqrt 2, and a random unit vector a sum of sqrt (2 / pi) in the mean.
        let rough = SCALE * 5.0 / (80.0 / 2f64.sqrt()) * (2.0 / std::f64::consts::PI).sqrt();
        assert!((found / rough - 1.0).abs() < 0.2, "{found} {rough}");
    }

    #[test]
    fn each_channel_counts_by_its_own_deviation() {
        let format = Format {
            channels: 3,
            ..GREY
        };
        let grey = waves(GREY, 0, 0.0);
        // The second channel is faint, the third one the same everywhere.
        let coloured = |grey: &[u8], noise: &[u8]| -> Vec<u8> {
            let pixel = |(&g, &n): (&u8, &u8)| [g, 100 + n / 16, 7];
            grey.iter().zip(noise).flat_map(pixel).collect()
        };
        let real = coloured(&grey, &grey);
        assert_eq!(patch_distance(&real, &real, format), Some(0.0));
        let noisy = waves(GREY, 0, 30.0);
        let [strong, faint] = [coloured(&noisy, &grey), coloured(&grey, &noisy)]
            .map(|pictures| patch_distance(&pictures, &real, format).unwrap());
        assert!((0.7..1.4).contains(&(strong / faint)), "{strong} {faint}");
    }

    #[test]
    fn pictures_smaller_than_a_patch_have_none() {
        let small = Format { height: 6, ..GREY };
        assert_eq!(patch_distance(&[0; 720], &[0; 720], small), None);
        assert_eq!(patch_distance(&[], &[0; 108], GREY), None);
        assert_eq!(patch_distance(&[0; 108], &[0; 108], GREY), Some(0.0));
    }
}
