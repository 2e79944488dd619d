//! Errors of the catalog.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Why there is no such entry, or no catalog.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of boards cannot be used.
    #[error("the boards are not usable, {}, correct the file: {reason}", path.display())]
    Boards {
        /// The file.
        path: PathBuf,
        /// The mistake.
        reason: String,
    },
    /// There is no board, display or core of that name.
    #[error("there is no {kind} `{asked}`, choose one of: {choices}")]
    NoSuchName {
        /// `board`, `display` or `core`.
        kind: &'static str,
        /// The name that was asked for.
        asked: String,
        /// All names.
        choices: String,
    },
}

impl Error {
    /// The error of a file of boards with a mistake.
    pub(crate) fn boards<E: Display>(path: &Path) -> impl Fn(E) -> Error + '_ {
        move |reason| Error::Boards {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}
