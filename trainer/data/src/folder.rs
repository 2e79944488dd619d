//! A folder of pictures for each class.
//!
//! ```text
//! animals/cat/1.png        animals/train/cat/1.png
//! animals/cat/2.jpg   or   animals/train/dog/1.png
//! animals/dog/1.png        animals/test/cat/2.jpg
//! ```
//!
//! The second form has its own split; `test` may also be named `val`, `valid` or `validation`. Classes and pictures are in the order of their names. A file
//! that is hidden, damaged or not a picture is in `Dataset::skipped` with the reason; a class without
//! usable pictures is an error, and so is a folder whose name is no label.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;

use crate::{
    DataError, Dataset, Format, Split, Watch, hold_out,
    options::{self, DEFAULT_TEST_SHARE, MAX_BYTES, bad_option, unknown_option},
    picture::{Fit, Frame, PictureError},
    sidecar,
};

const VALID_OPTIONS: &str =
    "fit=crop|letterbox|stretch, background=RRGGBB, test=SHARE, seed=NUMBER";

/// Names of the folder beside `train`; the first that is there holds the test pictures.
const TEST_FOLDERS: [&str; 4] = ["test", "val", "valid", "validation"];

/// Limit of the model file on classes.
const MAX_CLASSES: usize = pixling::limits::MAX_CLASSES as usize;

/// Options of a spec.
#[derive(Debug, PartialEq)]
struct Options {
    fit: Fit,
    background: [u8; 3],
    /// The option as given and the share to hold out, if there is one.
    test: Option<(String, f64)>,
    seed: u64,
}

impl Options {
    fn parse(spec: &str, options: &str) -> Result<Self, DataError> {
        let mut parsed = Self {
            fit: Fit::Crop,
            background: [0; 3],
            test: None,
            seed: 1,
        };
        for (option, key, value) in options::pairs(options) {
            match (key, value) {
                ("fit", Some("crop")) => parsed.fit = Fit::Crop,
                ("fit", Some("letterbox")) => parsed.fit = Fit::Letterbox,
                ("fit", Some("stretch")) => parsed.fit = Fit::Stretch,
                ("fit", _) => {
                    let problem = "choose crop, letterbox or stretch";
                    return Err(bad_option(spec, option, problem));
                }
                ("background", Some(value)) => {
                    parsed.background = parse_colour(value).ok_or_else(|| {
                        let problem = "a colour is six hexadecimal digits, such as ff8000";
                        bad_option(spec, option, problem)
                    })?;
                }
                ("test", Some(value)) => {
                    let share = options::parse_share(spec, option, value)?;
                    parsed.test = Some((option.to_owned(), share));
                }
                ("seed", Some(value)) => parsed.seed = options::parse_seed(spec, option, value)?,
                _ => return Err(unknown_option(spec, option, VALID_OPTIONS)),
            }
        }
        Ok(parsed)
    }
}

fn parse_colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.len() == 6 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u32::from_str_radix(text, 16).ok().filter(|_| digits)?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// Loads the pictures of a folder as the data set `name`.
pub(crate) fn load(
    spec: &str,
    name: String,
    folder: &Path,
    options: &str,
    format: Format,
    watch: Watch<'_>,
) -> Result<Dataset, DataError> {
    let options = Options::parse(spec, options)?;
    let reader = Reader {
        root: folder,
        format,
        frame: Frame::new(format, options.fit, options.background)?,
        watch,
    };
    let mut skipped = Vec::new();
    let mut names = TEST_FOLDERS.iter();
    let test_name = names.find(|name| folder.join(name).is_dir());
    let own_split = test_name.filter(|_| folder.join("train").is_dir());
    let (labels, train, test) = if let Some(test_name) = own_split {
        if let Some((option, _)) = &options.test {
            let problem = format!("the folder has its own split, train and {test_name}");
            return Err(bad_option(spec, option, problem));
        }
        let test_folder = folder.join(test_name);
        let train = reader.read_classes(&folder.join("train"), &mut skipped)?;
        let test = reader.read_classes(&test_folder, &mut skipped)?;
        reader.note_strays(folder, ["train", test_name], &mut skipped)?;
        own_parts(&test_folder, train, test)?
    } else {
        let classes = reader.read_classes(folder, &mut skipped)?;
        let share = options.test.map_or(DEFAULT_TEST_SHARE, |(_, share)| share);
        hold_out_parts(classes, share, options.seed)
    };
    Ok(Dataset {
        name,
        licence: sidecar::licence(folder)?,
        width: format.width,
        height: format.height,
        channels: format.channels,
        labels,
        train,
        test,
        factor_names: Vec::new(),
        skipped,
    })
}

