//! Pictures of the changes, to be looked at.

use super::compare::Finding;
use super::golden::{Golden, Sample};
use crate::Error;
use crate::run::Photo;
use pixling::Model;
use std::path::{Path, PathBuf};

/// The side of each pixel.
const SCALE: u32 = 8;

/// Writes `*.before.png`, `*.after.png` and `*.difference.png` of each picture that changed, and returns their paths.
/// In a difference black is the same, and a brighter pixel changed more, four times enlarged.
///
/// # Errors
///
/// When the folder cannot be made or a file cannot be written.
pub fn write_pictures(
    folder: &Path,
    golden: &Golden,
    findings: &[Finding],
    model: &Model<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let changed: Vec<&Finding> = findings.iter().filter(|it| !it.same).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
    let mut paths = Vec::new();
    for finding in changed {
        let sample = golden.samples.iter().find(|it| it.name() == finding.name);
        let before = Photo::from(sample.and_then(Sample::pixels).unwrap_or_default());
        let after = Photo::of_model(model, &finding.pixels);
        let size = before.size().component_max(after.size());
        let difference = Photo::new(size, |point| {
            let (one, other) = (before.pixel(point), after.pixel(point));
            std::array::from_fn(|index| one[index].abs_diff(other[index]).saturating_mul(4))
        });
        for (kind, photo) in [
            ("before", before),
            ("after", after),
            ("difference", difference),
        ] {
            let path = folder.join(format!("{}-{}.{kind}.png", finding.place, finding.name));
            let large = photo.enlarged(SCALE, 0, [0; 3]);
            pixling_io::write(&path, &large.to_png()?)?;
            paths.push(path);
        }
    }
    Ok(paths)
}
