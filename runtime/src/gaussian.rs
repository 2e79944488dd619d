//! Samples of N(0, 1), the same on every machine.

use micromath::F32Ext;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// An endless, seeded sequence of draws from N(0, 1) in units of 1/4096.
///
/// Xoshiro128++ and the Box-Muller transform. Only additions, multiplications and divisions of `f32` are used, each
/// rounded as IEEE 754 says and never fused, so that hardware and software floating point agree to the last bit.
/// Logarithm, sine and cosine are micromath's; its square root is 5 % off and gets two steps of Heron's method.
#[derive(Clone, Debug)]
pub struct Gaussian {
    bits: Xoshiro128PlusPlus,
    spare: Option<i32>,
}

/// Draws are multiples of `2^-FRACTION_BITS`.
pub(crate) const FRACTION_BITS: u32 = 12;

impl Gaussian {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Gaussian {
            bits: Xoshiro128PlusPlus::seed_from_u64(seed),
            spare: None,
        }
    }

    /// The next number as the index of a weight, each with a probability that is proportional to the weight plus 1. At most
    /// 256 weights; 0 where there are none.
    #[inline(never)] // One piece of code for components and styles.
    pub fn choose(&mut self, weights: &[u8]) -> usize {
        let odds = |weight: &u8| u32::from(*weight).wrapping_add(1);
        let total = weights.iter().map(odds).fold(0, u32::wrapping_add);
        // Of 16 bits times at most 2^16.
        let mut left = (self.bits.next_u32() >> 16).wrapping_mul(total) >> 16;
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(odds(weight)) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }

    /// The next draw, in units of 1/4096; its magnitude is below `6 * 4096`.
    pub fn draw(&mut self) -> i32 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = radius(self.bits.next_u32());
        let (sine, cosine) = sine_and_cosine(self.bits.next_u32());
        self.spare = Some(fixed(radius * sine));
        fixed(radius * cosine)
    }
}

/// The distance of a pair of draws from zero, for the upper 23 bits of a word.
#[inline(always)]
fn radius(word: u32) -> f32 {
    // The uniform number is `odd / 2^24`, above 0 and below 1, exact in an f32. micromath takes logarithms below 1
    // through an inverse that is 8 % off, so the power of two is taken out.
    let odd = ((word >> 9) * 2 + 1) as f32;
    let logarithm = F32Ext::ln(odd) - 24.0 * core::f32::consts::LN_2;
    square_root(-2.0 * logarithm)
}

/// The direction of a pair of draws, for the upper 24 bits of a word.
#[inline(always)]
fn sine_and_cosine(word: u32) -> (f32, f32) {
    let angle = (word >> 8) as f32 * (core::f32::consts::TAU / 16_777_216.0);
    F32Ext::sin_cos(angle - core::f32::consts::PI)
}

fn fixed(value: f32) -> i32 {
    let scaled = value * (1 << FRACTION_BITS) as f32;
    (if scaled < 0.0 {
        scaled - 0.5
    } else {
        scaled + 0.5
    }) as i32
}

