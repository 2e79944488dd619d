//! Structural similarity (Wang et al., "Image quality assessment: from error visibility to structural similarity",
//! 2004), with their 11x11 Gaussian window of deviation 1.5, on values from 0 to 1.

const RADIUS: usize = 5;
const DEVIATION: f64 = 1.5;
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

fn window() -> [f64; 2 * RADIUS + 1] {
    let mut weights = std::array::from_fn(|i| {
        (-(i as f64 - RADIUS as f64).powi(2) / (2.0 * DEVIATION * DEVIATION)).exp()
    });
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

/// Filters a plane, keeping the places where the window fits.
fn filter(plane: &[f64], width: usize, height: usize, window: &[f64]) -> Vec<f64> {
    let (out_width, out_height) = (width - 2 * RADIUS, height - 2 * RADIUS);
    let mut rows = Vec::with_capacity(out_width * height);
    for row in plane.chunks_exact(width) {
        rows.extend(row.windows(window.len()).map(|run| dot(run, window)));
    }
    let mut out = Vec::with_capacity(out_width * out_height);
    for y in 0..out_height {
        for x in 0..out_width {
            out.push(
                (0..window.len())
                    .map(|k| rows[(y + k) * out_width + x] * window[k])
                    .sum(),
            );
        }
    }
    out
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The mean structural similarity of two pictures of bytes, channels side by side, mean over channels: 1 for equal
/// pictures. `None` for pictures smaller than the window, 11x11.
pub fn ssim(a: &[u8], b: &[u8], width: usize, height: usize, channels: usize) -> Option<f64> {
    if width <= 2 * RADIUS || height <= 2 * RADIUS {
        return None;
    }
    let window = window();
    let smooth = |plane: &[f64]| filter(plane, width, height, &window);
    let mut total = 0.0;
    for channel in 0..channels {
        let plane = |bytes: &[u8]| -> Vec<f64> {
            bytes
                .iter()
                .skip(channel)
                .step_by(channels)
                .map(|&v| f64::from(v) / 255.0)
                .collect()
        };
        let product =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
        let (a, b) = (plane(a), plane(b));
        let (mean_a, mean_b) = (smooth(&a), smooth(&b));
        let (aa, bb, ab) = (
            smooth(&product(&a, &a)),
            smooth(&product(&b, &b)),
            smooth(&product(&a, &b)),
        );
        let sum: f64 = (0..mean_a.len())
            .map(|i| {
                let (ma, mb) = (mean_a[i], mean_b[i]);
                let (va, vb, cov) = (aa[i] - ma * ma, bb[i] - mb * mb, ab[i] - ma * mb);
                (2.0 * ma * mb + C1) * (2.0 * cov + C2)
                    / ((ma * ma + mb * mb + C1) * (va + vb + C2))
            })
            .sum();
        total += sum / mean_a.len() as f64;
    }
    Some(total / channels as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seed: u32) -> Vec<u8> {
        (0..28 * 28)
            .map(|i: u32| ((i * 37 + seed * 91) ^ (i / 28 * seed)) as u8)
            .collect()
    }

    #[test]
    fn a_picture_is_like_itself() {
        assert!((ssim(&picture(3), &picture(3), 28, 28, 1).unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_constant_difference_follows_the_formula() {
        // Without variance the structure term is 1 and the luminance term remains.
        let (a, b) = (51.0 / 255.0, 102.0 / 255.0);
        let expected = (2.0 * a * b + C1) / (a * a + b * b + C1);
        let found = ssim(&[51; 400], &[102; 400], 20, 20, 1).unwrap();
        assert!((found - expected).abs() < 1e-9);
    }

    /// By scikit-image 0.26, with Gaussian weights of deviation 1.5 and covariances of the population.
    #[test]
    fn the_window_is_that_of_the_paper() {
        let ramp = |rise: u32| -> Vec<u8> {
            (0..28 * 28)
                .map(|i: u32| (i % 28 * 9 + rise * (i / 28).pow(2) / 4) as u8)
                .collect()
        };
        for (a, b, expected) in [
            (picture(1), picture(2), -0.315_053_422_272_218_2),
            (ramp(0), ramp(1), 0.549_401_905_258_457_3),
        ] {
            let found = ssim(&a, &b, 28, 28, 1).unwrap();
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn similarity_is_symmetric_and_below_one() {
        let (a, b) = (picture(1), picture(2));
        let found = ssim(&a, &b, 28, 28, 1).unwrap();
        assert!((found - ssim(&b, &a, 28, 28, 1).unwrap()).abs() < 1e-12 && found < 0.9);
    }

    #[test]
    fn a_picture_smaller_than_the_window_has_none() {
        assert!(ssim(&[0; 100], &[0; 100], 10, 10, 1).is_none());
    }
}
