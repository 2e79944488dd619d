//! The command line `pixling-sim`.

mod arguments;
mod boards;
mod check;
mod choices;
mod emulate;
mod run;

use crate::Error;
use arguments::{Arguments, Command};
use clap::Parser;
use clap::error::ErrorKind;
use pixling_io::{escaped, escaped_lines};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// How a command ended that could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// A comparison failed.
    Bad,
}

impl Verdict {
    /// Whether all comparisons were good.
    fn of(good: bool) -> Verdict {
        if good { Verdict::Good } else { Verdict::Bad }
    }
}

/// Carries out a command line, with the program's name first, and returns the exit code: 0 done, 1 a comparison
/// failed, 2 bad input or use.
pub fn execute(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let verdict = match arguments.command {
        Command::Boards(arguments) => boards::boards(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Emulate(arguments) => emulate::emulate(&arguments),
    };
    match verdict {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::from(1),
        Err(error) => complain(&error.to_string()),
    }
}

/// One line, whatever a path or a reason contains.
fn complain(text: &str) -> ExitCode {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // With the standard error closed there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {}", escaped(&line));
    ExitCode::from(2)
}

/// Help and version are answers; anything else is one line as well.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            complain("which command? see `pixling-sim --help`")
        }
        _ => {
            let text = error.to_string();
            // The first paragraph says what is wrong, the next ones how the command is used.
            let what = text.split("\n\n").next().unwrap_or_default();
            let what = what.strip_prefix("error: ").unwrap_or(what);
            complain(&format!("{what}, see `pixling-sim --help`"))
        }
    }
}

/// Numbers, words and finite fractions: nothing of it can fail to serialize.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Prints lines, in which codes that come with texts of others are shown.
fn print(text: &str) -> Result<(), Error> {
    let mut output = std::io::stdout();
    output
        .write_all(escaped_lines(text).as_bytes())
        .and_then(|()| output.flush())
        .map_err(Error::Print)
}
