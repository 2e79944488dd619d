//! A prior that is fitted to the codes of the training pictures: a mixture of Gaussians.
//!
//! `N(mu_c, Sigma_c) x N(0, I)` is what training pulls the codes towards, not what they become: `z_s` of a class is not one
//! Gaussian, and `z_u` depends on the class and on `z_s`, whatever the adversary does. A mixture over `(z_s, z_u)` for each
//! class draws latents that the decoder knows.

use super::latents::Codes;
use crate::random::{Purpose, generator, normal};
use pixling::{Request, Temperature, Way};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::Ordering;

/// A Gaussian with independent dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    /// Drawn in proportion to this plus 1.
    pub weight: u8,
    /// The mean of each dimension.
    pub mean: Vec<f32>,
    /// The standard deviation of each dimension.
    pub deviation: Vec<f32>,
}

/// Gaussians of `(z_s, z_u)` for each class, and of `z_u` for all classes.
#[derive(Clone, Debug, PartialEq)]
pub struct MixturePrior {
    /// The Gaussians of each class, as many for each.
    pub components: Vec<Vec<Normal>>,
    /// The Gaussians of `z_u`.
    pub styles: Vec<Normal>,
}

/// The number of Gaussians for each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Components {
    /// This number, from 1 to 256.
    Exactly(usize),
    /// The number up to this one that makes held-out codes likeliest.
    AtMost(usize),
}

/// The most styles.
const STYLES: usize = 32;
/// One in this number of pictures is held out, to choose the number of Gaussians.
const HELD_OUT: usize = 5;
/// Rows that are fitted at least, by several draws of each picture where there are fewer.
const ROWS: usize = 20_000;
/// Iterations of k-means, and of expectation maximization.
const ASSIGNMENTS: usize = 8;
const ITERATIONS: usize = 25;
/// The smallest deviation of a Gaussian, of the deviation of all that it is fitted to.
const FLOOR: f64 = 0.1;
/// Rows that a Gaussian stands for at least.
const LEAST: f64 = 4.0;

/// The codes of training pictures, and the noise that makes latents of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Training<'a> {
    pub(super) codes: &'a Codes,
    pub(super) classes: &'a [u16],
    /// Dimensions of `z_s` and `z_u`.
    pub(super) dimensions: (usize, usize),
    /// The deviation of the noise on `z_s`.
    pub(super) z_s_noise: f32,
    pub(super) seed: u64,
}

impl MixturePrior {
    /// Fits a mixture to the codes of training pictures, with the noise that the decoder was trained on.
    pub(super) fn fit(from: Training<'_>, class_count: usize, components: Components) -> Self {
        let rows = from.latents();
        let (z_s, z_u) = from.dimensions;
        let columns = z_s + z_u;
        // The rows of each class with the picture of each.
        let mut of_class: Vec<Rows<'_>> = vec![Rows::default(); class_count];
        let mut of_style = Rows::default();
        for (index, row) in rows.chunks_exact(columns).enumerate() {
            let picture = index % from.classes.len();
            let class = &mut of_class[usize::from(from.classes[picture])];
            class.push(picture, row);
            of_style.push(picture, &row[z_s..]);
        }
        // A class without pictures is drawn as all classes are.
        let everything: Vec<&[f32]> = rows.chunks_exact(columns).collect();
        let key = |index: usize| generator(from.seed, Purpose::Prior, index as u64);
        let count = match components {
            Components::Exactly(count) => count,
            Components::AtMost(most) => likeliest(most, &of_class, key),
        };
        let fitted = of_class.par_iter().enumerate();
        let styles = likeliest(STYLES, std::slice::from_ref(&of_style), key);
        MixturePrior {
            components: fitted
                .map(|(class, rows)| {
                    let rows = if rows.rows.is_empty() {
                        &everything
                    } else {
                        &rows.rows
                    };
                    weighted(fit(rows, count, &mut key(class)))
                })
                .collect(),
            styles: weighted(fit(&of_style.rows, styles, &mut key(class_count))),
        }
    }

