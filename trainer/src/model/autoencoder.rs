//! A variational autoencoder in training: decoder, discriminator, and a step that is the same for all models.
//!
//! The networks that make latents, in which the models differ, implement [`Latents`]. All networks but the adversarial
//! classifier and the discriminator are trained by one merged backward pass of the weighted sum of their losses; inputs
//! that are held constant decide which networks a loss trains.

use super::cvae::Cvae;
use super::discriminator::{Discriminator, Fakes, SLOPE_EVERY};
use super::latents::{Batch, ClassSource, Codes, Encoded, Latents, Noise};
use super::learner::Learner;
use super::losses::Losses;
use super::lr_livae::LrLivae;
use super::mixture::HostMixture;
use super::preset::{Preset, Sizes};
use super::prior::{Components, MixturePrior, Training};
use super::state::State;
use super::tensors::{
    above, beside, carry, halves, mean_of_rows, one_hot, recorded, upload, value,
};
use super::vae::Vae;
use crate::config::{Config, ModelName, Schedule};
use anyhow::Context;
use dfdx::prelude::{Backward, HasShape, Tensor, WithEmptyTape};
use pixling::{Request, Way};
use pixling_nn::{
    Backend, ExponentialMovingAverage, Matrix, NamedTensor, Network, Recorded, detach,
    load_parameters, parameters,
};

/// A model with its optimizers and the decoder's average.
pub struct Autoencoder<D: Backend> {
    pub(super) device: D,
    pub(super) config: Config,
    pub(super) sizes: Sizes,
    pub(super) classes: usize,
    pub(super) latents: Box<dyn Latents<D>>,
    /// `[z_s, z_u] -> x'`, in training.
    decoder: Learner<D>,
    /// The decoder that is used: the average over the last steps.
    pub average: ExponentialMovingAverage<Network<D>>,
    /// The discriminator; only with the GAN.
    pub(super) discriminator: Option<Discriminator<D>>,
    /// The fitted prior, in place of the one of the training.
    pub(super) mixture: Option<MixturePrior>,
}

impl<D: Backend> Autoencoder<D> {
    /// New networks of the model that the configuration names. Their weights follow from the device's seed and the
    /// configuration's.
    pub fn new(preset: &dyn Preset<D>, device: &D, config: &Config, classes: usize) -> Self {
        let settings = &config.optimizer;
        let decoder = preset.decoder(device);
        let latents: Box<dyn Latents<D>> = match config.model {
            ModelName::Vae => Box::new(Vae::new(preset, device, config, classes)),
            ModelName::Cvae | ModelName::CvaeGan => {
                Box::new(Cvae::new(preset, device, config, classes))
            }
            ModelName::LrLivae | ModelName::LrLivaeGan => {
                Box::new(LrLivae::new(preset, device, config, classes))
            }
        };
        Autoencoder {
            device: device.clone(),
            config: config.clone(),
            sizes: preset.sizes(),
            classes,
            latents,
            average: ExponentialMovingAverage::new(&decoder, settings.average),
            decoder: Learner::new("decoder", decoder, settings),
            discriminator: (config.model.is_gan()).then(|| {
                let rate = settings.discriminator_learning_rate;
                Discriminator::new(preset, device, classes, rate)
            }),
            mixture: None,
        }
    }

    /// Sizes of pictures and latents.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The seed of all of its random numbers.
    pub fn seed(&self) -> u64 {
        self.config.seed
    }

    /// The source of the class that a picture is decoded with.
    pub fn class_source(&self) -> ClassSource {
        self.latents.class_source()
    }

    /// The prior of `z_s` of each class: the mixture, or its counterpart in other models.
    pub fn prior(&self) -> HostMixture {
        self.latents.prior()
    }

