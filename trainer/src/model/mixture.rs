//! The learned Gaussian of each class, and the losses that shape it. With
//! `d_c(z) = 1/2 (z - mu_c)^T Sigma_c^-1 (z - mu_c)` and diagonal `Sigma_c`.

use super::state::{load_named, named};
use super::tensors::{mean_of_rows, recorded, repeat, upload};
use dfdx::prelude::{
    Axes2, Axis, Gradients, HasShape, PermuteTo, SumTo, Tensor, TryMatMul, WithEmptyTape,
};
use pixling_nn::{Adam, Backend, Matrix, NamedTensor, Recorded, detach};

/// `mu_c` and `Sigma_c` of all classes, classes x dimensions each.
#[derive(Clone, Debug)]
pub struct Mixture<D: Backend> {
    /// Means.
    pub mu: Tensor<Matrix, f32, D>,
    /// The variance is `exp` of this plus [`FLOOR`].
    pub log_variance: Tensor<Matrix, f32, D>,
}

/// The smallest variance.
pub const FLOOR: f32 = 0.05;
/// The deviation of the first means from zero, in deviations of the first Gaussians.
const SPREAD: f32 = 3.0;

impl<D: Backend> Mixture<D> {
    /// A mixture with means drawn from `spread`, normal draws, and unit variances.
    pub fn new(device: &D, classes: usize, dimensions: usize, draws: &[f32]) -> Self {
        let means: Vec<f32> = draws.iter().map(|draw| SPREAD * draw).collect();
        Mixture {
            mu: upload(device, (classes, dimensions), &means),
            log_variance: device.zeros_like(&(classes, dimensions)),
        }
    }

    /// The variances, recorded.
    pub fn variance(&self) -> Recorded<Matrix, D> {
        recorded(&self.log_variance).exp() + FLOOR
    }

    /// The variances as constants, in a tensor that can be recorded.
    pub fn held_variance(&self) -> Recorded<Matrix, D> {
        recorded(&(self.log_variance.clone().exp() + FLOOR))
    }

    /// The means as constants, in a tensor that can be recorded.
    pub fn held_mu(&self) -> Recorded<Matrix, D> {
        recorded(&detach(&self.mu))
    }

    /// Draws `z_s ~ N(mu_c, Sigma_c)`, recorded: gradients reach mean and variance. `one_hot` has a row per draw,
    /// `noise` are draws from N(0, I).
    pub fn draw(
        &self,
        one_hot: &Tensor<Matrix, f32, D>,
        noise: &Tensor<Matrix, f32, D>,
    ) -> Recorded<Matrix, D> {
        let mean = recorded(one_hot).matmul(recorded(&self.mu));
        let deviation = recorded(one_hot).matmul(self.variance()).sqrt();
        mean + deviation * noise.clone()
    }

    /// One step of both optimizers, `mu` first.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn update(
        &mut self,
        optimizers: &mut [Adam; 2],
        gradients: &mut Gradients<f32, D>,
    ) -> Result<(), D::Err> {
        let [mu, log_variance] = optimizers;
        mu.update(&mut self.mu, gradients)?;
        log_variance.update(&mut self.log_variance, gradients)
    }

    pub(super) fn tensors(&self) -> Vec<NamedTensor> {
        vec![
            named("mu", &self.mu),
            named("log_variance", &self.log_variance),
        ]
    }

    pub(super) fn load(&mut self, tensors: &[NamedTensor]) -> anyhow::Result<()> {
        load_named("mu", &mut self.mu, tensors)?;
        load_named("log_variance", &mut self.log_variance, tensors)
    }

    /// Means and deviations on the host.
    pub fn to_host(&self) -> HostMixture {
        let (classes, dimensions) = *self.mu.shape();
        HostMixture {
            classes,
            dimensions,
            mu: self.mu.as_vec(),
            sigma: self
                .log_variance
                .as_vec()
                .iter()
                .map(|v| (v.exp() + FLOOR).sqrt())
                .collect(),
        }
    }

    /// Sets means and deviations.
    pub fn set(&mut self, host: &HostMixture) {
        self.mu.copy_from(&host.mu);
        let log: Vec<f32> = host
            .sigma
            .iter()
            .map(|s| (s * s - FLOOR).max(1e-6).ln())
            .collect();
        self.log_variance.copy_from(&log);
    }
}

/// `log N(z; mu_c, Sigma_c)` for each row of `z` and each class, up to a constant: rows x classes.
pub fn log_densities<D: Backend>(
    z: Recorded<Matrix, D>,
    mu: Recorded<Matrix, D>,
    variance: Recorded<Matrix, D>,
) -> Recorded<Matrix, D> {
    let rows = z.shape().0;
    let transposed = |matrix: Recorded<Matrix, D>| matrix.permute::<Matrix, Axes2<1, 0>>();
    // -d_c = z . (mu precision) - 1/2 z^2 . precision - 1/2 mu^2 . precision
    let precision = variance.with_empty_tape().recip();
    let cross = z.with_empty_tape().matmul(transposed(
        mu.with_empty_tape() * precision.with_empty_tape(),
    ));
    let quadratic = z.square().matmul(transposed(precision.with_empty_tape())) * 0.5;
    let constant = (mu.square() * precision + variance.ln()) * 0.5;
    let constant: Recorded<(usize,), D> = constant.sum::<_, Axis<1>>();
    cross - quadratic - repeat(constant, rows)
}

