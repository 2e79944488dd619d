//! `pixling train`.

use super::with_preset;
use crate::data::Dataset;
use crate::files;
use crate::model::{LrLivae, Preset};
use crate::train::{Checkpoint, Config, Output, feed, train};
use anyhow::{Result, ensure};
use clap::Args;
use dfdx::tensor::Cpu;
use std::path::{Path, PathBuf};

/// Settings of a training.
#[derive(Args, Debug)]
pub(super) struct Train {
    /// strokes, idx:FOLDER, folder:FOLDER, fonts:FOLDER, or prepared by tools/data: fashion-mnist, avatars, glyphs,
    /// silhouettes. Options follow a colon: strokes:all, folder:pets:fit=letterbox,test=0.2, glyphs:capitals.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Sizes of pictures and networks: micro.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// The run folder: config.toml, checkpoint.safetensors, log.csv, samples/.
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
    pub(super) fn run(self) -> Result<()> {
        super::check_device(&self.device)?;
        let mut config = Config::load(self.config.as_deref(), &self.settings)?;
        config.data = self.data.unwrap_or(config.data);
        config.preset = self.preset.unwrap_or(config.preset);
        config.seed = self.seed.unwrap_or(config.seed);
        with_preset!(config.preset.as_str(), P => {
            let format = <P as crate::model::Sizes>::format();
            let data = super::load_data(&config.data, format)?;
            run::<P>(&config, &data, &self.out, self.quiet)
        })
    }
}

fn run<P: Preset<Cpu>>(config: &Config, data: &Dataset, folder: &Path, quiet: bool) -> Result<()> {
    feed::check(data, config.batch)?;
    ensure!(
        !folder.join("checkpoint.safetensors").exists(),
        "{} holds a trained run: choose another folder for --out, or remove it",
        folder.display()
    );
    files::folder(folder)?;
    files::write(&folder.join("config.toml"), config.to_toml()?.as_bytes())?;
    let device = super::cpu(config.seed);
    let output = Output {
        folder: Some(folder.into()),
        quiet,
    };
    train(
        &device,
        config,
        data,
        &output,
        |model: &LrLivae<P, Cpu>, epochs| {
            let checkpoint = Checkpoint {
                config: config.clone(),
                epochs,
                labels: data.labels.clone(),
                tensors: model.tensors(),
            };
            checkpoint.save(folder)
        },
    )?;
    println!(
        "{}: trained {} epochs; next: pixling export {0} -o model.pxl",
        folder.display(),
        config.epochs
    );
    Ok(())
}
