//! Lr-LiVAE: the networks and one training step.
//!
//! All networks but the adversarial classifier are trained by one merged backward pass of the weighted sum of their
//! losses; which network a loss reaches is decided by what is held constant.

use super::classifier::Classifier;
use super::discriminator::{Discriminator, Pair, SLOPE_EVERY, Slope};
use super::mixture::{HostMixture, Mixture, classification, likelihood, log_densities};
use super::network::{Network, Recorded};
use super::preset::{Pictures, Preset};
use super::state::State;
use super::tensors::{Matrix, above, beside, halves, mean_of_rows, one_hot, recorded, upload};
use crate::nn::{
    Adam, Backend, ExponentialMovingAverage, Freeze, NamedTensor, detach, load_parameters,
    parameters,
};
use crate::random::{Purpose, generator, normal};
use crate::train::Config;
use anyhow::Context;
use dfdx::prelude::{
    Axis, Backward, ConstDim, Gradients, HasShape, ReshapeTo, Tensor, WithEmptyTape,
};
use rand_chacha::ChaCha8Rng;

/// The networks, their optimizers and the decoder's average.
pub struct LrLivae<P: Preset<D>, D: Backend> {
    device: D,
    config: Config,
    classes: usize,
    /// `x -> z_s`.
    pub encoder_s: P::EncoderS,
    /// `x ->` features of `z_u`.
    pub encoder_u: P::EncoderU,
    /// Features to the mean of `z_u`.
    pub mean_head: P::StyleHead,
    /// Features to the logarithm of the variance of `z_u`.
    pub log_variance_head: P::StyleHead,
    /// `[z_s, z_u] -> x'`, in training.
    pub decoder: P::Decoder,
    /// The decoder that is used: the average over the last steps.
    pub average: ExponentialMovingAverage<P::Decoder>,
    /// `mu_c` and `Sigma_c`.
    pub mixture: Mixture<D>,
    /// Tells classes by `z_u`.
    pub adversary: Classifier<P::Adversary, P::Features, D>,
    /// Tells pictures from real ones; only with the GAN.
    pub discriminator: Option<Discriminator<P, D>>,
    optimizers: Optimizers,
}

#[derive(Debug)]
struct Optimizers {
    /// In the order of [`MAIN`].
    main: [Adam; 7],
    /// In the order of [`ADVERSARY`].
    adversary: [Adam; 3],
}

/// Names of the optimizers in a saved state: those of the merged backward pass, and those of the adversarial
/// classifier.
const MAIN: [&str; 7] = [
    "encoder_s",
    "encoder_u",
    "mean_head",
    "log_variance_head",
    "decoder",
    "mixture.mu",
    "mixture.log_variance",
];
const ADVERSARY: [&str; 3] = [
    "adversary.features",
    "adversary.head.weight",
    "adversary.head.bias",
];

/// The losses of a step, unweighted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses {
    /// Squared error, summed over pixels.
    pub reconstruction: f32,
    /// Divergence of `z_u` from N(0, I), summed over dimensions.
    pub kl: f32,
    /// `L_cls`.
    pub classification: f32,
    /// `L_lkd`.
    pub likelihood: f32,
    /// Cross entropy of the adversarial classifier on `z_u` against the class: it cannot tell when this is `ln classes`.
    pub adversary: f32,
    /// Cross entropy of its answer against the uniform distribution.
    pub confusion: f32,
    /// `L_con`.
    pub consistency: f32,
    /// The same on draws of the mixture.
    pub overlap: f32,
    /// `L_D`.
    pub discriminator: f32,
    /// `L_GD`.
    pub gan: f32,
}

/// The number of losses.
pub const LOSSES: usize = 10;

