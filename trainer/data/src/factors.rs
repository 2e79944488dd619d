//! Measure of the known factors in latents.

use std::ops::Range;

use nalgebra::DMatrix;

/// Added to the diagonal of the correlation matrix, which has no inverse when latents repeat each other
/// or never vary.
const RIDGE: f64 = 1e-6;

/// The coefficient of determination of a linear fit from latents to each factor.
///
/// `latents` has a row of `latent_size` values per picture, `factors` a row of `factor_count`. The
/// fit, least squares with an intercept, is made on the `train` rows and scored on the `test` rows: 1 is
/// a perfect prediction, 0 is as good as the mean of the train rows, and below 0 is worse. A factor that
/// does not vary in the test rows scores 0. Latents that are not finite score NaN.
///
/// # Panics
/// When the two slices have different numbers of rows, or a range is empty or beyond them.
///
/// ```
/// use pixling_data::factors::linear_r2;
///
/// let latents = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
/// let factors = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]; // 2 x + 1
/// let score = linear_r2(&latents, 1, &factors, 1, 0..4, 4..6);
/// assert!(score[0] > 0.999);
/// ```
pub fn linear_r2(
    latents: &[f32],
    latent_size: usize,
    factors: &[f32],
    factor_count: usize,
    train: Range<usize>,
    test: Range<usize>,
) -> Vec<f64> {
    if factor_count == 0 {
        return Vec::new();
    }
    let rows = factors.len() / factor_count;
    assert_eq!(
        factors.len(),
        rows * factor_count,
        "factors are not whole rows"
    );
    assert_eq!(
        latents.len(),
        rows * latent_size,
        "latents and factors have different rows"
    );
    assert!(
        !train.is_empty() && train.end <= rows,
        "train rows {train:?} of {rows}"
    );
    assert!(
        !test.is_empty() && test.end <= rows,
        "test rows {test:?} of {rows}"
    );

    let factors_train = matrix(factors, factor_count, &train);
    let factors_test = matrix(factors, factor_count, &test);
    let mut inputs_train = matrix(latents, latent_size, &train);
    let mut inputs_test = matrix(latents, latent_size, &test);

    // Standardized inputs need one ridge whatever their scale; centred targets replace the intercept.
    for column in 0..latent_size {
        let values = inputs_train.column(column);
        let mean = values.mean();
        let deviation = values.variance().sqrt();
        let scale = if deviation > 0.0 {
            1.0 / deviation
        } else {
            1.0
        };
        for inputs in [&mut inputs_train, &mut inputs_test] {
            inputs
                .column_mut(column)
                .apply(|value| *value = (*value - mean) * scale);
        }
    }
    let means = factors_train.row_mean();
    let mut targets = factors_train;
    for mut row in targets.row_iter_mut() {
        row -= &means;
    }

    let mut gram = inputs_train.tr_mul(&inputs_train);
    for index in 0..latent_size {
        gram[(index, index)] += RIDGE * train.len() as f64;
    }
    let Some(decomposition) = gram.cholesky() else {
        return vec![f64::NAN; factor_count];
    };
    let weights = decomposition.solve(&inputs_train.tr_mul(&targets));
    let predicted = inputs_test * weights;

    (0..factor_count)
        .map(|factor| {
            let truth = factors_test.column(factor);
            let mean = truth.mean();
            let total: f64 = truth.iter().map(|value| (value - mean).powi(2)).sum();
            let missed: f64 = std::iter::zip(&truth, &predicted.column(factor))
                .map(|(value, guess)| (value - means[factor] - guess).powi(2))
                .sum();
            if total > 0.0 {
                1.0 - missed / total
            } else {
                0.0
            }
        })
        .collect()
}

/// The rows of a range as a matrix.
fn matrix(values: &[f32], columns: usize, rows: &Range<usize>) -> DMatrix<f64> {
    let cells = values[rows.start * columns..rows.end * columns]
        .iter()
        .map(|&value| f64::from(value));
    DMatrix::from_row_iterator(rows.len(), columns, cells)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn noise(count: usize, seed: u64) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| random.gen_range(-1.0..1.0)).collect()
    }

    #[test]
    fn a_linear_factor_is_found_and_an_unrelated_one_is_not() {
        let latents = noise(3 * 1000, 1);
        let unrelated = noise(1000, 2);
        let factors: Vec<f32> = std::iter::zip(latents.chunks(3), &unrelated)
            .flat_map(|(z, &u)| [2.0 * z[0] - 0.5 * z[2] + 7.0, u])
            .collect();
        let scores = linear_r2(&latents, 3, &factors, 2, 0..700, 700..1000);
        assert!(scores[0] > 0.9999, "{scores:?}");
        assert!(scores[1].abs() < 0.05, "{scores:?}");
    }

    #[test]
    fn noise_takes_its_share() {
        let latents = noise(4000, 3);
        let factors: Vec<f32> = std::iter::zip(&latents, noise(4000, 4))
            .map(|(z, n)| z + n)
            .collect();
        let scores = linear_r2(&latents, 1, &factors, 1, 0..3000, 3000..4000);
        assert!((scores[0] - 0.5).abs() < 0.05, "{scores:?}");
    }

    #[test]
    fn constant_and_repeated_latents_do_no_harm() {
        let signal = noise(500, 5);
        let latents: Vec<f32> = signal.iter().flat_map(|&z| [z, z, 4.0, 1e4 * z]).collect();
        let scores = linear_r2(&latents, 4, &signal, 1, 0..400, 400..500);
        assert!(scores[0] > 0.999, "{scores:?}");
    }

    #[test]
    fn a_constant_factor_scores_zero() {
        let scores = linear_r2(&noise(20, 6), 1, &[3.0; 20], 1, 0..10, 10..20);
        assert_eq!(scores, [0.0]);
    }

    #[test]
    fn no_latents_predict_the_mean() {
        let scores = linear_r2(&[], 0, &noise(2000, 7), 1, 0..1000, 1000..2000);
        assert!(scores[0].abs() < 0.01, "{scores:?}");
    }

    #[test]
    fn latents_that_are_not_finite_score_nan() {
        let mut latents = noise(20, 8);
        latents[3] = f32::NAN;
        assert!(linear_r2(&latents, 1, &noise(20, 9), 1, 0..10, 10..20)[0].is_nan());
    }

    #[test]
    fn no_factors_have_no_scores() {
        assert!(linear_r2(&[1.0, 2.0], 1, &[], 0, 0..1, 1..2).is_empty());
    }
}