    /// Fits a mixture to codes of training pictures. From now on latents are drawn from it, in training too. A model
    /// without classes keeps N(0, I), for the mixture would give it some.
    ///
    /// `rows` latents are fitted at least, by several draws of each picture if there are fewer pictures.
    pub fn fit_prior(
        &mut self,
        codes: &Codes,
        classes: &[u16],
        numbers: [Components; 2],
        rows: usize,
    ) {
        if self.class_source() == ClassSource::None {
            return;
        }
        let of_class = (self.class_source() == ClassSource::Picture).then(|| self.prior());
        let from = Training {
            codes,
            classes,
            dimensions: (self.sizes.label, self.sizes.style),
            z_s_noise: self.z_s_noise(),
            of_class: of_class.as_ref(),
            rows,
            seed: self.config.seed,
        };
        self.mixture = Some(MixturePrior::fit(from, self.classes, numbers));
    }

    /// The fitted prior, if there is one.
    pub fn mixture(&self) -> Option<&MixturePrior> {
        self.mixture.as_ref()
    }

    /// Standard deviation of the noise that is added to [`Codes::z_s`] in training.
    pub fn z_s_noise(&self) -> f32 {
        match self.class_source() {
            ClassSource::Picture => self.config.loss.z_s_noise,
            ClassSource::Label | ClassSource::None => 0.0,
        }
    }

    /// One step on a batch: every network is updated.
    ///
    /// # Errors
    ///
    /// When the device has no memory for a gradient.
    pub fn step(
        &mut self,
        pictures: &Tensor<Matrix, f32, D>,
        classes: &[u16],
        step: u64,
        steps: u64,
    ) -> Result<Losses, D::Err> {
        let rows = classes.len();
        let device = self.device.clone();
        let weights = self.config.loss.clone();
        let batch = Batch {
            pictures,
            classes,
            labels: one_hot(&device, classes, self.classes),
            part: step as f32 / steps.max(1) as f32,
            rate: self.config.optimizer.schedule(step, steps),
        };
        let mut noise = Noise::new(&device, self.config.seed, step);
        let mut losses = Losses::default();
        let encoded = self.latents.encode(&batch, &mut noise, &mut losses)?;
        let Encoded { z_s, z_u, mut loss } = encoded;

        let begun = batch.part >= weights.consistency_from;
        let generate = begun && (weights.consistency > 0.0 || self.discriminator.is_some());
        let (reconstructed, generated) = if generate {
            let (own, both) = self.generate(z_s, z_u, &batch, &mut noise);
            let (reconstructed, generated) = halves(both, rows);
            if self.discriminator.is_some() {
                let fakes = [&reconstructed, &generated].map(WithEmptyTape::with_empty_tape);
                let game = self.game(&batch, fakes, classes, step, &mut losses)?;
                loss = loss + game;
            }
            match own {
                Some(own) => (own, Some(carry(reconstructed, generated))),
                None => (reconstructed, Some(generated)),
            }
        } else {
            (self.decoder.network.learn(beside(z_s, z_u)), None)
        };

        // L_rec.
        let reconstruction = mean_of_rows((reconstructed - pictures.clone()).square());
        losses.reconstruction = value(&reconstruction);
        loss = loss + reconstruction * weights.reconstruction;

        if let Some(generated) = generated
            && weights.consistency > 0.0
            && let Some(consistency) = self.latents.consistency(generated, &batch.labels)
        {
            losses.consistency = value(&consistency);
            loss = loss + consistency * weights.consistency;
        }
        if begun
            && weights.overlap > 0.0
            && let Some(overlap) = self.latents.overlap(step, &mut noise)
        {
            losses.overlap = value(&overlap);
            loss = loss + overlap * weights.overlap;
        }

        let rate = self.config.optimizer.learning_rate * batch.rate;
        let mut gradients = loss.backward();
        self.latents.update(&mut gradients, rate)?;
        self.decoder.update(&mut gradients, rate)?;
        self.average.update(&self.decoder.network);
        Ok(losses)
    }

