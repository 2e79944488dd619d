//! A folder with the four files of the MNIST family, in the format of [`read_idx`].

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use pixling_io::LabelError;

use crate::{
    DataError, Dataset, Format, Split,
    idx::{header_bytes, read_idx},
    prepared, sidecar,
};

const TRAIN_FILES: [&str; 2] = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
const TEST_FILES: [&str; 2] = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const FASHION: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Loads the four files of a folder; without a `labels.txt` the classes are digits.
pub(crate) fn load(folder: &Path, format: Format) -> Result<Dataset, DataError> {
    load_folder(sidecar::folder_name(folder), folder, &DIGITS, format)
}

/// Loads the folder that `tools/data fashion-mnist` prepares.
pub(crate) fn load_fashion_mnist(format: Format) -> Result<Dataset, DataError> {
    let folder = prepared::find("fashion-mnist")?;
    load_folder("fashion-mnist".into(), &folder, &FASHION, format)
}

fn load_folder(
    name: String,
    folder: &Path,
    default_labels: &[&str],
    format: Format,
) -> Result<Dataset, DataError> {
    let labels = match sidecar::read_text(&folder.join("labels.txt"))? {
        Some(text) => parse_labels(&folder.join("labels.txt"), &text)?,
        None => default_labels
            .iter()
            .map(|&label| label.to_owned())
            .collect(),
    };
    let parts = [TRAIN_FILES, TEST_FILES].map(|files| Part::read(folder, files, format));
    let [train, test] = parts;
    let (train, test) = (train?, test?);
    let used = || train.values.iter().chain(&test.values);
    // Some files, such as the letters of EMNIST, count classes from 1.
    let from_one =
        used().min() == Some(&1) && used().max().copied().map(usize::from) == Some(labels.len());
    Ok(Dataset {
        name,
        licence: sidecar::licence(folder)?,
        width: format.width,
        height: format.height,
        channels: format.channels,
        train: train.split(labels.len(), from_one)?,
        test: test.split(labels.len(), from_one)?,
        labels,
        factor_names: Vec::new(),
        skipped: Vec::new(),
    })
}

/// Parses a `labels.txt`: one label per line, none empty, none twice. A byte order mark in front is left out, labels are
/// trimmed and in Unicode's normal form C. The path is for messages.
///
/// # Errors
///
/// [`DataError::BadFile`] with the offset of an empty line, of a label that is there twice, or of one with a character
/// that is no text, such as a control character.
pub fn parse_labels(path: &Path, text: &str) -> Result<Vec<String>, DataError> {
    let lines = pixling_io::without_mark(text);
    let mut labels: Vec<String> = Vec::new();
    let mut offset = text.len() - lines.len();
    for line in lines.trim_end().split_inclusive('\n') {
        let label = match pixling_io::label(line) {
            Err(LabelError::Empty) => Err("an empty line: write one label per line".to_owned()),
            Err(error) => Err(format!("{error}: remove it")),
            Ok(label) if labels.contains(&label) => Err(format!(
                "the label `{label}` is there twice: each class needs its own"
            )),
            Ok(label) => Ok(label),
        };
        let bad = |problem| DataError::BadFile {
            path: path.into(),
            offset,
            problem,
        };
        labels.push(label.map_err(bad)?);
        offset += line.len();
    }
    Ok(labels)
}

/// The two files of a split.
struct Part {
    pixels: Vec<u8>,
    values: Vec<u8>,
    labels_path: PathBuf,
}

