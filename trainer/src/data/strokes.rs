//! Characters drawn from our own skeletons, with known factors.
//!
//! The factors of a picture are drawn independently of each other and of the class, each uniformly
//! from its range; `factors` holds them on a scale from -1 to 1. Lengths are shares of the picture's
//! shorter side.
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
//! On top of them, each picture has one of its character's shapes and a slight unevenness of hand.
//!
//! Picture `i` of a split depends on the seed, the split and `i` alone.

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{
    DataError, Dataset, Format, Split,
    pen::{Canvas, Point, trace},
    skeletons::{CAPITALS, Character, DIGITS, SLASHED_ZERO, Shape},
};

const VALID_OPTIONS: &str = "digits, capitals, all, train=COUNT, test=COUNT, seed=NUMBER";

/// The most pictures of a split: more would help no network of ours, and could exhaust the memory.
const MAX_PICTURES: usize = 1_000_000;

/// The most bytes of a split.
const MAX_BYTES: usize = 1 << 31;

/// The smallest width and height in which the characters can be told apart.
const MIN_SIDE: usize = 12;

/// The largest width and height; the curves are not made for more.
const MAX_SIDE: usize = 256;

/// A continuous property of a picture, with its values at -1 and at 1.
struct Factor {
    name: &'static str,
    low: f32,
    high: f32,
}

impl Factor {
    const fn new(name: &'static str, low: f32, high: f32) -> Self {
        Self { name, low, high }
    }
}

const FACTORS: [Factor; 7] = [
    Factor::new("slant", -0.12, 0.25),
    Factor::new("weight", 0.065, 0.12),
    Factor::new("width", 0.84, 1.12),
    Factor::new("roundness", 0.55, 1.0),
    Factor::new("position x", -0.035, 0.035),
    Factor::new("position y", -0.035, 0.035),
    Factor::new("size", 0.57, 0.68),
];

/// The most that the unevenness of hand moves a point, in hundredths of a character's height.
const WARP: f32 = 2.5;

/// The most that a corner is off by itself, in the same unit.
const JITTER: f32 = 1.0;

/// Which characters are the classes.
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

