//! The folders that `tools/data` prepares.

use std::path::{Path, PathBuf};

use crate::DataError;

/// Finds the prepared folder `name`: in the folder that the environment variable `PIXLING_DATA` names
/// when it is set, else in the `.data` folder of the working folder or of one above it.
pub(crate) fn find(name: &str) -> Result<PathBuf, DataError> {
    let here = std::env::current_dir().map_err(DataError::read(Path::new(".")))?;
    let parent = std::env::var_os("PIXLING_DATA")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    find_from(name, &here, parent.as_deref())
}

/// Finds as [`find`] does, from the folder `here`, with `parent` in place of the variable.
fn find_from(name: &str, here: &Path, parent: Option<&Path>) -> Result<PathBuf, DataError> {
    let found = match parent {
        Some(parent) => Some(parent.join(name)).filter(|folder| folder.is_dir()),
        None => here
            .ancestors()
            .map(|above| above.join(".data").join(name))
            .find(|folder| folder.is_dir()),
    };
    found.ok_or_else(|| DataError::NotPrepared {
        name: name.into(),
        looked: match parent {
            Some(parent) => format!("{} (PIXLING_DATA)", parent.display()),
            None => format!("a `.data` folder of {} or above", here.display()),
        },
    })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_prepared_folder_is_found_here_or_above() {
        let root = TempDir::new().unwrap();
        let prepared = root.path().join(".data/fashion-mnist");
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&prepared).unwrap();
        std::fs::create_dir_all(&below).unwrap();
        assert_eq!(find_from("fashion-mnist", &below, None).unwrap(), prepared);
        assert_eq!(
            find_from("fashion-mnist", root.path(), None).unwrap(),
            prepared
        );
    }

    #[test]
    fn a_named_parent_is_the_only_place() {
        let root = TempDir::new().unwrap();
        let prepared = root.path().join("fashion-mnist");
        std::fs::create_dir_all(&prepared).unwrap();
        std::fs::create_dir_all(root.path().join(".data/fashion-mnist")).unwrap();
        let found = find_from("fashion-mnist", root.path(), Some(root.path())).unwrap();
        assert_eq!(found, prepared);
        let other = root.path().join("other");
        assert!(find_from("fashion-mnist", root.path(), Some(&other)).is_err());
    }

    #[test]
    fn an_unprepared_data_set_says_what_to_run() {
        let root = TempDir::new().unwrap();
        for name in ["fashion-mnist", "fonts", "emoji"] {
            let error = find_from(name, root.path(), None).unwrap_err().to_string();
            assert!(
                error.contains(&format!("run `tools/data {name}`")),
                "{error}"
            );
            assert!(error.contains("PIXLING_DATA"), "{error}");
        }
    }
}
