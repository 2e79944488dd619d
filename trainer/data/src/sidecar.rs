//! Small text files beside the pictures, and the name of their folder.

use std::{io, path::Path};

use pixling_io::{escaped, without_mark};

use crate::DataError;

/// The file with the licence of a folder's pictures.
pub(crate) const LICENCE_FILE: &str = "licence.txt";

/// The first line of a folder's licence file, or `unknown` when it has none.
pub(crate) fn licence(folder: &Path) -> Result<String, DataError> {
    let text = read_text(&folder.join(LICENCE_FILE))?;
    let line = text.as_deref().and_then(parse_licence);
    Ok(escaped(line.unwrap_or("unknown")))
}

/// The licence that the text of a `licence.txt` names: its first line that is not blank, trimmed, without a byte order
/// mark in front.
pub fn parse_licence(text: &str) -> Option<&str> {
    let mut lines = without_mark(text).lines().map(str::trim);
    lines.find(|line| !line.is_empty())
}

/// Reads a small text file; `None` when there is none.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, DataError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DataError::read(path)(error)),
    }
}

/// Name of a data set that has no other name than its folder's, in one line.
pub(crate) fn folder_name(folder: &Path) -> String {
    match folder.file_name() {
        Some(name) => escaped(&name.to_string_lossy()),
        None => escaped(&folder.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_licence_is_the_first_line_with_text() {
        let folder = TempDir::new().unwrap();
        assert_eq!(licence(folder.path()).unwrap(), "unknown");
        std::fs::write(folder.path().join(LICENCE_FILE), "\n CC0 1.0 \nmore\n").unwrap();
        assert_eq!(licence(folder.path()).unwrap(), "CC0 1.0");
        let marked = "\u{feff}CC0 \u{1b}[1m\n";
        std::fs::write(folder.path().join(LICENCE_FILE), marked).unwrap();
        assert_eq!(licence(folder.path()).unwrap(), "CC0 \\u001b[1m");
        std::fs::write(folder.path().join(LICENCE_FILE), " \n").unwrap();
        assert_eq!(licence(folder.path()).unwrap(), "unknown");
    }

    #[test]
    fn a_licence_that_is_no_text_is_an_error() {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join(LICENCE_FILE), [0xff, 0xfe]).unwrap();
        let error = licence(folder.path()).unwrap_err().to_string();
        assert!(error.contains("licence.txt: cannot read"), "{error}");
    }
}