/// What a spec asks for.
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
        for option in options.split(',').map(str::trim) {
            match option.split_once('=') {
                None if option.is_empty() && options.is_empty() => {}
                None if option == "digits" => parsed.alphabet = Alphabet::Digits,
                None if option == "capitals" => parsed.alphabet = Alphabet::Capitals,
                None if option == "all" => parsed.alphabet = Alphabet::All,
                Some(("train", value)) => parsed.train = parse_count(spec, option, value)?,
                Some(("test", value)) => parsed.test = parse_count(spec, option, value)?,
                Some(("seed", value)) => {
                    parsed.seed = value.parse().map_err(|_| {
                        bad_option(spec, option, "a seed is a whole number below 2^64".into())
                    })?;
                }
                _ => {
                    return Err(DataError::UnknownOption {
                        spec: spec.into(),
                        option: option.into(),
                        valid: VALID_OPTIONS,
                    });
                }
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

fn bad_option(spec: &str, option: &str, problem: String) -> DataError {
    DataError::BadOption {
        spec: spec.into(),
        option: option.into(),
        problem,
    }
}

/// Draws the data set that the options of a spec describe.
pub(super) fn load(spec: &str, options: &str, format: Format) -> Result<Dataset, DataError> {
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

/// A split, as part of the key of its pictures.
#[derive(Debug, Clone, Copy)]
enum Part {
    Train = 0,
    Test = 1,
}

/// What a random stream is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Order = 0,
    Picture = 1,
}

/// The random numbers of one thing, the same whatever else is drawn.
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

/// The class of a picture: each run of as many pictures as there are classes has every class once,
/// in an order of its own.
fn class_of(classes: usize, seed: u64, part: Part, index: usize) -> usize {
    let mut order: Vec<usize> = (0..classes).collect();
    order.shuffle(&mut random(seed, part, Purpose::Order, index / classes));
    order[index % classes]
}

/// A picture with what it was drawn from.
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

/// Draws a shape with factors on the scale from -1 to 1.
fn draw(
    shape: Shape,
    factors: &[f32; FACTORS.len()],
    hand: Hand,
    random: &mut ChaCha8Rng,
    format: Format,
) -> Canvas {
    let mut values = [0.0; FACTORS.len()];
    for ((value, factor), position) in values.iter_mut().zip(&FACTORS).zip(factors) {
        *value = (factor.low + factor.high) / 2.0 + (factor.high - factor.low) / 2.0 * position;
    }
    let [
        slant,
        weight,
        width,
        roundness,
        position_x,
        position_y,
        size,
    ] = values;

    let (picture_width, picture_height) = (format.width as f32, format.height as f32);
    let side = picture_width.min(picture_height);
    let scale = side * size / 100.0;
    let middle_x = picture_width / 2.0 + side * position_x;
    let middle_y = picture_height / 2.0 + side * position_y;

    let mut canvas = Canvas::new(format.width, format.height, side * weight / 2.0);
    for stroke in shape {
        let mut line = trace(stroke, roundness, |corner| {
            let jitter = Point::new(
                random.gen_range(-JITTER..=JITTER),
                random.gen_range(-JITTER..=JITTER),
            );
            Point::new(corner.x + jitter.x, corner.y + jitter.y)
        });
        for point in &mut line {
            let warped = hand.warp(*point);
            let x = warped.x * width - warped.y * slant;
            *point = Point::new(middle_x + x * scale, middle_y + warped.y * scale);
        }
        canvas.draw(&line);
    }
    canvas
}

/// The unevenness of a hand: a smooth field that bends straight lines a little.
struct Hand {
    weights: [[f32; 5]; 2],
}

impl Hand {
    fn new(random: &mut ChaCha8Rng) -> Self {
        let weights =
            std::array::from_fn(|_| std::array::from_fn(|_| random.gen_range(-1.0..=1.0)));
        Self { weights }
    }

    fn warp(&self, point: Point) -> Point {
        let (x, y) = (point.x / 50.0, point.y / 50.0);
        // Without constant and linear terms, which would be position, size, width and slant.
        let terms = [
            x * y,
            x * x - 0.1,
            y * y - 0.3,
            y * (y * y - 0.6),
            x * (y * y - 0.3),
        ];
        let shift = self.weights.map(|weights| {
            let sum: f32 = std::iter::zip(weights, terms)
                .map(|(weight, term)| weight * term)
                .sum();
            // Bounded, so that no character leaves the picture.
            WARP * sum / (1.0 + sum * sum).sqrt()
        });
        Point::new(point.x + shift[0], point.y + shift[1])
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
        crate::data::load(&format!("strokes:{options}"), format).unwrap()
    }

    fn complaint(options: &str) -> String {
        crate::data::load(&format!("strokes:{options}"), FORMAT)
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
    fn factors_do_what_they_say() {
        let drawn = |factor: usize, position: f32| {
            let mut factors = [0.0; 7];
            factors[factor] = position;
            let hand = Hand {
                weights: [[0.0; 5]; 2],
            };
            let mut random = random(1, Part::Train, Purpose::Picture, 0);
            let canvas = draw(DIGITS[0].shapes[0], &factors, hand, &mut random, FORMAT);
            Moments::of(&canvas.values().collect::<Vec<u8>>())
        };
        let moments: Vec<[Moments; 2]> = (0..7)
            .map(|factor| [drawn(factor, -1.0), drawn(factor, 1.0)])
            .collect();
        let grows = |factor: usize, moment: fn(&Moments) -> f32, by: f32| {
            let [low, high] = &moments[factor];
            assert!(
                moment(high) - moment(low) > by,
                "{factor}: {low:?} {high:?}"
            );
        };
        grows(0, |m| -m.skew, 10.0);
        grows(1, |m| m.ink, 50.0);
        grows(2, |m| m.spread_x, 5.0);
        grows(3, |m| -m.ink, 5.0);
        grows(4, |m| m.x, 1.9);
        grows(5, |m| m.y, 1.9);
        grows(6, |m| m.spread_y, 9.0);
    }

    /// What a picture looks like in numbers.
    #[derive(Debug)]
    struct Moments {
        ink: f32,
        x: f32,
        y: f32,
        spread_x: f32,
        spread_y: f32,
        skew: f32,
    }

    impl Moments {
        fn of(picture: &[u8]) -> Self {
            let mean = |of: &dyn Fn(f32, f32) -> f32| {
                let mut sum = 0.0;
                let mut ink = 0.0;
                for (index, &value) in picture.iter().enumerate() {
                    let value = f32::from(value) / 255.0;
                    sum += value * of((index % 28) as f32, (index / 28) as f32);
                    ink += value;
                }
                (sum / ink, ink)
            };
            let (x, ink) = mean(&|x, _| x);
            let (y, _) = mean(&|_, y| y);
            let (spread_x, _) = mean(&|column, _| (column - x) * (column - x));
            let (spread_y, _) = mean(&|_, row| (row - y) * (row - y));
            let (skew, _) = mean(&|column, row| (column - x) * (row - y));
            Self {
                ink,
                x,
                y,
                spread_x,
                spread_y,
                skew,
            }
        }
    }

    fn border(canvas: &Canvas, width: usize) -> Vec<u8> {
        let values: Vec<u8> = canvas.values().collect();
        let height = values.len() / width;
        let on_border = |place: &usize| {
            let (x, y) = (place % width, place / width);
            x == 0 || y == 0 || x == width - 1 || y == height - 1
        };
        (0..values.len())
            .filter(on_border)
            .map(|place| values[place])
            .collect()
    }

    #[test]
    fn no_stroke_is_cut_at_any_extreme_of_the_factors() {
        // Half of a border pixel may be covered, more where pixels are coarse; none entirely.
        for (width, height, most) in [
            (12, 12, 220),
            (16, 16, 180),
            (28, 28, 128),
            (64, 64, 128),
            (20, 28, 150),
        ] {
            let format = Format {
                width,
                height,
                channels: 1,
            };
            let mut random = random(1, Part::Train, Purpose::Picture, width);
            for character in Alphabet::All.characters() {
                for corner in 0..1 << FACTORS.len() {
                    let factors =
                        std::array::from_fn(|bit| if corner >> bit & 1 == 1 { 1.0 } else { -1.0 });
                    for shape in character.shapes {
                        let hand = Hand::new(&mut random);
                        let canvas = draw(shape, &factors, hand, &mut random, format);
                        let highest = border(&canvas, width).into_iter().max().unwrap();
                        assert!(highest < most, "{} at {format}: {highest}", character.label);
                    }
                }
            }
        }
    }

    #[test]
    fn borders_are_nearly_empty() {
        for side in [12, 16, 28] {
            let format = Format {
                width: side,
                height: side,
                channels: 1,
            };
            let mut total = 0;
            let mut count = 0;
            for index in 0..2000 {
                let mut random = random(1, Part::Train, Purpose::Picture, index);
                let factors = std::array::from_fn(|_| random.gen_range(-1.0..=1.0));
                let hand = Hand::new(&mut random);
                let character = &Alphabet::All.characters()[index % 36];
                let canvas = draw(character.shapes[0], &factors, hand, &mut random, format);
                let border = border(&canvas, side);
                total += border
                    .iter()
                    .map(|&value| usize::from(value))
                    .sum::<usize>();
                count += border.len();
            }
            let mean = total as f32 / count as f32;
            assert!(mean < 0.5, "{side}: {mean} of 255");
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
