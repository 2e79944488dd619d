//! Data sets: pictures with classes, and with known factors where the pictures are drawn by this crate.
//!
//! A data set is named by a spec (see [`load`]). It is checked once, when it is loaded: every class
//! then has a label and pictures, and every picture has its bytes.
//!
//! The readers of the files are public too, for use on bytes from elsewhere: [`read_idx`],
//! [`parse_labels`], [`parse_licence`], [`Frame`] for pictures and [`draw_fonts`]. All of them return
//! errors, and do not panic, on any bytes.

mod error;
pub mod factors;
mod folder;
mod fonts;
mod hold_out;
mod idx;
mod jpeg;
mod mnist;
mod options;
mod picture;
mod prepared;
mod sidecar;
mod strokes;
#[cfg(test)]
mod test_folder;
mod test_font;
mod typeface;

use std::collections::HashSet;

pub use error::DataError;
pub use fonts::draw_fonts;
pub use idx::read_idx;
pub use mnist::parse_labels;
pub use options::absolute;
pub use picture::{Fit, Frame, PictureError};
pub use sidecar::parse_licence;
pub use test_font::TestFont;
pub use typeface::{FontError, Typeface};

/// The specs of [`load`], for messages.
const KNOWN_SPECS: &str = "strokes[:options], idx:FOLDER, folder:FOLDER[:options], fonts:FOLDER[:options], \
    fashion-mnist, avatars[:options], emoji[:options], glyphs[:options], silhouettes[:options]";

/// Size of pictures, and their channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Values per pixel: 1 is grey, 3 is colour.
    pub channels: usize,
}

impl Format {
    /// Bytes of one picture.
    pub fn bytes_per_picture(&self) -> usize {
        self.width * self.height * self.channels
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}x{}x{}",
            self.width, self.height, self.channels
        )
    }
}

/// Pictures with classes, split into a part to learn from and a part to measure on.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// A short name, for the model's card.
    pub name: String,
    /// The licence of the pictures, or `unknown`.
    pub licence: String,
    /// Width of every picture in pixels.
    pub width: usize,
    /// Height of every picture in pixels.
    pub height: usize,
    /// Values per pixel: 1 is grey, 3 is colour.
    pub channels: usize,
    /// A name for each class.
    pub labels: Vec<String>,
    /// The pictures to learn from.
    pub train: Split,
    /// The pictures to measure on.
    pub test: Split,
    /// The names of the factors that each picture was drawn with; empty when they are unknown.
    pub factor_names: Vec<String>,
    /// A line for each file that was skipped, with the reason.
    pub skipped: Vec<String>,
}

impl Dataset {
    /// The format of every picture.
    pub fn format(&self) -> Format {
        Format {
            width: self.width,
            height: self.height,
            channels: self.channels,
        }
    }

    /// Bytes of one picture.
    pub fn bytes_per_picture(&self) -> usize {
        self.format().bytes_per_picture()
    }

    /// Checks everything that users of a data set rely on.
    fn validate(&self) -> Result<(), DataError> {
        self.check_counts("train", &self.train)?;
        self.check_counts("test", &self.test)?;

        let mut labels = HashSet::new();
        if let Some(label) = self.labels.iter().find(|label| !labels.insert(*label)) {
            return Err(self.unusable(format!(
                "the label `{label}` is there twice: each class needs its own"
            )));
        }
        let mut pictures = vec![0usize; self.labels.len()];
        for &class in &self.train.classes {
            pictures[usize::from(class)] += 1;
        }
        let used = pictures.iter().filter(|&&count| count > 0).count();
        if used < 2 {
            return Err(self.unusable(format!(
                "{used} of {} classes has pictures in train: at least two are needed",
                self.labels.len()
            )));
        }
        let empty: Vec<&str> = std::iter::zip(&pictures, &self.labels)
            .filter(|&(&count, _)| count == 0)
            .map(|(_, label)| label.as_str())
            .collect();
        if !empty.is_empty() {
            return Err(self.unusable(format!(
                "no pictures in train for the classes {}: add some, or remove the labels",
                empty.join(", ")
            )));
        }
        if self.test.is_empty() {
            return Err(self.unusable("no pictures in test: there is nothing to measure on".into()));
        }
        Ok(())
    }

    /// Checks that a split's vectors agree in length and that its classes have labels.
    fn check_counts(&self, split_name: &str, split: &Split) -> Result<(), DataError> {
        let count = split.len();
        let bytes = count.checked_mul(self.bytes_per_picture());
        if bytes != Some(split.pixels.len()) {
            return Err(self.unusable(format!(
                "{split_name} has {count} classes but {} bytes of {} pictures",
                split.pixels.len(),
                self.format()
            )));
        }
        if split.factors.len() != count * self.factor_names.len() {
            return Err(self.unusable(format!(
                "{split_name} has {} factor values for {count} pictures with {} factors each",
                split.factors.len(),
                self.factor_names.len()
            )));
        }
        let stray = split
            .classes
            .iter()
            .position(|&class| usize::from(class) >= self.labels.len());
        if let Some(index) = stray {
            return Err(self.unusable(format!(
                "picture {index} of {split_name} has class {}, but there are {} labels",
                split.classes[index],
                self.labels.len()
            )));
        }
        Ok(())
    }

