//! `pixling train`.

use super::{CpuPreset, Presets, say};
use crate::config::Config;
use crate::data::Dataset;
use crate::files;
use crate::interruption::Saving;
use crate::model::{Autoencoder, feed};
use crate::train::{Checkpoint, Fingerprint, Lock, Output, Progress, Resume, train};
use anyhow::{Result, ensure};
use clap::Args;
use dfdx::tensor::Cpu;
use pixling_io::check_outputs;
use std::path::{Path, PathBuf};

/// The data of the paper's toy experiment.
const TOY: &str = "toy";
/// The file of a run's settings in its folder.
const CONFIG: &str = "config.toml";
/// The list of the files of the data that could not be read, in the folder of the run.
const SKIPPED: &str = "skipped.txt";

/// Options of `pixling train`.
#[derive(Args, Debug)]
pub(super) struct Train {
    /// strokes, idx:FOLDER, folder:FOLDER, fonts:FOLDER, or prepared by tools/data: fashion-mnist, avatars, emoji,
    /// glyphs, silhouettes. Options follow a colon: strokes:all, folder:pets:fit=letterbox,test=0.2, glyphs:capitals. toy
    /// is the paper's experiment with three arcs.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Sizes of pictures and networks: nano (grey 16x16, a file of 8 KiB), micro and micro-plain (grey 28x28, 32 KiB),
    /// micro-small (grey 28x28, 16 KiB), mini (colour 32x32, 64 KiB) or milli (colour 64x64, 192 KiB).
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// lr-livae-gan (if none is given), lr-livae, cvae-gan, cvae or vae.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Go on with the run in the folder from what it saved last, with its settings. Options that are given must agree
    /// with them.
    #[arg(long)]
    resume: bool,
    /// The run folder: config.toml, checkpoint.safetensors, log.csv, samples/, and skipped.txt if files of the data cannot
    /// be read.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Settings in TOML.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A setting, such as epochs=30 or loss.kl=0.5; later ones win.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Seeds everything.
    #[arg(long)]
    seed: Option<u64>,
    /// cpu.
    #[arg(long, default_value = "cpu")]
    device: String,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

impl Train {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        super::check_device(&self.device)?;
        if self.data.as_deref() == Some(TOY) {
            return self.toy();
        }
        let (config, saved) = if self.resume {
            self.saved()?
        } else {
            (self.config()?, None)
        };
        let preset = presets.named(&config.preset)?;
        let data = super::load_data(&config.data, preset.sizes().picture, self.quiet)?;
        if self.resume && saved.is_none() {
            say!(
                "{}: there is no checkpoint yet, {} on {} is trained from the start",
                self.out.display(),
                config.model,
                config.data
            )?;
        }
        if let Some(saved) = &saved {
            saved.check_data(&self.out, &data)?;
        }
        feed::check(&data, config.batch)?;
        files::folder(&self.out)?;
        let config = config.for_pictures(data.train.len());
        if !self.quiet {
            eprint!("{}", plan(&config, &data));
        }
        let saving = Saving::begin();
        let output = Output {
            folder: Some(self.out.clone()),
            quiet: self.quiet,
            interrupted: saving.flag(),
            ..Output::default()
        };
        let complete = train_run(preset, &config, &data, &self.out, output, saved.as_ref())?;
        self.say_next(complete, config.epochs)
    }

    /// The paper's toy experiment, which has settings of its own.
    fn toy(&self) -> Result<()> {
        let other =
            self.preset.is_some() || self.model.is_some() || self.resume || self.config.is_some();
        ensure!(
            !other,
            "--data toy trains two models of its own: give --out, --seed, --set and --quiet only"
        );
        let seed = self.seed.unwrap_or(1);
        super::toy::run(&self.out, seed, &self.settings, self.quiet)
    }

    fn say_next(&self, complete: bool, epochs: u32) -> Result<()> {
        let folder = self.out.display();
        if complete {
            say!("{folder}: trained {epochs} epochs; next: pixling export {folder} -o model.pxl")
        } else {
            say!("{folder}: stopped and saved; go on with pixling train --resume --out {folder}")
        }
    }