    /// The latents of requests in floating point, row by row: the same draws as on a device.
    pub fn latents_of(&self, requests: &[Request]) -> Vec<f32> {
        let weights = |normals: &[Normal]| -> Vec<u8> {
            normals.iter().map(|normal| normal.weight).collect()
        };
        let of_class: Vec<Vec<u8>> = self.components.iter().map(|it| weights(it)).collect();
        let of_style = weights(&self.styles);
        let mut latents = Vec::new();
        for request in requests {
            let (mut label, mut style) = request.noise();
            let class = usize::from(request.class);
            let normal = &self.components[class][label.choose(&of_class[class])];
            let shared = (request.way == Way::Styled).then(|| style.choose(&of_style));
            let factor = |t: Temperature| f32::from(t.in_256ths()) / 256.0;
            let unit = |draw: i32| draw as f32 / 4096.0;
            let z_u = self.styles[0].mean.len();
            let z_s = normal.mean.len() - z_u;
            for d in 0..z_s {
                let deviation = normal.deviation[d] * factor(request.z_s_temperature);
                latents.push(normal.mean[d] + deviation * unit(label.draw()));
            }
            let (normal, first) = match shared {
                Some(shared) => (&self.styles[shared], 0),
                None => (normal, z_s),
            };
            for d in first..first + z_u {
                let deviation = normal.deviation[d] * factor(request.z_u_temperature);
                latents.push(normal.mean[d] + deviation * unit(style.draw()));
            }
        }
        latents
    }
}

impl Training<'_> {
    /// Latents as the decoder met them, picture by picture, again and again.
    fn latents(&self) -> Vec<f32> {
        let (z_s, z_u) = self.dimensions;
        let pictures = self.classes.len();
        let mut random = generator(self.seed, Purpose::Prior, u64::MAX);
        let mut latents = Vec::new();
        for _ in 0..ROWS.div_ceil(pictures.max(1)) {
            for picture in 0..pictures {
                let noise = normal(&mut random, z_s + z_u);
                let code = &self.codes.z_s[picture * z_s..][..z_s];
                latents.extend(code.iter().zip(&noise).map(|(z, n)| z + n * self.z_s_noise));
                for d in 0..z_u {
                    let deviation = (self.codes.log_variance[picture * z_u + d] * 0.5).exp();
                    latents.push(self.codes.mean[picture * z_u + d] + deviation * noise[z_s + d]);
                }
            }
        }
        latents
    }
}

/// Rows with the pictures that they are of.
#[derive(Clone, Debug, Default)]
struct Rows<'a> {
    pictures: Vec<usize>,
    rows: Vec<&'a [f32]>,
}

impl<'a> Rows<'a> {
    fn push(&mut self, picture: usize, row: &'a [f32]) {
        self.pictures.push(picture);
        self.rows.push(row);
    }

    /// The rows of pictures that are held out, or of the others.
    fn held_out(&self, held_out: bool) -> Vec<&'a [f32]> {
        let rows = self.pictures.iter().zip(&self.rows);
        let chosen = rows.filter(|(picture, _)| (*picture % HELD_OUT == 0) == held_out);
        chosen.map(|(_, row)| *row).collect()
    }
}