/// `L_cls` (with margin 0): the cross entropy of the mixture's posterior against the class, mean over rows.
pub fn classification<D: Backend>(
    densities: Recorded<Matrix, D>,
    one_hot: &Tensor<Matrix, f32, D>,
) -> Recorded<(), D> {
    mean_of_rows(densities.log_softmax::<Axis<1>>() * one_hot.clone() * -1.0)
}

/// `L_lkd = d_y + 1/2 log |Sigma_y|`, mean over rows, each row weighted.
pub fn likelihood<D: Backend>(
    densities: Recorded<Matrix, D>,
    weighted_one_hot: &Tensor<Matrix, f32, D>,
) -> Recorded<(), D> {
    mean_of_rows(densities * weighted_one_hot.clone() * -1.0)
}

/// A mixture as numbers, classes x dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct HostMixture {
    /// Rows.
    pub classes: usize,
    /// Columns.
    pub dimensions: usize,
    /// Means.
    pub mu: Vec<f32>,
    /// Standard deviations.
    pub sigma: Vec<f32>,
}

impl HostMixture {
    /// `log N(z; mu_c, Sigma_c)` of each class, up to a constant.
    pub fn log_densities(&self, z: &[f32]) -> Vec<f64> {
        let rows = self
            .mu
            .chunks_exact(self.dimensions)
            .zip(self.sigma.chunks_exact(self.dimensions));
        let density = |(mu, sigma): (&[f32], &[f32])| {
            let terms = z.iter().zip(mu).zip(sigma).map(|((z, mu), sigma)| {
                let scaled = f64::from(z - mu) / f64::from(*sigma);
                -0.5 * scaled * scaled - f64::from(*sigma).ln()
            });
            terms.sum()
        };
        rows.map(density).collect()
    }

    /// Takes mean and deviation of each class from draws of `z_s`. A draw counts as in `L_lkd`: by the posterior of its
    /// class, so that draws that are taken for another class do not widen it. A class with fewer than two such draws
    /// keeps its mean and deviation.
    pub fn refit(&mut self, draws: &[f32], classes: &[u16]) {
        let dimensions = self.dimensions;
        let weighted: Vec<(&[f32], usize, f64)> = draws
            .chunks_exact(dimensions)
            .zip(classes)
            .map(|(z, &class)| (z, usize::from(class)))
            .map(|(z, class)| (z, class, self.posterior(z, class)))
            .collect();
        let mut totals = vec![0.0; self.classes];
        for &(_, class, weight) in &weighted {
            totals[class] += weight;
        }
        // The mean of `value` over the draws, by class and dimension.
        let mean_of = |value: &dyn Fn(usize, f64) -> f64| {
            let mut means = vec![0.0; self.classes * dimensions];
            for &(z, class, weight) in &weighted {
                for (d, element) in z.iter().enumerate() {
                    let at = class * dimensions + d;
                    means[at] += value(at, f64::from(*element)) * weight / totals[class];
                }
            }
            means
        };
        let mean = mean_of(&|_, element| element);
        let variance = mean_of(&|at, element| (element - mean[at]).powi(2));
        for at in (0..mean.len()).filter(|at| totals[at / dimensions] >= 2.0) {
            self.mu[at] = mean[at] as f32;
            self.sigma[at] = variance[at].sqrt() as f32;
        }
    }

