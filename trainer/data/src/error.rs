//! The error of loading a data set.

use std::path::{Path, PathBuf};

/// Reason why a data set could not be loaded, with the place and the remedy, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The part of a spec before the colon names no kind of data set.
    #[error("unknown data set `{spec}`: use one of {known}")]
    UnknownSpec {
        /// The spec as given.
        spec: String,
        /// The known kinds.
        known: &'static str,
    },
    /// A spec has an option that its kind does not know.
    #[error("unknown option `{option}` in `{spec}`: the options are {valid}")]
    UnknownOption {
        /// The spec as given.
        spec: String,
        /// The option that was not recognized.
        option: String,
        /// The known options.
        valid: &'static str,
    },
    /// A spec has an option whose value cannot be used.
    #[error("option `{option}` in `{spec}`: {problem}")]
    BadOption {
        /// The spec as given.
        spec: String,
        /// The option with its value.
        option: String,
        /// The fault of the value, and the allowed values.
        problem: String,
    },
    /// A spec that needs a folder has none.
    #[error("`{spec}` names no folder: write `{kind}:FOLDER`")]
    NoFolder {
        /// The spec as given.
        spec: String,
        /// The part before the colon.
        kind: &'static str,
    },
    /// The format asked for cannot be drawn.
    #[error("cannot draw {width}x{height}x{channels} pictures: {problem}")]
    BadFormat {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Values per pixel.
        channels: usize,
        /// The fault, and the allowed values.
        problem: &'static str,
    },
    /// A data set that a tool prepares has not been prepared.
    #[error(
        "no `{name}` folder in {looked}: run `tools/data {name}`, or set PIXLING_DATA to the folder that holds it"
    )]
    NotPrepared {
        /// Name of the data set.
        name: String,
        /// The folders that were searched.
        looked: String,
    },
    /// A file is absent, both plain and gzipped.
    #[error(
        "{}: neither `{name}` nor `{name}.gz` is there: copy one of them into the folder",
        shown(folder)
    )]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// Name of the file without `.gz`.
        name: &'static str,
    },
    /// The operating system could not read a file.
    #[error("{}: cannot read: {cause}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system. Not a `source`, as the message has it already.
        cause: std::io::Error,
    },
    /// A gzipped file does not decompress.
    #[error(
        "{}: corrupt gzip after {good} decompressed bytes ({problem}): fetch the file again",
        shown(path)
    )]
    CorruptGzip {
        /// The file.
        path: PathBuf,
        /// Number of bytes that came out before the fault.
        good: usize,
        /// Message of the decompressor.
        problem: String,
    },
    /// The bytes of a file break the rules of its format.
    #[error("{}: offset {offset}: {problem}", shown(path))]
    BadFile {
        /// The file.
        path: PathBuf,
        /// Offset in the decompressed file.
        offset: usize,
        /// The bytes that were expected and found, and the remedy.
        problem: String,
    },
    /// A file is shorter than its header promises.
    #[error(
        "{}: truncated: its header promises {expected} bytes, it has {found}: fetch the file again",
        shown(path)
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Length by the header, in bytes.
        expected: u64,
        /// Length of the file, in bytes.
        found: usize,
    },
    /// A file is longer than its header promises.
    #[error(
        "{}: bytes after the end: its header promises {expected} bytes, it goes on at offset {expected}: fetch the file again",
        shown(path)
    )]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// Length by the header, in bytes.
        expected: u64,
    },
    /// Pictures and labels do not pair up.
    #[error(
        "{}: {pictures} pictures, but {labels} labels in {}: take both files from one data set",
        shown(pictures_path),
        shown(labels_path)
    )]
    CountMismatch {
        /// The file of pictures.
        pictures_path: PathBuf,
        /// Number of its pictures.
        pictures: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// Number of its labels.
        labels: usize,
    },
    /// The pictures have another size than the preset.
    #[error(
        "{}: pictures of {found}, but the preset makes {wanted}: choose a preset of that size",
        shown(path)
    )]
    WrongSize {
        /// The file of pictures.
        path: PathBuf,
        /// `WIDTHxHEIGHTxCHANNELS` of the file.
        found: String,
        /// `WIDTHxHEIGHTxCHANNELS` of the preset.
        wanted: String,
    },
    /// The contents of a folder are not a data set.
    #[error("{}: {problem}", shown(folder))]
    BadFolder {
        /// The folder.
        folder: PathBuf,
        /// The fault and the remedy.
        problem: String,
    },
    /// A data set is whole, but nothing can be learned from it.
    #[error("data set `{name}`: {problem}")]
    Unusable {
        /// Name of the data set.
        name: String,
        /// The fault and the remedy.
        problem: String,
    },
}

/// A path in one line.
fn shown(path: &Path) -> String {
    pixling_io::escaped(&path.display().to_string())
}

impl DataError {
    /// Makes the error of a file that could not be read.
    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> DataError {
        move |cause| DataError::Read {
            path: path.into(),
            cause,
        }
    }
}
