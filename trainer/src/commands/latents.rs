//! `pixling latents`.

use super::networks::{Run, ending};
use super::{Presets, say};
use crate::figures::{chart, in_turn, views};
use crate::files;
use anyhow::Result;
use clap::Args;
use pixling_io::check_outputs;
use std::path::PathBuf;

/// Options of `pixling latents`.
#[derive(Args, Debug)]
pub(super) struct Latents {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// Other data of the same classes than the run's.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Test pictures, one of each class in turn.
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = clap::value_parser!(u32).range(12..=20_000))]
    count: u32,
    /// Chooses the pictures and where their points start.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The chart.
    #[arg(long, value_name = "FILE.svg", value_parser = ending("svg"))]
    out: PathBuf,
}

impl Latents {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.run])?;
        let (run, data) = Run::load_with_data(presets, &self.run, self.data.as_deref())?;
        let count = self.count as usize;
        let picked = in_turn(&data.test, data.labels.len(), count, self.seed);
        let views = views(&run, &data, &picked, self.seed)?;
        let classes: Vec<u16> = picked.iter().map(|&i| data.test.classes[i]).collect();
        let svg = chart::side_by_side(&views, &classes, &data.labels)?;
        files::write(&self.out, svg.file().as_bytes())?;
        let names: Vec<&str> = views.iter().map(|view| view.name).collect();
        say!(
            "{}: {} of {} test pictures in the plane by t-SNE, coloured by class",
            self.out.display(),
            names.join(" and "),
            picked.len()
        )
    }
}