/// A class with the pictures that could be read.
struct Class {
    label: String,
    /// The path below the data set's folder and the bytes of each picture.
    pictures: Vec<(String, Vec<u8>)>,
}

/// Labels and splits of a folder with a split of its own.
fn own_parts(
    test_folder: &Path,
    train: Vec<Class>,
    test: Vec<Class>,
) -> Result<(Vec<String>, Split, Split), DataError> {
    let labels: Vec<String> = train.iter().map(|class| class.label.clone()).collect();
    let (mut train_split, mut test_split) = (Split::default(), Split::default());
    for (index, class) in train.iter().enumerate() {
        for (_, pixels) in &class.pictures {
            train_split.add(index, pixels);
        }
    }
    for class in &test {
        let index = labels.iter().position(|label| *label == class.label);
        let index = index.ok_or_else(|| DataError::BadFolder {
            folder: test_folder.join(&class.label),
            problem: format!("there is no class `{}` in train", class.label),
        })?;
        for (_, pixels) in &class.pictures {
            test_split.add(index, pixels);
        }
    }
    Ok((labels, train_split, test_split))
}

/// Labels and splits of a folder without a split of its own: a share of each class is held out.
fn hold_out_parts(classes: Vec<Class>, share: f64, seed: u64) -> (Vec<String>, Split, Split) {
    let (mut train, mut test) = (Split::default(), Split::default());
    let mut labels = Vec::with_capacity(classes.len());
    for (index, class) in classes.into_iter().enumerate() {
        let key = |name: &String| hold_out::key(seed, name);
        let mut keys: Vec<u64> = class.pictures.iter().map(|(name, _)| key(name)).collect();
        keys.sort_unstable();
        let border = keys.get(hold_out::count(keys.len(), share)).copied();
        for (name, pixels) in &class.pictures {
            let held_out = border.is_some_and(|border| key(name) < border);
            let split = if held_out { &mut test } else { &mut train };
            split.add(index, pixels);
        }
        labels.push(class.label);
    }
    (labels, train, test)
}

/// Kind of the entry at a path, links followed.
enum Found {
    Folder,
    File,
    /// Nothing to read, with the reason.
    Nothing(String),
}

/// An entry of a folder.
struct Entry {
    name: String,
    path: PathBuf,
    found: Found,
}

/// Reads the class folders below a root.
struct Reader<'a> {
    root: &'a Path,
    format: Format,
    frame: Frame,
    watch: Watch<'a>,
}

