//! The characters of the fonts below a folder: a class for each character, a style for each font.
//!
//! Fonts are TrueType and OpenType files and collections of them. Every font that is taken has all
//! characters, so each class has as many pictures. One that lacks a character, draws nothing or the
//! same for two of them (as fonts do that draw boxes), draws what another draws, or is damaged, is in
//! `Dataset::skipped` with the reason. Whole families are held out: a test picture is of a style
//! that was never learned.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    DataError, Dataset, Format, Split, hold_out,
    options::{self, DEFAULT_TEST_SHARE, MAX_BYTES, bad_option, unknown_option},
    picture::cannot_read,
    sidecar,
    typeface::{self, Typeface},
};

const VALID_OPTIONS: &str = "digits, capitals, all, characters=CHARACTERS, test=SHARE, seed=NUMBER";

const DIGITS: &str = "0123456789";
const CAPITALS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// As many as a model file can have classes.
const MAX_CHARACTERS: usize = 1000;

/// The smallest width and height in which the characters can be told apart.
const MIN_SIDE: usize = 8;

/// The largest file that is read: collections of Chinese characters are not much smaller.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// The most fonts that are taken from one collection.
const MAX_COLLECTION: u32 = 256;

/// Files of these names are fonts that are read.
const READ_EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// Files of these names are fonts, which a person could expect to be read.
const OTHER_EXTENSIONS: [&str; 7] = ["woff", "woff2", "pfb", "pfa", "pcf", "bdf", "otb"];

/// What a spec asks for.
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

/// Draws the fonts below a folder, under that name.
pub(super) fn load(
    spec: &str,
    name: String,
    folder: &Path,
    options: &str,
    format: Format,
) -> Result<Dataset, DataError> {
    let options = Options::parse(spec, options)?;
    options::check_format(format, MIN_SIDE)?;
    let bad = |problem: String| DataError::BadFolder {
        folder: folder.into(),
        problem,
    };
    let mut search = Search::default();
    search.enter(folder).map_err(|source| DataError::Read {
        path: folder.into(),
        source,
    })?;
    if search.files.is_empty() {
        let problem = "no TrueType or OpenType fonts: put .ttf or .otf files into it";
        return Err(bad(problem.into()));
    }
    let short = |path: &Path| {
        let short = path.strip_prefix(folder).unwrap_or(path);
        short.display().to_string()
    };
    let mut skipped: Vec<String> = search
        .skipped
        .iter()
        .map(|(path, reason)| format!("{}: {reason}", short(path)))
        .collect();

    if search.other_fonts > 0 {
        // A line for each would hide the others: such fonts come by the hundred.
        let count = search.other_fonts;
        skipped.push(format!("{count} fonts that are not TrueType or OpenType"));
    }

    let drawn = search.files.par_iter().map(|path| {
        let name = short(path);
        draw_file(path, &name, &options.characters, format)
    });
    let drawn: Vec<_> = drawn.collect();
    let mut first_with: HashMap<&[u8], &str> = HashMap::new();
    let mut faces = Vec::new();
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
            Err(reason) => skipped.push(format!("{name}: {reason}")),
        }
    }
    // Last: what is missing matters more than what is there twice.
    skipped.extend(doubles);
    if faces.is_empty() {
        let first = skipped.first().map_or("", String::as_str);
        return Err(bad(format!(
            "no font can be used, of {}; the first is {first}",
            skipped.len()
        )));
    }
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
        labels: options.characters.iter().map(char::to_string).collect(),
        train,
        test,
        factor_names: Vec::new(),
        skipped,
    })
}

/// A font's name, and its characters or the reason why it is skipped.
type Drawn = (String, Result<Typeface, String>);

/// Draws the fonts of a file: one, or as many as a collection has.
fn draw_file(path: &Path, name: &str, characters: &[char], format: Format) -> Vec<Drawn> {
    let file = match read(path) {
        Ok(file) => file,
        Err(reason) => return vec![(name.to_owned(), Err(reason))],
    };
    let fonts = ttf_parser::fonts_in_collection(&file);
    let draw = |index: u32| {
        let name = match fonts {
            Some(_) => format!("{name} ({})", index + 1),
            None => name.to_owned(),
        };
        let mut drawn = typeface::draw(&file, index, characters, format);
        if let Ok(face) = &mut drawn
            && face.family.is_empty()
        {
            face.family = name.clone();
        }
        (name, drawn)
    };
    let count = fonts.unwrap_or(1);
    (0..count.min(MAX_COLLECTION)).map(draw).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| cannot_read(&error))?;
    if metadata.len() > MAX_FILE_BYTES {
        return Err(format!(
            "{} MiB: at most {} are read",
            metadata.len() >> 20,
            MAX_FILE_BYTES >> 20
        ));
    }
    fs::read(path).map_err(|error| cannot_read(&error))
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
    /// Fonts of kinds that are not read.
    other_fonts: usize,
    /// Folders and files that were seen, by the names that no link leads to.
    seen: HashSet<PathBuf>,
}

impl Search {
    /// Looks through a folder and those in it.
    fn enter(&mut self, folder: &Path) -> std::io::Result<()> {
        if !self.seen.insert(folder.canonicalize()?) {
            return Ok(());
        }
        let mut paths = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<Vec<PathBuf>>>()?;
        paths.sort_unstable();
        for path in paths {
            if let Err(error) = self.look(&path) {
                self.skipped.push((path, cannot_read(&error)));
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
            // The same file by another link is not another style.
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
