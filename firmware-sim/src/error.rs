//! Errors of the host.

use pixling::{GenerateError, LoadError};
use pixling_app::FrameTooSmall;
use pixling_io::{NoSuchClass, OutputError};
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no result. Each reads: what, where, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model file cannot be read.
    #[error("the model cannot be read, {}, give the path of a .pxl file ({source})", path.display())]
    ReadModel {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The model file was read and refused.
    #[error("the model is refused, {}, export it again: {source}", path.display())]
    LoadModel {
        /// The file.
        path: PathBuf,
        /// The runtime's reason.
        source: LoadError,
    },
    /// The model has no class of that label or number.
    #[error(transparent)]
    NoSuchClass(#[from] NoSuchClass),
    /// The runtime drew no picture.
    #[error("no picture was drawn, class {class}, {source}")]
    Generate {
        /// The class.
        class: u16,
        /// The runtime's reason.
        source: GenerateError,
    },
    /// The board has too little RAM.
    #[error(
        "the RAM is too small, board {board} with display {display}, {} bytes more than its {available} are needed \
         ({parts}): use {remedy}", needed - available
    )]
    OutOfMemory {
        /// The board's name.
        board: String,
        /// The display's name.
        display: String,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that there are.
        available: u64,
        /// The parts and their bytes.
        parts: String,
        /// Changes that would make it fit.
        remedy: String,
    },
    /// The frame buffer has too little memory.
    #[error("{0}, the display, choose a smaller one")]
    Frame(#[from] FrameTooSmall),
    /// The display has no pixels.
    #[error("nothing can be drawn, display {display}, choose one with pixels")]
    EmptyDisplay {
        /// The display's name.
        display: String,
    },
    /// A script cannot be understood.
    #[error("the script is not understood, step {number} `{step}`, {reason}")]
    Script {
        /// Counted from 1.
        number: usize,
        /// The step.
        step: String,
        /// The mistake.
        reason: String,
    },
    /// A script is too long for the firmware.
    #[error("the script is too long for the firmware, {bytes} bytes of {room}, leave steps out")]
    LongScript {
        /// Bytes that it takes.
        bytes: usize,
        /// Bytes that there are.
        room: usize,
    },
    /// There is no terminal, or it fails.
    #[error("the terminal cannot be used, {0}, run in a terminal or use --png or --gif")]
    NoTerminal(String),
    /// This program was built without windows.
    #[error(
        "there is no window in this build, --window, install SDL (`apt-get install libsdl2-dev`) and build with \
         `--features window`, or use --terminal"
    )]
    WithoutWindow,
    /// There is no display for a window.
    #[error(
        "no window can be opened, {0}, run where there is a display (for instance under xvfb-run) or use --terminal"
    )]
    NoWindow(String),
    /// A file of recorded pictures cannot be used.
    #[error("the recorded pictures are not usable, {}, record them with --update: {reason}", path.display())]
    Golden {
        /// The file.
        path: PathBuf,
        /// The mistake.
        reason: String,
    },
    /// A JUnit report cannot be made.
    #[error("the JUnit report cannot be made, {0}, leave --junit out")]
    Junit(String),
    /// A GIF cannot be encoded.
    #[error("the GIF cannot be made, {0}, let some time pass in the script")]
    Gif(String),
    /// An output cannot be written, or would destroy a file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A folder or a lock cannot be made.
    #[error("{} cannot be made, choose a folder that exists and is writable ({source})", path.display())]
    Write {
        /// The folder or the lock.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A picture cannot be encoded as PNG.
    #[error(
        "the picture cannot be encoded as PNG, {width}x{height}, choose a smaller model ({reason})"
    )]
    Encode {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// The encoder's reason.
        reason: String,
    },
    /// The sources of the firmware are not around.
    #[error(
        "the firmware's sources are not here, {}, run inside of the Pixling repository or give a built firmware with \
         --firmware", place.display()
    )]
    NoSources {
        /// Where the search began.
        place: PathBuf,
    },
    /// The firmware cannot be built.
    #[error("the firmware cannot be built, {}, see the messages above ({reason})", place.display())]
    Build {
        /// The folder of the sources.
        place: PathBuf,
        /// The message of `tools/cross` or how it ended.
        reason: String,
    },
    /// The file is no firmware of ours.
    #[error("the firmware is not usable, {}, build it again from firmware-sim/emulated: {reason}", path.display())]
    Firmware {
        /// The file.
        path: PathBuf,
        /// The mistake.
        reason: String,
    },
    /// The model is larger than the flash partition for it.
    #[error(
        "the model of {model} bytes does not fit, flash partition of {partition} bytes, choose a smaller model"
    )]
    PartitionTooSmall {
        /// Bytes of the model.
        model: u64,
        /// Bytes of the partition.
        partition: u64,
    },
    /// The model needs a larger arena than the firmware has.
    #[error(
        "the model needs an arena of {needed} bytes, the firmware has {available}, choose a smaller model or \
         a core with more RAM"
    )]
    ArenaTooSmall {
        /// Bytes that the model needs.
        needed: u64,
        /// Bytes of the firmware's arena.
        available: u64,
    },
    /// QEMU is not installed.
    #[error("QEMU is not here, {}, install it with `apt-get install qemu-system-arm qemu-system-misc` or name it with --qemu", program.display())]
    NoQemu {
        /// The program that was to be run.
        program: PathBuf,
    },
    /// QEMU ended with an error.
    #[error(
        "QEMU failed, machine {machine}, check that the firmware is for this core, or try a newer QEMU ({reason})"
    )]
    Qemu {
        /// The emulated machine.
        machine: &'static str,
        /// How it ended and what it said.
        reason: String,
    },
    /// QEMU did not end in time.
    #[error("the emulated core is not done, after {seconds} seconds, raise --timeout")]
    Timeout {
        /// The limit.
        seconds: u64,
    },
    /// The firmware gave up.
    #[error("the firmware stopped, {place}, {reason}")]
    Stopped {
        /// Its task at that moment.
        place: String,
        /// Its last line.
        reason: String,
    },
    /// The firmware's report cannot be understood.
    #[error(
        "the firmware's report is not understood, line {line}, build the firmware again: {reason}"
    )]
    Report {
        /// Counted from 1.
        line: usize,
        /// The mistake.
        reason: String,
    },
    /// There is no such board, display or core, or a file of boards cannot be used.
    #[error(transparent)]
    Boards(#[from] pixling_boards::Error),
    /// The standard output is closed.
    #[error("the result cannot be printed, standard output, keep it open ({0})")]
    Print(io::Error),
}

impl Error {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
        move |source| Error::Write {
            path: path.to_owned(),
            source,
        }
    }
}
