//! Drawing of one character with given factors.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{
    pen::{Canvas, Point, trace},
    skeletons::Shape,
};
use crate::Format;

/// A continuous property of a picture, with its values at -1 and at 1.
pub(super) struct Factor {
    pub(super) name: &'static str,
    low: f32,
    high: f32,
}

impl Factor {
    const fn new(name: &'static str, low: f32, high: f32) -> Self {
        Self { name, low, high }
    }
}

pub(super) const FACTORS: [Factor; 7] = [
    Factor::new("slant", -0.12, 0.25),
    Factor::new("weight", 0.065, 0.12),
    Factor::new("width", 0.84, 1.12),
    Factor::new("roundness", 0.55, 1.0),
    Factor::new("position x", -0.035, 0.035),
    Factor::new("position y", -0.035, 0.035),
    Factor::new("size", 0.57, 0.68),
];

/// Limit on the displacement of a point by the unevenness of the hand, in hundredths of a character's
/// height.
const WARP: f32 = 2.5;

/// Limit on the displacement of a single corner, in the same unit.
const JITTER: f32 = 1.0;

/// Draws a shape with factors on the scale from -1 to 1.
pub(super) fn draw(
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
pub(super) struct Hand {
    weights: [[f32; 5]; 2],
}

impl Hand {
    /// Draws the weights of a field.
    pub(super) fn new(random: &mut ChaCha8Rng) -> Self {
        let weights =
            std::array::from_fn(|_| std::array::from_fn(|_| random.gen_range(-1.0..=1.0)));
        Self { weights }
    }

    fn warp(&self, point: Point) -> Point {
        let (x, y) = (point.x / 50.0, point.y / 50.0);
        // No constant and linear terms: they would be position, size, width and slant.
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
    use crate::strokes::{Alphabet, Part, Purpose, random, skeletons::DIGITS};

    const FORMAT: Format = Format {
        width: 28,
        height: 28,
        channels: 1,
    };

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

    /// Ink and moments of a picture.
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
        // Half of a border pixel may be covered, more where pixels are coarse; none is covered fully.
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
}
