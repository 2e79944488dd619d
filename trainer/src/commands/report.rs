//! `pixling report`.

use super::networks::{check_classes, ending};
use super::quantization::{Quantization, layer_cells};
use super::table::{class_cells, evaluation_cells};
use super::trained::{SampleCount, Trained, judge, run_name};
use super::{Presets, say};
use crate::files;
use crate::report::{Subject, page};
use crate::train::{Checkpoint, read_log};
use anyhow::Result;
use clap::Args;
use pixling_io::check_outputs;
use std::path::PathBuf;

/// Options of `pixling report`.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// The run's data, if it is elsewhere now.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// The page.
    #[arg(long, value_name = "FILE.html", default_value = "report.html", value_parser = ending("html"))]
    out: PathBuf,
    #[command(flatten)]
    quantization: Quantization,
    #[command(flatten)]
    samples: SampleCount,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

impl Report {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.run])?;
        let checkpoint = Checkpoint::load(&self.run)?;
        let log = read_log(&self.run)?;
        let name = run_name(&self.run);
        let mut trained = Trained::load(
            presets,
            &self.run,
            checkpoint,
            self.data.as_deref(),
            self.quiet,
        )?;
        check_classes(trained.run.model.class_source())?;
        let exported = self.quantization.export(&mut trained, &name, self.quiet)?;
        let judge = judge(trained.run.preset, &trained.data, self.quiet)?;
        let evaluation = trained.evaluate(&exported, &judge, self.samples.at(100))?;
        let page = page(Subject {
            name: &name,
            config: &trained.run.config,
            data: &trained.data,
            networks: &trained.run,
            file: &exported.model()?,
            log: &log,
            evaluation: &evaluation,
            figures: evaluation_cells(&evaluation),
            class_distances: class_cells(&evaluation),
            layers: layer_cells(&exported, &exported.model()?),
        })?;
        files::write(&self.out, page.as_bytes())?;
        say!("{}: open it in a browser", self.out.display())
    }
}
