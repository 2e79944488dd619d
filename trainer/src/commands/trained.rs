//! A trained model with its data and codes.

use super::networks::{Run, data_of};
use super::{CpuPreset, Presets};
use crate::data::Dataset;
use crate::export::{Card, Draft, Exported, Settings, finetune};
use crate::figures::Networks;
use crate::metrics::{Evaluation, Sampling, Subject, evaluate};
use crate::model::{Codes, Components, feed};
use crate::train::{Checkpoint, Judge, LATENTS, kept_judge, progress_bar};
use anyhow::Result;
use clap::Args;
use dfdx::tensor::Cpu;
use std::path::Path;

/// The number of pictures that figures are measured on.
#[derive(Args, Debug)]
pub(super) struct SampleCount {
    /// Pictures that are drawn for each form of the figures, of all classes together. Fewer are faster, and have larger
    /// Frechet distances.
    #[arg(long, value_name = "N", default_value_t = Sampling::default().samples)]
    samples: usize,
}

impl SampleCount {
    pub(super) fn at(&self, z_s_temperature: u16) -> Sampling {
        Sampling {
            samples: self.samples,
            z_s_temperature,
        }
    }
}

/// A run, its data and the codes of the training pictures.
pub(super) struct Trained {
    pub(super) run: Run,
    pub(super) data: Dataset,
    pub(super) codes: Codes,
}

impl Trained {
    /// Loads a run with its data, which a spec may name that is elsewhere now.
    pub(super) fn load(
        presets: &Presets,
        folder: &Path,
        checkpoint: Checkpoint,
        spec: Option<&str>,
        quiet: bool,
    ) -> Result<Self> {
        let format = presets.named(&checkpoint.config.preset)?.sizes().picture;
        let data = super::load_data(spec.unwrap_or(&checkpoint.config.data), format, quiet)?;
        checkpoint.check_data(folder, &data)?;
        Self::on(presets, folder, checkpoint, data)
    }

    /// Loads a run with its data, or with other data of the same classes.
    pub(super) fn load_with(
        presets: &Presets,
        folder: &Path,
        checkpoint: Checkpoint,
        other: Option<&str>,
        quiet: bool,
    ) -> Result<Self> {
        let data = data_of(presets, folder, &checkpoint, other, quiet)?;
        Self::on(presets, folder, checkpoint, data)
    }

    /// Loads a run, on its data, which was loaded before.
    pub(super) fn on(
        presets: &Presets,
        folder: &Path,
        checkpoint: Checkpoint,
        data: Dataset,
    ) -> Result<Self> {
        let run = Run::of(presets, folder, checkpoint)?;
        let codes = run.encode(&data.train.pixels, &data.train.classes)?;
        Ok(Trained { run, data, codes })
    }

    /// Chooses the quantization of the model.
    pub(super) fn draft(&self, name: &str, settings: Settings) -> Result<Draft> {
        let card = Card {
            name: name.into(),
            data: self.data.name.clone(),
            licence: self.data.licence.clone(),
            labels: self.data.labels.clone(),
        };
        Ok(Draft::new(&self.run.model, &self.codes, &card, settings)?)
    }

    /// Fits a mixture to the codes of the training pictures, which latents are drawn from from now on.
    pub(super) fn fit_prior(&mut self, numbers: [Components; 2]) {
        let classes = &self.data.train.classes;
        self.run
            .model
            .fit_prior(&self.codes, classes, numbers, LATENTS);
    }

    /// Steps of the training.
    pub(super) fn steps(&self) -> u64 {
        let config = &self.run.config;
        (self.data.train.len() / config.batch) as u64 * u64::from(config.epochs)
    }

    /// Fine-tunes the decoder of a draft.
    pub(super) fn finetune(&mut self, draft: &mut Draft, steps: u32, quiet: bool) -> Result<()> {
        let run = &mut self.run;
        feed::check(&self.data, run.config.batch)?;
        let from = (&run.config, &self.data, &self.codes);
        finetune(&run.device, &mut run.model, from, draft, steps, quiet)?;
        Ok(())
    }

    /// All figures of the model and of its file.
    pub(super) fn evaluate(
        &self,
        exported: &Exported,
        judge: &Judge<Cpu>,
        sampling: Sampling,
    ) -> Result<Evaluation> {
        let subject = Subject {
            preset: self.run.preset,
            model: &self.run.model,
            file: &exported.model()?,
            decode: &|latents| Ok(exported.decode(latents)?),
            codes: &self.codes,
        };
        let device = &self.run.device;
        evaluate(device, subject, &self.data, judge, sampling)
    }
}

/// The name of a run: the name of its folder.
pub(super) fn run_name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let name = folder.file_name();
    name.map_or_else(
        || "model".into(),
        |name| pixling_io::escaped(&name.to_string_lossy()),
    )
}

/// The judge of a data set. It has a seed of its own: the same judge measures every model.
pub(super) fn judge(preset: CpuPreset, data: &Dataset, quiet: bool) -> Result<Judge<Cpu>> {
    const SEED: u64 = 7;
    let device = super::cpu(SEED);
    let bar = progress_bar(1000, "judge", quiet);
    let judge = kept_judge(preset, &device, data, SEED, |part| {
        bar.set_position((part * 1000.0) as u64)
    })?;
    bar.finish();
    Ok(judge)
}
