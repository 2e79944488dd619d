//! Errors of the catalog.

use std::path::PathBuf;

/// Why there is no such entry, or no catalog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of boards cannot be used.
    #[error("the boards are not usable, {}, correct the file: {reason}", path.display())]
    Boards {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no board, display or core of that name.
    #[error("there is no {kind} `{asked}`, choose one of: {choices}")]
    NoSuchName {
        /// What kind of thing.
        kind: &'static str,
        /// What was asked for.
        asked: String,
        /// Those that there are.
        choices: String,
    },
}
