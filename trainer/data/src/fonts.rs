//! The characters of the fonts below a folder: a class for each character, a style for each font.
//!
//! Fonts are TrueType and OpenType files and collections of them. Every font that is used has all
//! characters, so each class has the same number of pictures. A font that lacks a character, draws
//! nothing or the same for two of them (as fonts that draw boxes do), draws the same as another font,
//! or is damaged, is in `Dataset::skipped` with the reason. Whole families are held out: a test
//! picture has a style that is not in the training pictures.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;
use skrifa::raw::{FileRef, FontRef, ReadError};

use crate::{
    DataError, Dataset, Format, Split, Watch,
    folder::sorted_paths,
    hold_out,
    options::{self, DEFAULT_TEST_SHARE, MAX_BYTES, bad_option, unknown_option},
    sidecar,
    typeface::{self, FontError, Typeface},
};

const VALID_OPTIONS: &str = "digits, capitals, all, characters=CHARACTERS, test=SHARE, seed=NUMBER";

const DIGITS: &str = "0123456789";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Limit of the model file on classes.
const MAX_CHARACTERS: usize = pixling::limits::MAX_CLASSES as usize;

/// The smallest width and height in which the characters can be told apart.
const MIN_SIDE: usize = 8;

/// Limit on the size of a file in bytes: collections of Chinese characters are not much smaller.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Limit on the fonts of one collection.
const MAX_COLLECTION: usize = 256;

/// Extensions of the font files that are read.
const READ_EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// Extensions of other font files, which a person could expect to be read.
const OTHER_EXTENSIONS: [&str; 7] = ["woff", "woff2", "pfb", "pfa", "pcf", "bdf", "otb"];

/// Options of a spec.
#[derive(Debug, PartialEq)]
struct Options {
    characters: Vec<char>,
    test: f64,
    seed: u64,
}

impl Options {
    fn parse(spec: &str, options: &str) -> Result<Self, DataError> {
        let mut parsed = Self {
            characters: DIGITS.chars().collect(),
            test: DEFAULT_TEST_SHARE,
            seed: 1,
        };
        for (option, key, value) in options::pairs(options) {
            match (key, value) {
                ("digits", None) => parsed.characters = DIGITS.chars().collect(),
                ("capitals", None) => parsed.characters = CAPITALS.chars().collect(),
                ("all", None) => {
                    parsed.characters = DIGITS.chars().chain(CAPITALS.chars()).collect()
                }
                ("characters", Some(value)) => {
                    parsed.characters = parse_characters(value)
                        .map_err(|problem| bad_option(spec, option, problem))?;
                }
                ("test", Some(value)) => parsed.test = options::parse_share(spec, option, value)?,
                ("seed", Some(value)) => parsed.seed = options::parse_seed(spec, option, value)?,
                _ => return Err(unknown_option(spec, option, VALID_OPTIONS)),
            }
        }
        Ok(parsed)
    }

    /// The label of each character, which is the character.
    fn labels(&self, spec: &str) -> Result<Vec<String>, DataError> {
        let label = |character: &char| {
            let character = character.to_string();
            pixling_io::label(&character)
                .map_err(|error| bad_option(spec, "characters", format!("{error}: remove it")))
        };
        self.characters.iter().map(label).collect()
    }
}

fn parse_characters(value: &str) -> Result<Vec<char>, String> {
    let characters: Vec<char> = value.chars().collect();
    let mut seen = HashSet::new();
    if !(2..=MAX_CHARACTERS).contains(&characters.len()) {
        return Err(format!(
            "write 2 to {MAX_CHARACTERS} characters, such as {DIGITS}"
        ));
    }
    for &character in &characters {
        if character.is_whitespace() || character.is_control() {
            return Err("white space cannot be drawn".into());
        }
        if !seen.insert(character) {
            return Err(format!("`{character}` is there twice"));
        }
    }
    Ok(characters)
}