impl Reader<'_> {
    /// A path below the root, with `/` on every system, as it is the key of the held-out pictures.
    fn short(&self, path: &Path) -> String {
        let short = path.strip_prefix(self.root).unwrap_or(path);
        let parts: Vec<_> = short.iter().map(|part| part.to_string_lossy()).collect();
        parts.join("/")
    }

    /// A line for [`Dataset::skipped`].
    fn skip(&self, path: &Path, reason: &str) -> String {
        format!("{}: {reason}", pixling_io::escaped(&self.short(path)))
    }

    /// Notes the entries of a folder other than the expected ones.
    fn note_strays(
        &self,
        folder: &Path,
        expected: [&str; 2],
        skipped: &mut Vec<String>,
    ) -> Result<(), DataError> {
        let strays = list(folder)?.into_iter();
        let strays = strays.filter(|entry| {
            entry.name != sidecar::LICENCE_FILE && !expected.contains(&entry.name.as_str())
        });
        let reason = format!("not in {} or {}", expected[0], expected[1]);
        skipped.extend(strays.map(|entry| self.skip(&entry.path, &reason)));
        Ok(())
    }

    /// Reads the folders of a folder as classes.
    fn read_classes(
        &self,
        folder: &Path,
        skipped: &mut Vec<String>,
    ) -> Result<Vec<Class>, DataError> {
        let bad = |folder: &Path, problem: String| DataError::BadFolder {
            folder: folder.into(),
            problem,
        };
        let own_path = canonical(folder)?;
        let mut classes = Vec::new();
        for entry in list(folder)? {
            match entry.found {
                Found::Folder if own_path.starts_with(canonical(&entry.path)?) => {
                    skipped.push(self.skip(&entry.path, "a link back to a folder above it"));
                }
                Found::Folder => classes.push(entry),
                Found::File if entry.name == sidecar::LICENCE_FILE => {}
                Found::File => {
                    skipped.push(self.skip(&entry.path, "not in the folder of a class"));
                }
                Found::Nothing(reason) => skipped.push(self.skip(&entry.path, &reason)),
            }
        }
        if classes.is_empty() {
            let problem =
                "no class folders: put the pictures of each class into a folder of its own";
            return Err(bad(folder, problem.into()));
        }
        if classes.len() > MAX_CLASSES {
            let problem = format!("{} class folders: at most {MAX_CLASSES}", classes.len());
            return Err(bad(folder, problem));
        }

        let mut labels = Vec::with_capacity(classes.len());
        for class in &classes {
            let label = pixling_io::label(&class.name);
            let problem = |error| bad(&class.path, format!("{error}: rename the folder"));
            labels.push(label.map_err(problem)?);
        }

        let mut files = Vec::new();
        for (index, class) in classes.iter().enumerate() {
            let entries = list(&class.path)?;
            if entries.is_empty() {
                let problem = "an empty class: put pictures into it, or remove the folder";
                return Err(bad(&class.path, problem.into()));
            }
            files.extend(entries.into_iter().map(|entry| (index, entry)));
        }
        if files.len().saturating_mul(self.format.bytes_per_picture()) > MAX_BYTES {
            let problem = format!(
                "{} files would take more than 2 GiB as {} pictures: remove some",
                files.len(),
                self.format
            );
            return Err(bad(folder, problem));
        }

        let (count, done) = (files.len(), AtomicUsize::new(0));
        let read = files.into_par_iter().map(|(index, entry)| {
            let pixels = match entry.found {
                Found::File => self
                    .frame
                    .read(&entry.path)
                    .map_err(|error| error.to_string()),
                Found::Folder => Err("a folder inside a class".into()),
                Found::Nothing(reason) => Err(reason),
            };
            (self.watch)(done.fetch_add(1, Ordering::Relaxed) + 1, count);
            (index, entry.path, pixels)
        });
        let read: Vec<_> = read.collect();
        let mut pictures: Vec<Vec<(String, Vec<u8>)>> =
            classes.iter().map(|_| Vec::new()).collect();
        let mut reasons: Vec<Vec<String>> = classes.iter().map(|_| Vec::new()).collect();
        for (index, path, pixels) in read {
            match pixels {
                Ok(pixels) => pictures[index].push((self.short(&path), pixels)),
                Err(reason) => reasons[index].push(self.skip(&path, &reason)),
            }
        }

        let mut done = Vec::with_capacity(classes.len());
        let classes = classes.into_iter().zip(labels);
        for (((class, label), pictures), reasons) in classes.zip(pictures).zip(reasons) {
            if let ([], [first, ..]) = (&*pictures, &*reasons) {
                let problem = format!(
                    "no picture could be read, of {}; the first is {first}",
                    reasons.len()
                );
                return Err(bad(&class.path, problem));
            }
            skipped.extend(reasons);
            done.push(Class { label, pictures });
        }
        Ok(done)
    }
}

fn canonical(path: &Path) -> Result<PathBuf, DataError> {
    path.canonicalize().map_err(DataError::read(path))
}

/// The paths in a folder, sorted.
pub(crate) fn sorted_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort_unstable();
    Ok(paths)
}

/// The entries of a folder in the order of their names.
fn list(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let paths = sorted_paths(folder).map_err(DataError::read(folder))?;
    let entries = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Entry {
            name: name.into_owned(),
            found: look(&path),
            path,
        }
    });
    Ok(entries.collect())
}