impl Losses {
    /// Each loss with its name, in the order of `log.csv`.
    pub fn named(&self) -> [(&'static str, f32); LOSSES] {
        [
            ("reconstruction", self.reconstruction),
            ("kl", self.kl),
            ("classification", self.classification),
            ("likelihood", self.likelihood),
            ("adversary", self.adversary),
            ("confusion", self.confusion),
            ("consistency", self.consistency),
            ("overlap", self.overlap),
            ("discriminator", self.discriminator),
            ("gan", self.gan),
        ]
    }

    /// The losses that are no numbers, in words; `None` if all are.
    pub fn diverged(&self) -> Option<String> {
        let named = self.named();
        let bad = named.iter().filter(|(_, loss)| !loss.is_finite());
        let told: Vec<String> = bad
            .map(|(name, loss)| format!("{name} is {loss}"))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

/// The logarithm of the variance of `z_u` stays between these.
const LOG_VARIANCE: (f32, f32) = (-8.0, 4.0);
/// Draws of the mixture per step for the overlap loss.
const OVERLAP_DRAWS: usize = 256;

/// The noise of a step.
struct Noise<'a, D: Backend> {
    device: &'a D,
    random: ChaCha8Rng,
}

impl<'a, D: Backend> Noise<'a, D> {
    fn new(device: &'a D, seed: u64, step: u64) -> Self {
        Noise {
            device,
            random: generator(seed, Purpose::Step, step),
        }
    }

    /// Draws from N(0, 1).
    fn draw(&mut self, shape: Matrix) -> Tensor<Matrix, f32, D> {
        upload(
            self.device,
            shape,
            &normal(&mut self.random, shape.0 * shape.1),
        )
    }
}

/// Latents of a batch with their noise, and what `z_u` was drawn with.
struct Encoded<D: Backend> {
    z_s: Recorded<Matrix, D>,
    z_u: Recorded<Matrix, D>,
    mean: Recorded<Matrix, D>,
    log_variance: Recorded<Matrix, D>,
}

/// A loss of a single number.
fn value<D: Backend>(loss: &Recorded<(), D>) -> f32 {
    loss.as_vec()[0]
}

impl<P: Preset<D>, D: Backend> LrLivae<P, D> {
    /// New networks. Their weights follow from the device's seed and the configuration's.
    pub fn new(device: &D, config: &Config, classes: usize) -> Self {
        let decoder = P::decoder(device);
        let dimensions = P::LabelLatent::SIZE;
        let draws = normal(
            &mut generator(config.seed, Purpose::Mixture, 0),
            classes * dimensions,
        );
        let settings = &config.optimizer;
        let main =
            || Adam::new(settings.learning_rate).with_betas(settings.betas[0], settings.betas[1]);
        let adversary = || Adam::new(settings.adversary_learning_rate).with_betas(0.5, 0.9);
        LrLivae {
            device: device.clone(),
            config: config.clone(),
            classes,
            encoder_s: P::encoder_s(device),
            encoder_u: P::encoder_u(device),
            mean_head: P::style_head(device),
            log_variance_head: P::style_head(device),
            average: ExponentialMovingAverage::new(&decoder, settings.average),
            decoder,
            mixture: Mixture::new(device, classes, dimensions, &draws),
            adversary: Classifier::new(device, P::adversary(device), classes),
            discriminator: (config.loss.gan > 0.0)
                .then(|| Discriminator::new(device, classes, settings.discriminator_learning_rate)),
            optimizers: Optimizers {
                main: std::array::from_fn(|_| main()),
                adversary: std::array::from_fn(|_| adversary()),
            },
        }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// One step on a batch: every network is updated once.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn step(
        &mut self,
        pictures: &Tensor<Pictures<P>, f32, D>,
        classes: &[u16],
        step: u64,
        steps: u64,
    ) -> Result<Losses, D::Err> {
        let rows = classes.len();
        let device = self.device.clone();
        let weights = self.config.loss.clone();
        let part = step as f32 / steps.max(1) as f32;
        let rate = self.config.optimizer.schedule(step, steps);
        let mut noise = Noise::new(&device, self.config.seed, step);
        let labels = one_hot(&device, classes, self.classes);
        let mut losses = Losses::default();

        let codes = self.encode_noisy(pictures, rows, &mut noise);
        losses.adversary = self.teach_adversary(&codes.z_u, &labels, rate)?;
        let Encoded {
            z_s,
            z_u,
            mean,
            log_variance,
        } = codes;
        let style = self.style_losses(&z_u, mean, log_variance, part, &mut losses);
        let mut loss = style + self.label_losses(&z_s, &labels, &mut losses);

        // Decode the pictures, and beside them generated ones.
        let generate = (weights.consistency > 0.0 || self.discriminator.is_some())
            && part >= weights.consistency_from;
        let pixels = P::format().bytes_per_picture();
        let (reconstructed, generated) = if generate {
            let (new_s, new_u) = self.new_latents(&z_s, &z_u, &labels, &mut noise);
            let z_s = above(z_s, new_s, rows, (2 * rows, P::LabelLatent::SIZE));
            let z_u = above(z_u, new_u, rows, (2 * rows, P::StyleLatent::SIZE));
            let latent = beside(z_s, z_u, 2 * rows, (2 * rows, P::Latent::default()));
            let (first, second) = halves(self.decoder.learn(latent), rows);
            (first, Some(second))
        } else {
            let latent = beside(z_s, z_u, rows, (rows, P::Latent::default()));
            (
                self.decoder.learn(latent).reshape_like(&(rows, pixels)),
                None,
            )
        };

        if let Some(generated) = &generated {
            let (kept, made) = (reconstructed.with_empty_tape(), generated.with_empty_tape());
            let fakes = above(kept, made, rows, P::pictures(2 * rows));
            if let Some(game) = self.game(
                pictures,
                fakes,
                classes,
                step,
                rate,
                &mut noise,
                &mut losses,
            )? {
                loss = loss + game;
            }
        }

        // L_rec.
        let target = pictures.clone().reshape_like(&(rows, pixels));
        let reconstruction = mean_of_rows((reconstructed - target).square(), rows);
        losses.reconstruction = value(&reconstruction);
        loss = loss + reconstruction * weights.reconstruction;

        if let Some(generated) = generated {
            if weights.consistency > 0.0 {
                let generated = generated.reshape_like(&P::pictures(rows));
                let consistency = self.consistency(generated, &labels);
                losses.consistency = value(&consistency);
                loss = loss + consistency * weights.consistency;
            }
            let overlap = self.overlap(step, &mut noise);
            losses.overlap = value(&overlap);
            loss = loss + overlap * weights.overlap;
        }

        let mut gradients = loss.backward();
        self.update(&mut gradients, self.config.optimizer.learning_rate * rate)?;
        self.average.update(&self.decoder);
        Ok(losses)
    }

    /// `z_s = Encoder_S(x) + noise` and `z_u = mu_u + exp(logvar_u / 2) noise`.
    fn encode_noisy(
        &mut self,
        pictures: &Tensor<Pictures<P>, f32, D>,
        rows: usize,
        noise: &mut Noise<'_, D>,
    ) -> Encoded<D> {
        let (label, style) = ((rows, P::LabelLatent::SIZE), (rows, P::StyleLatent::SIZE));
        let z_s: Recorded<Matrix, D> = self
            .encoder_s
            .learn(recorded(pictures))
            .reshape_like(&label);
        let z_s = z_s + noise.draw(label) * self.config.loss.z_s_noise;
        let features = self.encoder_u.learn(recorded(pictures));
        let mean: Recorded<Matrix, D> = self
            .mean_head
            .learn(features.with_empty_tape())
            .reshape_like(&style);
        let log_variance: Recorded<Matrix, D> =
            self.log_variance_head.learn(features).reshape_like(&style);
        let log_variance = log_variance.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1);
        let deviation = (log_variance.with_empty_tape() * 0.5).exp();
        Encoded {
            z_s,
            z_u: mean.with_empty_tape() + deviation * noise.draw(style),
            mean,
            log_variance,
        }
    }

    /// `L_C^adv`: the adversarial classifier learns to tell classes by `z_u`, which is held. Gives the loss.
    fn teach_adversary(
        &mut self,
        z_u: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
        rate: f32,
    ) -> Result<f32, D::Err> {
        let rows = labels.shape().0;
        let held = recorded(&detach(z_u)).reshape_like(&(rows, P::StyleLatent::default()));
        let answers = self.adversary.learn(held).log_softmax::<Axis<1>>();
        let told = mean_of_rows(answers * labels.clone() * -1.0, rows);
        let loss = value(&told);
        let mut gradients = told.backward();
        for optimizer in &mut self.optimizers.adversary {
            optimizer.learning_rate = self.config.optimizer.adversary_learning_rate * rate;
        }
        self.adversary
            .update(&mut self.optimizers.adversary, &mut gradients)?;
        Ok(loss)
    }

    /// `L_kl`, and `L_E^adv`, which is ramped up over the first half of the training.
    fn style_losses(
        &mut self,
        z_u: &Recorded<Matrix, D>,
        mean: Recorded<Matrix, D>,
        log_variance: Recorded<Matrix, D>,
        part: f32,
        losses: &mut Losses,
    ) -> Recorded<(), D> {
        let (rows, _) = *z_u.shape();
        let kl = log_variance.with_empty_tape().exp() + mean.square() - log_variance - 1.0;
        let kl = mean_of_rows(kl * 0.5, rows);
        losses.kl = value(&kl);
        let z_u = z_u
            .with_empty_tape()
            .reshape_like(&(rows, P::StyleLatent::default()));
        let answers = self.adversary.frozen().learn(z_u).log_softmax::<Axis<1>>();
        let confusion = mean_of_rows(answers * (-1.0 / self.classes as f32), rows);
        losses.confusion = value(&confusion);
        let weights = &self.config.loss;
        kl * weights.kl + confusion * (weights.adversarial * (part / 0.5).min(1.0))
    }

    /// `L_GM`. The variance learns from the likelihood alone, weighted by the held posterior of the true class.
    fn label_losses(
        &self,
        z_s: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
        losses: &mut Losses,
    ) -> Recorded<(), D> {
        let mu = || recorded(&self.mixture.mu);
        let densities = log_densities(z_s.with_empty_tape(), mu(), self.mixture.held_variance());
        let posterior = detach(&densities).softmax::<Axis<1>>() * labels.clone();
        let class = classification(densities, labels);
        losses.classification = value(&class);
        let densities = log_densities(z_s.with_empty_tape(), mu(), self.mixture.variance());
        let likely = likelihood(densities, &posterior);
        losses.likelihood = value(&likely);
        let weights = &self.config.loss;
        class * weights.classification + likely * weights.likelihood
    }

    /// Latents of pictures that are not in the data, of the batch's classes: one half swaps, `z_s` of a picture with
    /// the held `z_u` of another; the other half drawn from mixture and prior.
    fn new_latents(
        &self,
        z_s: &Recorded<Matrix, D>,
        z_u: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
        noise: &mut Noise<'_, D>,
    ) -> (Recorded<Matrix, D>, Recorded<Matrix, D>) {
        let ((rows, label), (_, style)) = (*z_s.shape(), *z_u.shape());
        let half = rows / 2;
        let mask: Vec<f32> = (0..rows * label)
            .map(|i| if i / label < half { 1.0 } else { 0.0 })
            .collect();
        let mask = upload(&self.device, (rows, label), &mask);
        let drawn = self.mixture.draw(labels, &noise.draw((rows, label)));
        let new_s = z_s.with_empty_tape() * mask.clone() + drawn * (mask * -1.0 + 1.0);
        let mut new_u = z_u.as_vec();
        new_u.rotate_left((rows - half) * style);
        new_u[half * style..].copy_from_slice(&noise.draw((rows - half, style)).as_vec());
        (
            new_s,
            recorded(&upload(&self.device, (rows, style), &new_u)),
        )
    }

    /// The game with the discriminator, if there is one: it learns, then the generator is told how to fool it.
    #[allow(clippy::too_many_arguments, reason = "one step of a training")]
    fn game(
        &mut self,
        pictures: &Tensor<Pictures<P>, f32, D>,
        fakes: Recorded<Pictures<P>, D>,
        classes: &[u16],
        step: u64,
        rate: f32,
        noise: &mut Noise<'_, D>,
        losses: &mut Losses,
    ) -> Result<Option<Recorded<(), D>>, D::Err> {
        let Some(discriminator) = &mut self.discriminator else {
            return Ok(None);
        };
        let Config {
            loss, optimizer, ..
        } = &self.config;
        let slope = (loss.gan_slope > 0.0 && step.is_multiple_of(SLOPE_EVERY)).then(|| Slope {
            gamma: loss.gan_slope,
            directions: noise.draw((2 * classes.len(), P::format().bytes_per_picture())),
        });
        let pair = Pair {
            real: pictures,
            fakes: &detach(&fakes),
        };
        // Its rate stays above a tenth: a weak discriminator would let the generator drift at the end.
        let its_rate = optimizer.discriminator_learning_rate * rate.max(0.1);
        losses.discriminator = discriminator.step(pair, classes, slope, its_rate)?;
        let fooled = discriminator.generator_loss(fakes, classes);
        losses.gan = value(&fooled);
        Ok(Some(fooled * loss.gan))
    }

    /// `L_con`: `Encoder_S` and the mixture, both held, must find the class in what was generated.
    fn consistency(
        &self,
        generated: Recorded<Pictures<P>, D>,
        labels: &Tensor<Matrix, f32, D>,
    ) -> Recorded<(), D> {
        let shape = (labels.shape().0, P::LabelLatent::SIZE);
        let codes = self
            .encoder_s
            .frozen()
            .record(generated)
            .reshape_like(&shape);
        let densities = log_densities(codes, self.mixture.held_mu(), self.mixture.held_variance());
        classification(densities, labels)
    }

    /// Draws of the mixture must be told apart.
    fn overlap(&self, step: u64, noise: &mut Noise<'_, D>) -> Recorded<(), D> {
        // More classes than draws take turns.
        let first = step as usize % self.classes * OVERLAP_DRAWS;
        let classes: Vec<u16> = (first..first + OVERLAP_DRAWS)
            .map(|i| (i % self.classes) as u16)
            .collect();
        let labels = one_hot(&self.device, &classes, self.classes);
        let draws = self
            .mixture
            .draw(&labels, &noise.draw((OVERLAP_DRAWS, P::LabelLatent::SIZE)));
        let densities = log_densities(draws, recorded(&self.mixture.mu), self.mixture.variance());
        classification(densities, &labels)
    }

    fn update(&mut self, gradients: &mut Gradients<f32, D>, rate: f32) -> Result<(), D::Err> {
        let optimizers = &mut self.optimizers.main;
        optimizers
            .iter_mut()
            .for_each(|adam| adam.learning_rate = rate);
        let [
            encoder_s,
            encoder_u,
            mean,
            log_variance,
            decoder,
            mixture @ ..,
        ] = optimizers;
        encoder_s.update(&mut self.encoder_s, gradients)?;
        encoder_u.update(&mut self.encoder_u, gradients)?;
        mean.update(&mut self.mean_head, gradients)?;
        log_variance.update(&mut self.log_variance_head, gradients)?;
        decoder.update(&mut self.decoder, gradients)?;
        self.mixture.update(mixture, gradients)
    }

    /// `z_s` (without noise), and mean and log variance of `z_u`, of a batch, row by row.
    pub fn encode(&self, pictures: Tensor<Pictures<P>, f32, D>) -> Codes {
        let z_s = self.encoder_s.infer(pictures.clone()).as_vec();
        let features = self.encoder_u.infer(pictures);
        Codes {
            z_s,
            mean: self.mean_head.infer(features.clone()).as_vec(),
            log_variance: self
                .log_variance_head
                .infer(features)
                .as_vec()
                .into_iter()
                .map(|v| v.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1))
                .collect(),
        }
    }

