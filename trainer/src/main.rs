//! The command line `pixling`.

use clap::Parser;
use clap::error::ErrorKind;
use pixling_trainer::commands::Arguments;
use std::process::ExitCode;

/// Bad input or use.
const BAD_USE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
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
    // On a thread of the pool: it takes its part of every parallel operation at once, where another thread would wake the
    // pool and be woken by it. That is a twentieth of a training.
    match rayon::scope(|_| arguments.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&format!("{error:#}")));
            ExitCode::from(BAD_USE)
        }
    }
}

/// Whether the error is that of writing to a pipe that nobody reads from any more.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let io = error.root_cause().downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A message of several lines as one: what is wrong, and the tip. Of clap's messages the usage is left out.
fn one_line(message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let told: Vec<&str> = lines
        .take_while(|line| !line.starts_with("Usage:"))
        .collect();
    told.join(" ")
}
