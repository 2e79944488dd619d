//! The discriminator of pictures, with the class projected onto its features (Miyato and Koyama, "cGANs with
//! Projection Discriminator", 2018), the non-saturating loss and a penalty on its slope.

use super::classifier::Classifier;
use super::preset::Preset;
use super::state::State;
use super::tensors::{recorded, upload};
use dfdx::prelude::{Axis, Backward, HasShape, SumTo, Tensor, WithEmptyTape};
use pixling_nn::{Adam, Backend, Matrix, Recorded};

/// Steps between two penalties on the slope.
pub(super) const SLOPE_EVERY: u64 = 8;
/// Length of the step, the Euclidean one of all pixel values, over which the slope is measured.
const SLOPE_STEP: f32 = 0.05;

/// Its name in a saved state.
const NAME: &str = "discriminator";

/// `D(x, c)`: the score of a picture as one of its class.
pub struct Discriminator<D: Backend> {
    device: D,
    /// A row for each class and one for all of them.
    network: Classifier<D>,
}

/// Classes as rows with a 1 in the column of the class and in the last one.
fn projection<D: Backend>(device: &D, classes: &[u16], count: usize) -> Tensor<Matrix, f32, D> {
    let mut values = vec![0.0; classes.len() * (count + 1)];
    for (row, &class) in values.chunks_exact_mut(count + 1).zip(classes) {
        row[usize::from(class)] = 1.0;
        row[count] = 1.0;
    }
    upload(device, (classes.len(), count + 1), &values)
}

/// `ln(1 + exp(x)) = (x + |x|) / 2 + ln(1 + exp(-|x|))`, without overflow, and with the right slope at 0, where a new
/// discriminator starts.
fn softplus<D: Backend>(x: Recorded<(usize,), D>) -> Recorded<(usize,), D> {
    let size = x.with_empty_tape().abs();
    (x + size.with_empty_tape()) * 0.5 + ((size * -1.0).exp() + 1.0).ln()
}

impl<D: Backend> Discriminator<D> {
    /// A discriminator with random features.
    pub fn new(preset: &dyn Preset<D>, device: &D, classes: usize, learning_rate: f32) -> Self {
        let adam = Adam::new(learning_rate).with_betas(0.0, 0.9);
        Discriminator {
            device: device.clone(),
            network: Classifier::new(device, preset.discriminator(device), classes + 1, adam),
        }
    }

    /// One step on real pictures, reconstructions and generated pictures, all of the same classes and each scored as a
    /// batch of its own. A fake counts half: there are twice as many. With `gamma` the slope is penalized too. Gives the
    /// loss without the penalty.
    ///
    /// # Errors
    ///
    /// When the device runs out of memory.
    pub fn step(
        &mut self,
        real: &Tensor<Matrix, f32, D>,
        fakes: Fakes<'_, D>,
        classes: &[u16],
        gamma: Option<f32>,
        rate: f32,
    ) -> Result<f32, D::Err> {
        let rows = classes.len();
        let labels = projection(&self.device, classes, self.classes());
        let mut score =
            |pictures: Recorded<Matrix, D>| scored(self.network.learn(pictures), labels.clone());
        let Fakes {
            reconstructed,
            generated,
        } = fakes;
        let mut loss = softplus(score(recorded(real)) * -1.0).sum::<(), _>();
        for fake in [reconstructed, generated] {
            loss = loss + softplus(score(recorded(fake))).sum::<(), _>() * 0.5;
        }
        let mut loss = loss * (1.0 / rows as f32);
        let value = loss.as_vec()[0];
        if let Some(gamma) = gamma {
            let slope = self.slope([real, generated], &labels);
            loss = loss + slope * (0.5 * gamma * SLOPE_EVERY as f32);
        }
        self.network.update(&mut loss.backward(), rate)?;
        Ok(value)
    }