    /// The settings of a new run.
    fn config(&self) -> Result<Config> {
        ensure!(
            !Checkpoint::exists(&self.out),
            "{} holds a run: go on with it by --resume, choose another folder for --out, or remove it",
            self.out.display()
        );
        if self.out.is_dir() {
            check_outputs([&*self.out.join(CONFIG)], self.config.as_deref())?;
        }
        Config::load(self.config.as_deref(), &self.settings())
    }

    /// The options that are settings.
    fn settings(&self) -> Vec<String> {
        let mut settings = self.settings.clone();
        for (key, value) in [
            ("data", &self.data),
            ("preset", &self.preset),
            ("model", &self.model),
        ] {
            settings.extend(value.as_deref().map(|value| text_setting(key, value)));
        }
        settings.extend(self.seed.map(|seed| format!("seed={seed}")));
        settings
    }

    /// The settings and the state of an interrupted run; without a state it was killed before one was saved, or even
    /// before it made its folder.
    fn saved(&self) -> Result<(Config, Option<Checkpoint>)> {
        let path = self.out.join(CONFIG);
        let (run, checkpoint) = if Checkpoint::exists(&self.out) {
            let checkpoint = Checkpoint::load(&self.out)?;
            (checkpoint.config.clone(), Some(checkpoint))
        } else if path.exists() {
            (Config::load(Some(&path), &[])?, None)
        } else {
            (self.config()?, None)
        };
        // The data of a run that was saved may be elsewhere now: it is told by its contents.
        let run = match (&checkpoint, &self.data) {
            (Some(Checkpoint { data: Some(_), .. }), Some(spec)) => {
                run.with(&[text_setting("data", spec)])?
            }
            _ => run,
        };
        let differences = run.differences_from(self.config.as_deref(), &self.settings())?;
        ensure!(
            differences.is_empty(),
            "{} holds a run with other settings: {}; leave out the options that differ to go on with it, or choose \
             another folder for --out",
            self.out.display(),
            differences.join(", ")
        );
        ensure!(
            !checkpoint.as_ref().is_some_and(|saved| saved.complete),
            "{} is complete: next is pixling export {0}",
            self.out.display()
        );
        Ok((run, checkpoint))
    }
}

/// A setting whose value is a text, whatever is in it.
pub(super) fn text_setting(key: &str, value: &str) -> String {
    format!("{key}={}", toml::Value::String(value.into()))
}

/// The length of a training, in lines.
fn plan(config: &Config, data: &Dataset) -> String {
    /// Steps below which pictures are blurred.
    const FEW: usize = 1000;
    let per_epoch = data.train.len() / config.batch;
    let steps = per_epoch * config.epochs as usize;
    let mut text = format!(
        "{}: {} pictures to learn from, {} to measure on; {} epochs of {per_epoch} steps, {steps} together\n",
        data.name,
        data.train.len(),
        data.test.len(),
        config.epochs
    );
    if steps < FEW {
        text += &format!(
            "warning: {steps} steps are few, the pictures will be blurred: set epochs={} or more\n",
            FEW.div_ceil(per_epoch.max(1))
        );
    }
    text
}

/// Trains a run in its folder, or continues it. Gives whether it was completed or interrupted.
pub(super) fn train_run(
    preset: CpuPreset,
    config: &Config,
    data: &Dataset,
    folder: &Path,
    output: Output,
    saved: Option<&Checkpoint>,
) -> Result<bool> {
    feed::check(data, config.batch)?;
    files::folder(folder)?;
    let _lock = Lock::of(folder)?;
    files::write(&folder.join(CONFIG), config.to_toml()?.as_bytes())?;
    if !data.skipped.is_empty() {
        let lines: String = data
            .skipped
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        files::write(&folder.join(SKIPPED), lines.as_bytes())?;
    }
    let device = super::cpu(config.seed);
    let resume = saved.map(|checkpoint| Resume {
        state: &checkpoint.tensors,
        step: checkpoint.step,
    });
    let fingerprint = Fingerprint::of(data);
    let save = |model: &Autoencoder<Cpu>, progress: Progress| {
        let checkpoint = Checkpoint {
            config: config.clone(),
            step: progress.step,
            complete: progress.complete,
            labels: data.labels.clone(),
            data: Some(fingerprint.clone()),
            tensors: model.state(),
        };
        checkpoint.save(folder)
    };
    let (_, complete) = train(preset, &device, config, data, &output, resume, save)?;
    Ok(complete)
}
