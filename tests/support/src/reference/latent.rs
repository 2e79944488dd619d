//! From a request to the latent. The generator of random words and the polynomials are `rand_xoshiro`'s and micromath's,
//! as `docs/arithmetic.md` says.

use super::{ReferenceModel, ReferencePrior};
use micromath::F32Ext;
use pixling::{Request, Way};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// The numbers of a seed.
struct Draws {
    words: Xoshiro128PlusPlus,
    /// The second draw of a pair.
    second: Option<i64>,
}

impl Draws {
    fn new(seed: u64) -> Draws {
        Draws {
            words: Xoshiro128PlusPlus::seed_from_u64(seed),
            second: None,
        }
    }

    /// The index of a weight, which the next word chooses.
    fn choose(&mut self, weights: &[u8]) -> usize {
        let odds: Vec<u64> = weights.iter().map(|it| u64::from(*it) + 1).collect();
        let word = u64::from(self.words.next_u32());
        let left = (word / 65_536 * odds.iter().sum::<u64>()) / 65_536;
        let up_to = |index: usize| odds[..=index].iter().sum::<u64>();
        let chosen = (0..odds.len()).find(|index| up_to(*index) > left);
        chosen.expect("the sum of all is above")
    }

    /// A draw from N(0, 1) in 1/4096.
    fn normal(&mut self) -> i64 {
        if let Some(second) = self.second.take() {
            return second;
        }
        let [first, second] = [(); 2].map(|()| self.words.next_u32());
        let odd = 2 * (first >> 9) + 1;
        let logarithm = F32Ext::ln(odd as f32) - 24.0 * std::f32::consts::LN_2;
        let square = -2.0 * logarithm;
        let radius = if square <= 1e-12 {
            0.0
        } else {
            let heron = |root: f32| 0.5 * (root + square / root);
            heron(heron(F32Ext::sqrt(square)))
        };
        let step = std::f32::consts::TAU / 16_777_216.0;
        let angle = (second >> 8) as f32 * step - std::f32::consts::PI;
        let rounded = |value: f32| {
            let value = value * 4096.0;
            // A half is added, and the fraction cut off.
            (value.abs() + 0.5) as i64 * if value < 0.0 { -1 } else { 1 }
        };
        self.second = Some(rounded(radius * F32Ext::sin(angle)));
        rounded(radius * F32Ext::cos(angle))
    }
}

/// The standard deviation that a code of four bits stands for, in 1/256 of a step.
fn deviation(unit: u16, code: u8) -> i64 {
    if code == 0 {
        return 0;
    }
    let quarter = [256, 304, 362, 431][usize::from((code - 1) % 4)];
    i64::from(unit) * quarter * (1 << ((code - 1) / 4)) / 256
}

/// Means and deviations of a coded Gaussian of some dimensions, in 1/256 of a step.
fn coded(unit: u16, dimensions: usize, gaussians: &[u8], index: usize) -> Vec<(i64, i64)> {
    let length = dimensions + dimensions.div_ceil(2);
    let bytes = &gaussians[index * length..][..length];
    let (means, deviations) = bytes.split_at(dimensions);
    let code = |dimension: usize| deviations[dimension / 2] >> (dimension % 2 * 4) & 15;
    (0..dimensions)
        .map(|it| (256 * i64::from(means[it] as i8), deviation(unit, code(it))))
        .collect()
}

impl ReferenceModel {
    /// The values of the latent, `z_s` before `z_u`.
    pub(super) fn latent(&self, request: &Request) -> Vec<i32> {
        let (z_s, z_u) = (usize::from(self.z_s), usize::from(self.z_u));
        let class = usize::from(request.class);
        let mut of_class = Draws::new(request.seed);
        let mut of_style = Draws::new(request.style ^ 0x5354_594c_455f_5a55);
        let normals = match &self.prior {
            ReferencePrior::Gaussians {
                mu,
                sigma,
                z_u_sigma,
            } => {
                let place = class * z_s..(class + 1) * z_s;
                let means = mu[place.clone()].iter().map(|it| i64::from(*it));
                let label = means.zip(sigma[place].iter().map(|it| i64::from(*it)));
                let style = std::iter::repeat_n((0, i64::from(*z_u_sigma)), z_u);
                label.chain(style).collect()
            }
            ReferencePrior::Mixture {
                unit,
                components,
                weights,
                normals,
                style_weights,
                styles,
            } => {
                let components = usize::from(*components);
                let own = &weights[class * components..][..components];
                let chosen = class * components + of_class.choose(own);
                let mut all = coded(*unit, z_s + z_u, normals, chosen);
                if request.way == Way::Styled {
                    let style = of_style.choose(style_weights);
                    all.truncate(z_s);
                    all.extend(coded(*unit, z_u, styles, style));
                }
                all
            }
        };
        let value = |(index, (mu, sigma)): (usize, (i64, i64))| {
            let (draw, temperature) = if index < z_s {
                (of_class.normal(), request.z_s_temperature)
            } else {
                (of_style.normal(), request.z_u_temperature)
            };
            let sum = mu * (1 << 20) + sigma * i64::from(temperature.in_256ths()) * draw;
            (sum + (1 << 27)).div_euclid(1 << 28).clamp(-127, 127) as i32
        };
        normals.into_iter().enumerate().map(value).collect()
    }
}