    /// Pixels from 0 to 1 of latents `[z_s, z_u]`, by the averaged decoder; channels of a picture one after another.
    pub fn decode(&self, latents: &[f32]) -> Vec<f32> {
        let rows = latents.len() / P::Latent::SIZE;
        let latents = upload(&self.device, (rows, P::Latent::default()), latents);
        self.average.module().infer(latents).as_vec()
    }

    /// The whole state of the training by name: networks, averages, mixture and moments of the optimizers.
    pub fn state(&self) -> Vec<NamedTensor> {
        let mut state = State::default();
        state.add("encoder_s", parameters(&self.encoder_s));
        state.add("encoder_u", parameters(&self.encoder_u));
        state.add("mean_head", parameters(&self.mean_head));
        state.add("log_variance_head", parameters(&self.log_variance_head));
        state.add("decoder", parameters(&self.decoder));
        state.add("average", parameters(self.average.module()));
        state.add_number("average.updates", self.average.updates);
        state.add("adversary", self.adversary.tensors());
        state.add("mixture", self.mixture.tensors());
        if let Some(discriminator) = &self.discriminator {
            discriminator.save(&mut state);
        }
        for (name, adam) in MAIN.iter().zip(&self.optimizers.main) {
            state.add_adam(name, adam);
        }
        for (name, adam) in ADVERSARY.iter().zip(&self.optimizers.adversary) {
            state.add_adam(name, adam);
        }
        state.into_tensors()
    }

