//! `pixling swap`.

use super::networks::{Run, check_classes, ending, save};
use super::{Presets, say};
use crate::figures::{Networks, in_turn, swap};
use anyhow::{Result, ensure};
use clap::Args;
use pixling_io::check_outputs;
use std::path::PathBuf;

/// Options of `pixling swap`.
#[derive(Args, Debug)]
pub(super) struct Swap {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// Other data of the same classes than the run's.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Test pictures on each edge, one of each class in turn.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    count: u16,
    /// Chooses the pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sheet.
    #[arg(long, value_name = "FILE.png", value_parser = ending("png"))]
    out: PathBuf,
}

impl Swap {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.run])?;
        let (run, data) = Run::load_with_data(presets, &self.run, self.data.as_deref())?;
        check_classes(run.class_source())?;
        let count = usize::from(self.count);
        let picked = in_turn(&data.test, data.labels.len(), 2 * count, self.seed);
        ensure!(
            picked.len() >= 2,
            "{} has one test picture: two are needed to swap",
            data.name
        );
        let (rows, columns) = picked.split_at(picked.len().div_ceil(2));
        save(&swap(&run, &data, rows, columns)?, &self.out)?;
        say!(
            "{}: each picture has z_s of the test picture on its left and z_u of the one above",
            self.out.display()
        )
    }
}
