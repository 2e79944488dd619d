//! Commands and options.

use crate::emulate::Core;
use crate::run::Display;
use crate::{Classes, PictureRequest};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Runs Pixling models as a device would.
#[derive(Debug, Parser)]
#[command(name = "pixling-sim", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Draws a picture on a simulated display and writes a PNG of it.
    Run(Run),
    /// Boots the real firmware on an emulated core and compares its pictures with the desktop's.
    Emulate(Emulate),
}

/// What is drawn, besides the class.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Draw {
    /// Which draw of the class.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Which draw of the style [default: the seed].
    #[arg(long)]
    style: Option<u64>,
    /// Percent of the trained deviation of the class's latent.
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    z_s_temperature: u16,
    /// Percent of the trained deviation of the style.
    #[arg(long, value_name = "PERCENT", default_value_t = 100)]
    z_u_temperature: u16,
}

impl Draw {
    pub(crate) fn request(&self, class: u16) -> PictureRequest {
        PictureRequest {
            class,
            seed: self.seed,
            style: self.style.unwrap_or(self.seed),
            z_s_percent: self.z_s_temperature,
            z_u_percent: self.z_u_temperature,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// The class, by number or label.
    #[arg(long, default_value = "0")]
    pub(crate) class: String,
    #[command(flatten)]
    pub(crate) draw: Draw,
    /// The display.
    #[arg(long, value_enum, default_value_t = Display::Tft)]
    pub(crate) display: Display,
    /// Where the PNG goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) png: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// The core, or `all`.
    #[arg(long, value_parser = cores, default_value = "m4")]
    pub(crate) core: Cores,
    /// The class, by number or label, or `all`.
    #[arg(long, default_value = "all")]
    pub(crate) class: Classes,
    #[command(flatten)]
    pub(crate) draw: Draw,
    /// Prints JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where a PNG of the core's pictures goes, side by side.
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// A built firmware [default: built from the repository's sources].
    #[arg(long, value_name = "ELF")]
    pub(crate) firmware: Option<PathBuf>,
    /// The emulator [default: qemu-system-arm or qemu-system-riscv32].
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) qemu: Option<PathBuf>,
    /// The limit of one boot, which draws up to 16 pictures.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
}

/// One core or all of them.
#[derive(Clone, Debug)]
pub(crate) struct Cores(pub(crate) Vec<Core>);

fn cores(text: &str) -> Result<Cores, String> {
    use clap::ValueEnum;
    if text == "all" {
        return Ok(Cores(Core::ALL.to_vec()));
    }
    let names = || Core::ALL.map(Core::name).join(", ");
    let core = Core::from_str(text, true).map_err(|_| format!("the cores are all, {}", names()))?;
    Ok(Cores(vec![core]))
}
