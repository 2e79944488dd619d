//! What can be wrong with a data set.

use std::path::PathBuf;

/// Why a data set could not be loaded: what was wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The part of a spec before the colon names no kind of data set.
    #[error("unknown data set `{spec}`: use one of {known}")]
    UnknownSpec {
        /// The spec as given.
        spec: String,
        /// The kinds there are.
        known: &'static str,
    },
    /// A spec has an option that its kind does not know.
    #[error("unknown option `{option}` in `{spec}`: the options are {valid}")]
    UnknownOption {
        /// The spec as given.
        spec: String,
        /// The option that was not recognized.
        option: String,
        /// The options there are.
        valid: &'static str,
    },
    /// A spec has an option whose value cannot be used.
    #[error("option `{option}` in `{spec}`: {problem}")]
    BadOption {
        /// The spec as given.
        spec: String,
        /// The option with its value.
        option: String,
        /// What is wrong with the value and what is allowed.
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
        /// What is wrong and what is allowed.
        problem: &'static str,
    },
    /// A data set that a tool prepares has not been prepared.
    #[error(
        "no `{name}` folder in {looked}: run `tools/data {name}`, or set PIXLING_DATA to the folder that holds it"
    )]
    NotPrepared {
        /// Name of the data set.
        name: String,
        /// The places that were searched.
        looked: String,
    },
    /// A file is absent, both plain and gzipped.
    #[error("{}: neither `{name}` nor `{name}.gz` is there: copy one of them into the folder", folder.display())]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// Name of the file without `.gz`.
        name: &'static str,
    },
    /// The operating system could not read a file.
    #[error("{}: cannot read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said. Not a `source`, as the message has it already.
        cause: std::io::Error,
    },
    /// A gzipped file does not decompress.
    #[error("{}: corrupt gzip after {good} decompressed bytes ({problem}): fetch the file again", path.display())]
    CorruptGzip {
        /// The file.
        path: PathBuf,
        /// How many bytes came out before the fault.
        good: usize,
        /// What the decompressor said.
        problem: String,
    },
    /// The bytes of a file are not what its format asks for.
    #[error("{}: offset {offset}: {problem}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// Where in the decompressed file.
        offset: usize,
        /// What was expected, what was found, what to do.
        problem: String,
    },
    /// A file is shorter than its header promises.
    #[error("{}: truncated: its header promises {expected} bytes, it has {found}: fetch the file again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes by the header.
        expected: u64,
        /// Bytes there are.
        found: usize,
    },
    /// A file is longer than its header promises.
    #[error("{}: bytes after the end: its header promises {expected} bytes, it goes on at offset {expected}: fetch the file again", path.display())]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// Bytes by the header.
        expected: u64,
    },
    /// Pictures and labels do not pair up.
    #[error("{}: {pictures} pictures, but {labels} labels in {}: take both files from one data set", pictures_path.display(), labels_path.display())]
    CountMismatch {
        /// The file of pictures.
        pictures_path: PathBuf,
        /// How many pictures it holds.
        pictures: usize,
        /// The file of labels.
        labels_path: PathBuf,
        /// How many labels it holds.
        labels: usize,
    },
    /// The pictures have another size than the preset.
    #[error("{}: pictures of {found}, but the preset makes {wanted}: choose a preset of that size", path.display())]
    WrongSize {
        /// The file of pictures.
        path: PathBuf,
        /// `WIDTHxHEIGHTxCHANNELS` of the file.
        found: String,
        /// `WIDTHxHEIGHTxCHANNELS` of the preset.
        wanted: String,
    },
    /// A folder does not hold what it should.
    #[error("{}: {problem}", folder.display())]
    BadFolder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A data set is whole, but nothing can be learned from it.
    #[error("data set `{name}`: {problem}")]
    Unusable {
        /// Name of the data set.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
}
