//! The networks of a run, as the commands that draw figures use them.

use super::{CpuPreset, Presets};
use crate::config::Config;
use crate::data::{Dataset, Format};
use crate::figures::{Generator, Networks};
use crate::grid::Grid;
use crate::model::{Autoencoder, ClassSource, Codes};
use crate::train::Checkpoint;
use anyhow::{Context, Result, ensure};
use dfdx::tensor::Cpu;
use pixling::{Request, Temperature};
use std::path::{Path, PathBuf};

/// A trained run without its data.
pub(super) struct Run {
    pub(super) preset: CpuPreset,
    pub(super) device: Cpu,
    pub(super) config: Config,
    pub(super) model: Autoencoder<Cpu>,
    pub(super) labels: Vec<String>,
}

impl Run {
    /// Loads the networks of a run folder.
    pub(super) fn load(presets: &Presets, folder: &Path) -> Result<Run> {
        Run::of(presets, folder, Checkpoint::load(folder)?)
    }

    /// Loads the networks of a run folder with the run's data, or with other data of the same classes.
    pub(super) fn load_with_data(
        presets: &Presets,
        folder: &Path,
        other: Option<&str>,
    ) -> Result<(Run, Dataset)> {
        let checkpoint = Checkpoint::load(folder)?;
        let data = data_of(presets, folder, &checkpoint, other, false)?;
        Ok((Run::of(presets, folder, checkpoint)?, data))
    }

    /// The trained model of a checkpoint, on a device of its own.
    pub(super) fn of(presets: &Presets, folder: &Path, checkpoint: Checkpoint) -> Result<Run> {
        ensure!(
            checkpoint.complete,
            "{} stopped at step {}: complete it with pixling train --resume --out {0}",
            folder.display(),
            checkpoint.step
        );
        let Checkpoint { config, labels, .. } = checkpoint;
        let preset = presets.named(&config.preset)?;
        let device = super::cpu(config.seed);
        let mut model = Autoencoder::new(preset, &device, &config, labels.len());
        model.load_state(&checkpoint.tensors).with_context(|| {
            format!(
                "{}: the checkpoint does not fit this version, train again",
                folder.display()
            )
        })?;
        Ok(Run {
            preset,
            device,
            config,
            model,
            labels,
        })
    }
}

/// The data of a run, or other data of the same classes.
pub(super) fn data_of(
    presets: &Presets,
    folder: &Path,
    checkpoint: &Checkpoint,
    other: Option<&str>,
    quiet: bool,
) -> Result<Dataset> {
    let format = presets.named(&checkpoint.config.preset)?.sizes().picture;
    let data = super::load_data(other.unwrap_or(&checkpoint.config.data), format, quiet)?;
    if other.is_none() {
        checkpoint.check_data(folder, &data)?;
    }
    ensure!(
        data.labels == checkpoint.labels,
        "{} was trained on other classes than {} has: choose data of the classes {}",
        folder.display(),
        data.name,
        checkpoint.labels.join(", ")
    );
    Ok(data)
}

impl Generator for Run {
    fn format(&self) -> Format {
        self.model.sizes().picture
    }

    fn labels(&self) -> Vec<String> {
        self.labels.clone()
    }

    fn draw(&self, requests: &[Request]) -> Result<Vec<u8>> {
        Ok(self.decode(&self.latents(requests)))
    }
}

impl Networks for Run {
    fn dimensions(&self) -> (usize, usize) {
        let sizes = self.model.sizes();
        (sizes.label, sizes.style)
    }

    fn class_source(&self) -> ClassSource {
        self.model.class_source()
    }

    fn latents(&self, requests: &[Request]) -> Vec<f32> {
        self.model.latents_of(requests)
    }

    fn decode(&self, latents: &[f32]) -> Vec<u8> {
        self.model.decode_to_bytes(latents)
    }

    fn encode(&self, pictures: &[u8], classes: &[u16]) -> Result<Codes> {
        self.model.encode_bytes(pictures, Some(classes))
    }
}

/// Refuses a model that draws the same whatever the class, for figures that compare classes.
pub(super) fn check_classes(source: ClassSource) -> Result<()> {
    ensure!(
        source != ClassSource::None,
        "a vae knows no classes: choose a run of another model, or sample, inpaint, latents or eval for this one"
    );
    Ok(())
}

/// Refuses a sheet that is too large to look at, before it is drawn; `instead` suggests a smaller one.
pub(super) fn check_size(pictures: usize, instead: &str) -> Result<()> {
    const MOST: usize = 20_000;
    ensure!(
        pictures <= MOST,
        "a sheet of {pictures} pictures is more than the {MOST} that are drawn: {instead}"
    );
    Ok(())
}

/// Writes a sheet, enlarged so that a person sees its pixels.
pub(super) fn save(sheet: &Grid, path: &Path) -> Result<()> {
    sheet.save(path, sheet.scale())
}

/// Parses `--out`, whose ending must agree with the contents.
pub(super) fn ending(ending: &'static str) -> impl Fn(&str) -> Result<PathBuf, String> + Clone {
    move |text| {
        let path = PathBuf::from(text);
        let found = path.extension().and_then(|found| found.to_str());
        match found {
            Some(found) if found.eq_ignore_ascii_case(ending) => Ok(path),
            _ => Err(format!(
                "what is written is of this kind: name it .{ending}"
            )),
        }
    }
}

/// Parses `--temperature`, a factor on a deviation.
pub(super) fn temperature(text: &str) -> Result<Temperature, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=10.0).contains(&value) => {
            Ok(Temperature::from_percent((value * 100.0).round() as u16))
        }
        _ => Err("choose a number from 0 to 10; 1 is as trained".into()),
    }
}
