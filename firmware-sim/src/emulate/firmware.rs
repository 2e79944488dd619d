//! Builds the firmware from the repository's sources.

use super::core::Core;
use crate::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SOURCES: &str = "firmware-sim";
const CROSS: &str = "tools/cross";

/// What the firmware does besides drawing single pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Nothing: the image is the runtime.
    Runtime,
    /// It runs the application of `pixling-app`.
    Application,
    /// A model's self test draws also as from flash that is not memory-mapped, through the smallest buffer.
    Paged,
}

/// Builds the firmware for a core, as far as it has changed, and returns the path of its ELF file.
///
/// The compiler's messages go to the standard error.
///
/// # Errors
///
/// When the sources are not around or do not compile.
pub fn build(core: Core, flavour: Flavour) -> Result<PathBuf, Error> {
    let repository = repository()?;
    let profile = core.profile(flavour);
    let sources = repository.join(SOURCES).join(profile.folder);
    // Cores of the same target have other features: each has a folder of its own, and so has each flavour.
    let target_folder = target_folder(&sources).join(profile.name);
    let (features, target_folder) = match flavour {
        Flavour::Runtime => (profile.features.to_owned(), target_folder),
        Flavour::Application => (
            format!("{},application", profile.features),
            target_folder.join("application"),
        ),
        Flavour::Paged => (
            format!("{},paged", profile.features),
            target_folder.join("paged"),
        ),
    };
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
    let mut command = Command::new(repository.join(CROSS));
    if flavour != Flavour::Runtime {
        // At the speed of the runtime alone every kind of display at once would not fit the flash of a micro:bit, nor both
        // ways of reading a model that of the Cortex-M3.
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s");
    }
    let status = command
        .args(["build", "--quiet", "--release", "--no-default-features"])
        .args(["--target", profile.target, "--features", &features])
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
