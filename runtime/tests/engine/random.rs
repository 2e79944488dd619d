//! Decoders with random weights whose values spread over what an int8 holds.

use crate::layers::file;
use pixling::write::{Packed, Plain, pack};
use pixling::{Activation, Coding, Geometry, Head, Layer, Operator, Shape, Window};
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

/// What a random layer computes.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) operator: Operator,
    pub(crate) output: Shape,
    pub(crate) activation: Activation,
    /// `None` for any.
    pub(crate) zero_point: Option<i8>,
}

impl Plan {
    fn geometry(&self, input: Shape) -> Geometry {
        Geometry {
            operator: self.operator,
            input,
            output: self.output,
        }
    }
}

pub(crate) fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// A square window that keeps the sides of what it slides over.
pub(crate) fn square(kernel: u8) -> Operator {
    Operator::Conv2d(Window {
        kernel_height: kernel,
        kernel_width: kernel,
        stride: 1,
        padding_top: kernel / 2,
        padding_left: kernel / 2,
    })
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

/// A model file with these layers behind a latent, weights over all of their range.
pub(crate) fn decoder(random: &mut Random, latent: u16, plans: &[Plan]) -> Vec<u8> {
    let mut input = shape(1, 1, latent);
    // The deviation of a layer's input from its zero point: of a uniform latent, and what the multipliers aim at.
    let mut deviation = 73.0;
    let mut tables: Vec<(Packed, Shape, i8)> = Vec::new();
    for plan in plans {
        let packed = weights(random, plan, input, deviation);
        let zero_point = plan.zero_point.unwrap_or_else(|| random.within(60) as i8);
        tables.push((packed, input, zero_point));
        input = plan.output;
        deviation = SPREAD;
    }
    let layers = plans.iter().zip(&tables).map(|(plan, table)| {
        let (packed, input, zero_point) = table;
        Layer {
            geometry: plan.geometry(*input),
            head: Head {
                zero_point: *zero_point,
                activation: plan.activation,
                coding: Coding::Int8,
            },
            tables: packed.tables(),
        }
    });
    let layers: Vec<Layer<'_>> = layers.collect();
    file(latent, 0, &layers)
}

/// The deviation of what a layer writes, in steps: a value in a few dozens is saturated.
const SPREAD: f64 = 50.0;

fn weights(random: &mut Random, plan: &Plan, input: Shape, deviation: f64) -> Packed {
    let inputs = u32::from(input.channels);
    let outputs = u32::from(plan.output.channels);
    let (weights, biases, taps) = match plan.operator {
        Operator::Dense => {
            let outputs = plan.output.values();
            (input.values() * outputs, outputs, input.values())
        }
        Operator::Conv2d(window) => {
            let taps = window.taps() * inputs;
            (taps * outputs, outputs, taps)
        }
        Operator::Depthwise(window) => (window.taps() * inputs, outputs, window.taps()),
        Operator::TransposedConv2d => (16 * inputs * outputs, outputs, 4 * inputs),
        other => panic!("no weights for {other:?}"),
    };
    let weights: Vec<i8> = (0..weights).map(|_| random.within(127) as i8).collect();
    let sum = deviation * 73.0 * f64::from(taps).sqrt();
    let bias: Vec<i32> = (0..biases).map(|_| random.within(sum as i32)).collect();
    let multipliers = (0..outputs).map(|_| {
        let ratio = SPREAD / sum * 2f64.powf(2.0 * random.unit() - 1.0);
        (ratio * 2f64.powi(32)).round() as i32
    });
    let multipliers: Vec<i32> = multipliers.collect();
    let plain = Plain {
        weights: &weights,
        bias: &bias,
        multipliers: &multipliers,
    };
    pack(&plan.geometry(input), plan.activation, plain)
}
