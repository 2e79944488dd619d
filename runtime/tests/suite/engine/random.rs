//! Decoders with random weights whose values spread over what an int8 holds.

use super::layers::bare;
use pixling::{Activation, Operator, Shape, Window};
use pixling_test_support::{Counts, Numbers, same, shape};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// Repeatable numbers.
pub(crate) struct Random(Xoshiro128PlusPlus);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Xoshiro128PlusPlus::seed_from_u64(seed))
    }

    /// From 0 to `n - 1`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }

    /// From `-most` to `most`.
    pub(crate) fn within(&mut self, most: i32) -> i32 {
        self.below(2 * most as u32 + 1) as i32 - most
    }

    /// From 1 to `most`.
    pub(crate) fn side(&mut self, most: u16) -> u16 {
        1 + self.below(most.into()) as u16
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    /// A latent as the runtime draws them: within 127.
    pub(crate) fn latent(&mut self, dimensions: u16) -> Vec<i8> {
        (0..dimensions).map(|_| self.within(127) as i8).collect()
    }
}

/// The computation of a random layer.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) operator: Operator,
    pub(crate) output: Shape,
    pub(crate) activation: Activation,
    /// `None` for any.
    pub(crate) zero_point: Option<i8>,
}

/// A square window that keeps the sides of what it slides over.
pub(crate) fn square(kernel: u8) -> Operator {
    Operator::Conv2d(same(kernel))
}

/// A window of up to 5x5 with strides and paddings of every kind that a file may hold, and a size of its output: rows
/// and columns of the input may be left over, or padding may lie behind them.
pub(crate) fn window(random: &mut Random, input: Shape) -> (Window, Shape) {
    let (kernel_height, kernel_width) = (random.side(5), random.side(5));
    let stride = random.side(3);
    let padding_top = random.below(kernel_height.into()) as u16;
    let padding_left = random.below(kernel_width.into()) as u16;
    // The last window has to reach into the input.
    let mut output = |input: u16, padding: u16| {
        let most = (input + padding - 1) / stride + 1;
        most - random.below(u32::from(most.div_ceil(2))) as u16
    };
    let output = shape(
        output(input.height, padding_top),
        output(input.width, padding_left),
        input.channels,
    );
    let window = Window {
        kernel_height: kernel_height as u8,
        kernel_width: kernel_width as u8,
        stride: stride as u8,
        padding_top: padding_top as u8,
        padding_left: padding_left as u8,
    };
    (window, output)
}

/// A model file with these layers after a latent, weights over all of their range.
pub(crate) fn decoder(random: &mut Random, latent: u16, plans: &[Plan]) -> Vec<u8> {
    let mut parts = bare(latent, 0);
    // The deviation of a layer's input from its zero point: of a uniform latent, and what the multipliers aim at.
    let mut deviation = UNIFORM;
    for plan in plans {
        let Plan {
            operator,
            output,
            activation,
            zero_point,
        } = *plan;
        let counts = Counts::of(operator, parts.input(operator), output);
        let modulation = matches!(operator, Operator::Modulation { .. });
        let read = if modulation { UNIFORM } else { deviation };
        let numbers = numbers(random, counts, read);
        let plan = pixling_test_support::Plan {
            operator,
            output,
            activation,
            zero_point: zero_point.unwrap_or_else(|| random.within(60) as i8),
        };
        parts.push(plan, &numbers);
        if !modulation {
            deviation = SPREAD;
        }
    }
    parts.bytes(&[])
}

/// The deviation of a latent and of weights, which are uniform.
const UNIFORM: f64 = 73.0;
/// The deviation of what a layer writes, in steps: a value in a few dozens is saturated.
const SPREAD: f64 = 50.0;

fn numbers(random: &mut Random, counts: Counts, deviation: f64) -> Numbers {
    let sum = deviation * UNIFORM * f64::from(counts.fan_in).sqrt();
    Numbers::Int8 {
        weights: (0..counts.weights)
            .map(|_| random.within(127) as i8)
            .collect(),
        bias: (0..counts.biases)
            .map(|_| random.within(sum as i32))
            .collect(),
        multipliers: (0..counts.channels)
            .map(|_| {
                let ratio = SPREAD / sum * 2f64.powf(2.0 * random.unit() - 1.0);
                (ratio * 2f64.powi(32)).round() as i32
            })
            .collect(),
    }
}