impl Part {
    fn read(
        folder: &Path,
        [pictures_name, labels_name]: [&'static str; 2],
        format: Format,
    ) -> Result<Part, DataError> {
        let pictures_path = find_file(folder, pictures_name)?;
        let labels_path = find_file(folder, labels_name)?;
        let (dimensions, pixels) = read_file::<3>(&pictures_path)?;
        let ([labels], values) = read_file::<1>(&labels_path)?;

        let [pictures, height, width] = dimensions;
        let found = Format {
            width,
            height,
            channels: 1,
        };
        if found != format {
            return Err(DataError::WrongSize {
                path: pictures_path,
                found: found.to_string(),
                wanted: format.to_string(),
            });
        }
        if pictures != labels {
            return Err(DataError::CountMismatch {
                pictures_path,
                pictures,
                labels_path,
                labels,
            });
        }
        Ok(Part {
            pixels,
            values,
            labels_path,
        })
    }

    /// The split, whose values are classes counted from 0 or from 1.
    fn split(self, label_count: usize, from_one: bool) -> Result<Split, DataError> {
        let first = u8::from(from_one);
        let stray = |&value: &u8| usize::from(value) >= label_count + usize::from(first);
        if let Some(index) = self.values.iter().position(stray) {
            return Err(DataError::BadFile {
                path: self.labels_path,
                offset: header_bytes(1) + index,
                problem: format!(
                    "label {} of picture {index}, but there are {label_count} labels: name every class in a labels.txt beside it",
                    self.values[index]
                ),
            });
        }
        let classes = self
            .values
            .into_iter()
            .map(|value| u16::from(value - first));
        Ok(Split {
            pixels: self.pixels,
            classes: classes.collect(),
            factors: Vec::new(),
        })
    }
}

/// The path of a file under its name or with `.gz`; the plain one when both exist.
fn find_file(folder: &Path, name: &'static str) -> Result<PathBuf, DataError> {
    [name.to_owned(), format!("{name}.gz")]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| DataError::MissingFile {
            folder: folder.into(),
            name,
        })
}

