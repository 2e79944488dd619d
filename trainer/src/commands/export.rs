//! `pixling export`.

use super::networks::ending;
use super::quantization::{Quantization, layer_cells};
use super::table::{evaluation_table, table};
use super::trained::{SampleCount, Trained, judge, run_name};
use super::{Presets, say};
use crate::export::{Exported, LayerFidelity, Sensitivity};
use crate::files;
use crate::metrics::Evaluation;
use crate::train::Checkpoint;
use anyhow::{Context, Result};
use clap::Args;
use pixling::Model;
use pixling::write::constants;
use pixling_io::{LabelError, beside, check_outputs};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Options of `pixling export`.
#[derive(Args, Debug)]
pub(super) struct Export {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// The run's data, if it is elsewhere now.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// The model file; its constants go beside it, as .rs, and what rounding lost, as .json.
    #[arg(short, long, value_name = "FILE.pxl", default_value = "model.pxl", value_parser = ending("pxl"))]
    output: PathBuf,
    /// The model's name on its card; the run folder's if absent.
    #[arg(long, value_parser = name)]
    name: Option<String>,
    #[command(flatten)]
    quantization: Quantization,
    #[command(flatten)]
    samples: SampleCount,
    /// Measures what it costs in every figure; with a budget that is done in any case.
    #[arg(long)]
    measure: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

/// The file beside the model file: the result of an export and its loss.
#[derive(Serialize)]
struct Report<'a> {
    file: String,
    file_bytes: usize,
    arena_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<u64>,
    finetuned_steps: u32,
    layers: &'a [LayerFidelity],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    sensitivities: &'a [Sensitivity],
    psnr: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<&'a Evaluation>,
}

impl Export {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        let (source, losses) = (beside(&self.output, "rs"), beside(&self.output, "json"));
        check_outputs([&*self.output, &*source, &*losses], [&*self.run])?;
        let budget = self.quantization.budget()?;
        let checkpoint = Checkpoint::load(&self.run)?;
        let name = self.name.clone().unwrap_or_else(|| run_name(&self.run));
        let measure = self.measure || budget.is_some();
        let mut trained = Trained::load(
            presets,
            &self.run,
            checkpoint,
            self.data.as_deref(),
            self.quiet,
        )?;
        let exported = self.quantization.export(&mut trained, &name, self.quiet)?;
        let metrics = if measure {
            let judge = judge(trained.run.preset, &trained.data, self.quiet)?;
            Some(trained.evaluate(&exported, &judge, self.samples.at(100))?)
        } else {
            None
        };
        let model = write_files(&exported.bytes, &self.output, &source)?;
        let json = serde_json::to_string_pretty(&Report {
            file: self.output.display().to_string(),
            file_bytes: exported.bytes.len(),
            arena_bytes: model.arena_bytes(),
            budget,
            finetuned_steps: exported.finetuned_steps,
            layers: &exported.layers,
            sensitivities: &exported.sensitivities,
            psnr: exported.psnr,
            metrics: metrics.as_ref(),
        })?;
        files::write(&losses, json.as_bytes())?;
        if self.json {
            return say!("{json}");
        }
        say!("{}", layer_table(&exported, &model).trim_end())?;
        say!(
            "\n{:.1} dB between the pictures of the file and of the float model",
            exported.psnr
        )?;
        if let Some(metrics) = metrics {
            say!("\n{}", evaluation_table(&metrics).trim_end())?;
        }
        if let Some(budget) = budget {
            let left = budget - exported.bytes.len() as u64;
            say!("\nbudget {budget} bytes, {left} left")?;
        }
        say_written(&model, exported.bytes.len(), &self.output, &source)
    }
}

/// The layers of a file with the effect of rounding on them.
fn layer_table(exported: &Exported, model: &Model<'_>) -> String {
    let (head, rows) = layer_cells(exported, model);
    let mut text = table(&head, &rows);
    if !exported.sensitivities.is_empty() {
        text += "cost: mean squared change of a pixel from 0 to 1 by this layer's weights alone, in 1/10,000\n";
    }
    text
}

/// Writes a model file and its constants, and says so.
pub(super) fn write_model(bytes: &[u8], path: &Path) -> Result<()> {
    let source = beside(path, "rs");
    let model = write_files(bytes, path, &source)?;
    say_written(&model, bytes.len(), path, &source)
}

fn write_files<'m>(bytes: &'m [u8], path: &Path, source: &Path) -> Result<Model<'m>> {
    let model = Model::load(bytes).context("the exported model does not load")?;
    files::write(path, bytes)?;
    files::write(source, constants(&model).as_bytes())?;
    Ok(model)
}

/// Parses `--name`: one line of text.
fn name(text: &str) -> Result<String, LabelError> {
    pixling_io::label(text)
}

fn say_written(model: &Model<'_>, bytes: usize, path: &Path, source: &Path) -> Result<()> {
    say!(
        "{}: {bytes} bytes of flash, {} bytes of arena, {} multiply-accumulates per picture; constants in {}",
        path.display(),
        model.arena_bytes(),
        model.macs(),
        source.display()
    )
}
