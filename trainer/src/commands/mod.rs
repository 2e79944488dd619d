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
mod presets;
mod quantization;
mod report;
mod sample;
mod swap;
mod table;
mod toy;
mod train;
mod trained;
mod walk;

pub use presets::{CpuPreset, Presets};

use crate::data::{self, Dataset, Format};
use crate::interruption;
use crate::train::progress_bar;
use anyhow::{Result, bail, ensure};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use dfdx::tensor::{Cache, Cpu};
use pixling_io::{escaped, escaped_lines};
use std::ffi::OsString;
use std::process::ExitCode;

/// Trains small generative models of pictures, quantizes them, and makes files that microcontrollers draw from.
#[derive(Debug, Parser)]
#[command(name = "pixling", version, after_help = "Without a command: demo.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains on the embedded strokes, exports and draws: the whole way in minutes.
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
    fn run(self, presets: &Presets) -> Result<()> {
        match self.command.unwrap_or(Command::Demo(demo::Demo::default())) {
            Command::Demo(demo) => demo.run(presets),
            Command::Train(train) => train.run(presets),
            Command::Eval(eval) => eval.run(presets),
            Command::Compare(compare) => compare.run(presets),
            Command::Export(export) => export.run(presets),
            Command::Inspect(inspect) => inspect.run(),
            Command::Pack(pack) => pack.run(),
            Command::Sample(sample) => sample.run(presets),
            Command::Swap(swap) => swap.run(presets),
            Command::Inpaint(inpaint) => inpaint.run(presets),
            Command::Walk(walk) => walk.run(presets),
            Command::Latents(latents) => latents.run(presets),
            Command::Report(report) => report.run(presets),
        }
    }
}

/// Bad input or use.
const BAD_USE: u8 = 2;

/// The command line `pixling`, with more presets than this crate has. Gives the exit code: 0 done, 2 bad input or
/// use, 130 after Ctrl-C, 143 after a termination.
pub fn run(presets: &[CpuPreset]) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments()) {
        Ok(arguments) => arguments,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            error.exit()
        }
        Err(error) => {
            eprintln!("{}; see pixling --help", one_line(&error.to_string()));
            return ExitCode::from(BAD_USE);
        }
    };
    // On a thread of the pool, which takes its part of every parallel operation at once. Another thread would have to
    // wake the pool and be woken by it, which costs a twentieth of a training.
    let run = || {
        interruption::watch()?;
        rayon::scope(|_| arguments.run(&Presets::with(presets)))
    };
    match run() {
        Ok(()) => interruption::ended(),
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&format!("{error:#}")));
            ExitCode::from(BAD_USE)
        }
    }
}

/// The arguments of the program. `pixling help --help` is `pixling help`, which clap takes for the name of a command.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.retain(|argument| argument != "--help" && argument != "-h");
    }
    arguments
}

/// Whether the error comes from writing to a pipe whose reader has gone.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A message of several lines as one: the error and the tip, without the usage of clap's messages, and without codes.
fn one_line(message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let told: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .collect();
    escaped(&told.join(" "))
}

/// A line on standard output, in which codes that come with texts of others are shown. `println!` would panic when the
/// reader, such as `head`, has gone; this is an error that ends the command quietly.
macro_rules! say {
    ($($text:tt)*) => {
        crate::commands::write_line(format_args!($($text)*))
    };
}
pub(crate) use say;

fn write_line(line: std::fmt::Arguments<'_>) -> Result<()> {
    use std::io::Write;
    let line = escaped_lines(&line.to_string());
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Loads data, and lists skipped files on standard error.
fn load_data(spec: &str, format: Format, quiet: bool) -> Result<Dataset> {
    /// The most files that are listed; the others are counted.
    const LISTED: usize = 10;
    let bar = progress_bar(0, "loading", quiet);
    let data = data::load_watched(spec, format, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if !data.skipped.is_empty() {
        eprintln!("{}: skipped {}:", data.name, data.skipped.len());
        for line in data.skipped.iter().take(LISTED) {
            eprintln!("  {line}");
        }
        let more = data.skipped.len().saturating_sub(LISTED);
        if more > 0 {
            eprintln!("  and {more} more; pixling train lists all in skipped.txt of its folder");
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

/// Refuses devices that this build does not have.
fn check_device(name: &str) -> Result<()> {
    if name.starts_with("cuda") {
        bail!("this build computes on the processor only: choose --device cpu");
    }
    ensure!(name == "cpu", "there is no device {name:?}: choose cpu");
    Ok(())
}

/// Parses `--z-s-temperature`.
fn percent(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(percent) if percent <= 1000 => Ok(percent),
        _ => Err("write it in percent, 0 to 1000".into()),
    }
}