    /// Takes over a state that [`state`](Self::state) gave.
    ///
    /// # Errors
    ///
    /// When a tensor is missing or of another shape.
    pub fn load_state(&mut self, tensors: &[NamedTensor]) -> anyhow::Result<()> {
        let state = State::new(tensors);
        load_parameters(&mut self.encoder_s, &state.part("encoder_s")).context("encoder_s")?;
        load_parameters(&mut self.encoder_u, &state.part("encoder_u")).context("encoder_u")?;
        load_parameters(&mut self.mean_head, &state.part("mean_head")).context("mean_head")?;
        load_parameters(
            &mut self.log_variance_head,
            &state.part("log_variance_head"),
        )
        .context("log_variance_head")?;
        load_parameters(&mut self.decoder, &state.part("decoder")).context("decoder")?;
        self.average.updates = state.number("average.updates")?;
        let average = state
            .part("average")
            .into_iter()
            .filter(|tensor| tensor.name != "updates");
        load_parameters(self.average.module_mut(), &average.collect::<Vec<_>>())
            .context("average")?;
        self.adversary
            .load(&state.part("adversary"))
            .context("adversary")?;
        self.mixture
            .load(&state.part("mixture"))
            .context("mixture")?;
        if let Some(discriminator) = &mut self.discriminator {
            discriminator.load(&state)?;
        }
        for (name, adam) in MAIN.iter().zip(&mut self.optimizers.main) {
            state.load_adam(name, adam)?;
        }
        for (name, adam) in ADVERSARY.iter().zip(&mut self.optimizers.adversary) {
            state.load_adam(name, adam)?;
        }
        Ok(())
    }