/// Draws the fonts below a folder as the data set `name`.
pub(crate) fn load(
    spec: &str,
    name: String,
    folder: &Path,
    options: &str,
    format: Format,
    watch: Watch<'_>,
) -> Result<Dataset, DataError> {
    let options = Options::parse(spec, options)?;
    let labels = options.labels(spec)?;
    options::check_format(format, MIN_SIDE)?;
    let bad = |problem: String| DataError::BadFolder {
        folder: folder.into(),
        problem,
    };
    let mut search = Search::default();
    search.enter(folder).map_err(DataError::read(folder))?;
    if search.files.is_empty() {
        let problem = "no TrueType or OpenType fonts: put .ttf or .otf files into it";
        return Err(bad(problem.into()));
    }
    let short = |path: &Path| {
        let short = path.strip_prefix(folder).unwrap_or(path);
        pixling_io::escaped(&short.display().to_string())
    };
    let mut skipped: Vec<String> = search
        .skipped
        .iter()
        .map(|(path, reason)| format!("{}: {reason}", short(path)))
        .collect();

    if search.other_fonts > 0 {
        // One line for all: such fonts come by the hundred.
        let count = search.other_fonts;
        skipped.push(format!("{count} fonts that are not TrueType or OpenType"));
    }

    let done = AtomicUsize::new(0);
    let drawn = search.files.par_iter().map(|path| {
        let name = short(path);
        let drawn = draw_file(path, &name, &options.characters, format);
        watch(done.fetch_add(1, Ordering::Relaxed) + 1, search.files.len());
        drawn
    });
    let drawn: Vec<_> = drawn.collect();
    let mut first_with: HashMap<&[u8], &str> = HashMap::new();
    let mut faces = Vec::new();
    let mut failed = Vec::new();
    let mut doubles = Vec::new();
    for (name, result) in drawn.iter().flatten() {
        match result {
            Ok(face) => match first_with.get(&*face.pixels) {
                Some(first) => doubles.push(format!("{name}: draws what {first} draws")),
                None => {
                    first_with.insert(&face.pixels, name);
                    faces.push(face);
                }
            },
            Err(reason) => failed.push(format!("{name}: {reason}")),
        }
    }
    if faces.is_empty() {
        let first = failed
            .first()
            .map_or("a collection without fonts", String::as_str);
        return Err(bad(format!(
            "no font can be used, of {} TrueType and OpenType fonts; the first is {first}",
            failed.len()
        )));
    }
    skipped.append(&mut failed);
    // Duplicates come last: missing fonts matter more.
    skipped.append(&mut doubles);
    let bytes = options.characters.len() * format.bytes_per_picture();
    if faces.len().saturating_mul(bytes) > MAX_BYTES {
        return Err(bad(format!(
            "{} fonts would take more than 2 GiB as {format} pictures: remove some",
            faces.len()
        )));
    }
    let (train, test) = split(&faces, &options, format).map_err(bad)?;
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

/// A font's name, and its characters or the reason why it is skipped.
type Drawn = (String, Result<Typeface, FontError>);

/// Draws characters with the fonts of a file's bytes: one, or the first 256 of a collection.
///
/// Returns for each font its name, which is `name` and in a collection its number, and its pictures:
/// grey, whatever the channels of `format`.
///
/// # Errors
///
/// [`DataError::BadFormat`] when a side is not 8 to 1024 pixels, or there are not 1 or 3 channels. A
/// font that can't be used has its own error.
pub fn draw_fonts(
    file: &[u8],
    name: &str,
    characters: &[char],
    format: Format,
) -> Result<Vec<Drawn>, DataError> {
    options::check_format(format, MIN_SIDE)?;
    Ok(draw_bytes(file, name, characters, format))
}

/// Draws the fonts of a file.
fn draw_file(path: &Path, name: &str, characters: &[char], format: Format) -> Vec<Drawn> {
    let file = match read(path) {
        Ok(file) => file,
        Err(reason) => return vec![(name.to_owned(), Err(reason))],
    };
    draw_bytes(&file, name, characters, format)
}

fn draw_bytes(file: &[u8], name: &str, characters: &[char], format: Format) -> Vec<Drawn> {
    let draw = |name: String, font: Result<FontRef<'_>, ReadError>| {
        let mut drawn = font
            .map_err(|error| not_a_font(&error))
            .and_then(|font| typeface::draw(&font, characters, format));
        if let Ok(face) = &mut drawn
            && face.family.is_empty()
        {
            face.family = name.clone();
        }
        (name, drawn)
    };
    match FileRef::new(file) {
        Err(error) => vec![(name.to_owned(), Err(not_a_font(&error)))],
        Ok(FileRef::Font(font)) => vec![draw(name.to_owned(), Ok(font))],
        Ok(FileRef::Collection(fonts)) => (1..=MAX_COLLECTION)
            .zip(fonts.iter())
            .map(|(number, font)| draw(format!("{name} ({number})"), font))
            .collect(),
    }
}