    fn unusable(&self, problem: String) -> DataError {
        DataError::Unusable {
            name: self.name.clone(),
            problem,
        }
    }
}

/// One part of a data set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Split {
    /// All pictures, one after the other: rows from the top, channel last.
    pub pixels: Vec<u8>,
    /// The class of each picture.
    pub classes: Vec<u16>,
    /// The factors of each picture, each about -1 to 1; empty when they are unknown.
    pub factors: Vec<f32>,
}

impl Split {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// True when there are no pictures.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Adds a picture without known factors.
    fn add(&mut self, class: usize, pixels: &[u8]) {
        self.pixels.extend_from_slice(pixels);
        // A data set has at most a thousand classes.
        self.classes.push(class as u16);
    }

    /// The bytes of one picture.
    ///
    /// # Panics
    /// When there is no picture `index`.
    pub fn picture(&self, index: usize, bytes_per_picture: usize) -> &[u8] {
        &self.pixels[index * bytes_per_picture..][..bytes_per_picture]
    }

    /// The bytes of the pictures at `indices`, one after another, and their classes.
    ///
    /// # Panics
    /// When there is no picture of one of the indices.
    pub fn some(&self, indices: &[usize], bytes_per_picture: usize) -> (Vec<u8>, Vec<u16>) {
        let pictures = indices
            .iter()
            .flat_map(|&index| self.picture(index, bytes_per_picture));
        let classes = indices.iter().map(|&index| self.classes[index]);
        (pictures.copied().collect(), classes.collect())
    }
}

/// Loads the data set that a spec names, with pictures of a format.
///
/// | spec | data set |
/// |---|---|
/// | `strokes` | drawn by this crate from vector strokes, with known factors: ten digits |
/// | `strokes:OPTIONS` | options, separated by commas: `digits`, `capitals` or `all`; `train=12000`; `test=2000`; `seed=1` |
/// | `idx:FOLDER` | the four files of the MNIST family, gzipped or not, with an optional `labels.txt` and `licence.txt` |
/// | `folder:FOLDER` | pictures (PNG, JPEG, GIF, BMP) in a folder for each class, or in such folders below `train` and `test` (or `val`) |
/// | `folder:FOLDER:OPTIONS` | `fit=crop`, `letterbox` or `stretch`; `background=RRGGBB` under transparent pixels and beside letterboxed pictures; `test=0.15`, the share of each class that is held out; `seed=1` of that choice |
/// | `fonts:FOLDER` | the characters of all TrueType and OpenType fonts below a folder: a class for each character, white on black; whole families are held out |
/// | `fonts:FOLDER:OPTIONS` | `digits`, `capitals`, `all`, or `characters=abc`; `test=0.15`; `seed=1` |
/// | `fashion-mnist` | the `idx` folder that `tools/data fashion-mnist` prepares |
/// | `avatars`, `emoji`, `silhouettes` | the `folder` that `tools/data` prepares under that name; the same options after a colon |
/// | `glyphs` | the `fonts` folder that `tools/data fonts` prepares; the same options after a colon |
///
/// Files of a folder that can't be read are in [`Dataset::skipped`] with the reason.
///
/// ```
/// use pixling_data::{load, Format};
///
/// let format = Format { width: 16, height: 16, channels: 1 };
/// let dataset = load("strokes:digits,train=100,test=20", format)?;
/// assert_eq!(dataset.labels.len(), 10);
/// assert_eq!(dataset.train.picture(0, dataset.bytes_per_picture()).len(), 256);
/// # Ok::<(), pixling_data::DataError>(())
/// ```
///
/// # Errors
///
/// When the spec, the format, a file that can't be skipped, or the data set as a whole can't be used: a
/// class without usable pictures is an error.
pub fn load(spec: &str, format: Format) -> Result<Dataset, DataError> {
    load_watched(spec, format, &|_, _| {})
}

/// Receives the number of files that have been read, and of all files, while pictures or fonts are loaded.
pub type Watch<'w> = &'w (dyn Fn(usize, usize) + Sync);