fn look(path: &Path) -> Found {
    let name = path.file_name().unwrap_or_default();
    if name.as_encoded_bytes().starts_with(b".") {
        return Found::Nothing("hidden".into());
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Found::Folder,
        Ok(metadata) if metadata.is_file() => Found::File,
        // Opening a pipe would block.
        Ok(_) => Found::Nothing("neither a file nor a folder".into()),
        Err(error) => Found::Nothing(PictureError::Read(error).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, RgbImage};

    use super::*;
    use crate::test_folder::TestFolder;

    const FORMAT: Format = Format {
        width: 4,
        height: 4,
        channels: 1,
    };

    /// Two classes with pictures of one value each, counting from 10 in `cat` and from 100 in `dog`.
    fn pictures(per_class: u8) -> TestFolder {
        let folder = TestFolder::new("folder", FORMAT);
        for index in 0..per_class {
            grey(&folder, &format!("cat/{index:03}.png"), 10 + index);
            grey(&folder, &format!("dog/{index:03}.png"), 100 + index);
        }
        folder
    }

    fn grey(folder: &TestFolder, name: &str, value: u8) {
        let picture = GrayImage::from_pixel(4, 4, Luma([value]));
        picture.save(folder.new_path(name)).unwrap();
    }

    fn values(split: &Split) -> Vec<u8> {
        split.pixels.iter().step_by(16).copied().collect()
    }

    #[test]
    fn classes_and_pictures_are_in_the_order_of_their_names() {
        let dataset = pictures(20).load();
        assert_eq!(dataset.labels, ["cat", "dog"]);
        assert_eq!((dataset.train.len(), dataset.test.len()), (34, 6));
        for split in [&dataset.train, &dataset.test] {
            assert!(values(split).is_sorted());
            let classes: Vec<u16> = values(split).iter().map(|&v| (v >= 100).into()).collect();
            assert_eq!(split.classes, classes);
        }
        let mut all = [values(&dataset.train), values(&dataset.test)].concat();
        all.sort_unstable();
        let expected: Vec<u8> = (10..30).chain(100..120).collect();
        assert_eq!(all, expected);
        assert!(dataset.skipped.is_empty());
        assert_eq!(dataset.licence, "unknown");
    }

    #[test]
    fn names_of_folders_become_labels() {
        let folder = TestFolder::new("folder", FORMAT);
        // The same name in both normal forms, as two systems write it.
        for class in ["train/cafe\u{301}", "train/tea ", "test/caf\u{e9}"] {
            for index in 0..3 {
                grey(&folder, &format!("{class}/{index}.png"), index);
            }
        }
        assert_eq!(folder.load().labels, ["caf\u{e9}", "tea"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_whose_name_is_no_text_is_refused() {
        for name in ["\u{1b}[31mcat", "cat\ndog", "cat\u{9b}", "\u{202e}tac", " "] {
            let folder = pictures(3);
            grey(&folder, &format!("{name}/1.png"), 1);
            let complaint = folder.complaint("");
            assert!(complaint.contains("rename the folder"), "{complaint}");
        }
        let folder = pictures(3);
        folder.write("cat/\u{1b}[31m.png", b"notes");
        assert_eq!(
            folder.load().skipped,
            ["cat/\\u001b[31m.png: not a PNG, JPEG, GIF or BMP picture"]
        );
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let pictures = pictures(50);
        pictures.write("cat/damaged.png", b"\x89PNG\r\n\x1a\n");
        pictures.write("cat/notes.txt", b"notes");
        let load = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| pictures.load())
        };
        let one = load(1);
        assert_eq!(one, load(4));
        assert_eq!(one.skipped.len(), 2);
    }

    #[test]
    fn share_and_seed_choose_what_is_held_out() {
        let pictures = pictures(20);
        let half = pictures.load_with("test=0.5").unwrap();
        assert_eq!((half.train.len(), half.test.len()), (20, 20));
        let same = pictures.load_with("seed=1,test=0.5").unwrap();
        assert_eq!(half, same);
        let other = pictures.load_with("test=0.5,seed=2").unwrap();
        assert_ne!(half.test, other.test);
        // A picture held out of few is held out of many too.
        let few = values(&pictures.load_with("test=0.2").unwrap().test);
        assert!(few.iter().all(|value| values(&half.test).contains(value)));
    }

    #[test]
    fn a_new_picture_leaves_the_others_where_they_are() {
        let pictures = pictures(40);
        let before = values(&pictures.load().test);
        grey(&pictures, "cat/new.png", 99);
        let after = values(&pictures.load().test);
        let moved = before.iter().filter(|value| !after.contains(value)).count();
        assert!(moved <= 1, "{before:?} {after:?}");
    }

    #[test]
    fn loading_tells_of_each_file() {
        let pictures = pictures(5);
        pictures.write("cat/broken.png", b"no picture");
        let spec = format!("folder:{}", pictures.path("").display());
        let told = std::sync::Mutex::new(Vec::new());
        let watch = |done, all| told.lock().unwrap().push((done, all));
        crate::load_watched(&spec, FORMAT, &watch).unwrap();
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, (1..=11).map(|done| (done, 11)).collect::<Vec<_>>());
    }

    #[test]
    fn an_own_split_is_kept() {
        let pictures = pictures(0);
        for (name, value) in [
            ("train/cat/1.png", 1),
            ("train/dog/1.png", 2),
            ("test/dog/1.png", 3),
        ] {
            grey(&pictures, name, value);
        }
        pictures.write("licence.txt", b"CC0 1.0\n");
        pictures.write("notes.txt", b"notes");
        let dataset = pictures.load();
        assert_eq!(values(&dataset.train), [1, 2]);
        assert_eq!(values(&dataset.test), [3]);
        assert_eq!(dataset.test.classes, [1]);
        assert_eq!(dataset.licence, "CC0 1.0");
        assert_eq!(dataset.skipped, ["notes.txt: not in train or test"]);
        assert!(
            pictures
                .complaint("test=0.2")
                .ends_with("the folder has its own split, train and test")
        );
        grey(&pictures, "test/cow/1.png", 4);
        assert_eq!(
            pictures.complaint(""),
            "DIR/test/cow: there is no class `cow` in train"
        );
    }

    #[test]
    fn a_split_may_be_named_val() {
        let pictures = pictures(0);
        for (name, value) in [
            ("train/cat/1.png", 1),
            ("train/dog/1.png", 2),
            ("val/dog/1.png", 3),
        ] {
            grey(&pictures, name, value);
        }
        let dataset = pictures.load();
        assert_eq!(
            (values(&dataset.train), values(&dataset.test)),
            (vec![1, 2], vec![3])
        );
        assert_eq!(dataset.labels, ["cat", "dog"]);
        let complaint = pictures.complaint("test=0.2");
        assert!(
            complaint.ends_with("its own split, train and val"),
            "{complaint}"
        );
        // A folder named test is taken before it.
        grey(&pictures, "test/cat/1.png", 4);
        let dataset = pictures.load();
        assert_eq!(values(&dataset.test), [4]);
        assert_eq!(dataset.skipped, ["val: not in train or test"]);
    }

    #[test]
    fn files_that_are_no_pictures_are_skipped_with_the_reason() {
        let pictures = pictures(3);
        pictures.write("licence.txt", b"MIT\n");
        pictures.write("readme.md", b"about");
        pictures.write(".hidden/a.png", b"");
        pictures.write("cat/.DS_Store", b"");
        pictures.write("cat/broken.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
        pictures.write("cat/empty.png", b"");
        pictures.write("cat/more/a.png", b"");
        pictures.write("dog/notes.txt", b"notes");
        let dataset = pictures.load();
        let reasons = [
            ".hidden: hidden",
            "readme.md: not in the folder of a class",
            "cat/.DS_Store: hidden",
            "cat/broken.png: corrupt: ",
            "cat/empty.png: not a PNG, JPEG, GIF or BMP picture",
            "cat/more: a folder inside a class",
            "dog/notes.txt: not a PNG, JPEG, GIF or BMP picture",
        ];
        assert_eq!(
            dataset.skipped.len(),
            reasons.len(),
            "{:?}",
            dataset.skipped
        );
        for (line, reason) in std::iter::zip(&dataset.skipped, reasons) {
            assert!(line.starts_with(reason), "{line}");
        }
        assert_eq!(dataset.train.len() + dataset.test.len(), 6);
    }

    #[test]
    fn sizes_and_kinds_may_be_mixed() {
        let pictures = pictures(1);
        let colour = RgbImage::from_pixel(300, 7, image::Rgb([60; 3]));
        for (name, image) in [
            ("cat/a.jpg", colour.clone()),
            ("cat/b.gif", colour.clone()),
            ("dog/c.bmp", RgbImage::from_pixel(1, 1, image::Rgb([60; 3]))),
            (
                "dog/d.png",
                RgbImage::from_pixel(3, 900, image::Rgb([60; 3])),
            ),
        ] {
            image.save(pictures.new_path(name)).unwrap();
        }
        for fit in ["crop", "stretch", "letterbox"] {
            let dataset = pictures.load_with(&format!("fit={fit}")).unwrap();
            assert!(dataset.skipped.is_empty());
            let all = [dataset.train.pixels, dataset.test.pixels].concat();
            assert_eq!(all.len(), 6 * 16);
            let dark = all.iter().filter(|&&value| value == 0).count();
            assert_eq!(dark > 0, fit == "letterbox", "{fit}");
        }
    }

    #[test]
    fn an_empty_class_is_an_error() {
        let pictures = pictures(2);
        fs::create_dir(pictures.path("cow")).unwrap();
        assert_eq!(
            pictures.complaint(""),
            "DIR/cow: an empty class: put pictures into it, or remove the folder"
        );
    }

    #[test]
    fn a_class_without_usable_pictures_is_an_error() {
        let pictures = pictures(2);
        pictures.write("cow/a.png", b"no picture");
        pictures.write("cow/b.png", b"no picture");
        assert_eq!(
            pictures.complaint(""),
            "DIR/cow: no picture could be read, of 2; the first is \
             cow/a.png: not a PNG, JPEG, GIF or BMP picture"
        );
    }

    #[test]
    fn folders_that_are_no_data_set_are_errors() {
        let flat = pictures(0);
        let expected =
            "DIR: no class folders: put the pictures of each class into a folder of its own";
        assert_eq!(flat.complaint(""), expected);
        grey(&flat, "a.png", 1);
        assert_eq!(flat.complaint(""), expected);
        grey(&flat, "cat/a.png", 1);
        grey(&flat, "cat/b.png", 1);
        assert!(flat.complaint("").contains("at least two are needed"));
        let error = crate::load("folder:/no/where:test=0.2", FORMAT).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("/no/where: cannot read: "), "{error}");
        let file = flat.path("a.png");
        let error = crate::load(&format!("folder:{}", file.display()), FORMAT);
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("a.png: cannot read")
        );
    }

    #[test]
    fn options_that_cannot_be_are_refused() {
        let pictures = pictures(2);
        for (options, part) in [
            ("fit=zoom", "choose crop, letterbox or stretch"),
            ("fit", "choose crop, letterbox or stretch"),
            ("background=red", "six hexadecimal digits"),
            ("background=+12345", "six hexadecimal digits"),
            ("test=1", "a share is a number"),
            ("seed=-1", "a seed is a whole number"),
            ("train=3", "the options are fit=crop|letterbox|stretch"),
            ("test=0.2,", "unknown option ``"),
        ] {
            let complaint = pictures.complaint(options);
            assert!(complaint.contains(part), "{complaint}");
        }
        let format = Format {
            channels: 2,
            ..FORMAT
        };
        let error = pictures.load_as("", format).unwrap_err().to_string();
        assert!(error.contains("there must be 1 channel or 3"), "{error}");
    }

    #[test]
    fn the_background_is_under_transparent_pixels() {
        assert_eq!(parse_colour("FF8000"), Some([255, 128, 0]));
        let pictures = pictures(2);
        let clear = image::RgbaImage::new(4, 4);
        clear.save(pictures.path("cat/clear.png")).unwrap();
        let dataset = pictures.load_with("background=ffffff,seed=3").unwrap();
        let all = [values(&dataset.train), values(&dataset.test)].concat();
        assert!(all.contains(&255), "{all:?}");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_or_back_are_skipped() {
        use std::os::unix::fs::symlink;
        let pictures = pictures(3);
        symlink(".", pictures.path("loop")).unwrap();
        symlink("self", pictures.path("self")).unwrap();
        symlink("/no/where", pictures.path("cat/dead.png")).unwrap();
        symlink("..", pictures.path("cat/up")).unwrap();
        symlink("000.png", pictures.path("cat/again.png")).unwrap();
        let dataset = pictures.load();
        assert_eq!(dataset.labels, ["cat", "dog"]);
        assert_eq!(dataset.train.len() + dataset.test.len(), 7);
        assert_eq!(dataset.skipped[0], "loop: a link back to a folder above it");
        assert!(dataset.skipped[1].starts_with("self: cannot read: "));
        assert!(dataset.skipped[2].starts_with("cat/dead.png: cannot read: "));
        assert_eq!(dataset.skipped[3], "cat/up: a folder inside a class");
        assert_eq!(dataset.skipped.len(), 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_opened() {
        let pictures = pictures(2);
        let socket = pictures.path("cat/pipe.png");
        let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
        assert_eq!(
            pictures.load().skipped,
            ["cat/pipe.png: neither a file nor a folder"]
        );
    }
}
