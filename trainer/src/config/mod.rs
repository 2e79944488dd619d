//! The settings of a run.

mod settings;

use crate::data;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use settings::one_line;
use std::path::Path;

/// All settings; the defaults are Lr-LiVAE-GAN's and chosen for tiny networks. Losses are sums over pixels and
/// dimensions and means over the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data set: see `pixling train --help`.
    pub data: String,
    /// Sizes of pictures and networks.
    pub preset: String,
    /// The model.
    pub model: ModelName,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Passes over the training pictures. 0 stands for the number of [`Config::for_pictures`].
    pub epochs: u32,
    /// Pictures per step.
    pub batch: usize,
    /// Weights of the losses.
    pub loss: LossConfig,
    /// Optimizers and averaging.
    pub optimizer: OptimizerConfig,
}

/// Weights of the losses and their parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossConfig {
    /// On `L_rec`, the squared error.
    pub reconstruction: f32,
    /// On `L_kl`.
    pub kl: f32,
    /// On `L_cls`.
    pub classification: f32,
    /// On `L_lkd`.
    pub likelihood: f32,
    /// On `L_E^adv`, reached at half of the training.
    pub adversarial: f32,
    /// On `L_con`, ours, not the paper's: the frozen mixture posterior of `Encoder_S(G(z_s, z_u))` against the class
    /// that was asked for. 0 switches it off.
    pub consistency: f32,
    /// On the product of each code of `z_u` with the mean code of its class, less the mean of all classes (ours): takes
    /// the part of the class out of `z_u` that is in its mean.
    pub class_mean: f32,
    /// On the classification of draws from the mixture itself, which keeps its classes apart (ours).
    pub overlap: f32,
    /// On `L_GD`, the generator's loss against the discriminator. 0 for the models without one.
    pub gan: f32,
    /// Gamma of the R1 penalty on the discriminator's slope.
    pub gan_slope: f32,
    /// Part of the training after which consistency, overlap and the GAN start.
    pub consistency_from: f32,
    /// Standard deviation of the noise on `z_s`. Without it `z_u` collapses.
    pub z_s_noise: f32,
}

/// Optimizers and averaging.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerConfig {
    /// Learning rate of encoders, mixture and decoder; warmed up over 100 steps, held, then lowered by a cosine.
    pub learning_rate: f32,
    /// Learning rate of the adversarial classifier.
    pub adversary_learning_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_learning_rate: f32,
    /// Part of the training for which the learning rate is held.
    pub hold: f32,
    /// Adam's two decays.
    pub betas: [f32; 2],
    /// Decay of the decoder's moving average.
    pub average: f32,
    /// `merged` or `reference`.
    pub schedule: Schedule,
    /// Steps on `L_GM` alone for each step of the reference's schedule.
    pub label_steps: u32,
    /// Learning rate of `Sigma_c` at the start of the reference's schedule; it halves with every twentieth of the
    /// training.
    pub variance_learning_rate: f32,
}

/// The models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelName {
    /// One Gaussian latent and no classes.
    Vae,
    /// The class is an input of encoder and decoder.
    Cvae,
    /// The same with a discriminator.
    CvaeGan,
    /// `z_s` with a Gaussian for each class, `z_u` free of the class.
    LrLivae,
    /// The same with a discriminator.
    LrLivaeGan,
}

impl ModelName {
    /// All of them.
    pub const ALL: [ModelName; 5] = [
        ModelName::Vae,
        ModelName::Cvae,
        ModelName::CvaeGan,
        ModelName::LrLivae,
        ModelName::LrLivaeGan,
    ];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            ModelName::Vae => "vae",
            ModelName::Cvae => "cvae",
            ModelName::CvaeGan => "cvae-gan",
            ModelName::LrLivae => "lr-livae",
            ModelName::LrLivaeGan => "lr-livae-gan",
        }
    }

    /// Whether it has a discriminator.
    pub fn is_gan(self) -> bool {
        matches!(self, ModelName::CvaeGan | ModelName::LrLivaeGan)
    }
}

impl std::fmt::Display for ModelName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for ModelName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<ModelName> {
        let found = ModelName::ALL
            .into_iter()
            .find(|model| model.name() == text);
        found.with_context(|| {
            let names = ModelName::ALL.map(ModelName::name).join(", ");
            format!("there is no model {text:?}: choose one of {names}")
        })
    }
}

