//! `pixling inpaint`.

use super::networks::{Run, ending, save};
use super::{Presets, say};
use crate::figures::{Hidden, in_turn, inpaint};
use anyhow::Result;
use clap::Args;
use pixling_io::check_outputs;
use std::path::PathBuf;

/// Options of `pixling inpaint`.
#[derive(Args, Debug)]
pub(super) struct Inpaint {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// Other data of the same classes than the run's.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// What the model has to complete.
    #[arg(long, value_enum, default_value = "bottom")]
    hide: Hidden,
    /// Test pictures, one of each class in turn.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// Chooses the pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sheet.
    #[arg(long, value_name = "FILE.png", value_parser = ending("png"))]
    out: PathBuf,
}

impl Inpaint {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.run])?;
        let (run, data) = Run::load_with_data(presets, &self.run, self.data.as_deref())?;
        let count = usize::from(self.count);
        let picked = in_turn(&data.test, data.labels.len(), count, self.seed);
        let inpainted = inpaint(&run, &data, &picked, self.hide)?;
        save(&inpainted.sheet, &self.out)?;
        say!(
            "{}: originals, what is known of them, and completed; hidden pixels: {:.1} dB, {:.1} dB while they are grey",
            self.out.display(),
            inpainted.psnr,
            inpainted.psnr_hidden
        )
    }
}
