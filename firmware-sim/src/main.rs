//! The command line. Everything is in the library, so that tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    pixling_sim::execute(std::env::args_os())
}
