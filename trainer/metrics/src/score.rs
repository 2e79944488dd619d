//! The figures of a set of pictures.

use crate::{RealPatches, Verdict, class_frechet_distances, frechet_distance, overlap, ssim};
use pixling_data::{Dataset, Format};
use pixling_kernels::random::{Purpose, generator};
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
    /// The mean of `class_frechet_distances`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_class_frechet_distance: Option<f64>,
    /// Share of pictures that are inside the manifold of the test pictures in the judge's features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Share of test pictures that are inside the manifold of the pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// Sliced Wasserstein distance of patches of 7x7 pixels to patches of the test pictures, in thousandths of a
    /// deviation; see [`RealPatches::distance`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch_distance: Option<f64>,
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
    /// One for each class of the data, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_frechet_distances: Vec<ClassDistance>,
}

/// The distance within a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassDistance {
    /// The class's label.
    pub class: String,
    /// Frechet distance of its pictures to its test pictures in 16 principal components of the judge's features; absent
    /// if there are fewer than 32 of one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frechet_distance: Option<f64>,
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

/// The test pictures of a data set, which others are measured against.
#[derive(Debug)]
pub struct Reference<'d> {
    /// The data set.
    pub data: &'d Dataset,
    /// The judge's answers.
    pub verdict: Verdict,
    patches: Option<RealPatches>,
}

impl<'d> Reference<'d> {
    /// The test pictures, with the judge's answers on them.
    pub fn new(data: &'d Dataset, verdict: Verdict) -> Reference<'d> {
        Reference {
            patches: RealPatches::new(&data.test.pixels, data.format()),
            data,
            verdict,
        }
    }
}

/// The figures of a set of pictures of known classes.
pub fn score(
    pictures: &[u8],
    classes: &[u16],
    verdict: &Verdict,
    reference: &Reference<'_>,
) -> Metrics {
    let Reference {
        data,
        verdict: real,
        patches,
    } = reference;
    let (features, dimension) = (&verdict.features, verdict.dimension);
    let overlap = overlap(features, &real.features, dimension);
    let of_classes = class_frechet_distances(verdict, classes, real, &data.test.classes);
    let known: Vec<f64> = of_classes.iter().copied().flatten().collect();
    let named = data.labels.iter().zip(of_classes);
    Metrics {
        conditional_accuracy: verdict.accuracy(classes),
        inception_score: inception_score(verdict),
        frechet_distance: frechet_distance(features, &real.features, dimension),
        mean_class_frechet_distance: (!known.is_empty())
            .then(|| known.iter().sum::<f64>() / known.len() as f64),
        precision: overlap.map(|overlap| overlap.precision),
        recall: overlap.map(|overlap| overlap.recall),
        patch_distance: patches.as_ref().and_then(|real| real.distance(pictures)),
        intra_class_diversity: intra_class_diversity(
            pictures,
            classes,
            verdict.classes,
            data.format(),
        ),
        class_frechet_distances: named
            .map(|(class, frechet_distance)| ClassDistance {
                class: class.clone(),
                frechet_distance,
            })
            .collect(),
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
    use pixling_data::Split;
    use pixling_kernels::random::normal;

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

    /// The judge does not see noise, as a classifier may not: only the patches do.
    #[test]
    fn a_score_has_the_figures_of_each_kind_of_failure() {
        let pictures = |noise: usize| -> Vec<u8> {
            let value = |i: usize| 40 + (i % 12 * 9 + i * noise * 7919 % 29) as u8;
            (0..80 * 144).map(value).collect()
        };
        let mut random = generator(1, Purpose::Toy, 0);
        let verdict = Verdict {
            features: normal(&mut random, 80 * 4),
            dimension: 4,
            probabilities: [1.0, 0.0, 0.0, 1.0].repeat(40),
            classes: 2,
        };
        let classes: Vec<u16> = (0..80).map(|row| row % 2).collect();
        let data = Dataset {
            name: "waves".into(),
            licence: "unknown".into(),
            width: 12,
            height: 12,
            channels: 1,
            labels: vec!["even".into(), "odd".into()],
            train: Split::default(),
            test: Split {
                pixels: pictures(0),
                classes: classes.clone(),
                ..Split::default()
            },
            factor_names: Vec::new(),
            skipped: Vec::new(),
        };
        let reference = Reference::new(&data, verdict.clone());
        let of = |noise| score(&pictures(noise), &classes, &verdict, &reference);
        let (same, noisy) = (of(0), of(1));
        for found in [&same, &noisy] {
            assert_eq!((found.precision, found.recall), (Some(1.0), Some(1.0)));
            let mut distances = vec![found.mean_class_frechet_distance];
            for (it, label) in found.class_frechet_distances.iter().zip(["even", "odd"]) {
                assert_eq!(it.class, label);
                distances.push(it.frechet_distance);
            }
            assert_eq!(distances.len(), 3);
            assert!(distances.iter().all(|it| it.unwrap().abs() < 1e-6));
        }
        assert_eq!(same.patch_distance, Some(0.0));
        assert!(noisy.patch_distance > Some(50.0), "{noisy:?}");

        // Classes that were exchanged: their mean is of both of them.
        let exchanged: Vec<u16> = classes.iter().map(|class| 1 - class).collect();
        let found = score(&pictures(0), &exchanged, &verdict, &reference);
        let distances = found.class_frechet_distances.iter();
        let sum: f64 = distances.map(|it| it.frechet_distance.unwrap()).sum();
        assert!(sum > 0.01 && found.mean_class_frechet_distance == Some(sum / 2.0));
    }

    #[test]
    fn figures_that_were_written_before_there_were_others_are_read() {
        let old = r#"{"conditional_accuracy": 0.9, "inception_score": 7.5, "frechet_distance": 20.0,
            "intra_class_diversity": 0.7, "psnr": 17.0}"#;
        let expected = Metrics {
            conditional_accuracy: 0.9,
            inception_score: 7.5,
            frechet_distance: 20.0,
            intra_class_diversity: 0.7,
            psnr: Some(17.0),
            ..Metrics::default()
        };
        assert_eq!(serde_json::from_str::<Metrics>(old).unwrap(), expected);
        // Unknown figures are not written.
        let written = serde_json::to_value(&expected).unwrap();
        assert_eq!(
            written,
            serde_json::from_str::<serde_json::Value>(old).unwrap()
        );
    }

    #[test]
    fn a_difference_of_one_step_is_48_decibels() {
        assert!((psnr(&[10; 50], &[11; 50]) - 48.13).abs() < 0.01);
    }
}