/// The order in which the losses of a step train the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// One backward pass of the sum of all losses; the adversarial classifier and the discriminator apart.
    Merged,
    /// As in the authors' implementation: `label_steps` steps of `Encoder_S` and the mixture on `L_GM` alone, with
    /// optimizers of their own, then each network by the losses of the paper's table: `Encoder_S` by `L_rec` and
    /// `L_lkd`, `Encoder_U` by `L_rec`, `L_kl` and `L_E^adv`; generated pictures train the decoder only.
    Reference,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data: "strokes".into(),
            preset: "micro".into(),
            model: ModelName::LrLivaeGan,
            seed: 1,
            epochs: 0,
            batch: 64,
            loss: LossConfig::default(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        LossConfig {
            reconstruction: 1.0,
            kl: 0.5,
            classification: 20.0,
            likelihood: 2.0,
            adversarial: 16.0,
            class_mean: 20.0,
            consistency: 6.0,
            overlap: 5.0,
            gan: 50.0,
            gan_slope: 0.05,
            consistency_from: 0.1,
            z_s_noise: 0.8,
        }
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        OptimizerConfig {
            learning_rate: 2e-3,
            adversary_learning_rate: 2e-3,
            discriminator_learning_rate: 2e-3,
            hold: 0.3,
            betas: [0.5, 0.99],
            average: 0.998,
            schedule: Schedule::Merged,
            label_steps: 3,
            variance_learning_rate: 2e-3,
        }
    }
}

impl OptimizerConfig {
    /// The factor on the learning rate at a step of a training.
    pub fn schedule(&self, step: u64, steps: u64) -> f32 {
        let warm = ((step + 1) as f32 / 100.0).min(1.0);
        let part = step as f32 / steps.max(1) as f32;
        let tail = ((part - self.hold) / (1.0 - self.hold).max(1e-6)).clamp(0.0, 1.0);
        warm * (0.02 + 0.98 * 0.5 * (1.0 + (std::f32::consts::PI * tail).cos()))
    }

    /// The learning rate of `Sigma_c` in the reference's schedule.
    pub fn variance_rate(&self, part: f32) -> f32 {
        self.variance_learning_rate * 0.5f32.powf(part * 20.0)
    }
}

/// The settings that a file and `key=value` settings name.
fn given(file: Option<&Path>, settings: &[String]) -> Result<toml::Table> {
    let mut table = match file {
        None => toml::Table::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            text.parse()
                .map_err(|error: toml::de::Error| one_line(error.message()))
                .with_context(|| path.display().to_string())?
        }
    };
    settings::set_all(&mut table, settings)?;
    Ok(table)
}

impl Config {
    /// Defaults, then the file, then `key=value` settings.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or a key or value is unknown: the message names the nearest key.
    pub fn load(file: Option<&Path>, settings: &[String]) -> Result<Config> {
        let table = given(file, settings)?;
        let default = Config::default().model.name();
        let model = match table.get("model") {
            None => default,
            Some(value) => value.as_str().context("model: write it as a name")?,
        };
        Config::of_model(model)?.overlaid(table)
    }

    /// The same with `key=value` settings.
    ///
    /// # Errors
    ///
    /// When a key or value is unknown.
    pub fn with(&self, settings: &[String]) -> Result<Config> {
        self.overlaid(given(None, settings)?)
    }

    fn overlaid(&self, table: toml::Table) -> Result<Config> {
        let config = self.merged(table)?;
        config.check()?;
        Ok(config)
    }

    /// The settings with others over them, of which no range is checked.
    fn merged(&self, table: toml::Table) -> Result<Config> {
        let mut complete = toml::Table::try_from(self)?;
        settings::check(&table, &complete)?;
        settings::merge(&mut complete, table);
        complete
            .try_into()
            // Its text, unlike its message, names the setting.
            .map_err(|error: toml::de::Error| one_line(&error.to_string()))
            // A run finds its data from wherever it is used.
            .map(|config: Config| Config {
                data: data::absolute(&config.data),
                ..config
            })
    }

    /// The defaults of a model.
    ///
    /// # Errors
    ///
    /// When there is no such model.
    pub fn of_model(name: &str) -> Result<Config> {
        let model: ModelName = name.parse()?;
        let mut config = Config {
            model,
            ..Config::default()
        };
        if model == ModelName::Vae {
            config.loss.consistency = 0.0;
        }
        if !model.is_gan() {
            config.loss.gan = 0.0;
            config.optimizer.betas = [0.9, 0.99];
        }
        Ok(config)
    }

