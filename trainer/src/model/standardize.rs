//! Standardization, at the end of the training, of the latents that are drawn from N(0, I): `z_u`, and all latents of a
//! VAE. Over the training pictures each dimension gets the mean 0 and the variance 1, which the divergence alone does
//! not reach. The weights of the networks on both sides are changed accordingly, so that reconstructions and swaps stay
//! the same.

use anyhow::{Result, bail, ensure};
use pixling_nn::{Backend, Description, Network, Tensors, load_parameters, parameters};

/// Mean and standard deviation of each of the last dimensions of the latent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standardization {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Standardization {
    /// Mean and deviation over the draws of all pictures, from the means and logarithms of variances of a head, a row
    /// for each picture; `None` without pictures.
    pub(super) fn of(means: &[f32], log_variances: &[f32], dimensions: usize) -> Option<Self> {
        let rows = means.len() / dimensions;
        let mean_of = |value: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            let mut sums = vec![0.0; dimensions];
            for row in 0..rows {
                for (d, sum) in sums.iter_mut().enumerate() {
                    *sum += value(row * dimensions + d, d);
                }
            }
            sums.iter().map(|sum| sum / rows as f64).collect()
        };
        let mean = mean_of(&|at, _| f64::from(means[at]));
        let variance = mean_of(&|at, d| {
            (f64::from(means[at]) - mean[d]).powi(2) + f64::from(log_variances[at]).exp()
        });
        (rows > 0).then(|| Standardization {
            mean: mean.iter().map(|mean| *mean as f32).collect(),
            deviation: variance.iter().map(|v| v.sqrt() as f32).collect(),
        })
    }

    /// These dimensions, followed by the dimensions of another.
    pub(super) fn and(mut self, behind: Self) -> Self {
        self.mean.extend(behind.mean);
        self.deviation.extend(behind.deviation);
        self
    }

    /// Changes the head of the means: `(mean - m) / s`.
    pub(super) fn of_means<D: Backend>(&self, head: &mut dyn Tensors<D>) -> Result<()> {
        first_layer(head, |weight, bias| {
            let rows = weight.chunks_exact_mut(weight.len() / bias.len());
            for (d, (row, bias)) in rows.zip(bias).enumerate() {
                row.iter_mut().for_each(|w| *w /= self.deviation[d]);
                *bias = (*bias - self.mean[d]) / self.deviation[d];
            }
        })
    }

    /// Changes the head of the logarithms of variances: less `2 ln s`.
    pub(super) fn of_log_variances<D: Backend>(&self, head: &mut dyn Tensors<D>) -> Result<()> {
        first_layer(head, |_, bias| {
            for (bias, deviation) in bias.iter_mut().zip(&self.deviation) {
                *bias -= 2.0 * deviation.ln();
            }
        })
    }

    /// Changes a network that reads `[z_s, z_u]` with a dense layer, and in modulations: it reads `s z + m` in place of
    /// the last inputs.
    pub(super) fn of_reader<D: Backend>(&self, network: &mut Network<D>) -> Result<()> {
        let layers = network.describe();
        ensure!(
            matches!(layers.first(), Some(Description::Linear { .. })),
            NO_DENSE_LAYER
        );
        let mut tensors = parameters(network);
        let mut rest = &mut tensors[..];
        for (index, layer) in layers.iter().enumerate() {
            let Some((own, after)) = rest.split_at_mut_checked(layer.tensors()) else {
                break;
            };
            if index == 0 || matches!(layer, Description::Modulation { .. }) {
                for pair in own.chunks_exact_mut(2) {
                    if let [weight, bias] = pair {
                        self.of_rows(&mut weight.values, &mut bias.values);
                    }
                }
            }
            rest = after;
        }
        Ok(load_parameters(network, &tensors)?)
    }

    /// Changes weight (outputs x inputs) and bias of a dense layer that reads `[z_s, z_u]`.
    fn of_rows(&self, weight: &mut [f32], bias: &mut [f32]) {
        let inputs = weight.len() / bias.len();
        for (row, bias) in weight.chunks_exact_mut(inputs).zip(bias) {
            let style = &mut row[inputs - self.mean.len()..];
            for ((w, mean), deviation) in style.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *bias += *w * mean;
                *w *= deviation;
            }
        }
    }
}

const NO_DENSE_LAYER: &str =
    "a network that reads or makes latents does not begin with a dense layer";