    /// `E |grad D|^2` over real and generated pictures, of which `gamma / 2` is the R1 penalty (Mescheder et al., "Which
    /// Training Methods for GANs do actually Converge?", 2018, equation 9). dfdx has no second derivatives. Along the
    /// gradient's own direction, held, the square of the difference quotient has the value of `|grad D|^2`, and the
    /// derivative by the weights too. (Along a random one both are right in the mean, but noisy: the discriminator stays
    /// weaker and the pictures less diverse.)
    fn slope(
        &mut self,
        pictures: [&Tensor<Matrix, f32, D>; 2],
        labels: &Tensor<Matrix, f32, D>,
    ) -> Recorded<(), D> {
        let rows = labels.shape().0;
        let [on_real, on_generated] = pictures.map(|pictures| {
            let step = self.uphill(pictures, labels) * SLOPE_STEP;
            let mut score = |pictures: Tensor<Matrix, f32, D>| {
                scored(self.network.learn(recorded(&pictures)), labels.clone())
            };
            let ahead = score(pictures.clone() + step.clone());
            let behind = score(pictures.clone() - step);
            ((ahead - behind) * (0.5 / SLOPE_STEP))
                .square()
                .sum::<(), _>()
        });
        (on_real + on_generated) * (0.5 / rows as f32)
    }

    /// The direction, of length 1, in which the score of each picture grows fastest; 0 where it does not change.
    fn uphill(
        &self,
        pictures: &Tensor<Matrix, f32, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Tensor<Matrix, f32, D> {
        let scores = scored(
            self.network.frozen().learn(recorded(pictures)),
            labels.clone(),
        );
        let mut directions = scores.sum::<(), _>().backward().get(pictures).as_vec();
        for direction in directions.chunks_exact_mut(pictures.shape().1) {
            let length = direction
                .iter()
                .map(|slope| slope * slope)
                .sum::<f32>()
                .sqrt();
            if length > 0.0 {
                direction.iter_mut().for_each(|slope| *slope /= length);
            }
        }
        upload(&self.device, *pictures.shape(), &directions)
    }

    /// `L_GD`: the generator's loss for pictures that the discriminator recognizes as fakes, averaged over
    /// reconstructions and over generated pictures. The discriminator gets no gradient.
    pub fn generator_loss(
        &self,
        reconstructed: Recorded<Matrix, D>,
        generated: Recorded<Matrix, D>,
        classes: &[u16],
    ) -> Recorded<(), D> {
        let labels = projection(&self.device, classes, self.classes());
        let mut network = self.network.frozen();
        let mut fooled = |pictures: Recorded<Matrix, D>| {
            softplus(scored(network.learn(pictures), labels.clone()) * -1.0).sum::<(), _>()
        };
        (fooled(reconstructed) + fooled(generated)) * (1.0 / classes.len() as f32)
    }

    pub(super) fn save(&self, state: &mut State) {
        self.network.save(NAME, state);
    }

    pub(super) fn load(&mut self, state: &State) -> anyhow::Result<()> {
        self.network.load(NAME, state)
    }

    fn classes(&self) -> usize {
        self.network.classes() - 1
    }
}

/// Pictures of the decoder, without a tape.
pub struct Fakes<'a, D: Backend> {
    /// Reconstructions of the real pictures.
    pub reconstructed: &'a Tensor<Matrix, f32, D>,
    /// Generated pictures.
    pub generated: &'a Tensor<Matrix, f32, D>,
}