    /// The settings for a number of training pictures: epochs are as many as make about 13,000 steps, or 18,700 of a model
    /// without a discriminator, but 2 to 400, unless they are set.
    pub fn for_pictures(&self, pictures: usize) -> Config {
        let mut config = self.clone();
        if config.epochs == 0 {
            let steps = if self.model.is_gan() { 13_118 } else { 18_740 };
            let per_epoch = (pictures / self.batch).max(1);
            let epochs = (steps + per_epoch / 2) / per_epoch;
            config.epochs = epochs.clamp(2, 400) as u32;
        }
        config
    }

    /// Says how other settings differ from these, the settings of a run: for each setting that does, its name and both
    /// values.
    ///
    /// # Errors
    ///
    /// Never for valid configurations.
    pub fn differences(&self, command: &Config) -> Result<Vec<String>> {
        // In the text of TOML a number has the digits that were written, which a table of `f64` has not.
        let table = |config: &Config| -> Result<toml::Table> { Ok(config.to_toml()?.parse()?) };
        Ok(settings::differences(&table(self)?, &table(command)?))
    }

    /// The same as [`differences`](Self::differences) for what a file and `key=value` settings name; a setting that
    /// they do not name does not differ.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or a key or value is unknown.
    pub fn differences_from(
        &self,
        file: Option<&Path>,
        settings: &[String],
    ) -> Result<Vec<String>> {
        // Not checked as a whole: another model over the settings of the run is a difference, not a fault.
        self.differences(&self.merged(given(file, settings)?)?)
    }

