//! A folder of files for tests, to be damaged and loaded.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{DataError, Dataset, Format};

/// A folder that goes away, and what it is loaded as.
pub(super) struct TestFolder {
    folder: TempDir,
    /// What stands before the folder in a spec.
    kind: &'static str,
    format: Format,
}

impl TestFolder {
    /// An empty folder.
    pub(super) fn new(kind: &'static str, format: Format) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            kind,
            format,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, with the folder that it is to be in.
    pub(super) fn new_path(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.new_path(name), bytes).unwrap();
    }

    pub(super) fn load_as(&self, options: &str, format: Format) -> Result<Dataset, DataError> {
        let spec = format!("{}:{}:{options}", self.kind, self.folder.path().display());
        crate::data::load(&spec, format)
    }

    pub(super) fn load_with(&self, options: &str) -> Result<Dataset, DataError> {
        self.load_as(options, self.format)
    }

    pub(super) fn load(&self) -> Dataset {
        self.load_with("").unwrap()
    }

    /// The error without the folder's own name.
    #[track_caller]
    pub(super) fn complaint(&self, options: &str) -> String {
        let error = self.load_with(options).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error.replace(&self.folder.path().display().to_string(), "DIR")
    }
}
