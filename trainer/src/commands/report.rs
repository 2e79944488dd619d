//! `pixling report`.

use super::networks::Run;
use super::table::evaluation_cells;
use super::trained::{Trained, judge};
use super::{say, with_preset};
use crate::files;
use crate::metrics::evaluate;
use crate::report::{Figures, Subject, page};
use crate::train::Checkpoint;
use anyhow::{Context, Result};
use clap::Args;
use pixling::Model;
use std::path::PathBuf;

/// A run, and where its page goes.
#[derive(Args, Debug)]
pub(super) struct Report {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// The page.
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    out: PathBuf,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

impl Report {
    pub(super) fn run(self) -> Result<()> {
        let log_path = self.run.join("log.csv");
        let run = Run::load(&self.run)?;
        let log = files::read(&log_path)?;
        let checkpoint = Checkpoint::load(&self.run)?;
        let name = self.run.canonicalize()?;
        let name = name.file_name().unwrap_or_default().to_string_lossy();
        let (exported, evaluation, data) = with_preset!(run.config.preset.clone().as_str(), P => {
            let trained = Trained::<P>::load(&self.run, checkpoint, None)?;
            let exported = trained.export(&name)?;
            let judge = judge::<P>(&trained.data, self.quiet)?;
            let evaluation = {
                let subject = crate::metrics::Subject {
                    model: &trained.model,
                    latent: &exported.latent,
                    codes: &trained.codes,
                };
                let file = Model::load(&exported.bytes).context("the exported model does not load")?;
                evaluate(&trained.device, subject, &file, &trained.data, &judge, 100)?
            };
            (exported, evaluation, trained.data)
        });
        let file = Model::load(&exported.bytes).context("the exported model does not load")?;
        let (head, rows) = evaluation_cells(&evaluation);
        let subject = Subject {
            name: &name,
            config: &run.config,
            data: &data,
            networks: &*run.networks,
            file: &file,
            log: &log,
            figures: Figures {
                head,
                rows,
                factors: evaluation.factors.clone(),
                judge_accuracy: evaluation.judge_accuracy,
                samples_per_class: evaluation.samples_per_class,
            },
        };
        files::write(&self.out, page(subject)?.as_bytes())?;
        say!("{}: open it in a browser", self.out.display())
    }
}