/// A power of two, at most `most`, with which mixtures of the groups make rows likeliest that they were not fitted to.
fn likeliest(most: usize, groups: &[Rows<'_>], key: impl Fn(usize) -> ChaCha8Rng + Sync) -> usize {
    let score = |count: usize| -> f64 {
        let scores = groups.par_iter().enumerate().map(|(index, rows)| {
            let normals = fit(&rows.held_out(false), count, &mut key(index));
            log_likelihood(&rows.held_out(true), &normals)
        });
        scores.sum()
    };
    let (mut best, mut count) = ((score(1), 1), 2);
    while count <= most {
        let found = score(count);
        // Without held-out rows it is no number.
        if found.partial_cmp(&best.0) != Some(Ordering::Greater) {
            break;
        }
        (best, count) = ((found, count), 2 * count);
    }
    best.1
}

/// A Gaussian in the fit.
#[derive(Clone, Debug)]
struct Component {
    weight: f64,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Component {
    /// `log weight * N(row; mean, deviation)` up to a constant. A dimension without deviation says nothing.
    fn log_density(&self, row: &[f32]) -> f64 {
        let terms = row.iter().zip(self.mean.iter().zip(&self.deviation));
        let terms = terms.filter(|(_, (_, deviation))| **deviation > 0.0);
        let sum: f64 = terms
            .map(|(z, (mean, deviation))| {
                let scaled = (f64::from(*z) - mean) / deviation;
                -0.5 * scaled * scaled - deviation.ln()
            })
            .sum();
        self.weight.ln() + sum
    }

    /// Mean and deviation of rows, each with a weight; the deviations not below the floors.
    fn of(rows: &[&[f32]], weights: &[f64], floors: &[f64], all: f64) -> Self {
        let total: f64 = weights.iter().sum();
        let moment = |value: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            let mut sums = vec![0.0; floors.len()];
            for (row, weight) in rows
                .iter()
                .zip(weights)
                .filter(|(_, weight)| **weight > 0.0)
            {
                for (d, (sum, z)) in sums.iter_mut().zip(*row).enumerate() {
                    *sum += weight * value(d, f64::from(*z));
                }
            }
            sums.iter().map(|sum| sum / total.max(1e-9)).collect()
        };
        let mean = moment(&|_, z| z);
        let variance = moment(&|d, z| (z - mean[d]).powi(2));
        let deviation = mean.iter().zip(variance.iter().zip(floors));
        let deviation = deviation.map(|(mean, (variance, floor))| {
            let deviation = variance.sqrt().max(*floor);
            // Less is what rounding makes of values that are all the same.
            if deviation > 1e-6 * (1.0 + mean.abs()) {
                deviation
            } else {
                0.0
            }
        });
        Component {
            weight: total / all,
            deviation: deviation.collect(),
            mean,
        }
    }
}

/// `log sum exp` of values.
fn log_sum(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest
        + values
            .iter()
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

/// The sum over rows of the logarithm of their density, up to a constant.
fn log_likelihood(rows: &[&[f32]], components: &[Component]) -> f64 {
    let density = |row: &&[f32]| {
        let densities: Vec<f64> = components.iter().map(|it| it.log_density(row)).collect();
        log_sum(&densities)
    };
    rows.iter().map(density).sum()
}

/// A mixture of `count` Gaussians of rows, by expectation maximization from k-means. Gaussians that would stand for next to
/// no row are halves of the heaviest one.
fn fit(rows: &[&[f32]], count: usize, random: &mut ChaCha8Rng) -> Vec<Component> {
    let columns = rows.first().map_or(0, |row| row.len());
    let all = rows.len().max(1) as f64;
    let ones = vec![1.0; rows.len()];
    let whole = Component::of(rows, &ones, &vec![0.0; columns], all);
    let floors: Vec<f64> = whole.deviation.iter().map(|it| it * FLOOR).collect();
    let places = count.min((all / LEAST) as usize).max(1);
    let nearest = k_means(rows, places, &whole.deviation, random);
    let mut components: Vec<Component> = (0..places)
        .map(|index| {
            let own = |place: &usize| if *place == index { 1.0 } else { 0.0 };
            let weights: Vec<f64> = nearest.iter().map(own).collect();
            Component::of(rows, &weights, &floors, all)
        })
        .filter(|component| component.weight > 0.0)
        .collect();
    for _ in 0..ITERATIONS {
        let mut shares = vec![vec![0.0; rows.len()]; components.len()];
        for (index, row) in rows.iter().enumerate() {
            let densities: Vec<f64> = components.iter().map(|it| it.log_density(row)).collect();
            let sum = log_sum(&densities);
            for (shares, density) in shares.iter_mut().zip(densities) {
                shares[index] = (density - sum).exp();
            }
        }
        shares.retain(|shares| shares.iter().sum::<f64>() >= LEAST.min(all));
        let of = |shares: &Vec<f64>| Component::of(rows, shares, &floors, all);
        components = shares.iter().map(of).collect();
    }
    if components.is_empty() {
        components.push(whole);
    }
    while components.len() < count {
        let heaviest = components
            .iter_mut()
            .max_by(|a, b| a.weight.total_cmp(&b.weight));
        let Some(heaviest) = heaviest else { break };
        heaviest.weight *= 0.5;
        let half = heaviest.clone();
        components.push(half);
    }
    components
}

/// Which of `places` centres each row is nearest to, in units of the deviations.
fn k_means(
    rows: &[&[f32]],
    places: usize,
    deviations: &[f64],
    random: &mut ChaCha8Rng,
) -> Vec<usize> {
    let scaled = |row: &&[f32]| -> Vec<f64> {
        let values = row.iter().zip(deviations);
        values
            .map(|(z, deviation)| f64::from(*z) / deviation.max(1e-9))
            .collect()
    };
    let rows: Vec<Vec<f64>> = rows.iter().map(scaled).collect();
    let square =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum() };
    // k-means++: each next place is a row, in proportion to its squared distance to the places before.
    let mut centres: Vec<Vec<f64>> = Vec::new();
    let mut distances = vec![1.0; rows.len()];
    while centres.len() < places {
        let total: f64 = distances.iter().sum();
        let mut left = random.r#gen::<f64>() * total;
        let chosen = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        let Some(centre) = rows.get(chosen.unwrap_or(0)) else {
            return Vec::new();
        };
        centres.push(centre.clone());
        for (distance, row) in distances.iter_mut().zip(&rows) {
            let found = square(row, centre);
            *distance = if centres.len() == 1 {
                found
            } else {
                distance.min(found)
            };
        }
    }
    let mut nearest = Vec::new();
    for _ in 0..ASSIGNMENTS {
        let of = |row: &Vec<f64>| {
            let found = centres.iter().map(|centre| square(row, centre)).enumerate();
            found
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map_or(0, |found| found.0)
        };
        nearest = rows.iter().map(of).collect();
        let mut sums = vec![(0.0, vec![0.0; deviations.len()]); centres.len()];
        for (row, &place) in rows.iter().zip(&nearest) {
            let (count, sum) = &mut sums[place];
            *count += 1.0;
            sum.iter_mut().zip(row).for_each(|(sum, z)| *sum += z);
        }
        for (centre, (count, sum)) in centres.iter_mut().zip(sums) {
            if count > 0.0 {
                *centre = sum.iter().map(|sum| sum / count).collect();
            }
        }
    }
    nearest
}

/// Weights as a file has them: the heaviest stands for 256, each for 1 at least.
fn weighted(components: Vec<Component>) -> Vec<Normal> {
    let heaviest = components.iter().map(|it| it.weight).fold(0.0, f64::max);
    let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
    let normal = |component: &Component| Normal {
        weight: (256.0 * component.weight / heaviest - 1.0)
            .round()
            .clamp(0.0, 255.0) as u8,
        mean: narrow(&component.mean),
        deviation: narrow(&component.deviation),
    };
    components.iter().map(normal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of two clusters, and the classes and codes that give them.
    fn clusters(pictures: usize) -> (Codes, Vec<u16>) {
        let mut random = generator(3, Purpose::Prior, 1);
        let mut codes = Codes::default();
        let mut classes = Vec::new();
        for picture in 0..pictures {
            let noise = normal(&mut random, 3);
            // Class 0 has `z_s` at -5 with `z_u` at 2, and at 5 with `z_u` at -2; class 1 one cluster.
            let class = picture % 2;
            let side = if class == 0 && picture % 8 < 2 {
                -1.0
            } else {
                1.0
            };
            let z_s = if class == 0 { 5.0 * side } else { 0.0 };
            codes.z_s.push(z_s + 0.5 * noise[0]);
            codes
                .mean
                .push(if class == 0 { -2.0 * side } else { 1.0 } + 0.3 * noise[1]);
            codes.log_variance.push(0.01f32.ln());
            classes.push(class as u16);
        }
        (codes, classes)
    }

    fn fit_codes(codes: &Codes, classes: &[u16], components: Components) -> MixturePrior {
        let from = Training {
            codes,
            classes,
            dimensions: (1, 1),
            z_s_noise: 0.0,
            seed: 7,
        };
        MixturePrior::fit(from, 2, components)
    }

    fn fit_to(pictures: usize, components: Components) -> MixturePrior {
        let (codes, classes) = clusters(pictures);
        fit_codes(&codes, &classes, components)
    }

    #[test]
    fn clusters_are_found_with_their_weights_and_deviations() {
        let prior = fit_to(4000, Components::Exactly(2));
        let mut of_class = prior.components[0].clone();
        of_class.sort_by(|a, b| a.mean[0].total_cmp(&b.mean[0]));
        let odds = |normal: &Normal| f64::from(normal.weight) + 1.0;
        let [few, many] = &of_class[..] else {
            panic!("{of_class:?}");
        };
        for (normal, side) in [(few, -1.0), (many, 1.0)] {
            assert!((normal.mean[0] - 5.0 * side).abs() < 0.1, "{normal:?}");
            assert!((normal.mean[1] + 2.0 * side).abs() < 0.1, "{normal:?}");
            assert!((normal.deviation[0] - 0.5).abs() < 0.05, "{normal:?}");
            let z_u = (0.3f32.powi(2) + 0.01).sqrt();
            assert!((normal.deviation[1] - z_u).abs() < 0.03, "{normal:?}");
        }
        let share = odds(few) / (odds(few) + odds(many));
        assert!((share - 0.25).abs() < 0.02, "{share}");
    }

    #[test]
    fn held_out_codes_choose_the_number() {
        let prior = fit_to(4000, Components::AtMost(32));
        assert!((2..=4).contains(&prior.components[0].len()), "{prior:?}");
        assert!(
            (2..=8).contains(&prior.styles.len()),
            "{}",
            prior.styles.len()
        );
    }

    #[test]
    fn more_gaussians_than_pictures_are_all_usable() {
        for pictures in [2, 4, 16] {
            let prior = fit_to(pictures, Components::Exactly(8));
            for normals in prior.components.iter().chain([&prior.styles]) {
                let finite = |normal: &Normal| {
                    let values = normal.mean.iter().chain(&normal.deviation);
                    values.clone().count() > 0 && values.clone().all(|it| it.is_finite())
                };
                assert!(normals.iter().all(finite), "{normals:?}");
            }
            assert!(prior.components.iter().all(|it| it.len() == 8));
        }
    }

    #[test]
    fn a_class_without_pictures_is_drawn_as_all_classes_are() {
        let (codes, mut classes) = clusters(400);
        classes.fill(0);
        for components in [Components::Exactly(2), Components::AtMost(4)] {
            let prior = fit_codes(&codes, &classes, components);
            let request = [Request::new(1, 3)];
            let latent = prior.latents_of(&request);
            assert!(latent.len() == 2 && latent.iter().all(|z| z.is_finite()));
            assert!(
                latent[0].abs() < 10.0 && latent[1].abs() < 6.0,
                "{latent:?}"
            );
        }
    }

    #[test]
    fn a_dimension_that_is_the_same_in_all_pictures_stays_exact() {
        let (mut codes, classes) = clusters(400);
        for (z, class) in codes.z_s.iter_mut().zip(&classes) {
            *z = f32::from(*class) + 0.25;
        }
        let prior = fit_codes(&codes, &classes, Components::Exactly(4));
        for (class, normals) in prior.components.iter().enumerate() {
            for normal in normals {
                assert_eq!(
                    (normal.mean[0], normal.deviation[0]),
                    (class as f32 + 0.25, 0.0)
                );
            }
        }
    }

    #[test]
    fn draws_have_the_moments_of_the_codes() {
        let prior = fit_to(4000, Components::Exactly(2));
        let requests: Vec<Request> = (0..8000).map(|seed| Request::new(0, seed)).collect();
        let latents = prior.latents_of(&requests);
        let rows: Vec<&[f32]> = latents.chunks_exact(2).collect();
        // The clusters have opposite `z_s` and `z_u`.
        let together = rows.iter().filter(|row| row[0] * row[1] < 0.0).count();
        assert!(together > 7900, "{together}");
        let negative = rows.iter().filter(|row| row[0] < 0.0).count();
        assert!((1800..2200).contains(&negative), "{negative}");
        // A style is drawn apart from the class.
        let styled: Vec<Request> = requests
            .iter()
            .map(|request| Request {
                way: Way::Styled,
                ..*request
            })
            .collect();
        let latents = prior.latents_of(&styled);
        let together = latents
            .chunks_exact(2)
            .filter(|row| row[0] * row[1] < 0.0)
            .count();
        assert!((2000..6000).contains(&together), "{together}");
    }
}
