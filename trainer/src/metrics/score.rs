//! The figures of a set of pictures.

use super::{frechet_distance, ssim};
use crate::data::Format;
use crate::random::{Purpose, generator};
use crate::train::Verdict;
use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The metrics of a model, or of real pictures. Metrics that do not apply are absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Share of pictures that the judge gives their own class.
    pub conditional_accuracy: f64,
    /// Inception Score with the judge in place of Inception.
    pub inception_score: f64,
    /// Frechet distance to the test pictures in the judge's features. This is not FID.
    pub frechet_distance: f64,
    /// Mean `1 - SSIM` of two pictures of a class.
    pub intra_class_diversity: f64,
    /// Accuracy of a fresh classifier on `z_u`; chance is ideal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub z_u_leakage: Option<f64>,
    /// Accuracy of the mixture's posterior on `z_s` of the test pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub z_s_accuracy: Option<f64>,
    /// Share of the pictures decoded from `z_s` of A and `z_u` of B that the judge calls A's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_accuracy: Option<f64>,
    /// The same with `z_s` drawn for A's class: also for models that have the class as an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_accuracy_given_label: Option<f64>,
    /// Frechet distance of those pictures (with `z_s` of A where the model reads one) to the test pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_frechet_distance: Option<f64>,
    /// Frechet distance of reconstructed test pictures to the test pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconstruction_frechet_distance: Option<f64>,
    /// Peak signal to noise ratio of reconstructed test pictures in decibels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr: Option<f64>,
    /// Structural similarity of reconstructed test pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssim: Option<f64>,
    /// `H(c) - E[L_cls]` on the test pictures: a lower bound of the mutual information of `z_s` and the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mi_bound_nats: Option<f64>,
    /// `H(c)` of the test pictures, the largest value of that bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_entropy_nats: Option<f64>,
}

/// Pairs per class of the diversity.
const PAIRS: usize = 400;

/// `exp` of the mean divergence of the judge's answers from their mean.
pub fn inception_score(verdict: &Verdict) -> f64 {
    let rows: Vec<&[f32]> = verdict
        .probabilities
        .chunks_exact(verdict.classes)
        .collect();
    let count = rows.len().max(1) as f64;
    let mut mean = vec![0f64; verdict.classes];
    for row in &rows {
        mean.iter_mut()
            .zip(*row)
            .for_each(|(mean, p)| *mean += f64::from(*p) / count);
    }
    let divergence = |row: &&[f32]| -> f64 {
        let terms = row.iter().zip(&mean).map(|(&p, &m)| {
            let p = f64::from(p);
            p * ((p + 1e-12).ln() - (m + 1e-12).ln())
        });
        terms.sum()
    };
    (rows.iter().map(divergence).sum::<f64>() / count).exp()
}

/// The mean `1 - SSIM` of pairs within a class, mean over classes; pictures of bytes, one after another.
pub fn intra_class_diversity(
    pictures: &[u8],
    classes: &[u16],
    count: usize,
    format: Format,
) -> f64 {
    let bytes = format.bytes_per_picture();
    let of_class = |class: usize| -> Option<f64> {
        let members: Vec<&[u8]> = pictures
            .chunks_exact(bytes)
            .zip(classes)
            .filter(|&(_, &c)| usize::from(c) == class)
            .map(|(picture, _)| picture)
            .collect();
        if members.len() < 2 {
            return None;
        }
        let mut random = generator(1, Purpose::Evaluation, class as u64);
        let pairs: Vec<(usize, usize)> = (0..PAIRS)
            .map(|_| {
                let first = random.gen_range(0..members.len());
                (
                    first,
                    (first + random.gen_range(1..members.len())) % members.len(),
                )
            })
            .collect();
        let similarity = |&(a, b): &(usize, usize)| {
            ssim(
                members[a],
                members[b],
                format.width,
                format.height,
                format.channels,
            )
        };
        let similarities: Option<Vec<f64>> = pairs.par_iter().map(similarity).collect();
        similarities.map(|all| 1.0 - all.iter().sum::<f64>() / all.len() as f64)
    };
    let diversities: Vec<f64> = (0..count).filter_map(of_class).collect();
    diversities.iter().sum::<f64>() / diversities.len().max(1) as f64
}

/// The four figures of a set of pictures of known classes.
pub fn score(
    pictures: &[u8],
    classes: &[u16],
    verdict: &Verdict,
    reference: &Verdict,
    format: Format,
) -> Metrics {
    Metrics {
        conditional_accuracy: verdict.accuracy(classes),
        inception_score: inception_score(verdict),
        frechet_distance: frechet_distance(
            &verdict.features,
            &reference.features,
            verdict.dimension,
        ),
        intra_class_diversity: intra_class_diversity(pictures, classes, verdict.classes, format),
        ..Metrics::default()
    }
}

/// Mean squared error of bytes as a peak signal to noise ratio in decibels.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let squares = a
        .iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2));
    let error = squares.sum::<f64>() / a.len().max(1) as f64;
    10.0 * (255.0 * 255.0 / error.max(1e-12)).log10()
}

/// The mean similarity of pictures pair by pair.
pub fn mean_ssim(a: &[u8], b: &[u8], format: Format) -> Option<f64> {
    let bytes = format.bytes_per_picture();
    let pairs = a.par_chunks_exact(bytes).zip(b.par_chunks_exact(bytes));
    let all: Option<Vec<f64>> = pairs
        .map(|(a, b)| ssim(a, b, format.width, format.height, format.channels))
        .collect();
    all.map(|all| all.iter().sum::<f64>() / all.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(probabilities: &[f32], classes: usize) -> Verdict {
        Verdict {
            probabilities: probabilities.to_vec(),
            classes,
            ..Verdict::default()
        }
    }

    #[test]
    fn sure_and_even_answers_score_the_number_of_classes() {
        let score = inception_score(&verdict(&[1.0, 0.0, 0.0, 1.0], 2));
        assert!((score - 2.0).abs() < 1e-6);
    }

    #[test]
    fn unsure_or_one_sided_answers_score_one() {
        for probabilities in [[0.5, 0.5, 0.5, 0.5], [1.0, 0.0, 1.0, 0.0]] {
            assert!((inception_score(&verdict(&probabilities, 2)) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn equal_pictures_have_no_diversity() {
        let format = Format {
            width: 12,
            height: 12,
            channels: 1,
        };
        let picture: Vec<u8> = (0..144).map(|i| (i * 3) as u8).collect();
        let other: Vec<u8> = picture.iter().rev().copied().collect();
        let same = [picture.clone(), picture.clone()].concat();
        assert!(intra_class_diversity(&same, &[0, 0], 1, format).abs() < 1e-9);
        let different = [picture, other].concat();
        assert!(intra_class_diversity(&different, &[0, 0], 1, format) > 0.2);
    }

    #[test]
    fn a_difference_of_one_step_is_48_decibels() {
        assert!((psnr(&[10; 50], &[11; 50]) - 48.13).abs() < 0.01);
    }
}