    /// Decodes the latents of the batch, followed by latents of pictures that are not in the data. With the reference's
    /// schedule both are held constant, so that their losses train the decoder alone; the first result is then the
    /// batch decoded once more, for `L_rec`.
    fn generate(
        &mut self,
        z_s: Recorded<Matrix, D>,
        z_u: Recorded<Matrix, D>,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
    ) -> (Option<Recorded<Matrix, D>>, Recorded<Matrix, D>) {
        let (new_s, new_u) = self.new_latents(&z_s, &z_u, batch, noise);
        let (z_s, z_u, new_s, own) = match self.config.optimizer.schedule {
            Schedule::Merged => (z_s, z_u, new_s, None),
            Schedule::Reference => {
                let hold = |tensor: &Recorded<Matrix, D>| recorded(&detach(tensor));
                let (held_s, held_u, new_s) = (hold(&z_s), hold(&z_u), hold(&new_s));
                let own = self.decoder.network.learn(beside(z_s, z_u));
                (held_s, held_u, new_s, Some(own))
            }
        };
        let latents = beside(above(z_s, new_s), above(z_u, new_u));
        (own, self.decoder.network.learn(latents))
    }

    /// Latents of pictures that are not in the data, of the batch's classes: one half swaps, `z_s` of a picture with
    /// the constant `z_u` of another; the other half drawn from the prior. From a fitted prior every second one is drawn
    /// with a style of all classes; these draws are constants.
    fn new_latents(
        &self,
        z_s: &Recorded<Matrix, D>,
        z_u: &Recorded<Matrix, D>,
        batch: &Batch<'_, D>,
        noise: &mut Noise<'_, D>,
    ) -> (Recorded<Matrix, D>, Recorded<Matrix, D>) {
        let ((rows, label), (_, style)) = (*z_s.shape(), *z_u.shape());
        let half = rows / 2;
        let mask: Vec<f32> = (0..rows * label)
            .map(|i| if i / label < half { 1.0 } else { 0.0 })
            .collect();
        let mask = upload(&self.device, (rows, label), &mask);
        let mut new_u = z_u.as_vec();
        new_u.rotate_left((rows - half) * style);
        let drawn = match &self.mixture {
            Some(mixture) => {
                let request = |(row, &class): (usize, &u16)| Request {
                    way: if row % 2 == 0 {
                        Way::Joint
                    } else {
                        Way::Styled
                    },
                    ..Request::new(class, noise.seed())
                };
                let requests: Vec<Request> = batch.classes[half..]
                    .iter()
                    .enumerate()
                    .map(request)
                    .collect();
                let latents = mixture.latents_of(&requests);
                let mut drawn = vec![0.0; half * label];
                for (index, latent) in latents.chunks_exact(label + style).enumerate() {
                    drawn.extend(&latent[..label]);
                    new_u[(half + index) * style..][..style].copy_from_slice(&latent[label..]);
                }
                recorded(&upload(&self.device, (rows, label), &drawn))
            }
            None => {
                let drawn = self.latents.draw(&batch.labels, noise);
                new_u[half * style..].copy_from_slice(&noise.draw((rows - half, style)).as_vec());
                drawn
            }
        };
        let new_s = z_s.with_empty_tape() * mask.clone() + drawn * (mask * -1.0 + 1.0);
        (
            new_s,
            recorded(&upload(&self.device, (rows, style), &new_u)),
        )
    }

    /// A step of the discriminator, then the generator's loss against it. `fakes` are reconstructions and generated
    /// pictures.
    pub(super) fn game(
        &mut self,
        batch: &Batch<'_, D>,
        [reconstructed, generated]: [Recorded<Matrix, D>; 2],
        classes: &[u16],
        step: u64,
        losses: &mut Losses,
    ) -> Result<Recorded<(), D>, D::Err> {
        let Config {
            loss, optimizer, ..
        } = &self.config;
        let penalized = loss.gan_slope > 0.0 && step.is_multiple_of(SLOPE_EVERY);
        let gamma = penalized.then_some(loss.gan_slope);
        let fakes = Fakes {
            reconstructed: &detach(&reconstructed),
            generated: &detach(&generated),
        };
        let Some(discriminator) = &mut self.discriminator else {
            unreachable!("a game without a discriminator");
        };
        // Its rate stays above a tenth: a weak discriminator would let the generator drift at the end.
        let its_rate = optimizer.discriminator_learning_rate * batch.rate.max(0.1);
        losses.discriminator =
            discriminator.step(batch.pictures, fakes, classes, gamma, its_rate)?;
        let fooled = discriminator.generator_loss(reconstructed, generated, classes);
        losses.gan = value(&fooled);
        Ok(fooled * loss.gan)
    }

