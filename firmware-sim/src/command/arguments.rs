//! Commands and options.

use super::choices::{DitherChoice, LockChoice, ModeChoice, RotateChoice};
use crate::PictureRequest;
use crate::emulate::Core;
use clap::{ArgGroup, Args, Parser, Subcommand};
use pixling::Way;
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
    /// Says which boards the model fits, and how long a picture would take there.
    Boards(Boards),
    /// Runs a device's own program on the desktop: as PNG, as GIF, in the terminal, in a window.
    Run(Run),
    /// Draws recorded pictures again and fails when one changed, for CI.
    Check(Check),
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
    /// Draws the style apart from the class, so that one style seed is the same style in every class.
    #[arg(long)]
    styled: bool,
}

impl Draw {
    pub(crate) fn request(&self, class: u16) -> PictureRequest {
        PictureRequest {
            class,
            seed: self.seed,
            style: self.style.unwrap_or(self.seed),
            z_s_percent: self.z_s_temperature,
            z_u_percent: self.z_u_temperature,
            way: if self.styled { Way::Styled } else { Way::Joint },
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Boards {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// A TOML file with more boards.
    #[arg(long, value_name = "FILE")]
    pub(crate) boards: Option<PathBuf>,
    /// A display for all boards [default: each board's own].
    #[arg(long, value_name = "NAME")]
    pub(crate) display: Option<String>,
    /// Takes the recorded instructions of each core and leaves the emulator alone.
    #[arg(long)]
    pub(crate) recorded: bool,
    /// Prints JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("output").args(["png", "gif", "terminal", "window", "script", "core"]).multiple(true).required(true)
))]
pub(crate) struct Run {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// The board, see `pixling-sim boards`.
    #[arg(long, value_name = "NAME", default_value = "pico")]
    pub(crate) board: String,
    /// A TOML file with more boards.
    #[arg(long, value_name = "FILE")]
    pub(crate) boards: Option<PathBuf>,
    /// The display: oled, tft, e-paper, leds, or one of --boards [default: the board's own].
    #[arg(long, value_name = "NAME")]
    pub(crate) display: Option<String>,
    /// By how many degrees the display is turned.
    #[arg(long, value_enum, value_name = "DEGREES", default_value = "0")]
    pub(crate) rotate: RotateChoice,
    /// How greys are drawn on a display of black and white.
    #[arg(long, value_enum, default_value = "ordered")]
    pub(crate) dither: DitherChoice,
    /// The label of the class, or its number after a colon, such as :3, counted from 0 [default: the first].
    #[arg(long)]
    pub(crate) class: Option<String>,
    #[command(flatten)]
    pub(crate) draw: Draw,
    /// The action of button A at first [default: browse, and morph for a GIF without a script].
    #[arg(long, value_enum)]
    pub(crate) mode: Option<ModeChoice>,
    /// What stays as it is.
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) lock: LockChoice,
    /// What happens first, for instance "wait 3; press B; shot f.png"; also `hold A`.
    #[arg(long, value_name = "STEPS")]
    pub(crate) script: Option<String>,
    /// Where a PNG of the display goes, at the end of the script.
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Where a GIF goes: of the script, or of a walk from picture to picture.
    #[arg(long, value_name = "FILE")]
    pub(crate) gif: Option<PathBuf>,
    /// How long the walk is.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// Plays the script also in the firmware on that emulated core, and compares the frame buffers of all shots.
    #[arg(long, value_enum)]
    pub(crate) core: Option<Core>,
    /// Shows the device in this terminal, with keys for its buttons.
    #[arg(long)]
    pub(crate) terminal: bool,
    /// Shows the device in a window; needs the feature `window`.
    #[arg(long)]
    pub(crate) window: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// The recorded pictures.
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: PathBuf,
    /// Records instead of comparing: the pictures of the file anew, or the given ones.
    #[arg(long)]
    pub(crate) update: bool,
    /// With --update, the label of the class, or its number after a colon, such as :3; or all [default: all].
    #[arg(long, requires = "update")]
    pub(crate) class: Option<String>,
    /// With --update, a seed; may be given more than once [default: 1, 2 and 3].
    #[arg(long, requires = "update")]
    pub(crate) seed: Vec<u64>,
    /// With --update, percent of the trained deviations; may be given more than once [default: 100].
    #[arg(long, value_name = "PERCENT", requires = "update")]
    pub(crate) temperature: Vec<u16>,
    /// Draws on that emulated core as well; may be given more than once.
    #[arg(long, value_enum)]
    pub(crate) core: Vec<Core>,
    /// Where pictures of what changed go [default: the recorded file's name with `.changes`].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) pictures: Option<PathBuf>,
    /// Where a JUnit report goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Prints JSON instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// The model, a .pxl file.
    pub(crate) model: PathBuf,
    /// The core, or `all`.
    #[arg(long, value_parser = cores, default_value = "m4")]
    pub(crate) core: Cores,
    /// The label of the class, or its number after a colon, such as :3, counted from 0; or all [default: all].
    #[arg(long)]
    pub(crate) class: Option<String>,
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
    if text == "all" {
        return Ok(Cores(Core::ALL.to_vec()));
    }
    let names = || Core::ALL.map(Core::name).join(", ");
    let core = Core::named(text).map_err(|_| format!("the cores are all, {}", names()))?;
    Ok(Cores(vec![core]))
}
