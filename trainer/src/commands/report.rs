//! `pixling report`.

use super::networks::{Run, check_classes, html};
use super::quantization::{Quantization, layer_cells};
use super::table::evaluation_cells;
use super::trained::{Trained, judge, run_name};
use super::{Presets, say};
use crate::files;
use crate::metrics::Evaluation;
use crate::report::{Figures, Subject, page};
use crate::train::{Checkpoint, read_log};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Options of `pixling report`.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// The page.
    #[arg(long, value_name = "FILE.html", default_value = "report.html", value_parser = html)]
    out: PathBuf,
    #[command(flatten)]
    quantization: Quantization,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

impl Report {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        let checkpoint = Checkpoint::load(&self.run)?;
        let log = read_log(&self.run)?;
        let name = run_name(&self.run);
        let mut trained = Trained::load(presets, &self.run, checkpoint, None)?;
        check_classes(trained.model.class_source())?;
        let exported = self.quantization.export(&mut trained, &name, self.quiet)?;
        let judge = judge(trained.preset, &trained.data, self.quiet)?;
        let evaluation = trained.evaluate(&exported, &judge, 100)?;
        let data = trained.data;
        let run = Run {
            preset: trained.preset,
            device: trained.device,
            config: trained.config,
            model: trained.model,
            labels: data.labels.clone(),
        };
        let page = page(Subject {
            name: &name,
            config: &run.config,
            data: &data,
            networks: &run,
            file: &exported.model()?,
            log: &log,
            figures: figures(evaluation),
            layers: layer_cells(&exported, &exported.model()?),
        })?;
        files::write(&self.out, page.as_bytes())?;
        say!("{}: open it in a browser", self.out.display())
    }
}

fn figures(evaluation: Evaluation) -> Figures {
    let (head, rows) = evaluation_cells(&evaluation);
    Figures {
        head,
        rows,
        factors: evaluation.factors,
        judge_accuracy: evaluation.judge_accuracy,
        samples_per_class: evaluation.samples_per_class,
    }
}
