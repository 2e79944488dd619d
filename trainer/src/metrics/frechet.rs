//! The Frechet distance of two sets of features, each taken as a Gaussian.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Mean and covariance of rows of `dimension` features.
fn moments(features: &[f32], dimension: usize) -> (DVector<f64>, DMatrix<f64>) {
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

/// `|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2)` of two row-major tables with `dimension` columns.
pub fn frechet_distance(a: &[f32], b: &[f32], dimension: usize) -> f64 {
    let ((mean_a, cov_a), (mean_b, cov_b)) = (moments(a, dimension), moments(b, dimension));
    // tr (A B)^1/2 = tr (A^1/2 B A^1/2)^1/2, which is symmetric.
    let eigen = SymmetricEigen::new(cov_a.clone());
    let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
    let root_a =
        &eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose();
    let product = &root_a * &cov_b * &root_a;
    let trace: f64 = SymmetricEigen::new((&product + product.transpose()) * 0.5)
        .eigenvalues
        .iter()
        .map(|value| value.max(0.0).sqrt())
        .sum();
    (mean_a - mean_b).norm_squared() + cov_a.trace() + cov_b.trace() - 2.0 * trace
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
