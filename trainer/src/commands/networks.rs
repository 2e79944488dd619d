//! The networks of a run, whatever its preset: the commands that use a trained model know no types beyond this file.

use super::with_preset;
use crate::data::{Dataset, Format};
use crate::figures::{Generator, Networks};
use crate::grid::Grid;
use crate::model::{Autoencoder, ClassSource, Codes, Preset};
use crate::train::{Checkpoint, Config, decode_to_bytes, encode, sample_latents};
use anyhow::{Context, Result, ensure};
use dfdx::prelude::ConstDim;
use dfdx::tensor::Cpu;
use pixling::{Request, Temperature};
use std::path::Path;

/// A trained run without its data.
pub(super) struct Run {
    pub(super) config: Config,
    pub(super) networks: Box<dyn Networks>,
}

impl Run {
    /// Loads the networks of a run folder.
    pub(super) fn load(folder: &Path) -> Result<Run> {
        let checkpoint = Checkpoint::load(folder)?;
        let config = checkpoint.config.clone();
        with_preset!(config.preset.clone().as_str(), P => {
            let (device, model) = model::<P>(folder, &checkpoint)?;
            let labels = checkpoint.labels;
            let networks = Box::new(Loaded::<P> { device, model, labels });
            Ok(Run { config, networks })
        })
    }

    /// Loads what the run was trained on, or other data of the same classes.
    pub(super) fn data(&self, other: Option<&str>) -> Result<Dataset> {
        let spec = other.unwrap_or(&self.config.data);
        let data = super::load_data(spec, self.networks.format())?;
        ensure!(
            data.labels == self.networks.labels(),
            "the run was trained on other classes than those of {}",
            data.name
        );
        Ok(data)
    }
}

/// The trained model of a checkpoint, on a device of its own.
pub(super) fn model<P: Preset<Cpu>>(
    folder: &Path,
    checkpoint: &Checkpoint,
) -> Result<(Cpu, Autoencoder<P, Cpu>)> {
    ensure!(
        checkpoint.complete,
        "{} stopped at step {}: complete it with pixling train --resume --out {0}",
        folder.display(),
        checkpoint.step
    );
    let device = super::cpu(checkpoint.config.seed);
    let mut model =
        Autoencoder::<P, Cpu>::new(&device, &checkpoint.config, checkpoint.labels.len());
    model.load_state(&checkpoint.tensors).with_context(|| {
        format!(
            "{}: the checkpoint does not fit this version, train again",
            folder.display()
        )
    })?;
    Ok((device, model))
}

/// A trained model with the names of its classes.
pub(super) struct Loaded<P: Preset<Cpu>> {
    pub(super) device: Cpu,
    pub(super) model: Autoencoder<P, Cpu>,
    pub(super) labels: Vec<String>,
}

impl<P: Preset<Cpu>> Generator for Loaded<P> {
    fn format(&self) -> Format {
        P::format()
    }

    fn labels(&self) -> Vec<String> {
        self.labels.clone()
    }

    fn draw(&self, requests: &[Request]) -> Result<Vec<u8>> {
        Ok(self.decode(&self.latents(requests)))
    }
}

impl<P: Preset<Cpu>> Networks for Loaded<P> {
    fn dimensions(&self) -> (usize, usize) {
        (P::LabelLatent::SIZE, P::StyleLatent::SIZE)
    }

    fn class_source(&self) -> ClassSource {
        self.model.class_source()
    }

    fn latents(&self, requests: &[Request]) -> Vec<f32> {
        sample_latents(&self.model, requests)
    }

    fn decode(&self, latents: &[f32]) -> Vec<u8> {
        decode_to_bytes(&self.model, latents)
    }

    fn encode(&self, pictures: &[u8], classes: &[u16]) -> Result<Codes> {
        encode(&self.device, &self.model, pictures, Some(classes))
    }
}

/// Refuses a model that draws the same whatever the class, for what would show nothing but that.
pub(super) fn check_classes(source: ClassSource) -> Result<()> {
    ensure!(
        source != ClassSource::None,
        "a vae knows no classes: choose a run of another model, or sample, inpaint, latents or eval for this one"
    );
    Ok(())
}

/// Refuses a sheet that nobody could look at, before it is drawn; `instead` says how to have a smaller one.
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

/// What `--out` of a sheet takes: another ending would lie about what is in the file.
pub(super) fn png(text: &str) -> Result<std::path::PathBuf, String> {
    with_ending(text, "png")
}

/// What `--out` of a chart takes.
pub(super) fn svg(text: &str) -> Result<std::path::PathBuf, String> {
    with_ending(text, "svg")
}

/// What `--out` of a page takes.
pub(super) fn html(text: &str) -> Result<std::path::PathBuf, String> {
    with_ending(text, "html")
}

fn with_ending(text: &str, ending: &str) -> Result<std::path::PathBuf, String> {
    let path = std::path::PathBuf::from(text);
    let found = path.extension().and_then(|found| found.to_str());
    match found {
        Some(found) if found.eq_ignore_ascii_case(ending) => Ok(path),
        _ => Err(format!(
            "what is written is of this kind: name it .{ending}"
        )),
    }
}

/// What `--temperature` takes: a factor on a deviation.
pub(super) fn temperature(text: &str) -> Result<Temperature, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=10.0).contains(&value) => {
            Ok(Temperature::from_percent((value * 100.0).round() as u16))
        }
        _ => Err("choose a number from 0 to 10; 1 is as trained".into()),
    }
}
