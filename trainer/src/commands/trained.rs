//! A trained model with its data and codes.

use super::networks::Run;
use super::{CpuPreset, Presets};
use crate::config::Config;
use crate::data::Dataset;
use crate::export::{Card, Draft, Exported, Settings, finetune};
use crate::metrics::{Evaluation, Subject, evaluate};
use crate::model::{Autoencoder, Codes, feed};
use crate::train::{Checkpoint, Judge, kept_judge, progress_bar};
use anyhow::{Result, ensure};
use dfdx::tensor::Cpu;
use std::path::Path;

/// A model, its data and the codes of the training pictures.
pub(super) struct Trained {
    pub(super) preset: CpuPreset,
    pub(super) device: Cpu,
    pub(super) config: Config,
    pub(super) data: Dataset,
    pub(super) model: Autoencoder<Cpu>,
    pub(super) codes: Codes,
}

impl Trained {
    /// Loads a run with its data, or with other data of the same classes.
    pub(super) fn load(
        presets: &Presets,
        folder: &Path,
        checkpoint: Checkpoint,
        other_data: Option<&str>,
    ) -> Result<Self> {
        let format = presets.named(&checkpoint.config.preset)?.sizes().picture;
        let data = super::load_data(other_data.unwrap_or(&checkpoint.config.data), format)?;
        Self::on(presets, folder, checkpoint, data)
    }

    /// Loads a run, on data that was loaded before.
    pub(super) fn on(
        presets: &Presets,
        folder: &Path,
        checkpoint: Checkpoint,
        data: Dataset,
    ) -> Result<Self> {
        ensure!(
            data.labels == checkpoint.labels,
            "{} was trained on other classes than those of {}",
            folder.display(),
            data.name
        );
        let Run {
            preset,
            device,
            config,
            model,
            ..
        } = Run::of(presets, folder, checkpoint)?;
        Ok(Trained {
            codes: model.encode_bytes(&data.train.pixels, Some(&data.train.classes))?,
            preset,
            device,
            config,
            data,
            model,
        })
    }

    /// Quantizes the model into a file of int8.
    pub(super) fn export(&self, name: &str) -> Result<Exported> {
        Ok(self.draft(name, Settings::default())?.finish(&self.model)?)
    }

    /// Chooses the quantization of the model.
    pub(super) fn draft(&self, name: &str, settings: Settings) -> Result<Draft> {
        let card = Card {
            name: name.into(),
            data: self.data.name.clone(),
            licence: self.data.licence.clone(),
            labels: self.data.labels.clone(),
        };
        Ok(Draft::new(&self.model, &self.codes, &card, settings)?)
    }

    /// Fine-tunes the decoder of a draft.
    pub(super) fn finetune(&mut self, draft: &mut Draft, steps: u32, quiet: bool) -> Result<()> {
        feed::check(&self.data, self.config.batch)?;
        let from = (&self.config, &self.data, &self.codes);
        finetune(&self.device, &mut self.model, from, draft, steps, quiet)?;
        Ok(())
    }

    /// All figures of the model and of its file.
    pub(super) fn evaluate(
        &self,
        exported: &Exported,
        judge: &Judge<Cpu>,
        z_s_temperature: u16,
    ) -> Result<Evaluation> {
        let subject = Subject {
            preset: self.preset,
            model: &self.model,
            file: &exported.model()?,
            decode: &|latents| Ok(exported.decode(latents)?),
            codes: &self.codes,
        };
        evaluate(&self.device, subject, &self.data, judge, z_s_temperature)
    }
}

/// The name of a run: the name of its folder.
pub(super) fn run_name(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let name = folder.file_name();
    name.map_or_else(|| "model".into(), |name| name.to_string_lossy().into())
}

/// The judge of a data set. It has a seed of its own: the same judge measures every model.
pub(super) fn judge(preset: CpuPreset, data: &Dataset, quiet: bool) -> Result<Judge<Cpu>> {
    const SEED: u64 = 7;
    let device = super::cpu(SEED);
    let epochs = if data.train.len() < 30_000 { 2 } else { 4 };
    let bar = progress_bar(1000, "judge", quiet);
    let judge = kept_judge(preset, &device, data, (SEED, epochs), |part| {
        bar.set_position((part * 1000.0) as u64)
    })?;
    bar.finish();
    Ok(judge)
}
