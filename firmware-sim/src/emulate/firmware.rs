//! Builds the firmware from the repository's sources.

use super::core::Core;
use crate::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SOURCES: &str = "firmware-sim/emulated";
const CROSS: &str = "tools/cross";

/// The tasks of the firmware besides drawing single pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Nothing: the image is the runtime.
    Runtime,
    /// It runs the application of `pixling-app`.
    Application,
    /// A model's self test draws also as from flash that is not memory-mapped, through the smallest buffer.
    Paged,
    /// It updates slots by a model with a signature.
    Signed,
}

/// Builds the firmware for a core, as far as it has changed, and returns the path of its ELF file. Installs a compiler for
/// the core if there is none.
///
/// The compiler's messages go to the standard error.
///
/// # Errors
///
/// When the sources are not around or do not compile.
pub fn build(core: Core, flavour: Flavour) -> Result<PathBuf, Error> {
    build_by(core, flavour, None)
}

/// The same by a compiler that is installed already.
///
/// # Errors
///
/// The same, and when there is no compiler for the core.
pub fn build_without_installing(core: Core, flavour: Flavour) -> Result<PathBuf, Error> {
    build_by(core, flavour, Some("installed"))
}

/// Builds by a way of `tools/cross`.
fn build_by(core: Core, flavour: Flavour, way: Option<&str>) -> Result<PathBuf, Error> {
    let repository = repository()?;
    let profile = core.profile();
    let workspace = repository.join(SOURCES);
    let sources = workspace.join(profile.folder);
    let (word, feature) = match flavour {
        Flavour::Runtime => ("runtime", ""),
        Flavour::Application => ("application", ",application"),
        Flavour::Paged => ("paged", ",paged"),
        Flavour::Signed => ("signed", ",signed"),
    };
    // One target folder, in which what cores and flavours share is compiled once. Every build leaves its program at the
    // same place there, from where it is copied under a lock.
    let target = target_folder(&workspace);
    let images = target.join("images");
    let elf = images.join([profile.folder, profile.target, profile.features, word].join("-"));
    let failed = |reason: String| Error::Build {
        place: sources.clone(),
        reason,
    };
    let lock = std::fs::create_dir_all(&images).and_then(|()| File::create(images.join("lock")));
    let lock = lock.map_err(Error::write(&images))?;
    lock.lock().map_err(Error::write(&images))?;
    if !elf.exists() {
        eprintln!("building the firmware for {} ...", profile.name);
    }
    let mut command = Command::new(repository.join(CROSS));
    command.envs(way.map(|way| ("CROSS_COMPILER", way)));
    if flavour == Flavour::Application {
        // At the speed of the runtime alone every kind of display at once would not fit the flash of a micro:bit.
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s");
    }
    let status = command
        .args(["build", "--quiet", "--release", "--no-default-features"])
        .args(["--target", profile.target])
        .args(["--features", &format!("{}{feature}", profile.features)])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(&sources)
        .stdin(Stdio::null())
        // Standard output is for the result alone.
        .stdout(Stdio::null())
        .status()
        .map_err(|error| failed(format!("{CROSS}: {error}")))?;
    if !status.success() {
        return Err(failed(format!("{CROSS}: {status}")));
    }
    let built = target.join(profile.target).join("release");
    let built = built.join(format!("pixling-{}", profile.folder));
    let image = std::fs::read(&built).map_err(|error| failed(error.to_string()))?;
    // A test that runs meanwhile may read it.
    if std::fs::read(&elf).is_ok_and(|before| before == image) {
        return Ok(elf);
    }
    pixling_io::write(&elf, &image)?;
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
fn target_folder(workspace: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .and_then(|folder| std::path::absolute(folder).ok())
        .map_or_else(
            || workspace.join("target"),
            |folder| folder.join("firmware"),
        )
}
