//! A folder of files for tests, to be damaged and loaded.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::{DataError, Dataset, Format};

/// A temporary folder with the kind and the format that it is loaded as.
pub(crate) struct TestFolder {
    folder: TempDir,
    /// The part of the spec before the folder.
    kind: &'static str,
    format: Format,
}

impl TestFolder {
    /// An empty folder.
    pub(crate) fn new(kind: &'static str, format: Format) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            kind,
            format,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of a file, whose parent folder is created.
    pub(crate) fn new_path(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.new_path(name), bytes).unwrap();
    }

    pub(crate) fn load_as(&self, options: &str, format: Format) -> Result<Dataset, DataError> {
        let spec = format!("{}:{}:{options}", self.kind, self.folder.path().display());
        crate::load(&spec, format)
    }

    pub(crate) fn load_with(&self, options: &str) -> Result<Dataset, DataError> {
        self.load_as(options, self.format)
    }

    pub(crate) fn load(&self) -> Dataset {
        self.load_with("").unwrap()
    }

    /// The error without the folder's own name.
    #[track_caller]
    pub(crate) fn complaint(&self, options: &str) -> String {
        let error = self.load_with(options).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error.replace(&self.folder.path().display().to_string(), "DIR")
    }
}
