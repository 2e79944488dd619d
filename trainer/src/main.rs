//! The command line `pixling`.

fn main() -> std::process::ExitCode {
    pixling_trainer::run(&[])
}
