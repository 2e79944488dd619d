//! One training at a time in a run folder.

use anyhow::{Context, Result, bail};
use std::fs::{File, TryLockError};
use std::path::Path;

/// The file that is locked. It stays when the training ends; the lock goes with its process.
const FILE: &str = ".lock";

/// The right to write to a run folder, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks a run folder.
    ///
    /// # Errors
    ///
    /// When another training has it, or the folder cannot be written.
    pub fn of(folder: &Path) -> Result<Lock> {
        let path = folder.join(FILE);
        let file = File::create(&path)
            .with_context(|| format!("cannot write {}: choose another folder", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another training runs in {}: wait for its end, or choose another folder for --out",
                folder.display()
            ),
            // Some network file systems have no locks.
            Err(TryLockError::Error(_)) => Ok(Lock { _file: file }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_training_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::of(folder.path()).unwrap();
        let message = Lock::of(folder.path()).unwrap_err().to_string();
        assert!(message.contains("another training runs in"), "{message}");
        drop(lock);
        Lock::of(folder.path()).unwrap();
    }
}
