//! Judges that are kept in the user's cache folder, so that a measurement does not train one each time.
//!
//! A judge follows from its data set, its seed and the program. The file's name says the first two, its entry the
//! program: the judge of another build is trained anew and replaces the old one.

use super::judge::Judge;
use super::tensor_file;
use crate::data::Dataset;
use crate::files;
use crate::model::Preset;
use anyhow::{Context, Result, ensure};
use etcetera::BaseStrategy;
use pixling_nn::Backend;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The folder of kept judges inside of the user's cache folder.
const FOLDER: &str = "pixling/judges";

/// The judge of a data set, of which all measurements of this program have the same: the kept one, or one that is trained
/// and then kept. A folder that cannot be written only costs the next training.
///
/// # Errors
///
/// As [`Judge::train`].
pub fn kept_judge<D: Backend>(
    preset: &dyn Preset<D>,
    device: &D,
    data: &Dataset,
    seed: u64,
    progress: impl FnMut(f32),
) -> Result<Judge<D>> {
    let place = etcetera::choose_base_strategy()
        .ok()
        .zip(program())
        .map(|(user, program)| {
            let name = file_name(preset, data, seed);
            (user.cache_dir().join(FOLDER).join(name), program)
        });
    if let Some((path, program)) = &place
        && let Ok(judge) = read(path, program, preset, device, data.labels.len())
    {
        return Ok(judge);
    }
    let judge = Judge::train(preset, device, data, seed, progress)?;
    if let Some((path, program)) = place {
        let _ = keep(&path, program, &judge);
    }
    Ok(judge)
}

/// A name that differs for every judge but for the judges of two builds of the program.
fn file_name<D: Backend>(preset: &dyn Preset<D>, data: &Dataset, seed: u64) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (seed, &data.labels).hash(&mut hasher);
    (&data.train.pixels, &data.train.classes).hash(&mut hasher);
    let hash = hasher.finish();
    format!("{}-{hash:016x}.safetensors", preset.name()).into()
}

/// The mark of this build of the program: the size of its file and the time of its last change.
fn program() -> Option<String> {
    let file = std::env::current_exe().ok()?.metadata().ok()?;
    let changed = file.modified().ok()?;
    let changed = changed.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {}", file.len(), changed.as_nanos()))
}

fn read<D: Backend>(
    path: &Path,
    program: &str,
    preset: &dyn Preset<D>,
    device: &D,
    classes: usize,
) -> Result<Judge<D>> {
    let (made_by, tensors) = tensor_file::parse(&files::read(path)?)?;
    ensure!(made_by == program, "made by another build");
    Judge::with_tensors(preset, device, classes, &tensors)
}

fn keep<D: Backend>(path: &Path, program: String, judge: &Judge<D>) -> Result<()> {
    files::folder(path.parent().context("a file without a folder")?)?;
    tensor_file::write(path, program, &judge.tensors())
}
