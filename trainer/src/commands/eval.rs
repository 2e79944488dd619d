//! `pixling eval`.

use super::quantization::Quantization;
use super::table::{evaluation_table, explanation};
use super::trained::{SampleCount, Trained, judge};
use super::{Presets, say};
use crate::figures::Generator;
use crate::files;
use crate::metrics::{Evaluation, evaluate_file};
use crate::train::Checkpoint;
use anyhow::{Context, Result, ensure};
use clap::Args;
use pixling::Model;
use std::path::{Path, PathBuf};

/// Options of `pixling eval`.
#[derive(Args, Debug)]
pub(super) struct Eval {
    /// A run folder, or a model file.
    #[arg(required_unless_present = "explain")]
    subject: Option<PathBuf>,
    /// Says what each figure means.
    #[arg(long)]
    explain: bool,
    /// Data to measure on, of the same classes; a run knows its own.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Temperature of z_s in percent.
    #[arg(long, default_value = "100", value_parser = super::percent)]
    z_s_temperature: u16,
    #[command(flatten)]
    samples: SampleCount,
    #[command(flatten)]
    quantization: Quantization,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

impl Eval {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        if self.explain {
            say!("{}", explanation().trim_end())?;
        }
        let Some(subject) = &self.subject else {
            return Ok(());
        };
        let evaluation = if subject.is_dir() {
            self.evaluate_run(presets, subject)?
        } else {
            self.evaluate_file(presets, subject)?
        };
        if self.json {
            say!("{}", serde_json::to_string_pretty(&evaluation)?)?;
        } else {
            say!("{}", evaluation_table(&evaluation).trim_end())?;
        }
        Ok(())
    }

    fn evaluate_run(&self, presets: &Presets, subject: &Path) -> Result<Evaluation> {
        let checkpoint = Checkpoint::load(subject)?;
        let mut trained = Trained::load_with(
            presets,
            subject,
            checkpoint,
            self.data.as_deref(),
            self.quiet,
        )?;
        let exported = self
            .quantization
            .export(&mut trained, "evaluated", self.quiet)?;
        let judge = judge(trained.run.preset, &trained.data, self.quiet)?;
        trained.evaluate(&exported, &judge, self.samples.at(self.z_s_temperature))
    }

    fn evaluate_file(&self, presets: &Presets, subject: &Path) -> Result<Evaluation> {
        ensure!(
            self.quantization.is_default(),
            "{} is quantized already: how it is made can be said of a run only",
            subject.display()
        );
        let bytes = files::read(subject)?;
        let file = Model::load(&bytes).with_context(|| subject.display().to_string())?;
        let spec = self
            .data
            .as_deref()
            .context("a model file does not hold its data: give --data SPEC")?;
        let preset = presets.of_format(file.format())?;
        let data = super::load_data(spec, preset.sizes().picture, self.quiet)?;
        let judge = judge(preset, &data, self.quiet)?;
        evaluate_file(&file, &data, &judge, self.samples.at(self.z_s_temperature))
    }
}