/// The same as [`load`], and tells of its progress.
///
/// # Errors
///
/// The same as [`load`].
pub fn load_watched(spec: &str, format: Format, watch: Watch<'_>) -> Result<Dataset, DataError> {
    let (kind, rest) = match spec.split_once(':') {
        Some((kind, rest)) => (kind, Some(rest)),
        None => (spec, None),
    };
    let options = rest.unwrap_or("");
    let dataset = match kind {
        "strokes" => strokes::load(spec, options, format)?,
        "idx" => {
            let folder = rest.filter(|folder| !folder.is_empty());
            let folder = folder.ok_or_else(|| DataError::NoFolder {
                spec: spec.into(),
                kind: "idx",
            })?;
            mnist::load(folder.as_ref(), format)?
        }
        "folder" => {
            let (folder, options) = options::split_folder(spec, "folder", rest)?;
            folder::load(
                spec,
                sidecar::folder_name(folder),
                folder,
                options,
                format,
                watch,
            )?
        }
        "fonts" => {
            let (folder, options) = options::split_folder(spec, "fonts", rest)?;
            fonts::load(
                spec,
                sidecar::folder_name(folder),
                folder,
                options,
                format,
                watch,
            )?
        }
        "fashion-mnist" if rest.is_none() => mnist::load_fashion_mnist(format)?,
        "avatars" | "emoji" | "silhouettes" => {
            let folder = prepared::find(kind)?;
            folder::load(spec, kind.into(), &folder, options, format, watch)?
        }
        "glyphs" => {
            let folder = prepared::find("fonts")?;
            fonts::load(spec, kind.into(), &folder, options, format, watch)?
        }
        _ => {
            return Err(DataError::UnknownSpec {
                spec: spec.into(),
                known: KNOWN_SPECS,
            });
        }
    };
    dataset.validate()?;
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        width: 2,
        height: 1,
        channels: 1,
    };

    fn two_classes() -> Dataset {
        let split = Split {
            pixels: vec![0, 1, 2, 3],
            classes: vec![0, 1],
            factors: vec![],
        };
        Dataset {
            name: "test".into(),
            licence: "unknown".into(),
            width: 2,
            height: 1,
            channels: 1,
            labels: vec!["a".into(), "b".into()],
            train: split.clone(),
            test: split,
            factor_names: vec![],
            skipped: vec![],
        }
    }

    fn complaint(dataset: &Dataset) -> String {
        dataset.validate().unwrap_err().to_string()
    }

    fn spec_complaint(spec: &str) -> String {
        load(spec, FORMAT).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_data_set_is_valid() {
        two_classes().validate().unwrap();
    }

    #[test]
    fn a_picture_is_its_own_slice() {
        let dataset = two_classes();
        assert_eq!(
            dataset.train.picture(1, dataset.bytes_per_picture()),
            [2, 3]
        );
    }

    #[test]
    fn one_class_is_an_error() {
        let mut dataset = two_classes();
        dataset.train.classes = vec![1, 1];
        assert_eq!(
            complaint(&dataset),
            "data set `test`: 1 of 2 classes has pictures in train: at least two are needed"
        );
    }

    #[test]
    fn empty_classes_are_named() {
        let mut dataset = two_classes();
        dataset.labels.extend(["c".into(), "d".into()]);
        assert!(complaint(&dataset).contains("for the classes c, d:"));
    }

    #[test]
    fn a_label_that_is_there_twice_is_an_error() {
        let mut dataset = two_classes();
        dataset.labels[1] = "a".into();
        assert!(complaint(&dataset).contains("the label `a` is there twice"));
    }

    #[test]
    fn a_class_without_label_is_an_error() {
        let mut dataset = two_classes();
        dataset.test.classes = vec![0, 2];
        assert!(
            complaint(&dataset).contains("picture 1 of test has class 2, but there are 2 labels")
        );
    }

    #[test]
    fn missing_pixels_are_an_error() {
        let mut dataset = two_classes();
        dataset.train.pixels.pop();
        assert!(complaint(&dataset).contains("train has 2 classes but 3 bytes of 2x1x1 pictures"));
    }

    #[test]
    fn missing_factors_are_an_error() {
        let mut dataset = two_classes();
        dataset.factor_names = vec!["slant".into()];
        assert!(complaint(&dataset).contains("0 factor values for 2 pictures with 1 factors each"));
    }

    #[test]
    fn an_empty_test_split_is_an_error() {
        let mut dataset = two_classes();
        dataset.test = Split::default();
        assert!(complaint(&dataset).contains("no pictures in test"));
    }

    #[test]
    fn an_unknown_spec_is_told_the_known_ones() {
        for spec in [
            "",
            "mnist",
            "stroke:digits",
            "fashion-mnist:x",
            "strokes digits",
        ] {
            let complaint = spec_complaint(spec);
            assert!(complaint.contains(&format!("`{spec}`")), "{complaint}");
            assert!(
                complaint.contains("strokes[:options], idx:FOLDER, folder:FOLDER[:options]"),
                "{complaint}"
            );
        }
    }

    #[test]
    fn idx_needs_a_folder() {
        for spec in ["idx", "idx:"] {
            assert_eq!(
                spec_complaint(spec),
                format!("`{spec}` names no folder: write `idx:FOLDER`")
            );
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
