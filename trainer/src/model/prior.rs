//! A prior that is fitted to the codes of the training pictures: a mixture of Gaussians.
//!
//! `N(mu_c, Sigma_c) x N(0, I)` is what training pulls the codes towards, not what they become: `z_s` of a class is not one
//! Gaussian, and `z_u` depends on the class and on `z_s`, whatever the adversary does. A mixture over `(z_s, z_u)` for each
//! class draws latents that the decoder knows.

use super::latents::Codes;
use super::mixture::HostMixture;
use super::state::State;
use crate::random::{Purpose, generator, normal};
use anyhow::{Context, Result, ensure};
use pixling::{Request, Temperature, Way};
use pixling_kernels::mixture::{Component, Rows, fit, likeliest};
use pixling_nn::NamedTensor;
use rayon::prelude::*;

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

/// The name in a saved state, and the tensors of the Gaussians of classes and of styles.
const NAME: &str = "prior";
const COMPONENTS: [&str; 3] = ["weight", "mean", "deviation"];
const STYLES: [&str; 3] = ["style_weight", "style_mean", "style_deviation"];

/// A latent is left out of its class if another class is more likely by this factor: it was drawn, or labelled, astray.
const ASTRAY: f64 = 20.0;

/// The codes of training pictures, and the noise that makes latents of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Training<'a> {
    pub(super) codes: &'a Codes,
    pub(super) classes: &'a [u16],
    /// Dimensions of `z_s` and `z_u`.
    pub(super) dimensions: (usize, usize),
    /// The deviation of the noise on `z_s`.
    pub(super) z_s_noise: f32,
    /// The mixture by which latents are left out whose `z_s` belongs to another class.
    pub(super) of_class: Option<&'a HostMixture>,
    /// Rows that are fitted at least, by several draws of each picture where there are fewer pictures.
    pub(super) rows: usize,
    pub(super) seed: u64,
}

impl MixturePrior {
    /// Fits a mixture to the codes of training pictures, with the noise that the decoder was trained on.
    pub(super) fn fit(
        from: Training<'_>,
        class_count: usize,
        [components, styles]: [Components; 2],
    ) -> Self {
        let rows = from.latents();
        let (z_s, z_u) = from.dimensions;
        let columns = z_s + z_u;
        // The rows of each class with the picture of each.
        let mut of_class: Vec<Rows<'_>> = vec![Rows::default(); class_count];
        let mut of_style = Rows::default();
        for (index, row) in rows.chunks_exact(columns).enumerate() {
            let picture = index % from.classes.len();
            let class = from.classes[picture].into();
            of_style.push(picture, &row[z_s..]);
            if from.belongs(&row[..z_s], class) {
                of_class[class].push(picture, row);
            }
        }
        // A class without pictures is drawn as all classes are.
        let everything: Vec<&[f32]> = rows.chunks_exact(columns).collect();
        let key = |index: usize| generator(from.seed, Purpose::Prior, index as u64);
        let number = |wanted: Components, groups: &[Rows<'_>]| match wanted {
            Components::Exactly(count) => count,
            Components::AtMost(most) => likeliest(most, groups, key),
        };
        let count = number(components, &of_class);
        let styles = number(styles, std::slice::from_ref(&of_style));
        let fitted = of_class.par_iter().enumerate();
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

    /// Adds the Gaussians to a state.
    pub(super) fn save(&self, state: &mut State) {
        let classes = self.components.len();
        let components: Vec<&Normal> = self.components.iter().flatten().collect();
        let styles: Vec<&Normal> = self.styles.iter().collect();
        let mut tensors = tensors(
            &components,
            &[classes, components.len() / classes],
            COMPONENTS,
        );
        tensors.extend(self::tensors(&styles, &[styles.len()], STYLES));
        state.add(NAME, tensors);
    }

    /// Restores the Gaussians of a state, of latents with these dimensions of `z_s` and `z_u`; `None` if it has none.
    pub(super) fn load(
        state: &State,
        class_count: usize,
        (z_s, z_u): (usize, usize),
    ) -> Result<Option<Self>> {
        let saved = state.part(NAME);
        if saved.is_empty() {
            return Ok(None);
        }
        let components = normals(&saved, COMPONENTS, z_s + z_u)?;
        let styles = normals(&saved, STYLES, z_u)?;
        let count = components.len() / class_count.max(1);
        ensure!(
            count > 0 && count * class_count == components.len() && !styles.is_empty(),
            "a prior of {} components and {} styles for {class_count} classes",
            components.len(),
            styles.len()
        );
        Ok(Some(MixturePrior {
            components: components.chunks_exact(count).map(<[_]>::to_vec).collect(),
            styles,
        }))
    }
}

/// Gaussians as tensors of these names: weights of a shape, means and deviations with an axis of dimensions more.
fn tensors(normals: &[&Normal], shape: &[usize], names: [&str; 3]) -> Vec<NamedTensor> {
    let dimensions = normals.first().map_or(0, |normal| normal.mean.len());
    let with_dimensions = [shape, &[dimensions]].concat();
    let all = |values: &dyn Fn(&Normal) -> Vec<f32>| -> Vec<f32> {
        normals.iter().flat_map(|normal| values(normal)).collect()
    };
    let values = [
        (shape.to_vec(), all(&|normal| vec![normal.weight.into()])),
        (with_dimensions.clone(), all(&|normal| normal.mean.clone())),
        (with_dimensions, all(&|normal| normal.deviation.clone())),
    ];
    let named = names.into_iter().zip(values);
    named
        .map(|(name, (shape, values))| NamedTensor {
            name: name.into(),
            shape,
            values,
        })
        .collect()
}

/// The Gaussians of tensors of these names.
fn normals(saved: &[NamedTensor], names: [&str; 3], dimensions: usize) -> Result<Vec<Normal>> {
    let of = |name: &str| {
        let found = saved.iter().find(|tensor| tensor.name == name);
        let found = found.with_context(|| format!("{NAME}.{name} is missing"));
        found.map(|tensor| &tensor.values)
    };
    let [weights, means, deviations] = names.map(of);
    let (weights, means, deviations) = (weights?, means?, deviations?);
    ensure!(
        [means.len(), deviations.len()] == [weights.len() * dimensions; 2],
        "{NAME}: {} Gaussians with {} means and {} deviations",
        weights.len(),
        means.len(),
        deviations.len()
    );
    let rows = means
        .chunks_exact(dimensions)
        .zip(deviations.chunks_exact(dimensions));
    Ok(weights
        .iter()
        .zip(rows)
        .map(|(weight, (mean, deviation))| Normal {
            weight: *weight as u8,
            mean: mean.to_vec(),
            deviation: deviation.to_vec(),
        })
        .collect())
}

impl Training<'_> {
    /// Whether no other class is much more likely.
    fn belongs(&self, z_s: &[f32], class: usize) -> bool {
        let Some(mixture) = self.of_class else {
            return true;
        };
        let densities = mixture.log_densities(z_s);
        let most = densities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        densities[class] >= most - ASTRAY.ln()
    }

