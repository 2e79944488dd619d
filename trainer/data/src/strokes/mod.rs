//! Characters drawn from skeletons of strokes, with known factors.
//!
//! The factors of a picture are independent of each other and of the class, each uniform in its range;
//! `factors` holds them on a scale from -1 to 1. Lengths are shares of the picture's shorter side.
//!
//! | factor | -1 | 1 | meaning |
//! |---|---|---|---|
//! | slant | -0.12 | 0.25 | to the right, per unit of height |
//! | weight | 0.065 | 0.12 | thickness of the line |
//! | width | 0.84 | 1.12 | of the character, to its designed width |
//! | roundness | 0.55 | 1 | share of a bend that is curve |
//! | position x | -0.035 | 0.035 | to the right |
//! | position y | -0.035 | 0.035 | downwards |
//! | size | 0.57 | 0.68 | of the character, from top to bottom without the line's thickness |
//!
//! Each picture also has one of the forms of its character, and slightly uneven lines.
//!
//! Picture `i` of a split depends on the seed, the split and `i` alone.

mod drawing;
mod pen;
mod skeletons;

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use self::{
    drawing::{FACTORS, Hand, draw},
    skeletons::{CAPITALS, Character, DIGITS, SLASHED_ZERO},
};
use crate::{
    DataError, Dataset, Format, Split,
    options::{self, MAX_BYTES, bad_option, unknown_option},
};

const VALID_OPTIONS: &str = "digits, capitals, all, train=COUNT, test=COUNT, seed=NUMBER";

/// Limit on the pictures of a split.
const MAX_PICTURES: usize = 1_000_000;

/// The smallest width and height in which the characters can be told apart.
const MIN_SIDE: usize = 12;

/// The largest width and height: the curves have too few pieces for larger pictures.
const MAX_SIDE: usize = 256;

/// The characters that are the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Digits,
    Capitals,
    All,
}

impl Alphabet {
    fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Capitals => "capitals",
            Self::All => "all",
        }
    }

    fn characters(self) -> Vec<Character> {
        match self {
            Self::Digits => DIGITS.into(),
            Self::Capitals => CAPITALS.into(),
            Self::All => {
                let digits = DIGITS.into_iter().skip(1);
                std::iter::once(SLASHED_ZERO)
                    .chain(digits)
                    .chain(CAPITALS)
                    .collect()
            }
        }
    }
}

/// Options of a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Options {
    alphabet: Alphabet,
    train: usize,
    test: usize,
    seed: u64,
}

impl Options {
    fn parse(spec: &str, options: &str) -> Result<Self, DataError> {
        let mut parsed = Self {
            alphabet: Alphabet::Digits,
            train: 12_000,
            test: 2_000,
            seed: 1,
        };
        for (option, key, value) in options::pairs(options) {
            match (key, value) {
                ("digits", None) => parsed.alphabet = Alphabet::Digits,
                ("capitals", None) => parsed.alphabet = Alphabet::Capitals,
                ("all", None) => parsed.alphabet = Alphabet::All,
                ("train", Some(value)) => parsed.train = parse_count(spec, option, value)?,
                ("test", Some(value)) => parsed.test = parse_count(spec, option, value)?,
                ("seed", Some(value)) => parsed.seed = options::parse_seed(spec, option, value)?,
                _ => return Err(unknown_option(spec, option, VALID_OPTIONS)),
            }
        }
        Ok(parsed)
    }
}

fn parse_count(spec: &str, option: &str, value: &str) -> Result<usize, DataError> {
    match value.parse() {
        Ok(count) if (1..=MAX_PICTURES).contains(&count) => Ok(count),
        _ => Err(bad_option(
            spec,
            option,
            format!("a count is a whole number from 1 to {MAX_PICTURES}"),
        )),
    }
}

/// Draws the data set that the options of a spec describe.
pub(crate) fn load(spec: &str, options: &str, format: Format) -> Result<Dataset, DataError> {
    let options = Options::parse(spec, options)?;
    check_format(format, options.train.max(options.test))?;
    let characters = options.alphabet.characters();
    if options.train < characters.len() {
        let problem = format!(
            "{} classes need at least as many pictures",
            characters.len()
        );
        return Err(bad_option(
            spec,
            &format!("train={}", options.train),
            problem,
        ));
    }
    Ok(Dataset {
        name: format!("strokes:{}", options.alphabet.name()),
        licence: "MIT OR Apache-2.0 (drawn by Pixling)".into(),
        width: format.width,
        height: format.height,
        channels: format.channels,
        train: draw_split(
            &characters,
            options.seed,
            Part::Train,
            options.train,
            format,
        ),
        test: draw_split(&characters, options.seed, Part::Test, options.test, format),
        labels: characters
            .iter()
            .map(|character| character.label.to_owned())
            .collect(),
        factor_names: FACTORS
            .iter()
            .map(|factor| factor.name.to_owned())
            .collect(),
        skipped: Vec::new(),
    })
}