    /// Codes of a batch, without noise, a row for each picture. A model with the [label](ClassSource::Label) as an
    /// input needs `classes`, one for each picture; the others ignore them.
    ///
    /// # Errors
    ///
    /// When `classes` are needed and absent.
    pub fn encode(
        &self,
        pictures: Tensor<Matrix, f32, D>,
        classes: Option<&[u16]>,
    ) -> anyhow::Result<Codes> {
        self.latents.codes(pictures, classes)
    }

    /// Pixels from 0 to 1 of latents `[z_s, z_u]`, by the averaged decoder; channels of a picture one after another.
    pub fn decode(&self, latents: &[f32]) -> Vec<f32> {
        let columns = self.sizes.latent();
        let latents = upload(&self.device, (latents.len() / columns, columns), latents);
        self.average.module().infer(latents).as_vec()
    }

    /// The whole state of the training by name: networks, averages and moments of the optimizers.
    pub fn state(&self) -> Vec<NamedTensor> {
        let mut state = State::default();
        self.latents.save(&mut state);
        self.decoder.save(&mut state);
        state.add("average", parameters(self.average.module()));
        state.add_number("average.updates", self.average.updates);
        if let Some(discriminator) = &self.discriminator {
            discriminator.save(&mut state);
        }
        if let Some(mixture) = &self.mixture {
            mixture.save(&mut state);
        }
        state.into_tensors()
    }

    /// Restores a state of [`state`](Self::state).
    ///
    /// # Errors
    ///
    /// When a tensor is missing or of another shape.
    pub fn load_state(&mut self, tensors: &[NamedTensor]) -> anyhow::Result<()> {
        let state = State::new(tensors);
        self.latents.load(&state)?;
        self.decoder.load(&state)?;
        self.average.updates = state.number("average.updates")?;
        let average = state
            .part("average")
            .into_iter()
            .filter(|tensor| tensor.name != "updates");
        load_parameters(self.average.module_mut(), &average.collect::<Vec<_>>())
            .context("average")?;
        if let Some(discriminator) = &mut self.discriminator {
            discriminator.load(&state)?;
        }
        let dimensions = (self.sizes.label, self.sizes.style);
        self.mixture = MixturePrior::load(&state, self.classes, dimensions)?;
        Ok(())
    }