fn not_a_font(error: &ReadError) -> FontError {
    FontError::NotAFont {
        problem: error.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FontError> {
    let bytes = fs::metadata(path).map_err(FontError::Read)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(FontError::TooLarge {
            mebibytes: bytes >> 20,
            limit: MAX_FILE_BYTES >> 20,
        });
    }
    fs::read(path).map_err(FontError::Read)
}

/// Puts whole families into the test split until it has its share.
fn split(faces: &[&Typeface], options: &Options, format: Format) -> Result<(Split, Split), String> {
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for face in faces {
        *families.entry(&face.family).or_default() += 1;
    }
    if let (Some(family), true) = (families.keys().next(), families.len() == 1) {
        return Err(format!(
            "all fonts that can be used are of one family, {family}: add another, to measure on"
        ));
    }
    let mut order: Vec<(u64, &str, usize)> = families
        .iter()
        .map(|(&family, &count)| (hold_out::key(options.seed, family), family, count))
        .collect();
    order.sort_unstable();
    let wanted = hold_out::count(faces.len(), options.test);
    let mut held_out: HashSet<&str> = HashSet::new();
    let mut count = 0;
    for &(_, family, faces) in &order {
        if count + faces <= wanted {
            held_out.insert(family);
            count += faces;
        }
    }
    if held_out.is_empty() {
        let smallest = order.iter().min_by_key(|(_, _, faces)| *faces);
        held_out.extend(smallest.map(|(_, family, _)| *family));
    }

    let (mut train, mut test) = (Split::default(), Split::default());
    for face in faces {
        let part = match held_out.contains(&*face.family) {
            true => &mut test,
            false => &mut train,
        };
        let pictures = face.pixels.chunks_exact(format.width * format.height);
        for (class, grey) in pictures.enumerate() {
            let pixels = grey
                .iter()
                .flat_map(|&value| std::iter::repeat_n(value, format.channels));
            part.add(class, &pixels.collect::<Vec<u8>>());
        }
    }
    Ok((train, test))
}

/// Finds the font files below a folder, in the order of their paths.
#[derive(Default)]
struct Search {
    files: Vec<PathBuf>,
    skipped: Vec<(PathBuf, String)>,
    /// Number of fonts in formats that are not read.
    other_fonts: usize,
    /// Canonical paths of the folders and files that were seen.
    seen: HashSet<PathBuf>,
}

impl Search {
    /// Searches a folder and its subfolders.
    fn enter(&mut self, folder: &Path) -> std::io::Result<()> {
        if !self.seen.insert(folder.canonicalize()?) {
            return Ok(());
        }
        for path in sorted_paths(folder)? {
            if let Err(error) = self.look(&path) {
                let reason = FontError::Read(error).to_string();
                self.skipped.push((path, reason));
            }
        }
        Ok(())
    }

    fn look(&mut self, path: &Path) -> std::io::Result<()> {
        let name = path.file_name().unwrap_or_default();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let extension = extension.to_ascii_lowercase();
        let font = READ_EXTENSIONS.contains(&&*extension);
        let other_font = OTHER_EXTENSIONS.contains(&&*extension);
        // A dead link matters only where a font was expected.
        let metadata = match fs::metadata(path) {
            Err(_) if !font => return Ok(()),
            metadata => metadata?,
        };
        if hidden {
            if metadata.is_dir() || font {
                self.skipped.push((path.into(), "hidden".into()));
            }
        } else if metadata.is_dir() {
            self.enter(path)?;
        } else if metadata.is_file() && font {
            // A second link to a file adds no style.
            if self.seen.insert(path.canonicalize()?) {
                self.files.push(path.into());
            }
        } else if font {
            self.skipped.push((path.into(), "not a file".into()));
        } else if other_font {
            self.other_fonts += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TestFont, test_folder::TestFolder};

    const FORMAT: Format = Format {
        width: 16,
        height: 16,
        channels: 1,
    };

    /// A family with two weights and eight families with one.
    fn fonts() -> TestFolder {
        let fonts = TestFolder::new("fonts", FORMAT);
        let families = ["A", "B", "C", "D", "E", "F", "G", "H"];
        for (family, weight) in std::iter::zip(families, (60..).step_by(20)) {
            let font = TestFont::digits(family, weight, 10);
            fonts.write(&format!("{family}/{family}.ttf"), &font.bytes());
        }
        for weight in [250, 300] {
            let font = TestFont::digits("Two", weight, 10);
            fonts.write(&format!("two/{weight}.otf"), &font.bytes());
        }
        fonts
    }

    #[test]
    fn every_class_has_every_font() {
        let fonts = fonts();
        fonts.write("licence.txt", b"OFL-1.1\n");
        let dataset = fonts.load();
        assert_eq!(dataset.labels.concat(), DIGITS);
        assert_eq!(dataset.licence, "OFL-1.1");
        assert_eq!(dataset.train.len() + dataset.test.len(), 100);
        let classes: Vec<u16> = (0..10).cycle().take(dataset.train.len()).collect();
        assert_eq!(dataset.train.classes, classes);
        assert!(dataset.skipped.is_empty(), "{:?}", dataset.skipped);
    }

    #[test]
    fn whole_families_are_held_out() {
        let fonts = fonts();
        let two = |split: &Split| {
            // In the uppermost row, only the stems of the two heaviest fonts reach past the middle.
            let pictures = split.pixels.chunks(256);
            pictures.filter(|picture| picture[16 + 8] > 200).count()
        };
        for seed in 1..20 {
            let options = format!("test=0.4,seed={seed}");
            let dataset = fonts.load_with(&options).unwrap();
            assert_eq!(dataset.test.len(), 40, "{seed}");
            let counts = [two(&dataset.train), two(&dataset.test)];
            assert!(counts.contains(&0), "{seed}: {counts:?}");
            assert_eq!(dataset, fonts.load_with(&options).unwrap());
        }
        let other = fonts.load_with("test=0.4,seed=20").unwrap();
        assert_ne!(other.test, fonts.load_with("test=0.4").unwrap().test);
    }

    #[test]
    fn a_share_smaller_than_every_family_holds_out_one() {
        let fonts = TestFolder::new("fonts", FORMAT);
        for (family, weight) in [("A", 60), ("A", 80), ("B", 100), ("B", 120), ("B", 140)] {
            let font = TestFont::digits(family, weight, 10);
            fonts.write(&format!("{weight}.ttf"), &font.bytes());
        }
        let dataset = fonts.load_with("test=0.1").unwrap();
        assert_eq!((dataset.train.len(), dataset.test.len()), (30, 20));
    }

    #[test]
    fn options_choose_the_characters() {
        let fonts = fonts();
        let dataset = fonts.load_with("characters=931").unwrap();
        assert_eq!(dataset.labels, ["9", "3", "1"]);
        assert!(fonts.complaint("capitals").contains("has no `A`"));
        assert_eq!(Options::parse("s", "all").unwrap().characters.len(), 36);
        for (options, part) in [
            ("characters=", "write 2 to 1000 characters"),
            ("characters=1", "write 2 to 1000 characters"),
            ("characters=121", "`1` is there twice"),
            ("characters=1 2", "white space cannot be drawn"),
            ("characters=1\u{202e}2", "U+202E, which is no text"),
            ("letters", "the options are digits, capitals, all"),
            ("digits=3", "the options are digits, capitals, all"),
            ("test=0", "a share is a number"),
            ("seed=x", "a seed is a whole number"),
        ] {
            let complaint = fonts.complaint(options);
            assert!(complaint.contains(part), "{complaint}");
        }
    }

    #[test]
    fn colour_repeats_the_grey() {
        let fonts = fonts();
        let format = Format {
            channels: 3,
            ..FORMAT
        };
        let colour = fonts.load_as("", format).unwrap();
        let grey = fonts.load();
        assert_eq!(colour.train.len(), grey.train.len());
        for (pixel, value) in std::iter::zip(colour.train.pixels.chunks(3), grey.train.pixels) {
            assert_eq!(pixel, [value; 3]);
        }
        let small = Format { width: 4, ..FORMAT };
        let error = fonts.load_as("", small).unwrap_err().to_string();
        assert!(error.contains("too small"), "{error}");
    }

    #[test]
    fn fonts_that_cannot_be_used_are_listed() {
        let fonts = fonts();
        let whole = TestFont::digits("Z", 90, 10).bytes();
        let boxes = (0..10).fold(TestFont::new("Z"), |font, digit| {
            font.with(char::from(b'0' + digit), &[[0, 0, 400, 700]])
        });
        let blank = TestFont::digits("Z", 90, 9).with('9', &[]);
        fonts.write("z/boxes.ttf", &boxes.bytes());
        fonts.write("z/blank.ttf", &blank.bytes());
        fonts.write("z/few.ttf", &TestFont::digits("Z", 90, 7).bytes());
        fonts.write("z/none.ttf", &TestFont::new("Z").bytes());
        fonts.write("z/cut.TTF", &whole[..100]);
        fonts.write("z/empty.otf", b"");
        fonts.write("z/text.ttf", b"no font at all");
        fonts.write("z/.hidden.ttf", &whole);
        fonts.write("z/web.woff2", b"wOF2");
        fonts.write("z/again.ttf", &TestFont::digits("A", 60, 10).bytes());
        fonts.write("z/readme.txt", b"about");
        let dataset = fonts.load();
        assert_eq!(dataset.train.len() + dataset.test.len(), 100);
        let expected = [
            "z/.hidden.ttf: hidden",
            "1 fonts that are not TrueType or OpenType",
            "z/blank.ttf: draws nothing for `9`",
            "z/boxes.ttf: draws the same for `0` and `1`",
            "z/cut.TTF: damaged: ",
            "z/empty.otf: not a font: ",
            "z/few.ttf: has no `7`",
            "z/none.ttf: has no `0`",
            "z/text.ttf: not a font: ",
            "z/again.ttf: draws what A/A.ttf draws",
        ];
        assert_eq!(
            dataset.skipped.len(),
            expected.len(),
            "{:?}",
            dataset.skipped
        );
        for (line, start) in std::iter::zip(&dataset.skipped, expected) {
            assert!(line.starts_with(start), "{line}");
        }
    }

    #[test]
    fn folders_without_usable_fonts_are_errors() {
        let fonts = TestFolder::new("fonts", FORMAT);
        assert!(
            fonts
                .complaint("")
                .contains("no TrueType or OpenType fonts")
        );
        fonts.write("a.ttf", b"no font");
        // Fonts in formats that are not read are not among them.
        fonts.write("b.woff", b"another format");
        fonts.write("c.pfb", b"another format");
        let complaint = fonts.complaint("");
        let expected = "DIR: no font can be used, of 1 TrueType and OpenType fonts; the first is a.ttf: not a font";
        assert!(complaint.starts_with(expected), "{complaint}");
        fonts.write("b.ttf", &TestFont::digits("Only", 90, 10).bytes());
        fonts.write("c.ttf", &TestFont::digits("Only", 140, 10).bytes());
        assert_eq!(
            fonts.complaint(""),
            "DIR: all fonts that can be used are of one family, Only: add another, to measure on"
        );
        let error = crate::load("fonts:/no/where", FORMAT).unwrap_err();
        assert!(error.to_string().starts_with("/no/where: cannot read: "));
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let fonts = fonts();
        fonts.write("z.ttf", b"no font");
        let load = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| fonts.load())
        };
        assert_eq!(load(1), load(4));
    }

    #[cfg(unix)]
    #[test]
    fn links_back_end_and_links_to_what_is_there_do_not_count() {
        use std::os::unix::fs::symlink;
        let fonts = fonts();
        let path = |name: &str| fonts.path(name);
        symlink("..", path("A/up")).unwrap();
        symlink("self", path("self")).unwrap();
        symlink("A/A.ttf", path("z.ttf")).unwrap();
        symlink("/no/where", path("dead.ttf")).unwrap();
        let dataset = fonts.load();
        assert_eq!(dataset.train.len() + dataset.test.len(), 100);
        assert_eq!(dataset.skipped.len(), 1, "{:?}", dataset.skipped);
        assert!(dataset.skipped[0].starts_with("dead.ttf: cannot read: "));
    }
}
