//! The commands of `pixling`.

mod compare;
mod demo;
mod eval;
mod export;
mod inpaint;
mod inspect;
mod latents;
mod networks;
mod pack;
mod quantization;
mod report;
mod sample;
mod swap;
mod table;
mod toy;
mod train;
mod trained;
mod walk;

use crate::data::{self, Dataset, Format};
use crate::model::{Micro, Milli, Mini, Nano, Sizes};
use anyhow::{Result, bail, ensure};
use clap::{Parser, Subcommand};
use dfdx::tensor::{Cache, Cpu};
use pixling::Model;

/// Trains small generative models of pictures, quantizes them, and makes files that microcontrollers draw from.
#[derive(Debug, Parser)]
#[command(name = "pixling", version, after_help = "Without a command: demo.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains on the embedded strokes, exports and draws: the whole way in three minutes.
    Demo(demo::Demo),
    /// Trains a model into a run folder.
    Train(train::Train),
    /// Measures a run or a model file.
    Eval(eval::Eval),
    /// Trains all models under one budget and tabulates their figures.
    Compare(compare::Compare),
    /// Quantizes a run into a model file.
    Export(export::Export),
    /// Shows what is in a model file.
    Inspect(inspect::Inspect),
    /// Makes of a model file what flash is written from: raw bytes, Intel HEX or UF2.
    Pack(pack::Pack),
    /// Draws new pictures, with a run or a model file.
    Sample(sample::Sample),
    /// Draws test pictures with the class of one and the style of another.
    Swap(swap::Swap),
    /// Completes test pictures of which a part is hidden.
    Inpaint(inpaint::Inpaint),
    /// Walks from class to class, or through the styles of a class.
    Walk(walk::Walk),
    /// Shows in the plane what z_s and z_u hold.
    Latents(latents::Latents),
    /// Writes one page, an HTML file, about a run.
    Report(report::Report),
}

impl Arguments {
    /// Runs the command.
    ///
    /// # Errors
    ///
    /// Says in one line what was wrong and what to do.
    pub fn run(self) -> Result<()> {
        match self.command.unwrap_or(Command::Demo(demo::Demo::default())) {
            Command::Demo(demo) => demo.run(),
            Command::Train(train) => train.run(),
            Command::Eval(eval) => eval.run(),
            Command::Compare(compare) => compare.run(),
            Command::Export(export) => export.run(),
            Command::Inspect(inspect) => inspect.run(),
            Command::Pack(pack) => pack.run(),
            Command::Sample(sample) => sample.run(),
            Command::Swap(swap) => swap.run(),
            Command::Inpaint(inpaint) => inpaint.run(),
            Command::Walk(walk) => walk.run(),
            Command::Latents(latents) => latents.run(),
            Command::Report(report) => report.run(),
        }
    }
}

/// Evaluates an expression for the preset of that name.
macro_rules! with_preset {
    ($name:expr, $preset:ident => $body:expr) => {
        match $name {
            "nano" => {
                type $preset = crate::model::Nano;
                $body
            }
            "micro" => {
                type $preset = crate::model::Micro;
                $body
            }
            "mini" => {
                type $preset = crate::model::Mini;
                $body
            }
            "milli" => {
                type $preset = crate::model::Milli;
                $body
            }
            other => {
                anyhow::bail!("there is no preset {other:?}: choose nano, micro, mini or milli")
            }
        }
    };
}
pub(crate) use with_preset;

/// A line on standard output. `println!` would panic when the reader, such as `head`, has gone; this is an error that
/// ends the command quietly.
macro_rules! say {
    ($($text:tt)*) => {
        crate::commands::write_line(format_args!($($text)*))
    };
}
pub(crate) use say;

fn write_line(line: std::fmt::Arguments<'_>) -> Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Loads data, and says on standard error what of it was skipped.
fn load_data(spec: &str, format: Format) -> Result<Dataset> {
    /// The list is for a look; the count says whether one is needed.
    const LISTED: usize = 10;
    let data = data::load(spec, format)?;
    if !data.skipped.is_empty() {
        eprintln!("{}: skipped {}:", data.name, data.skipped.len());
        for line in data.skipped.iter().take(LISTED) {
            eprintln!("  {line}");
        }
        let more = data.skipped.len().saturating_sub(LISTED);
        if more > 0 {
            eprintln!("  and {more} more");
        }
    }
    Ok(data)
}

/// A processor with its own source of random numbers. Its tensors are recycled.
fn cpu(seed: u64) -> Cpu {
    let device = Cpu::seed_from_u64(seed);
    device.enable_cache();
    device
}

/// Refuses devices that this build has not.
fn check_device(name: &str) -> Result<()> {
    if name.starts_with("cuda") {
        bail!("this build computes on the processor only: choose --device cpu");
    }
    ensure!(name == "cpu", "there is no device {name:?}: choose cpu");
    Ok(())
}

/// The preset whose pictures a model file draws.
fn preset_of(model: &Model<'_>) -> Result<&'static str> {
    let of_file = Format {
        width: model.width().into(),
        height: model.height().into(),
        channels: model.channels().into(),
    };
    for (name, format) in [
        (Nano::NAME, Nano::format()),
        (Micro::NAME, Micro::format()),
        (Mini::NAME, Mini::format()),
        (Milli::NAME, Milli::format()),
    ] {
        if format == of_file {
            return Ok(name);
        }
    }
    bail!("no preset has the {of_file} pictures of this model: it cannot be measured here")
}

/// What `--z-s-temperature` takes.
fn percent(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(percent) if percent <= 1000 => Ok(percent),
        _ => Err("write it in percent, 0 to 1000".into()),
    }
}
