//! Writing of files that are complete or absent.

use anyhow::{Context, Result};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held while a file is written.
static WRITING: Mutex<()> = Mutex::new(());

/// Waits until no file is being written, and holds back the next one until the guard is dropped.
pub(crate) fn between_writes() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a file under another name and renames it, so that neither a reader nor a crash leaves half of it.
///
/// # Errors
///
/// When the folder does not exist or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let _writing = between_writes();
    let attempt = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".pixling-")
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        // A temporary file is private to its owner; the finished one has ordinary permissions.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file()
                .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().with_context(|| {
        format!(
            "cannot write {}: check that its folder exists and may be written",
            path.display()
        )
    })
}

/// Writes a value as JSON, as [`write()`] does.
///
/// # Errors
///
/// When the value cannot be JSON, or the file cannot be written.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write(path, serde_json::to_string_pretty(value)?.as_bytes())
}

/// Makes a folder and its parents.
///
/// # Errors
///
/// When it cannot be made.
pub fn folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).with_context(|| {
        format!(
            "cannot make the folder {}: choose one that may be written",
            path.display()
        )
    })
}

/// Reads a file.
///
/// # Errors
///
/// When it is absent or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