    /// The settings as a file that [`load`](Self::load) reads.
    ///
    /// # Errors
    ///
    /// Never for a valid configuration.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self)?)
    }

    /// Refuses settings that cannot be trained with.
    ///
    /// # Errors
    ///
    /// When a setting is out of range: the message names both.
    pub fn check(&self) -> Result<()> {
        ensure!(
            (2..=4096).contains(&self.batch),
            "batch is {}: choose 2 to 4096",
            self.batch
        );
        let loss = &self.loss;
        for (name, weight) in [
            ("reconstruction", loss.reconstruction),
            ("kl", loss.kl),
            ("classification", loss.classification),
            ("likelihood", loss.likelihood),
            ("adversarial", loss.adversarial),
            ("class_mean", loss.class_mean),
            ("consistency", loss.consistency),
            ("overlap", loss.overlap),
            ("gan", loss.gan),
            ("gan_slope", loss.gan_slope),
            ("z_s_noise", loss.z_s_noise),
        ] {
            ensure!(
                weight.is_finite() && weight >= 0.0,
                "loss.{name} is {weight}: choose a number from 0"
            );
        }
        ensure!(
            self.model != ModelName::Vae || loss.consistency == 0.0,
            "loss.consistency is {}: a vae knows of no classes, leave it 0",
            loss.consistency
        );
        // The names of models say whether they are GANs.
        ensure!(
            self.model.is_gan() == (loss.gan > 0.0),
            "loss.gan is {}, and the model is {}: those whose name ends in -gan have one above 0, the others 0",
            loss.gan,
            self.model
        );
        let optimizer = &self.optimizer;
        ensure!(
            (1..=100).contains(&optimizer.label_steps),
            "optimizer.label_steps is {}: choose 1 to 100",
            optimizer.label_steps
        );
        for (name, rate) in [
            ("variance_learning_rate", optimizer.variance_learning_rate),
            ("learning_rate", optimizer.learning_rate),
            ("adversary_learning_rate", optimizer.adversary_learning_rate),
            (
                "discriminator_learning_rate",
                optimizer.discriminator_learning_rate,
            ),
        ] {
            ensure!(
                rate.is_finite() && rate > 0.0,
                "optimizer.{name} is {rate}: choose a number above 0"
            );
        }
        for (name, part) in [
            ("loss.consistency_from", loss.consistency_from),
            ("optimizer.hold", optimizer.hold),
            ("optimizer.betas", optimizer.betas[0]),
            ("optimizer.betas", optimizer.betas[1]),
            ("optimizer.average", optimizer.average),
        ] {
            ensure!(
                (0.0..1.0).contains(&part),
                "{name} is {part}: choose a number from 0 to below 1"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_override_the_defaults() {
        let config = Config::load(
            None,
            &[
                "epochs=3".into(),
                "loss.kl=1".into(),
                "data=idx:/a b".into(),
            ],
        )
        .unwrap();
        assert_eq!(
            (config.epochs, config.loss.kl, config.data.as_str()),
            (3, 1.0, "idx:/a b")
        );
        assert_eq!(config.batch, Config::default().batch);
    }

    #[test]
    fn the_defaults_of_every_model_are_valid() {
        for model in ModelName::ALL {
            let config = Config::of_model(model.name()).unwrap();
            assert!(config.check().is_ok(), "{model}");
            assert_eq!(config.model, model);
        }
        let none: [String; 0] = [];
        assert_eq!(Config::load(None, &none).unwrap(), Config::default());
        assert_eq!(Config::default().model, ModelName::LrLivaeGan);
    }

    #[test]
    fn epochs_follow_from_the_number_of_pictures() {
        let epochs = |model: ModelName, pictures| {
            let config = Config::of_model(model.name()).unwrap();
            config.for_pictures(pictures).epochs
        };
        let gan = |pictures| epochs(ModelName::LrLivaeGan, pictures);
        assert_eq!([gan(60_000), epochs(ModelName::Cvae, 60_000)], [14, 20]);
        assert_eq!(gan(12_000), 70);
        // Between bounds: neither a part of the pictures, nor a few of them for ever.
        assert_eq!([gan(10_000_000), gan(500), gan(3)], [2, 400, 400]);
        let set = Config {
            epochs: 7,
            ..Config::default()
        };
        assert_eq!(set.for_pictures(500), set);
    }

    #[test]
    fn differences_name_the_setting_and_both_values() {
        let run = Config::load(None, &["loss.kl=0.7".into()]).unwrap();
        let found = |settings: &[&str]| {
            let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
            run.differences_from(None, &settings).unwrap()
        };
        // Settings that are not named, are the same, or are the same written otherwise.
        for same in [
            &[][..],
            &["loss.kl=0.7"],
            &["batch=64", "loss.reconstruction=1"],
        ] {
            assert!(found(same).is_empty(), "{same:?}");
        }
        let settings = ["loss.kl=0.35", "batch=64", "data=emoji", "model=cvae"];
        assert_eq!(
            found(&settings),
            [
                r#"data is "strokes" in the run, the command says "emoji""#,
                "loss.kl is 0.7 in the run, the command says 0.35",
                r#"model is "lr-livae-gan" in the run, the command says "cvae""#,
            ]
        );
        // All settings of another model, not only the named ones.
        let other = Config::of_model("lr-livae").unwrap();
        assert_eq!(run.differences(&other).unwrap().len(), 4);
        assert!(run.differences_from(None, &["loss.kll=1".into()]).is_err());
    }

    #[test]
    fn the_resolved_settings_load_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let config = Config::load(None, &["seed=77".into()]).unwrap();
        std::fs::write(&path, config.to_toml().unwrap()).unwrap();
        assert_eq!(Config::load(Some(&path), &[]).unwrap(), config);
    }

    #[test]
    fn unknown_keys_and_bad_values_are_refused_in_one_line() {
        for (setting, part) in [
            ("epoch=3", "the nearest is `epochs`"),
            ("loss.kll=3", "the nearest is `loss.kl`"),
            ("gan=3", "the nearest is `loss.gan`"),
            (
                "optimiser.learning_rate=3",
                "the nearest is `optimizer.learning_rate`",
            ),
            ("loss=3", "invalid type"),
            ("epochs=many", "`epochs`"),
            ("loss.kl=much", "`loss.kl`"),
            ("epochs=-1", "`epochs`"),
            ("optimizer.average=1", "below 1"),
            ("epochs", "key=value"),
            ("epochs.more=1", "invalid type"),
            ("model=gan", "vae, cvae, cvae-gan, lr-livae, lr-livae-gan"),
            ("optimizer.schedule=odd", "`merged` or `reference`"),
            ("optimizer.label_steps=0", "1 to 100"),
            ("loss.gan=0", "the model is lr-livae-gan"),
        ] {
            let message = format!("{:#}", Config::load(None, &[setting.into()]).unwrap_err());
            assert!(
                message.contains(part) && !message.contains('\n'),
                "{setting}: {message}"
            );
        }
    }

    #[test]
    fn the_schedule_warms_up_holds_and_falls() {
        let optimizer = OptimizerConfig::default();
        let at = |step| optimizer.schedule(step, 10_000);
        assert!(at(0) < 0.02 && (at(99) - 1.0).abs() < 1e-6 && (at(2_900) - 1.0).abs() < 1e-3);
        assert!(at(6_000) < 0.8 && at(9_999) < 0.03);
    }
}