    /// Fits the prior to the codes of the training pictures, at the end of the training: takes mean and variance of
    /// each class from them, if the model learns these, and makes the latents that are drawn from N(0, I) standard over
    /// all pictures. Reconstructions and swaps do not change.
    ///
    /// # Errors
    ///
    /// When a network that reads or makes latents does not begin with a dense layer; in the presets all of them do.
    pub fn refit(&mut self, codes: &Codes, classes: &[u16]) -> anyhow::Result<()> {
        self.latents.refit(codes, classes);
        if let Some(change) = self.latents.standardize(codes)? {
            change.of_reader(&mut self.decoder.network)?;
            change.of_reader(self.average.module_mut())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Nano, Normal};
    use dfdx::prelude::{Cache, Cpu};

    /// Every model, and two with the reference's schedule.
    fn configs() -> Vec<Config> {
        let mut configs: Vec<Config> = ModelName::ALL
            .iter()
            .map(|model| Config::of_model(model.name()).unwrap())
            .collect();
        for model in ["lr-livae", "lr-livae-gan"] {
            let mut reference = Config::of_model(model).unwrap();
            reference.optimizer.schedule = Schedule::Reference;
            configs.push(reference);
        }
        configs
    }

    /// A network whose recorded operations were dropped on the way would stand still.
    #[test]
    fn a_step_moves_every_network() {
        let device = Cpu::seed_from_u64(1);
        device.enable_cache();
        let values: Vec<f32> = (0..6 * 256)
            .map(|i| ((i * 37 % 101) as f32 / 101.0).powi(2))
            .collect();
        let pictures = upload(&device, (6, 256), &values);
        for mut config in configs() {
            config.loss.consistency_from = 0.0;
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            let before = model.state();
            for step in 0..3 {
                // The weight of the adversarial loss is 0 at step 0: these are steps of a later part of the training.
                let losses = model
                    .step(&pictures, &[0, 1, 2, 0, 1, 2], 500 + step, 1000)
                    .unwrap();
                assert_eq!(losses.diverged(), None);
            }
            let after = model.state();
            for old in before.iter().filter(|old| !old.name.starts_with("adam.")) {
                let new = after.iter().find(|new| new.name == old.name).unwrap();
                assert!(
                    old.values != new.values,
                    "{}: {} stood still",
                    config.model,
                    old.name
                );
            }
            let moments: Vec<&NamedTensor> = after
                .iter()
                .filter(|tensor| tensor.name.ends_with(".first"))
                .collect();
            assert!(moments.len() > 20, "{}", config.model);
            for moment in moments {
                let taught = moment.values.iter().any(|value| *value != 0.0);
                assert!(taught, "{}: {} has no gradient", config.model, moment.name);
            }
        }
    }

    #[test]
    fn a_state_is_taken_over_whole() {
        let device = Cpu::seed_from_u64(2);
        for config in configs() {
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            let pictures = upload(&device, (4, 256), &vec![0.3; 4 * 256]);
            model.step(&pictures, &[0, 1, 2, 0], 600, 1000).unwrap();
            let state = model.state();
            let mut other = Autoencoder::new(&Nano, &device, &config, 3);
            assert_ne!(other.state(), state);
            other.load_state(&state).unwrap();
            assert_eq!(other.state(), state);
            if config.model != ModelName::Vae {
                let mut more = Autoencoder::new(&Nano, &device, &config, 4);
                assert!(
                    more.load_state(&state).is_err(),
                    "{}: a state of another number of classes",
                    config.model
                );
            }
        }
    }

    #[test]
    fn a_refit_makes_the_style_standard_and_keeps_reconstructions() {
        let device = Cpu::seed_from_u64(7);
        let values: Vec<f32> = (0..6 * 256)
            .map(|i| ((i * 37 % 101) as f32 / 101.0).powi(2))
            .collect();
        let pictures = upload(&device, (6, 256), &values);
        let classes = [0, 1, 2, 0, 1, 2];
        for config in configs() {
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            model.step(&pictures, &classes, 600, 1000).unwrap();
            let read = |model: &Autoencoder<Cpu>| {
                let codes = model.encode(pictures.clone(), Some(&classes)).unwrap();
                let (label, style) = (codes.z_s.len() / 6, codes.mean.len() / 6);
                let rows = codes.z_s.chunks(label).zip(codes.mean.chunks(style));
                let latents: Vec<f32> = rows.flat_map(|(a, b)| [a, b].concat()).collect();
                let shape = (6, 14);
                let in_training = &model.decoder.network;
                let in_training = in_training.infer(upload(&device, shape, &latents));
                let pixels = [model.decode(&latents), in_training.as_vec()].concat();
                (pixels, codes)
            };
            let (before, codes) = read(&model);
            model.refit(&codes, &classes).unwrap();
            let (after, codes) = read(&model);
            assert_eq!(before.len(), 2 * 6 * 256);
            for (a, b) in before.iter().zip(&after) {
                assert!((a - b).abs() < 1e-3, "{}: {a} {b}", config.model);
            }
            let mut drawn = vec![(&codes.mean, &codes.log_variance)];
            if config.model == ModelName::Vae {
                drawn.push((&codes.z_s, &codes.z_s_log_variance));
            }
            for (means, logs) in drawn {
                assert_eq!(means.len(), logs.len());
                let dimensions = means.len() / 6;
                for d in 0..dimensions {
                    let of = |values: &[f32]| -> Vec<f32> {
                        values.iter().skip(d).step_by(dimensions).copied().collect()
                    };
                    let (means, logs) = (of(means), of(logs));
                    let mean = means.iter().sum::<f32>() / 6.0;
                    let squares = means.iter().zip(logs).map(|(m, log)| m * m + log.exp());
                    let square = squares.sum::<f32>() / 6.0;
                    assert!(mean.abs() < 1e-3, "{}: {mean}", config.model);
                    assert!((square - 1.0).abs() < 1e-2, "{}: {square}", config.model);
                }
            }
        }
    }

    /// One picture of a class has no deviation: the fitted one comes from a few draws of noise.
    #[test]
    fn the_prior_is_fitted_to_draws_with_the_noise_of_the_training() {
        let device = Cpu::seed_from_u64(9);
        for noise in [0.4, 0.8] {
            let mut config = Config::of_model("lr-livae").unwrap();
            config.loss.z_s_noise = noise;
            let mut model = Autoencoder::new(&Nano, &device, &config, 8);
            let before = model.latents.prior();
            let style = vec![0.0; 8 * 8];
            let codes = Codes {
                z_s: before.mu.clone(),
                z_s_log_variance: Vec::new(),
                mean: style.clone(),
                log_variance: style,
            };
            model.refit(&codes, &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
            let after = model.latents.prior();
            let count = after.sigma.len() as f32;
            let variance = after.sigma.iter().map(|s| s * s).sum::<f32>() / count;
            let squares = after
                .mu
                .iter()
                .zip(&before.mu)
                .map(|(a, b)| (a - b).powi(2));
            let moved = squares.sum::<f32>() / count;
            // Four draws: their variance about their own mean, and the variance of their mean.
            for (found, share) in [(variance, 0.75), (moved, 0.25)] {
                let wanted = share * noise * noise;
                assert!((found / wanted - 1.0).abs() < 0.3, "{found} {wanted}");
            }
        }
    }

    /// A loss of weight 0 is not computed; all others are.
    #[test]
    fn a_loss_without_a_weight_is_left_out_alone() {
        let device = Cpu::seed_from_u64(5);
        let pictures = upload(&device, (4, 256), &vec![0.3; 4 * 256]);
        let zeros = |settings: &[&str]| {
            let settings: Vec<String> = settings.iter().map(|key| format!("{key}=0")).collect();
            let config = Config::of_model("lr-livae-gan").unwrap();
            let config = config.with(&settings).unwrap();
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            let losses = model.step(&pictures, &[0, 1, 2, 0], 600, 1000).unwrap();
            let named = losses.named().into_iter();
            let zeros = named.filter(|(_, loss)| *loss == 0.0);
            zeros.map(|(name, _)| name).collect::<Vec<&str>>()
        };
        assert!(zeros(&[]).is_empty());
        assert_eq!(zeros(&["loss.consistency"]), ["consistency"]);
        assert_eq!(zeros(&["loss.overlap"]), ["overlap"]);
        assert_eq!(zeros(&["loss.adversarial"]), ["adversary", "confusion"]);
    }

    /// `L_con` trains the decoder of every conditional model in both schedules. Generated pictures train the networks
    /// that make latents in the merged schedule only; the networks that judge are constant in both.
    #[test]
    fn what_is_generated_teaches_as_the_schedule_says() {
        let values: Vec<f32> = (0..4 * 256)
            .map(|i| (i * 37 % 101) as f32 / 101.0)
            .collect();
        let after_a_step = |model: &str, schedule: Schedule, consistency: f32| {
            let device = Cpu::seed_from_u64(3);
            let pictures = upload(&device, (4, 256), &values);
            let mut config = Config::of_model(model).unwrap();
            config.optimizer.schedule = schedule;
            config.loss.consistency = consistency;
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            model.step(&pictures, &[0, 1, 2, 0], 600, 1000).unwrap();
            State::new(&model.state())
        };
        for (model, makes_latents, judges) in [
            ("lr-livae", &["encoder_s", "encoder_u"][..], &[][..]),
            ("cvae", &["label", "encoder_u"], &["encoder_s", "mixture"]),
        ] {
            for schedule in [Schedule::Merged, Schedule::Reference] {
                let [weak, strong] =
                    [0.1, 50.0].map(|weight| after_a_step(model, schedule, weight));
                let differs = |part: &str| {
                    assert!(!weak.part(part).is_empty(), "{model} has no {part}");
                    weak.part(part) != strong.part(part)
                };
                assert!(differs("decoder"), "{model}, {schedule:?}");
                for part in makes_latents {
                    let merged = schedule == Schedule::Merged;
                    assert_eq!(differs(part), merged, "{model}, {schedule:?}: {part}");
                }
                for part in judges {
                    assert!(!differs(part), "{model}, {schedule:?}: {part}");
                }
            }
        }
    }

    /// In the reference's schedule encoder and mixture learn alone, several times a step and with rates of their own.
    #[test]
    fn the_reference_schedule_makes_its_own_steps() {
        let device = Cpu::seed_from_u64(6);
        let pictures = upload(&device, (4, 256), &vec![0.3; 4 * 256]);
        let mut config = Config::of_model("lr-livae").unwrap();
        config.optimizer.schedule = Schedule::Reference;
        config.optimizer.label_steps = 3;
        config.optimizer.variance_learning_rate = 1e-9;
        let mut model = Autoencoder::new(&Nano, &device, &config, 3);
        let before = State::new(&model.state()).part("mixture");
        for step in 500..502 {
            model.step(&pictures, &[0, 1, 2, 0], step, 1000).unwrap();
        }
        let state = State::new(&model.state());
        for (optimizer, steps) in [
            ("alone.encoder_s", 6),
            ("alone.mixture.mu", 6),
            ("encoder_s", 2),
            ("mixture.mu", 0),
        ] {
            let name = format!("adam.{optimizer}.step");
            assert_eq!(state.number(&name).unwrap(), steps, "{optimizer}");
        }
        let moved = before.iter().zip(state.part("mixture")).map(|(old, new)| {
            let moved = old
                .values
                .iter()
                .zip(&new.values)
                .map(|(a, b)| (a - b).abs());
            moved.fold(0.0, f32::max)
        });
        let moved: Vec<f32> = moved.collect();
        assert!(
            moved[0] > 1e-4 && moved[1] < 1e-7,
            "mu, variance: {moved:?}"
        );
    }

    /// Half of the generated latents have `z_s` of a picture with `z_u` of another, the rest are draws of its class.
    #[test]
    fn new_latents_are_swaps_and_draws() {
        let device = Cpu::seed_from_u64(7);
        let config = Config::of_model("lr-livae").unwrap();
        let model = Autoencoder::new(&Nano, &device, &config, 3);
        let (label, style) = (6, 8);
        let codes = |columns: usize, start: f32| {
            let values: Vec<f32> = (0..4 * columns).map(|i| start + i as f32).collect();
            recorded(&upload(&device, (4, columns), &values))
        };
        let (z_s, z_u) = (codes(label, 100.0), codes(style, 1000.0));
        let pictures = upload(&device, (4, 256), &vec![0.3; 4 * 256]);
        let batch = Batch {
            pictures: &pictures,
            classes: &[0, 1, 2, 0],
            labels: one_hot(&device, &[0, 1, 2, 0], 3),
            part: 0.5,
            rate: 1.0,
        };
        let mut noise = Noise::new(&device, 1, 0);
        let (new_s, new_u) = model.new_latents(&z_s, &z_u, &batch, &mut noise);
        let (new_s, new_u) = (new_s.as_vec(), new_u.as_vec());
        assert_eq!(new_s[..2 * label], z_s.as_vec()[..2 * label]);
        assert_eq!(new_u[..2 * style], z_u.as_vec()[2 * style..]);
        let prior = model.prior();
        for (row, class) in [(2, 2), (3, 0)] {
            for d in 0..label {
                let off = new_s[row * label + d] - prior.mu[class * label + d];
                let deviation = prior.sigma[class * label + d];
                assert!(off != 0.0 && off.abs() < 5.0 * deviation, "{row}: {off}");
            }
            let drawn = &new_u[row * style..][..style];
            assert!(drawn.iter().all(|draw| draw.abs() < 6.0), "{drawn:?}");
        }
    }

    /// The class means are a loss of `Encoder_U` alone.
    #[test]
    fn class_means_train_the_encoder_of_z_u() {
        let values: Vec<f32> = (0..4 * 256)
            .map(|i| (i as f32 * 0.37).sin().abs())
            .collect();
        let stepped = |weight: f32| {
            let device = Cpu::seed_from_u64(3);
            let pictures = upload(&device, (4, 256), &values);
            let mut config = Config::of_model("lr-livae").unwrap();
            config.loss.class_mean = weight;
            let mut model = Autoencoder::new(&Nano, &device, &config, 3);
            let losses = model.step(&pictures, &[0, 1, 2, 0], 0, 1000).unwrap();
            (losses.class_mean, State::new(&model.state()))
        };
        let [(none, without), (some, with)] = [0.0, 50.0].map(stepped);
        assert!(none == 0.0 && some != 0.0, "{none} {some}");
        assert!(without.part("encoder_u") != with.part("encoder_u"));
        assert!(without.part("encoder_s") == with.part("encoder_s"));
    }

    /// With a fitted prior the drawn half is its draws, in turn joint and of the styles.
    #[test]
    fn new_latents_are_drawn_from_a_fitted_prior() {
        let device = Cpu::seed_from_u64(7);
        let config = Config::of_model("lr-livae").unwrap();
        let mut model = Autoencoder::new(&Nano, &device, &config, 3);
        let (label, style) = (6, 8);
        let normal = |mean: f32, dimensions: usize| Normal {
            weight: 0,
            mean: vec![mean; dimensions],
            deviation: vec![0.0; dimensions],
        };
        let of_class = |class: usize| vec![normal(class as f32, label + style)];
        model.mixture = Some(MixturePrior {
            components: (0..3).map(of_class).collect(),
            styles: vec![normal(-5.0, style)],
        });
        let codes =
            |columns: usize| recorded(&upload(&device, (4, columns), &vec![9.0; 4 * columns]));
        let pictures = upload(&device, (4, 256), &vec![0.3; 4 * 256]);
        let batch = Batch {
            pictures: &pictures,
            classes: &[0, 1, 2, 1],
            labels: one_hot(&device, &[0, 1, 2, 1], 3),
            part: 0.5,
            rate: 1.0,
        };
        let mut noise = Noise::new(&device, 1, 0);
        let (new_s, new_u) = model.new_latents(&codes(label), &codes(style), &batch, &mut noise);
        let rows = |values: Vec<f32>, columns: usize| -> Vec<f32> {
            let rows = values.chunks_exact(columns);
            rows.map(|row| row[0]).collect()
        };
        assert_eq!(rows(new_s.as_vec(), label), [9.0, 9.0, 2.0, 1.0]);
        assert_eq!(rows(new_u.as_vec(), style), [9.0, 9.0, 2.0, -5.0]);
    }

    #[test]
    fn a_model_that_is_told_the_class_reads_no_picture_without() {
        let device = Cpu::seed_from_u64(4);
        let config = Config::of_model("cvae").unwrap();
        let model = Autoencoder::new(&Nano, &device, &config, 3);
        let pictures = upload(&device, (2, 256), &vec![0.3; 2 * 256]);
        assert!(model.encode(pictures.clone(), None).is_err());
        let codes = model.encode(pictures, Some(&[2, 0])).unwrap();
        let prior = model.prior();
        assert_eq!(
            codes.z_s[..prior.dimensions],
            prior.mu[2 * prior.dimensions..]
        );
    }
}
