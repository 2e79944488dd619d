//! Files of runs and results.

use anyhow::{Context, Result};
use serde::Serialize;
use std::path::Path;
use std::sync::{Mutex, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Held while a file is written.
static WRITING: Mutex<()> = Mutex::new(());

/// Waits until no file is being written, but not for ever: a pipe may not be read.
pub(crate) fn wait_for_writes() {
    const LONGEST: Duration = Duration::from_millis(250);
    const PERIOD: Duration = Duration::from_millis(5);
    let begin = Instant::now();
    while matches!(WRITING.try_lock(), Err(TryLockError::WouldBlock)) && begin.elapsed() < LONGEST {
        sleep(PERIOD);
    }
}

/// Writes an output, as [`pixling_io::write`] does.
///
/// # Errors
///
/// When the folder does not exist or cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let _writing = WRITING.lock();
    Ok(pixling_io::write(path, bytes)?)
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