/// The score of each row: its logits at the columns of its class.
fn scored<D: Backend>(
    logits: Recorded<Matrix, D>,
    labels: Tensor<Matrix, f32, D>,
) -> Recorded<(usize,), D> {
    (logits * labels).sum::<(usize,), Axis<1>>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Micro, Nano};
    use dfdx::prelude::Cpu;

    #[test]
    fn softplus_has_the_slope_of_the_logistic_function() {
        let device = Cpu::default();
        let values = [-30.0, -1.5, 0.0, 0.7, 40.0];
        let x = upload(&device, (5,), &values);
        let y = softplus(recorded(&x));
        for (y, x) in y.as_vec().iter().zip(values) {
            assert!((f64::from(*y) - f64::from(x).exp().ln_1p()).abs() < 1e-5);
        }
        let slopes = y.sum::<(), _>().backward().get(&x).as_vec();
        for (slope, x) in slopes.iter().zip(values) {
            assert!(
                (slope - 1.0 / (1.0 + (-x).exp())).abs() < 1e-6,
                "{x}: {slope}"
            );
        }
    }

    /// The discriminator tells black from grey pictures within a few steps, and its gradient then leads the generator.
    #[test]
    fn a_discriminator_learns_and_shows_the_way() {
        let device = Cpu::seed_from_u64(1);
        let mut discriminator = Discriminator::new(&Micro, &device, 3, 2e-3);
        let picture =
            |rows: usize, value: f32| upload(&device, (rows, 784), &vec![value; rows * 784]);
        let (real, fake) = (picture(4, 0.8), picture(4, 0.2));
        let classes = [0, 1, 2, 1];
        let mut losses = Vec::new();
        for step in 0..20 {
            let gamma = (step % SLOPE_EVERY == 0).then_some(0.01);
            let fakes = Fakes {
                reconstructed: &fake,
                generated: &fake,
            };
            losses.push(
                discriminator
                    .step(&real, fakes, &classes, gamma, 2e-3)
                    .unwrap(),
            );
        }
        assert!((losses[0] - 2.0 * 2f32.ln()).abs() < 1e-5, "{losses:?}");
        assert!(losses[19] < 0.5, "{losses:?}");
        let other = picture(4, 0.2);
        let loss = discriminator.generator_loss(recorded(&fake), recorded(&other), &classes);
        let gradients = loss.backward();
        for pictures in [&fake, &other] {
            let slope: f32 = gradients.get(pictures).as_vec().iter().sum();
            assert!(slope < 0.0, "brighter pictures must be better");
        }
    }

    /// Single pictures of both kinds are the same, black or white. Only in a batch of fakes all pictures are alike.
    #[test]
    fn a_discriminator_sees_that_the_pictures_of_a_batch_are_alike() {
        let device = Cpu::seed_from_u64(1);
        let mut discriminator = Discriminator::new(&Nano, &device, 2, 2e-3);
        let batch = |white: [bool; 4]| {
            let pixels = |&white: &bool| [f32::from(u8::from(white)); 256];
            let values: Vec<f32> = white.iter().flat_map(pixels).collect();
            upload(&device, (4, 256), &values)
        };
        let real = batch([true, false, false, true]);
        let (black, white) = (batch([false; 4]), batch([true; 4]));
        let losses = [(); 300].map(|()| {
            let fakes = Fakes {
                reconstructed: &black,
                generated: &white,
            };
            let loss = discriminator.step(&real, fakes, &[0; 4], None, 2e-3);
            loss.unwrap()
        });
        // Without the deviation of the batch no loss is below 2 ln 2, 1.386, the loss of a constant.
        let last = losses[280..].iter().sum::<f32>() / 20.0;
        assert!(last < 1.2, "{last}");
    }

    type Pair = [Tensor<Matrix, f32, Cpu>; 2];

    /// A discriminator that has learned a little, and a real and a generated picture. One picture is no batch: its
    /// deviation is constant, so that no picture changes the score of another.
    fn learned() -> (Discriminator<Cpu>, Pair) {
        let device = Cpu::seed_from_u64(1);
        let mut discriminator = Discriminator::new(&Nano, &device, 2, 2e-3);
        let pictures = [0.8, 0.3].map(|bright: f32| {
            let pixel = |i: usize| bright * (0.6 + 0.4 * (i as f32 * 0.7).sin());
            let values: Vec<f32> = (0..256).map(pixel).collect();
            upload(&device, (1, 256), &values)
        });
        for _ in 0..20 {
            let fakes = Fakes {
                reconstructed: &pictures[1],
                generated: &pictures[1],
            };
            let step = discriminator.step(&pictures[0], fakes, &[1], None, 2e-3);
            step.unwrap();
        }
        (discriminator, pictures)
    }

    /// `E |grad D|^2`, by the gradient itself.
    fn squared_gradient(
        discriminator: &Discriminator<Cpu>,
        pictures: &Pair,
        labels: &Tensor<Matrix, f32, Cpu>,
    ) -> f32 {
        let squares = pictures.iter().map(|picture| {
            let mut network = discriminator.network.frozen();
            let score = scored(network.learn(recorded(picture)), labels.clone());
            let gradient = score.sum::<(), _>().backward().get(picture).as_vec();
            gradient.iter().map(|slope| slope * slope).sum::<f32>()
        });
        squares.sum::<f32>() / 2.0
    }

    #[test]
    fn the_slope_is_that_of_real_and_of_generated_pictures() {
        let (mut discriminator, pictures) = learned();
        let labels = projection(&discriminator.device, &[1], 2);
        let expected = squared_gradient(&discriminator, &pictures, &labels);
        let [real, fake] = &pictures;
        let slope = discriminator.slope([real, fake], &labels).as_vec()[0];
        assert!(expected > 0.0);
        assert!(
            (slope - expected).abs() < 0.05 * expected,
            "{slope} {expected}"
        );
    }

    /// The derivative of `|grad D|^2` by the weights, which dfdx cannot compute. It is tested on the weights of the
    /// head, in which `|grad D|^2` is quadratic even where activations bend.
    #[test]
    fn the_slope_teaches_the_weights_as_its_derivative_would() {
        let (mut discriminator, pictures) = learned();
        let labels = projection(&discriminator.device, &[1], 2);
        let [real, fake] = &pictures;
        let gradients = discriminator.slope([real, fake], &labels).backward();
        let weights = discriminator.network.head.weight.as_vec();
        let found = gradients.get(&discriminator.network.head.weight).as_vec();
        let mut moved = |index: usize, by: f32| {
            let mut weights = weights.clone();
            weights[index] += by;
            discriminator.network.head.weight.copy_from(&weights);
            squared_gradient(&discriminator, &pictures, &labels)
        };
        let wanted: Vec<f32> = (0..weights.len())
            .map(|index| (moved(index, 0.01) - moved(index, -0.01)) / 0.02)
            .collect();
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let length = product(&wanted, &wanted).sqrt();
        assert!(length > 0.0);
        let off: Vec<f32> = found.iter().zip(&wanted).map(|(a, b)| a - b).collect();
        let off = product(&off, &off).sqrt() / length;
        // Bends of activations lie within the step.
        assert!(off < 0.3, "{off}");
    }

    /// A penalty counts for all steps up to the next one. An optimizer without decay of the first moment keeps the
    /// gradient of a step.
    #[test]
    fn a_penalty_counts_for_the_steps_without_one() {
        let gradient = |gamma: Option<f32>| {
            let (mut discriminator, [real, fake]) = learned();
            let fakes = Fakes {
                reconstructed: &fake,
                generated: &fake,
            };
            let step = discriminator.step(&real, fakes, &[1], gamma, 2e-3);
            step.unwrap();
            discriminator.network.optimizers[1].state.moments[0]
                .first
                .clone()
        };
        let (mut discriminator, [real, fake]) = learned();
        let labels = projection(&discriminator.device, &[1], 2);
        let slope = discriminator.slope([&real, &fake], &labels).backward();
        let slope = slope.get(&discriminator.network.head.weight).as_vec();
        let largest = slope.iter().fold(0f32, |most, value| most.max(value.abs()));
        assert!(largest > 0.0);
        let gradients = gradient(Some(0.5)).into_iter().zip(gradient(None));
        for ((with, without), slope) in gradients.zip(slope) {
            let wanted = 0.5 / 2.0 * SLOPE_EVERY as f32 * slope;
            assert!(
                (with - without - wanted).abs() < 1e-3 * largest,
                "{with} {without} {wanted}"
            );
        }
    }

    /// A new discriminator gives every picture the same score: there is no direction, and the penalty is still a
    /// number.
    #[test]
    fn a_level_discriminator_is_not_penalized() {
        let device = Cpu::seed_from_u64(1);
        let mut discriminator = Discriminator::new(&Nano, &device, 2, 2e-3);
        let picture = upload(&device, (2, 256), &[0.5; 512]);
        let labels = projection(&device, &[0, 1], 2);
        let slope = discriminator.slope([&picture, &picture], &labels);
        assert_eq!(slope.as_vec(), [0.0]);
    }
}
