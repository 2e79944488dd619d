//! Builds the firmware from the repository's sources.

use super::core::Core;
use crate::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SOURCES: &str = "firmware-sim";
const CROSS: &str = "tools/cross";

/// Builds the firmware for a core, as far as it has changed, and returns the path of its ELF file.
///
/// The compiler's messages go to the standard error.
///
/// # Errors
///
/// When the sources are not around or do not compile.
pub fn build(core: Core) -> Result<PathBuf, Error> {
    let repository = repository()?;
    let profile = core.profile();
    let sources = repository.join(SOURCES).join(profile.folder);
    // Cores of the same target have other features: each has a folder of its own.
    let target_folder = target_folder(&sources).join(profile.name);
    let elf = target_folder
        .join(profile.target)
        .join("release")
        .join(format!("pixling-{}", profile.folder));
    if !elf.exists() {
        eprintln!("building the firmware for {} ...", profile.name);
    }
    let failed = |reason: String| Error::Build {
        place: sources.clone(),
        reason,
    };
    let status = Command::new(repository.join(CROSS))
        .args(["build", "--quiet", "--release", "--no-default-features"])
        .args(["--target", profile.target, "--features", profile.features])
        .arg("--target-dir")
        .arg(&target_folder)
        .current_dir(&sources)
        .stdin(Stdio::null())
        // Standard output is for the result alone.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| failed(format!("{CROSS}: {error}")))?;
    if !status.success() {
        return Err(failed(format!("{CROSS}: {status}")));
    }
    Ok(elf)
}

/// The repository that this program was compiled in, or else the one around the current folder.
fn repository() -> Result<PathBuf, Error> {
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let here = std::env::current_dir().unwrap_or_default();
    compiled_in
        .into_iter()
        .chain(here.ancestors())
        .find(|folder| folder.join(CROSS).is_file() && folder.join(SOURCES).is_dir())
        .map(Path::to_owned)
        .ok_or(Error::NoSources { place: here })
}

/// A folder of its own, because the firmware is a workspace of its own.
fn target_folder(sources: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .and_then(|folder| std::path::absolute(folder).ok())
        .map_or_else(|| sources.join("target"), |folder| folder.join("firmware"))
}
