//! `pixling export`.

use super::trained::{Trained, run_name};
use super::{say, with_preset};
use crate::files;
use crate::train::Checkpoint;
use anyhow::{Context, Result};
use clap::Args;
use pixling::Model;
use pixling::write::constants;
use std::path::{Path, PathBuf};

/// A run and where its model goes.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// The model file; its constants go beside it, as .rs.
    #[arg(short, long, value_name = "FILE", default_value = "model.pxl")]
    output: PathBuf,
    /// The model's name on its card; the run folder's if absent.
    #[arg(long)]
    name: Option<String>,
}

impl Export {
    pub(super) fn run(self) -> Result<()> {
        let checkpoint = Checkpoint::load(&self.run)?;
        let name = self.name.unwrap_or_else(|| run_name(&self.run));
        with_preset!(checkpoint.config.preset.clone().as_str(), P => {
            let trained = Trained::<P>::load(&self.run, checkpoint, None)?;
            write_model(&trained.export(&name)?.bytes, &self.output)
        })
    }
}

/// Writes a model file and its constants, and says so.
pub(super) fn write_model(bytes: &[u8], path: &Path) -> Result<()> {
    let model = Model::load(bytes).context("the exported model does not load")?;
    let source = path.with_extension("rs");
    files::write(path, bytes)?;
    files::write(&source, constants(&model).as_bytes())?;
    say!(
        "{}: {} bytes of flash, {} bytes of arena, {} multiply-accumulates per picture; constants in {}",
        path.display(),
        bytes.len(),
        model.arena_bytes(),
        model.macs(),
        source.display()
    )?;
    Ok(())
}