/// Changes weight (outputs x inputs) and bias of a network's first layer.
fn first_layer<D: Backend>(
    network: &mut dyn Tensors<D>,
    change: impl FnOnce(&mut [f32], &mut [f32]),
) -> Result<()> {
    let mut tensors = parameters(network);
    match &mut tensors[..] {
        [weight, bias, ..] if matches!((&weight.shape[..], &bias.shape[..]), ([out, _], [same]) if out == same) =>
        {
            change(&mut weight.values, &mut bias.values);
        }
        _ => bail!(NO_DENSE_LAYER),
    }
    Ok(load_parameters(network, &tensors)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dfdx::prelude::{Cpu, Module, Rank2, Tensor, TensorFrom, TensorFromVec};
    use pixling_nn::builders::{Linear, Modulated, Modulation, Unflatten, Unmodulated};
    use pixling_nn::{Build, Const};

    const MEANS: [f32; 4] = [1.0, -2.0, 3.0, 0.0];
    const LOG_VARIANCES: [f32; 4] = [0.0, -1.0, std::f32::consts::LN_2, 1.0];

    #[test]
    fn mean_and_variance_are_those_of_draws() {
        let found = Standardization::of(&MEANS, &LOG_VARIANCES, 2).unwrap();
        assert_eq!(found.mean, [2.0, -1.0]);
        // The means' own variance, 1, and the mean of the variances.
        let second = 1.0 + ((-1f64).exp() + 1f64.exp()) / 2.0;
        assert!((found.deviation[0] - 2.5f32.sqrt()).abs() < 1e-6);
        assert!((f64::from(found.deviation[1]) - second.sqrt()).abs() < 1e-6);
        assert_eq!(Standardization::of(&[], &[], 2), None);
    }

    /// Encoder and decoder are changed alike, and the latents are standard.
    #[test]
    fn what_is_read_is_what_was_meant() {
        let device = Cpu::seed_from_u64(4);
        let features: Tensor<Rank2<2, 3>, f32, _> =
            device.tensor([[0.3, -1.2, 0.8], [1.5, 0.4, -0.6]]);
        let mut means = Linear::<3, 2>::build(&device).unwrap();
        let mut log_variances = Linear::<3, 2>::build(&device).unwrap();
        type Reader = Modulated<(
            Unmodulated<(Linear<3, 8>, Unflatten<8, 2, 2, 2>)>,
            Modulation<3, 2>,
        )>;
        let mut reader =
            Network::build::<Reader, (Const<3>,), (Const<2>, Const<2>, Const<2>)>(&device);
        let of =
            |head: &pixling_nn::Linear<3, 2, f32, Cpu>| head.forward(features.clone()).as_vec();
        let before = (of(&means), of(&log_variances));
        // z_s is one value, z_u a deviation above its mean.
        let latents =
            |(means, log_variances): &(Vec<f32>, Vec<f32>)| -> Tensor<(usize, usize), f32, Cpu> {
                let z_u: Vec<f32> = means
                    .iter()
                    .zip(log_variances)
                    .map(|(mean, log_variance)| mean + (log_variance / 2.0).exp())
                    .collect();
                let values = vec![0.7, z_u[0], z_u[1], 0.7, z_u[2], z_u[3]];
                device.tensor_from_vec(values, (2, 3))
            };
        let wanted = reader.infer(latents(&before)).as_vec();
        let standardization = Standardization::of(&before.0, &before.1, 2).unwrap();
        standardization.of_means(&mut means).unwrap();
        standardization
            .of_log_variances(&mut log_variances)
            .unwrap();
        standardization.of_reader(&mut reader).unwrap();
        let after = (of(&means), of(&log_variances));
        assert!(before.0[0] != after.0[0]);
        for (found, wanted) in reader.infer(latents(&after)).as_vec().iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-5, "{found} {wanted}");
        }
        let now = Standardization::of(&after.0, &after.1, 2).unwrap();
        for d in 0..2 {
            assert!(now.mean[d].abs() < 1e-6 && (now.deviation[d] - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_network_that_begins_otherwise_is_refused() {
        let device = Cpu::default();
        type Picture = (Const<1>, Const<4>, Const<4>);
        type Convolution = pixling_nn::builders::Conv2d<1, 1, 3, 1, 1, 4, 4, 4, 4, false>;
        let mut network = Network::build::<Convolution, Picture, Picture>(&device);
        let standardization = Standardization::of(&MEANS, &LOG_VARIANCES, 2).unwrap();
        assert!(standardization.of_reader(&mut network).is_err());
    }
}