fn check_format(format: Format, pictures: usize) -> Result<(), DataError> {
    let Format {
        width,
        height,
        channels,
    } = format;
    let sides = MIN_SIDE..=MAX_SIDE;
    let problem = if !sides.contains(&width) || !sides.contains(&height) {
        "width and height must be 12 to 256 pixels"
    } else if channels != 1 && channels != 3 {
        "there must be 1 channel, or 3 that repeat it"
    } else if format.bytes_per_picture().saturating_mul(pictures) > MAX_BYTES {
        "they would take more than 2 GiB: ask for fewer"
    } else {
        return Ok(());
    };
    Err(DataError::BadFormat {
        width,
        height,
        channels,
        problem,
    })
}

/// A split, as a part of the random stream's number.
#[derive(Debug, Clone, Copy)]
enum Part {
    Train = 0,
    Test = 1,
}

/// Purpose of a random stream.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Order = 0,
    Picture = 1,
}

/// The random stream of one picture or one order, independent of all others.
fn random(seed: u64, part: Part, purpose: Purpose, index: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream((part as u64) << 63 | (purpose as u64) << 62 | index as u64);
    random
}

fn draw_split(
    characters: &[Character],
    seed: u64,
    part: Part,
    count: usize,
    format: Format,
) -> Split {
    let pictures: Vec<Picture> = (0..count)
        .into_par_iter()
        .map(|index| {
            let class = class_of(characters.len(), seed, part, index);
            Picture::draw(
                &characters[class],
                random(seed, part, Purpose::Picture, index),
                format,
            )
        })
        .collect();

    let mut split = Split::default();
    split
        .pixels
        .reserve_exact(count * format.bytes_per_picture());
    split.factors.reserve_exact(count * FACTORS.len());
    for picture in pictures {
        split.pixels.extend(picture.pixels);
        split.factors.extend(picture.factors);
    }
    split.classes = (0..count)
        .map(|index| class_of(characters.len(), seed, part, index) as u16)
        .collect();
    split
}

/// The class of a picture: in each run of `classes` pictures, every class is there once, in a random
/// order.
fn class_of(classes: usize, seed: u64, part: Part, index: usize) -> usize {
    let mut order: Vec<usize> = (0..classes).collect();
    order.shuffle(&mut random(seed, part, Purpose::Order, index / classes));
    order[index % classes]
}

/// A picture with its factors.
struct Picture {
    pixels: Vec<u8>,
    factors: [f32; FACTORS.len()],
}