fn read_file<const DIMENSIONS: usize>(
    path: &Path,
) -> Result<([usize; DIMENSIONS], Vec<u8>), DataError> {
    let file = File::open(path).map_err(DataError::read(path))?;
    read_idx(path, BufReader::new(file))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::idx::tests::{gzip, idx, pictures};

    const FORMAT: Format = Format {
        width: 3,
        height: 2,
        channels: 1,
    };

    /// A folder with a whole data set of two classes, plain, to be damaged.
    struct Folder(TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = Self(TempDir::new().unwrap());
            folder.write(TRAIN_FILES[0], &pictures(4));
            folder.write(TRAIN_FILES[1], &idx(&[4], &[0, 1, 1, 0]));
            folder.write(TEST_FILES[0], &pictures(2));
            folder.write(TEST_FILES[1], &idx(&[2], &[1, 0]));
            folder.write("labels.txt", b"cat\ndog\n");
            folder
        }

        fn with(name: &str, bytes: &[u8]) -> Self {
            let folder = Self::new();
            folder.write(name, bytes);
            folder
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            std::fs::write(self.0.path().join(name), bytes).unwrap();
        }

        fn remove(&self, name: &str) {
            std::fs::remove_file(self.0.path().join(name)).unwrap();
        }

        fn load(&self) -> Result<Dataset, DataError> {
            self.load_as(FORMAT)
        }

        fn load_as(&self, format: Format) -> Result<Dataset, DataError> {
            crate::load(&format!("idx:{}", self.0.path().display()), format)
        }

        /// The error without the folder's own name.
        #[track_caller]
        fn complaint(&self) -> String {
            let folder = format!("{}/", self.0.path().display());
            self.load().unwrap_err().to_string().replace(&folder, "")
        }
    }

    #[test]
    fn classes_may_be_counted_from_one() {
        let folder = Folder::with(TRAIN_FILES[1], &idx(&[4], &[1, 2, 2, 1]));
        folder.write(TEST_FILES[1], &idx(&[2], &[2, 1]));
        let dataset = folder.load().unwrap();
        assert_eq!(dataset.labels, ["cat", "dog"]);
        assert_eq!(dataset.train.classes, [0, 1, 1, 0]);
        assert_eq!(dataset.test.classes, [1, 0]);
        // The largest is beyond the labels in either way of counting.
        folder.write(TEST_FILES[1], &idx(&[2], &[2, 3]));
        assert!(
            folder
                .complaint()
                .contains("label 2 of picture 1, but there are 2 labels")
        );
    }

    #[test]
    fn plain_files_are_read() {
        let dataset = Folder::new().load().unwrap();
        assert_eq!(dataset.labels, ["cat", "dog"]);
        assert_eq!(dataset.train.classes, [0, 1, 1, 0]);
        assert_eq!(dataset.train.picture(1, 6), [6, 7, 8, 9, 10, 11]);
        assert_eq!(dataset.test.len(), 2);
        assert_eq!((dataset.width, dataset.height, dataset.channels), (3, 2, 1));
        assert!(dataset.factor_names.is_empty() && dataset.train.factors.is_empty());
    }

    #[test]
    fn gzipped_files_are_the_same_under_either_name() {
        let plain = Folder::new();
        let gzipped = Folder::new();
        for (name, keep_name) in [
            (TRAIN_FILES[0], false),
            (TRAIN_FILES[1], true),
            (TEST_FILES[0], true),
            (TEST_FILES[1], false),
        ] {
            let bytes = std::fs::read(plain.0.path().join(name)).unwrap();
            if keep_name {
                gzipped.write(name, &gzip(&bytes));
            } else {
                gzipped.remove(name);
                gzipped.write(&format!("{name}.gz"), &gzip(&bytes));
            }
        }
        let (plain, gzipped) = (plain.load().unwrap(), gzipped.load().unwrap());
        assert_eq!((plain.train, plain.test), (gzipped.train, gzipped.test));
    }

    #[test]
    fn a_gzip_of_several_members_is_read_to_its_end() {
        let folder = Folder::new();
        let bytes = pictures(4);
        let members = [gzip(&bytes[..17]), gzip(&bytes[17..])].concat();
        folder.write(TRAIN_FILES[0], &members);
        assert_eq!(
            folder.load().unwrap().train,
            Folder::new().load().unwrap().train
        );
    }

    #[test]
    fn the_licence_is_the_first_line_of_its_file() {
        let folder = Folder::new();
        assert_eq!(folder.load().unwrap().licence, "unknown");
        folder.write(
            "licence.txt",
            b"\n MIT (somebody) \n\nPermission is hereby granted\n",
        );
        assert_eq!(folder.load().unwrap().licence, "MIT (somebody)");
    }

    #[test]
    fn labels_are_digits_without_a_file() {
        let folder = Folder::new();
        folder.remove("labels.txt");
        let ten: Vec<u8> = (0..10).collect();
        folder.write(TRAIN_FILES[0], &pictures(10));
        folder.write(TRAIN_FILES[1], &idx(&[10], &ten));
        assert_eq!(folder.load().unwrap().labels.concat(), "0123456789");
    }

    #[test]
    fn labels_are_text_as_editors_write_it() {
        let marked = "\u{feff} cafe\u{301}\r\nd\u{f6}g \r\n";
        let folder = Folder::with("labels.txt", marked.as_bytes());
        assert_eq!(folder.load().unwrap().labels, ["caf\u{e9}", "d\u{f6}g"]);
        let same = Folder::with("labels.txt", "cafe\u{301}\ncaf\u{e9}\n".as_bytes());
        assert!(same.complaint().contains("is there twice"));
    }

    #[test]
    fn bad_labels_files_are_refused() {
        let twice = Folder::with("labels.txt", b"cat\ncat\n");
        assert_eq!(
            twice.complaint(),
            "labels.txt: offset 4: the label `cat` is there twice: each class needs its own"
        );
        let gap = Folder::with("labels.txt", b"cat\r\n\r\ndog\r\n");
        assert_eq!(
            gap.complaint(),
            "labels.txt: offset 5: an empty line: write one label per line"
        );
        let code = Folder::with("labels.txt", b"\xef\xbb\xbfcat\n\x1b[31mdog\n");
        assert_eq!(
            code.complaint(),
            "labels.txt: offset 7: the label `\\u001b[31mdog` has the character U+001B, which is no text: remove it"
        );
        let binary = Folder::with("labels.txt", &[0xff, 0xfe]);
        assert!(binary.complaint().starts_with("labels.txt: cannot read: "));
    }

    #[test]
    fn a_missing_file_is_named_with_both_its_names() {
        for name in [TRAIN_FILES, TEST_FILES].concat() {
            let folder = Folder::new();
            folder.remove(name);
            let expected = format!("neither `{name}` nor `{name}.gz` is there");
            assert!(
                folder.complaint().contains(&expected),
                "{}",
                folder.complaint()
            );
        }
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let error = load(Path::new("/nowhere/at/all"), FORMAT)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("/nowhere/at/all: neither `train-images"),
            "{error}"
        );
    }

    #[test]
    fn swapped_files_are_recognized() {
        let folder = Folder::with(TRAIN_FILES[0], &idx(&[4], &[0, 1, 1, 0]));
        assert_eq!(
            folder.complaint(),
            "train-images-idx3-ubyte: offset 3: 1 dimensions where 3 are needed (is this a file of labels?)"
        );
        let folder = Folder::with(TRAIN_FILES[1], &pictures(4));
        assert!(folder.complaint().contains("(is this a file of pictures?)"));
        let folder = Folder::with(TRAIN_FILES[1], &idx(&[2, 2], &[0, 1, 1, 0]));
        assert!(
            folder
                .complaint()
                .ends_with("offset 3: 2 dimensions where 1 are needed")
        );
    }

    #[test]
    fn counts_that_disagree_are_refused() {
        let fewer_labels = Folder::with(TRAIN_FILES[1], &idx(&[3], &[0, 1, 1]));
        assert_eq!(
            fewer_labels.complaint(),
            "train-images-idx3-ubyte: 4 pictures, but 3 labels in train-labels-idx1-ubyte: take both files from one data set"
        );
        let fewer_pictures = Folder::with(TEST_FILES[0], &pictures(1));
        assert!(
            fewer_pictures
                .complaint()
                .contains("1 pictures, but 2 labels in t10k-labels")
        );
    }

    #[test]
    fn another_picture_size_is_refused() {
        let folder = Folder::new();
        for (format, wanted) in [
            (
                Format {
                    width: 2,
                    height: 3,
                    channels: 1,
                },
                "2x3x1",
            ),
            (
                Format {
                    width: 3,
                    height: 2,
                    channels: 3,
                },
                "3x2x3",
            ),
        ] {
            let error = folder.load_as(format).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!(
                    "pictures of 3x2x1, but the preset makes {wanted}: choose a preset of that size"
                )),
                "{error}"
            );
        }
    }

    #[test]
    fn a_label_without_name_is_refused() {
        let folder = Folder::with(TEST_FILES[1], &idx(&[2], &[1, 2]));
        assert_eq!(
            folder.complaint(),
            "t10k-labels-idx1-ubyte: offset 9: label 2 of picture 1, but there are 2 labels: name every class in a labels.txt beside it"
        );
    }

    #[test]
    fn one_class_is_refused() {
        let folder = Folder::with(TRAIN_FILES[1], &idx(&[4], &[1; 4]));
        assert!(
            folder
                .complaint()
                .contains("1 of 2 classes has pictures in train")
        );
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let bytes = pictures(4);
        for length in 0..=bytes.len() {
            for value in [0, 1, 3, 0x08, 0x1f, 0xff] {
                let mut damaged = bytes[..length].to_vec();
                if let Some(last) = damaged.last_mut() {
                    *last = value;
                }
                let _ = Folder::with(TRAIN_FILES[0], &damaged).load();
            }
        }
    }

    #[test]
    fn fashion_has_its_ten_names_without_a_labels_file() {
        let folder = Folder::new();
        folder.remove("labels.txt");
        let dataset =
            load_folder("fashion-mnist".into(), folder.0.path(), &FASHION, FORMAT).unwrap();
        assert_eq!(dataset.labels.len(), 10);
        assert_eq!(dataset.labels[9], "Ankle boot");
    }
}
