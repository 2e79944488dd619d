//! The Frechet distance of two sets of features, each taken as a Gaussian.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Mean and covariance of rows of `dimension` features.
pub(super) fn moments(features: &[f32], dimension: usize) -> (DVector<f64>, DMatrix<f64>) {
    let count = features.len() / dimension;
    let rows = DMatrix::from_fn(count, dimension, |i, j| {
        f64::from(features[i * dimension + j])
    });
    let mean = rows.row_mean().transpose();
    let mut centred = rows;
    for mut row in centred.row_iter_mut() {
        row -= mean.transpose();
    }
    let covariance = centred.tr_mul(&centred) / (count.max(2) - 1) as f64;
    (mean, covariance)
}

/// A feature whose variance is a smaller part of the largest variance counts as constant.
const ASLEEP: f64 = 1e-14;

/// The features that vary in each of the sets, by their covariances. nalgebra needs the others to be left out: of a
/// matrix with many empty rows it may find eigenvalues that are no numbers.
pub(super) fn awake(covariances: [&DMatrix<f64>; 2]) -> Vec<usize> {
    let is_awake = |cov: &DMatrix<f64>, i: usize| cov[(i, i)] > ASLEEP * cov.diagonal().max();
    let all = 0..covariances[0].ncols();
    all.filter(|&i| covariances.iter().all(|cov| is_awake(cov, i)))
        .collect()
}

/// The rows and columns of some features.
pub(super) fn of_features(covariance: &DMatrix<f64>, features: &[usize]) -> DMatrix<f64> {
    covariance.select_rows(features).select_columns(features)
}

/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2)` of two row-major tables with `dimension` columns.
pub fn frechet_distance(a: &[f32], b: &[f32], dimension: usize) -> f64 {
    let ((mean_a, cov_a), (mean_b, cov_b)) = (moments(a, dimension), moments(b, dimension));
    // A feature that is constant in one of the sets adds nothing to the last trace.
    let awake = awake([&cov_a, &cov_b]);
    let trace = if awake.is_empty() {
        0.0
    } else {
        trace_of_root(&of_features(&cov_a, &awake), &of_features(&cov_b, &awake))
    };
    (mean_a - mean_b).norm_squared() + cov_a.trace() + cov_b.trace() - 2.0 * trace
}

/// `tr (A B)^1/2 = tr (A^1/2 B A^1/2)^1/2`, which is symmetric. No number if the eigenvalues are none.
fn trace_of_root(a: &DMatrix<f64>, b: &DMatrix<f64>) -> f64 {
    // Not `max`, which would turn a NaN into 0.
    let root = |value: f64| value.clamp(0.0, f64::INFINITY).sqrt();
    let eigen = SymmetricEigen::new(a.clone());
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(root));
    let root_a = &eigen.eigenvectors * roots * eigen.eigenvectors.transpose();
    let product = &root_a * b * &root_a;
    let symmetric = (&product + product.transpose()) * 0.5;
    SymmetricEigen::new(symmetric).eigenvalues.map(root).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(scale: f32, shift: f32) -> Vec<f32> {
        (0..3000)
            .map(|i| ((i * 7919 % 997) as f32 / 997.0 - 0.5) * scale + shift)
            .collect()
    }

    #[test]
    fn a_set_has_no_distance_to_itself() {
        assert!(frechet_distance(&table(2.0, 1.0), &table(2.0, 1.0), 3).abs() < 1e-9);
    }

    /// A classifier's features: many are never awake, and there may be fewer pictures than features.
    #[test]
    fn features_that_sleep_count_nothing() {
        for (rows, dimension) in [(60, 128), (720, 128), (720, 96)] {
            let features = |noise: f32| -> Vec<f32> {
                let hash = |i: usize, factor: usize| (i * factor % 9973) as f32 / 9973.0 - 0.5;
                let value = |i: usize| match i % dimension % 3 {
                    0 => 0.0,
                    _ => (40.0 * hash(i, 7919) + noise * hash(i, 4241)).max(0.0),
                };
                (0..rows * dimension).map(value).collect()
            };
            let distance = frechet_distance(&features(0.0), &features(0.5), dimension);
            assert!(
                (0.0..20.0).contains(&distance),
                "{rows} {dimension}: {distance}"
            );
        }
    }

    /// With three of four asleep nalgebra's eigenvalues are no numbers for three of these seeds.
    #[test]
    fn features_that_sleep_do_not_spoil_the_others() {
        for seed in 0..40 {
            let hash = |i: usize, factor: usize| (i * factor % 9973) as f32 / 9973.0 - 0.5;
            let value = |i: usize| match (i % 128 * 5 + seed) % 4 {
                0 => (40.0 * hash(i + seed * 7, 7919) + 10.0 * hash(i / 128, 4241)).max(0.0),
                _ => 0.0,
            };
            let features: Vec<f32> = (0..60 * 128).map(value).collect();
            let distance = frechet_distance(&features, &features, 128);
            assert!(distance.abs() < 1e-5, "{seed}: {distance}");
        }
    }

    /// A thousandth of another feature's deviation is little, but not none.
    #[test]
    fn a_small_feature_is_awake() {
        let values = table(1.0, 0.0);
        let features = |small: f32| -> Vec<f32> {
            let rows = values.chunks_exact(2);
            rows.flat_map(|row| [1000.0 * row[0], small * row[1]])
                .collect()
        };
        let (mean, covariance) = moments(&features(1.0), 2);
        let distance = frechet_distance(&features(1.0), &features(3.0), 2);
        let expected = 4.0 * (covariance[(1, 1)] + mean[1] * mean[1]);
        assert!(
            (distance / expected - 1.0).abs() < 0.05,
            "{distance} {expected}"
        );
    }

    #[test]
    fn features_that_all_sleep_have_the_distance_of_their_means() {
        assert_eq!(frechet_distance(&[1.0; 6], &[3.0; 9], 3), 12.0);
    }

    #[test]
    fn a_shift_counts_squared() {
        let distance = frechet_distance(&table(2.0, 0.0), &table(2.0, 3.0), 3);
        assert!((distance - 27.0).abs() < 1e-3, "{distance}");
    }

    #[test]
    fn a_factor_on_one_dimension_counts_as_the_difference_of_deviations() {
        let a = table(1.0, 0.0);
        let b: Vec<f32> = a.iter().map(|v| v * 3.0).collect();
        let variance = {
            let mean = a.iter().map(|&v| f64::from(v)).sum::<f64>() / a.len() as f64;
            a.iter()
                .map(|&v| (f64::from(v) - mean).powi(2))
                .sum::<f64>()
                / (a.len() - 1) as f64
        };
        let distance = frechet_distance(&a, &b, 1);
        let mean = a.iter().map(|&v| f64::from(v)).sum::<f64>() / a.len() as f64;
        let expected = (2.0 * mean).powi(2) + variance * 4.0;
        assert!((distance - expected).abs() < 1e-6, "{distance} {expected}");
    }
}