    /// Takes mean and variance of each class from the codes of the training pictures.
    pub fn refit(&mut self, codes: &Codes, classes: &[u16]) {
        let mut host: HostMixture = self.mixture.to_host();
        host.refit(&codes.z_s, classes, self.config.loss.z_s_noise);
        self.mixture.set(&host);
    }
}

/// What the encoders make of pictures, row by row.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    /// `Encoder_S(x)`.
    pub z_s: Vec<f32>,
    /// The mean of `z_u`.
    pub mean: Vec<f32>,
    /// The logarithm of the variance of `z_u`.
    pub log_variance: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Nano, Sizes};
    use dfdx::prelude::{Cache, Cpu};

    /// A network whose recorded operations were dropped on the way would stand still.
    #[test]
    fn a_step_moves_every_network() {
        let device = Cpu::seed_from_u64(1);
        device.enable_cache();
        let mut config = Config::of_model("lr-livae-gan").unwrap();
        config.loss.consistency_from = 0.0;
        let mut model = LrLivae::<Nano, Cpu>::new(&device, &config, 3);
        let before = model.state();
        let values: Vec<f32> = (0..6 * 256)
            .map(|i| ((i * 37 % 101) as f32 / 101.0).powi(2))
            .collect();
        let pictures = upload(&device, Nano::pictures(6), &values);
        for step in 0..3 {
            // At step 0 the weight of the adversarial loss is 0: the steps are those of a later part.
            let losses = model
                .step(&pictures, &[0, 1, 2, 0, 1, 2], 500 + step, 1000)
                .unwrap();
            assert_eq!(losses.diverged(), None);
        }
        let after = model.state();
        for old in before
            .iter()
            .filter(|tensor| !tensor.name.starts_with("adam."))
        {
            let new = after.iter().find(|tensor| tensor.name == old.name).unwrap();
            assert_ne!(old.values, new.values, "{} stood still", old.name);
        }
        assert!(
            after
                .iter()
                .filter(|tensor| tensor.name.starts_with("adam."))
                .count()
                > 100
        );
    }

    #[test]
    fn a_state_is_taken_over_whole() {
        let device = Cpu::seed_from_u64(2);
        let config = Config::of_model("lr-livae-gan").unwrap();
        let mut model = LrLivae::<Nano, Cpu>::new(&device, &config, 3);
        let pictures = upload(&device, Nano::pictures(4), &vec![0.3; 4 * 256]);
        model.step(&pictures, &[0, 1, 2, 0], 600, 1000).unwrap();
        let state = model.state();
        let mut other = LrLivae::<Nano, Cpu>::new(&device, &config, 3);
        assert_ne!(other.state(), state);
        other.load_state(&state).unwrap();
        assert_eq!(other.state(), state);
        let mut more = LrLivae::<Nano, Cpu>::new(&device, &config, 4);
        assert!(
            more.load_state(&state).is_err(),
            "a state of another number of classes"
        );
    }
}