fn square_root(value: f32) -> f32 {
    // Also takes the logarithm of a number that rounds to 1, which micromath may put just above zero.
    if value <= 1e-12 {
        return 0.0;
    }
    let mut root = F32Ext::sqrt(value);
    root = 0.5 * (root + value / root);
    0.5 * (root + value / root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn million(seed: u64) -> std::vec::Vec<f64> {
        let mut gaussian = Gaussian::new(seed);
        (0..1_000_000)
            .map(|_| f64::from(gaussian.draw()) / 4096.0)
            .collect()
    }

    fn normal_cdf(x: f64) -> f64 {
        // Abramowitz and Stegun 7.1.26, off by less than 1.5e-7.
        let t = 1.0 / (1.0 + 0.327_591_1 * (x.abs() / 2f64.sqrt()));
        let poly = t
            * (0.254_829_592
                + t * (-0.284_496_736
                    + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
        let erf = 1.0 - poly * (-x * x / 2.0).exp();
        if x < 0.0 {
            (1.0 - erf) / 2.0
        } else {
            (1.0 + erf) / 2.0
        }
    }

    #[test]
    fn a_million_draws_are_normal() {
        for seed in [1, 2024] {
            let mut draws = million(seed);
            let n = draws.len() as f64;
            let mean = draws.iter().sum::<f64>() / n;
            let moment = |k| draws.iter().map(|x| (x - mean).powi(k)).sum::<f64>() / n;
            let (variance, skew, kurtosis) = (
                moment(2),
                moment(3) / moment(2).powf(1.5),
                moment(4) / moment(2).powi(2),
            );
            draws.sort_by(f64::total_cmp);
            let distance = draws
                .iter()
                .enumerate()
                .map(|(i, &x)| {
                    let p = normal_cdf(x);
                    (p - i as f64 / n).abs().max((p - (i + 1) as f64 / n).abs())
                })
                .fold(0.0, f64::max);
            std::println!(
                "mean {mean:.5} variance {variance:.5} skew {skew:.5} kurtosis {kurtosis:.5} distance {distance:.5}"
            );
            assert!(mean.abs() < 0.005, "mean {mean}");
            assert!((variance - 1.0).abs() < 0.01, "variance {variance}");
            assert!(skew.abs() < 0.01, "skew {skew}");
            assert!((kurtosis - 3.0).abs() < 0.03, "kurtosis {kurtosis}");
            assert!(distance < 0.005, "Kolmogorov-Smirnov distance {distance}");
        }
    }

    /// Radius and direction are independent: their moments give the moments of the draws before rounding.
    #[test]
    fn the_moments_over_all_radii_and_angles_are_normal() {
        let count = f64::from(1 << 23);
        let mut farthest = 0f32;
        let [mut first, mut second, mut third, mut fourth] = [0.0; 4];
        for number in 0..1u32 << 23 {
            let radius = radius(number << 9);
            farthest = farthest.max(radius);
            let radius = f64::from(radius);
            first += radius / count;
            second += radius * radius / count;
            third += radius.powi(3) / count;
            fourth += radius.powi(4) / count;
        }
        let mut longest = 0f32;
        let [mut both, mut length] = [0.0; 2];
        let mut of_each = [[0.0; 4]; 2];
        let count = f64::from(1 << 24);
        for number in 0..1u32 << 24 {
            let (sine, cosine) = sine_and_cosine(number << 8);
            longest = longest.max(sine.abs()).max(cosine.abs());
            let values = [sine, cosine].map(f64::from);
            both += values[0] * values[1] / count;
            length += (values[0].hypot(values[1]) - 1.0).powi(2) / count;
            for (moments, value) in of_each.iter_mut().zip(values) {
                for (moment, power) in moments.iter_mut().zip([1, 2, 3, 4]) {
                    *moment += value.powi(power) / count;
                }
            }
        }
        for [mean, square, cube, power] in of_each {
            let (mean, variance) = (first * mean, second * square);
            let (skew, kurtosis) = (third * cube, fourth * power / (variance * variance));
            std::println!("mean {mean} variance {variance} skew {skew} kurtosis {kurtosis}");
            assert!(mean.abs() < 1e-7, "mean {mean}");
            assert!((variance - 1.0).abs() < 0.001, "variance {variance}");
            assert!(skew.abs() < 1e-6, "skew {skew}");
            assert!((kurtosis - 3.0).abs() < 0.001, "kurtosis {kurtosis}");
        }
        assert!((second * both).abs() < 1e-7, "covariance {both}");
        assert!(length.sqrt() < 1e-3, "directions are off by {length}");
        // As `draw` promises.
        assert!(
            farthest * longest < 6.0 - 1.0 / 4096.0,
            "{farthest} {longest}"
        );
    }

    #[test]
    fn neighbours_are_uncorrelated() {
        let draws = million(3);
        for lag in 1..4 {
            let product = draws.iter().zip(&draws[lag..]).map(|(a, b)| a * b);
            let correlation = product.sum::<f64>() / draws.len() as f64;
            assert!(correlation.abs() < 0.004, "lag {lag}: {correlation}");
        }
    }

    #[test]
    fn weights_are_chosen_in_proportion() {
        let mut gaussian = Gaussian::new(5);
        let mut counts = [0u32; 4];
        for _ in 0..65_536 {
            counts[gaussian.choose(&[0, 63, 127, 63])] += 1;
        }
        for (count, expected) in counts
            .into_iter()
            .zip([255.0, 16_320.0, 32_641.0, 16_320.0])
        {
            assert!(
                (f64::from(count) - expected).abs() < 5.0 * expected.sqrt(),
                "{counts:?}"
            );
        }
        assert_eq!(gaussian.choose(&[]), 0);
        // The largest of all: every one is chosen, none beyond.
        let mut seen = [false; 256];
        for _ in 0..10_000 {
            seen[gaussian.choose(&[255; 256])] = true;
        }
        assert_eq!(seen, [true; 256]);
    }

    #[test]
    fn the_sequence_of_a_seed_is_fixed() {
        let mut gaussian = Gaussian::new(42);
        let first: [i32; 8] = core::array::from_fn(|_| gaussian.draw());
        assert_eq!(first, [3414, -2156, 2748, -4995, -2642, 1265, 169, 305]);
    }
}