    /// Latents as the decoder met them, picture by picture, again and again.
    fn latents(&self) -> Vec<f32> {
        let (z_s, z_u) = self.dimensions;
        let pictures = self.classes.len();
        let mut random = generator(self.seed, Purpose::Prior, u64::MAX);
        let mut latents = Vec::new();
        for _ in 0..self.rows.div_ceil(pictures.max(1)) {
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
            of_class: None,
            rows: 20_000,
            seed: 7,
        };
        MixturePrior::fit(from, 2, [components, Components::AtMost(32)])
    }

    fn fit_to(pictures: usize, components: Components) -> MixturePrior {
        let (codes, classes) = clusters(pictures);
        fit_codes(&codes, &classes, components)
    }

    #[test]
    fn a_saved_prior_is_the_same() {
        let prior = fit_to(400, Components::Exactly(3));
        let mut state = State::default();
        prior.save(&mut state);
        let tensors = state.into_tensors();
        let load = |tensors: &[NamedTensor], classes| {
            MixturePrior::load(&State::new(tensors), classes, (1, 1))
        };
        assert_eq!(load(&tensors, 2).unwrap(), Some(prior));
        assert_eq!(load(&[], 2).unwrap(), None);
        assert!(load(&tensors, 4).is_err());
        for index in 0..tensors.len() {
            let mut bad = tensors.clone();
            bad.remove(index);
            let error = load(&bad, 2).unwrap_err().to_string();
            assert!(error.contains("missing"), "{error}");
            let mut bad = tensors.clone();
            bad[index].values.pop();
            assert!(load(&bad, 2).is_err(), "{}", bad[index].name);
        }
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

    /// Nine clusters: the number is at most the one allowed, and that one where no power of two is as likely.
    #[test]
    fn the_number_allowed_is_tried_too() {
        let mut codes = Codes::default();
        let mut random = generator(5, Purpose::Prior, 2);
        for picture in 0..1800 {
            let noise = normal(&mut random, 2);
            codes.z_s.push((picture % 9) as f32 * 10.0 + 0.1 * noise[0]);
            codes.mean.push(0.1 * noise[1]);
            codes.log_variance.push(1e-4f32.ln());
        }
        let number = |most| {
            let prior = fit_codes(&codes, &[0; 1800], Components::AtMost(most));
            prior.components[0].len()
        };
        assert_eq!([number(3), number(6), number(12)], [3, 6, 12]);
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

    /// One in ten pictures of class 0 lies where class 1 does, as a picture with a wrong label.
    #[test]
    fn latents_that_are_astray_are_left_out_of_their_class() {
        let (mut codes, mut classes) = clusters(4000);
        for (z, class) in codes.z_s.iter_mut().zip(&classes) {
            *z = if *class == 0 { -5.0 } else { 5.0 } + 0.01 * *z;
        }
        for picture in (0..400).step_by(10) {
            (codes.z_s[picture], classes[picture]) = (5.0, 0);
        }
        let mixture = HostMixture {
            classes: 2,
            dimensions: 1,
            mu: vec![-5.0, 5.0],
            sigma: vec![1.0, 1.0],
        };
        let negative = |of_class: Option<&HostMixture>| {
            let from = Training {
                codes: &codes,
                classes: &classes,
                dimensions: (1, 1),
                z_s_noise: 0.0,
                of_class,
                rows: 4000,
                seed: 7,
            };
            let prior = MixturePrior::fit(from, 2, [Components::Exactly(4); 2]);
            let requests: Vec<Request> = (0..4000).map(|seed| Request::new(0, seed)).collect();
            let latents = prior.latents_of(&requests);
            latents.chunks_exact(2).filter(|row| row[0] < 0.0).count()
        };
        assert!(negative(None) < 3960, "{}", negative(None));
        assert_eq!(negative(Some(&mixture)), 4000);
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
