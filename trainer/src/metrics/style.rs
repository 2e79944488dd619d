//! The dimensions of `z_u` that carry information about the picture.

use crate::model::Codes;
use serde::Serialize;

/// A dimension whose mean varies less than this over pictures is not in use (Burda et al., "Importance weighted
/// autoencoders", 2016).
const ACTIVE: f64 = 0.01;

/// One dimension of `z_u`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StyleDimension {
    /// Its index.
    pub index: usize,
    /// The mean of `KL( N(mu_u, sigma_u^2) || N(0, 1) )` over pictures, in nats.
    pub kl: f64,
    /// The variance of `mu_u` over pictures.
    pub variance: f64,
    /// Whether that variance is above 0.01.
    pub active: bool,
}

/// All dimensions of `z_u` by the codes of pictures, the one with the largest KL first.
pub fn style_dimensions(codes: &Codes, dimensions: usize) -> Vec<StyleDimension> {
    let count = (codes.mean.len() / dimensions).max(1) as f64;
    let mut all: Vec<StyleDimension> = (0..dimensions)
        .map(|index| {
            let column = |values: &[f32]| -> Vec<f64> {
                let values = values.iter().skip(index).step_by(dimensions);
                values.map(|&value| f64::from(value)).collect()
            };
            let (mean, log_variance) = (column(&codes.mean), column(&codes.log_variance));
            let kl = mean
                .iter()
                .zip(&log_variance)
                .map(|(m, v)| 0.5 * (m * m + v.exp() - v - 1.0));
            let centre = mean.iter().sum::<f64>() / count;
            let variance = mean.iter().map(|m| (m - centre).powi(2)).sum::<f64>() / count;
            StyleDimension {
                index,
                kl: kl.sum::<f64>() / count,
                variance,
                active: variance > ACTIVE,
            }
        })
        .collect();
    all.sort_by(|a, b| b.kl.total_cmp(&a.kl));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_that_is_the_prior_is_not_active() {
        // Dimension 0 is the prior for each picture; dimension 1 is known well and varies.
        let codes = Codes {
            mean: vec![0.0, -1.0, 0.0, 1.0],
            log_variance: vec![0.0, -2.0, 0.0, -2.0],
            ..Codes::default()
        };
        let found = style_dimensions(&codes, 2);
        assert_eq!((found[0].index, found[1].index), (1, 0));
        assert!(found[0].active && !found[1].active);
        assert_eq!((found[1].kl, found[1].variance), (0.0, 0.0));
        assert_eq!(found[0].variance, 1.0);
        let expected = 0.5 * (1.0 + (-2f64).exp() + 2.0 - 1.0);
        assert!((found[0].kl - expected).abs() < 1e-9);
    }
}