    /// The probability of a class after `z_s` was seen, all being as frequent before.
    fn posterior(&self, z: &[f32], class: usize) -> f64 {
        let densities = self.log_densities(z);
        let own = densities[class];
        let odds = densities.iter().map(|density| (density - own).exp());
        odds.sum::<f64>().recip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::prelude::{Backward, Cpu};

    fn mixture(device: &Cpu) -> Mixture<Cpu> {
        let draws: Vec<f32> = (0..12).map(|i| (i as f32 * 1.7).sin()).collect();
        let mut mixture = Mixture::new(device, 3, 4, &draws);
        let log: Vec<f32> = (0..12).map(|i| (i as f32 * 0.9).cos()).collect();
        mixture.log_variance.copy_from(&log);
        mixture
    }

    fn codes(device: &Cpu) -> Tensor<Matrix, f32, Cpu> {
        let values: Vec<f32> = (0..20).map(|i| 3.0 * (i as f32 * 0.61).sin()).collect();
        upload(device, (5, 4), &values)
    }

    #[test]
    fn densities_on_the_device_are_those_on_the_host() {
        let device = Cpu::default();
        let (mixture, z) = (mixture(&device), codes(&device));
        let found = log_densities(recorded(&z), recorded(&mixture.mu), mixture.variance()).as_vec();
        let host = mixture.to_host();
        for (row, z) in found.chunks_exact(3).zip(z.as_vec().chunks_exact(4)) {
            for (a, b) in row.iter().zip(host.log_densities(z)) {
                assert!((f64::from(*a) - b).abs() < 1e-3, "{a} {b}");
            }
        }
    }

    /// `L_cls + 0.1 L_lkd` with everything learned.
    fn loss(
        device: &Cpu,
        mixture: &Mixture<Cpu>,
        z: &Tensor<Matrix, f32, Cpu>,
    ) -> Recorded<(), Cpu> {
        let classes = super::super::tensors::one_hot(device, &[0, 2, 1, 1, 0], 3);
        let densities = || log_densities(recorded(z), recorded(&mixture.mu), mixture.variance());
        classification(densities(), &classes) + likelihood(densities(), &classes) * 0.1
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let device = Cpu::default();
        let (mixture, z) = (mixture(&device), codes(&device));
        let gradients: Gradients<f32, Cpu> = loss(&device, &mixture, &z).backward();
        let check =
            |name: &str, values: Vec<f32>, gradient: Vec<f32>, at: &dyn Fn(&[f32]) -> f32| {
                for i in 0..values.len() {
                    let mut moved = values.clone();
                    let step = 1e-2;
                    moved[i] = values[i] + step;
                    let above = at(&moved);
                    moved[i] = values[i] - step;
                    let slope = (above - at(&moved)) / (2.0 * step);
                    assert!(
                        (slope - gradient[i]).abs() < 5e-3 + 0.01 * slope.abs(),
                        "{name} {i}: {slope} {}",
                        gradient[i]
                    );
                }
            };
        let value =
            |m: &Mixture<Cpu>, z: &Tensor<Matrix, f32, Cpu>| loss(&device, m, z).as_vec()[0];
        check("z", z.as_vec(), gradients.get(&z).as_vec(), &|v| {
            value(&mixture, &upload(&device, (5, 4), v))
        });
        let with = |mu: Option<&[f32]>, log: Option<&[f32]>| Mixture {
            mu: mu.map_or_else(|| mixture.mu.clone(), |v| upload(&device, (3, 4), v)),
            log_variance: log.map_or_else(
                || mixture.log_variance.clone(),
                |v| upload(&device, (3, 4), v),
            ),
        };
        check(
            "mu",
            mixture.mu.as_vec(),
            gradients.get(&mixture.mu).as_vec(),
            &|v| value(&with(Some(v), None), &z),
        );
        check(
            "sigma",
            mixture.log_variance.as_vec(),
            gradients.get(&mixture.log_variance).as_vec(),
            &|v| value(&with(None, Some(v)), &z),
        );
    }

    #[test]
    fn held_parts_get_no_gradient() {
        let device = Cpu::default();
        let (mixture, z) = (mixture(&device), codes(&device));
        let classes = super::super::tensors::one_hot(&device, &[0, 2, 1, 1, 0], 3);
        let densities = log_densities(recorded(&z), mixture.held_mu(), mixture.held_variance());
        let gradients = classification(densities, &classes).backward();
        assert!(gradients.get(&z).as_vec().iter().any(|v| v.abs() > 1e-3));
        let mut gradients = gradients;
        for tensor in [&mixture.mu, &mixture.log_variance] {
            // An absent gradient is allocated as zeros.
            assert!(
                gradients
                    .get_or_alloc_mut(tensor)
                    .unwrap()
                    .iter()
                    .all(|&v| v == 0.0)
            );
        }
    }

    #[test]
    fn refitting_finds_mean_and_deviation() {
        let mut host = HostMixture {
            classes: 2,
            dimensions: 1,
            mu: vec![9.0; 2],
            sigma: vec![9.0; 2],
        };
        host.refit(&[1.0, 3.0, 5.0, 7.0], &[0, 0, 0, 0]);
        assert_eq!(host.mu, [4.0, 9.0]);
        assert!((host.sigma[0] - 5f32.sqrt()).abs() < 1e-6 && host.sigma[1] == 9.0);
    }

    #[test]
    fn a_draw_that_is_taken_for_another_class_does_not_widen_its_own() {
        let mut host = HostMixture {
            classes: 2,
            dimensions: 1,
            mu: vec![0.0, 100.0],
            sigma: vec![1.0; 2],
        };
        let draws = [-1.0, 1.0, 3.0, 97.0, 99.0];
        host.refit(&draws, &[0, 0, 0, 0, 1]);
        assert!((host.mu[0] - 1.0).abs() < 1e-6, "{host:?}");
        assert!((host.sigma[0] - (8f32 / 3.0).sqrt()).abs() < 1e-6);
        // One draw says nothing about a deviation.
        assert_eq!((host.mu[1], host.sigma[1]), (100.0, 1.0));
        // Neither do draws that are all taken for another class.
        let before = host.clone();
        host.refit(&[100.0; 4], &[0; 4]);
        assert_eq!(host, before);
    }
}