impl Picture {
    fn draw(character: &Character, mut random: ChaCha8Rng, format: Format) -> Self {
        let factors = std::array::from_fn(|_| random.gen_range(-1.0..=1.0));
        let shape = random.gen_range(0..character.shapes.len() as u32);
        let hand = Hand::new(&mut random);
        let canvas = draw(
            character.shapes[shape as usize],
            &factors,
            hand,
            &mut random,
            format,
        );
        let pixels = canvas
            .values()
            .flat_map(|value| std::iter::repeat_n(value, format.channels));
        Self {
            pixels: pixels.collect(),
            factors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format = Format {
        width: 28,
        height: 28,
        channels: 1,
    };

    fn dataset(options: &str) -> Dataset {
        dataset_of(options, FORMAT)
    }

    fn dataset_of(options: &str, format: Format) -> Dataset {
        crate::load(&format!("strokes:{options}"), format).unwrap()
    }

    fn complaint(options: &str) -> String {
        crate::load(&format!("strokes:{options}"), FORMAT)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn defaults_are_ten_digits() {
        let options = Options::parse("strokes", "").unwrap();
        assert_eq!(
            options,
            Options {
                alphabet: Alphabet::Digits,
                train: 12_000,
                test: 2_000,
                seed: 1
            }
        );
    }

    #[test]
    fn the_order_of_options_does_not_matter() {
        assert_eq!(
            dataset("capitals,train=60,test=30,seed=4"),
            dataset("seed=4,test=30,train=60, capitals")
        );
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let pool = |threads| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap()
        };
        let one = pool(1).install(|| dataset("train=200,test=20"));
        let five = pool(5).install(|| dataset("train=200,test=20"));
        assert_eq!(one, five);
    }

    #[test]
    fn the_number_of_pictures_does_not_matter() {
        let few = dataset("train=37,test=11");
        let many = dataset("train=95,test=40");
        assert_eq!(
            many.train.pixels[..few.train.pixels.len()],
            few.train.pixels
        );
        assert_eq!(many.test.classes[..11], few.test.classes);
    }

    #[test]
    fn the_bytes_are_the_same_on_every_machine() {
        let mut checksum = flate2::Crc::new();
        checksum.update(&dataset("all,train=360,test=36,seed=7").train.pixels);
        assert_eq!(checksum.sum(), 1_975_639_501);
    }

    #[test]
    fn seeds_and_splits_differ() {
        let first = dataset("train=20,test=20,seed=1");
        let second = dataset("train=20,test=20,seed=2");
        assert_ne!(first.train.pixels, second.train.pixels);
        assert_ne!(first.train.pixels, first.test.pixels);
        assert_ne!(first.train.factors, first.test.factors);
    }

    #[test]
    fn classes_are_balanced_and_shuffled() {
        let dataset = dataset("train=500,test=100");
        for (split, each) in [(&dataset.train, 50), (&dataset.test, 10)] {
            for class in 0..10 {
                assert_eq!(
                    split
                        .classes
                        .iter()
                        .filter(|&&other| other == class)
                        .count(),
                    each
                );
            }
        }
        assert_ne!(dataset.train.classes[..10], dataset.train.classes[10..20]);
    }

    #[test]
    fn counts_that_do_not_divide_differ_by_one() {
        let dataset = dataset("capitals,train=100,test=1");
        for class in 0..26 {
            let count = dataset
                .train
                .classes
                .iter()
                .filter(|&&other| other == class)
                .count();
            assert!((3..=4).contains(&count), "{count}");
        }
    }

    #[test]
    fn factors_fill_their_range_and_are_independent_of_class() {
        let dataset = dataset("train=4000,test=1");
        assert_eq!(dataset.factor_names.len(), 7);
        let count = dataset.factor_names.len();
        for factor in 0..count {
            let values: Vec<f32> = dataset
                .train
                .factors
                .iter()
                .skip(factor)
                .step_by(count)
                .copied()
                .collect();
            assert!(values.iter().all(|value| (-1.0..=1.0).contains(value)));
            assert!(
                values.iter().any(|&value| value < -0.99)
                    && values.iter().any(|&value| value > 0.99)
            );
            for class in 0..10 {
                let of_class: Vec<f32> = std::iter::zip(&values, &dataset.train.classes)
                    .filter(|&(_, &other)| other == class)
                    .map(|(&value, _)| value)
                    .collect();
                let mean = of_class.iter().sum::<f32>() / of_class.len() as f32;
                assert!(
                    mean.abs() < 0.12,
                    "factor {factor} of class {class}: {mean}"
                );
            }
        }
    }

    #[test]
    fn no_picture_is_empty_or_full() {
        let dataset = dataset("all,train=720,test=1");
        for index in 0..dataset.train.len() {
            let picture = dataset.train.picture(index, 28 * 28);
            let white = picture.iter().filter(|&&value| value > 200).count();
            assert!((20..300).contains(&white), "{index}: {white}");
        }
    }

    #[test]
    fn three_channels_repeat_the_grey() {
        let grey = dataset_of("train=10,test=1", FORMAT);
        let colour = dataset_of(
            "train=10,test=1",
            Format {
                channels: 3,
                ..FORMAT
            },
        );
        let repeated: Vec<u8> = grey
            .train
            .pixels
            .iter()
            .flat_map(|&value| [value; 3])
            .collect();
        assert_eq!(colour.train.pixels, repeated);
    }

    #[test]
    fn a_zero_beside_an_o_has_a_slash() {
        assert_eq!(Alphabet::Digits.characters()[0].shapes[0].len(), 1);
        assert_eq!(Alphabet::All.characters()[0].shapes[0].len(), 2);
        assert_eq!(Alphabet::All.characters().len(), 36);
    }

    #[test]
    fn an_unknown_option_is_told_the_valid_ones() {
        for option in ["letters", "size=3", "train", ""] {
            let spec = format!("digits,{option}");
            assert_eq!(
                complaint(&spec),
                format!(
                    "unknown option `{option}` in `strokes:{spec}`: the options are digits, capitals, all, train=COUNT, test=COUNT, seed=NUMBER"
                )
            );
        }
    }

    #[test]
    fn bad_values_are_told_what_is_allowed() {
        assert!(complaint("train=0").contains(
            "`train=0` in `strokes:train=0`: a count is a whole number from 1 to 1000000"
        ));
        assert!(complaint("test=many").contains("a count is a whole number"));
        assert!(complaint("train=99999999999999999999").contains("a count is a whole number"));
        assert!(complaint("seed=-1").contains("a seed is a whole number below 2^64"));
        assert!(complaint("all,train=35").contains("option `train=35`"));
        assert!(complaint("all,train=35").contains("36 classes need at least as many pictures"));
    }

    #[test]
    fn formats_that_cannot_be_drawn_are_refused() {
        for (width, height, channels) in [(0, 28, 1), (28, 8, 1), (28, 1000, 1), (28, 28, 2)] {
            let error = load(
                "strokes",
                "",
                Format {
                    width,
                    height,
                    channels,
                },
            )
            .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains(&format!("cannot draw {width}x{height}x{channels}"))
            );
        }
        let error = load(
            "strokes",
            "train=1000000",
            Format {
                width: 256,
                height: 256,
                channels: 3,
            },
        );
        assert!(error.unwrap_err().to_string().contains("2 GiB"));
    }
}
