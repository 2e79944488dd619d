//! Random models of every kind that a file can say, within some bounds of size.

use super::{ReferenceLayer, ReferenceModel, ReferencePrior};
use crate::{Noise, shape};
use pixling::{Activation, Coding, Operator, Request, Shape, Temperature, Way, Window};

/// Multiply-accumulates of a picture, at most.
const MOST_MACS: u64 = 200_000;
/// Values of a feature map, at most.
const MOST_VALUES: u32 = 3_000;
/// Bytes of a file's weights, at most.
const MOST_WEIGHTS: usize = 24_000;

/// True once in a number of times.
fn one_in(noise: &mut Noise, times: u32) -> bool {
    noise.below(times) == 0
}

/// A number below `often`, or below `rare` once in `times` times.
fn below(noise: &mut Noise, often: u32, times: u32, rare: u32) -> u32 {
    let most = if one_in(noise, times) { rare } else { often };
    noise.below(most)
}

/// Random bytes.
fn bytes(noise: &mut Noise, count: usize) -> Vec<u8> {
    (0..count).map(|_| noise.below(256) as u8).collect()
}

/// A number of 64 random bits, or a small one.
fn seed(noise: &mut Noise) -> u64 {
    let high = u64::from(noise.below(1 << 31)) << 33;
    let low = u64::from(noise.below(1 << 31));
    low ^ [0, high][noise.below(2) as usize]
}

impl ReferenceModel {
    /// A random model that computes no more than 200,000 multiply-accumulates a picture.
    pub fn random(noise: &mut Noise) -> ReferenceModel {
        loop {
            let model = any(noise);
            let macs: u64 = model.layers.iter().map(macs).sum();
            let weights: usize = model.layers.iter().map(|it| it.weights.len()).sum();
            if macs <= MOST_MACS && weights <= MOST_WEIGHTS {
                return model;
            }
        }
    }

    /// A random request, drawn jointly or with a shared style.
    pub fn request(&self, noise: &mut Noise) -> Request {
        let temperature = |noise: &mut Noise| {
            let percent = match noise.below(4) {
                0 => 100,
                1 => noise.below(1 << 16),
                _ => noise.below(300),
            };
            Temperature::from_percent(percent as u16)
        };
        Request {
            class: noise.below(self.classes.into()) as u16,
            seed: seed(noise),
            style: seed(noise),
            z_s_temperature: temperature(noise),
            z_u_temperature: temperature(noise),
            way: [Way::Joint, Way::Styled][noise.below(2) as usize],
        }
    }

    /// A file of one of the versions that can say the model, with up to four golden pictures.
    pub fn random_file(&self, noise: &mut Noise) -> Vec<u8> {
        let oldest = self.oldest_version();
        let version = oldest + noise.below(u32::from(5 - oldest)) as u16;
        let golden: Vec<(u16, u64)> = (0..1 + noise.below(4))
            .map(|_| (noise.below(self.classes.into()) as u16, seed(noise)))
            .collect();
        self.file(version, &golden)
    }
}

fn macs(layer: &ReferenceLayer) -> u64 {
    let taps = match layer.operator {
        Operator::Conv2d(window) | Operator::Depthwise(window) => window.taps(),
        Operator::TransposedConv2d => 4,
        _ => layer.input.values() / u32::from(layer.input.channels),
    };
    let channels = match layer.operator {
        Operator::Depthwise(_) => 1,
        _ => layer.input.channels,
    };
    u64::from(layer.output.values()) * u64::from(taps) * u64::from(channels)
}

fn any(noise: &mut Noise) -> ReferenceModel {
    let latent = 1 + below(noise, 40, 8, 256) as u16;
    let z_s = noise.below(u32::from(latent) + 1) as u16;
    let classes = 1 + noise.below(12) as u16;
    let pixels = [256, 129][noise.below(2) as usize];
    let mut model = ReferenceModel {
        classes,
        z_s,
        z_u: latent - z_s,
        prior: prior(noise, classes, [z_s, latent - z_s]),
        pixels: bytes(noise, pixels),
        layers: Vec::new(),
    };
    let latent = shape(1, 1, latent);
    let four_bits = noise.below(3);
    let mut map = latent;
    let count = 1 + noise.below(5);
    for index in 0..count {
        let is_last = index + 1 == count;
        let channels = if is_last {
            [1, 3][noise.below(2) as usize]
        } else {
            1 + below(noise, 19, 8, 70) as u16
        };
        let (operator, output) = loop {
            let (operator, output) = if index == 0 && !one_in(noise, 8) {
                let (height, width) = (2 + noise.below(8) as u16, 2 + noise.below(20) as u16);
                (Operator::Dense, shape(height, width, channels))
            } else {
                between(noise, map, channels)
            };
            // A depthwise convolution has as many channels as it reads.
            if !is_last || output.channels == channels {
                break (operator, output);
            }
        };
        let dense_first = (model.layers.first()).is_some_and(|it| it.operator == Operator::Dense);
        let modulated = dense_first && operator != Operator::Dense && one_in(noise, 2);
        let mut coding = || [0, noise.below(2), 1][four_bits as usize] == 1;
        let [of_modulation, of_layer] = [coding(), coding()];
        let spread = inputs(operator, map).isqrt().max(1) * 4_000;
        let mut added = 0;
        if modulated {
            // About as much as the sums, or anything.
            let shift = match noise.below(4) {
                0 => noise.below(21) as u8,
                _ => ((spread / 64).ilog2() + noise.below(3)) as u8,
            };
            let operator = Operator::Modulation { shift };
            let output = shape(1, 1, 2 * output.channels);
            model
                .layers
                .push(layer(noise, operator, [latent, output], of_modulation, 0));
            added = 128 << shift;
        }
        model
            .layers
            .push(layer(noise, operator, [map, output], of_layer, added));
        map = output;
    }
    model
}

fn prior(noise: &mut Noise, classes: u16, [z_s, z_u]: [u16; 2]) -> ReferencePrior {
    if one_in(noise, 2) {
        let count = usize::from(classes) * usize::from(z_s);
        let wide = one_in(noise, 4);
        let mut mean = || noise.below(1 << 16) as u16 as i16 / if wide { 1 } else { 2 };
        let mu = (0..count).map(|_| mean()).collect();
        let mut deviation = || noise.below(if wide { 1 << 16 } else { 1 << 13 }) as u16;
        return ReferencePrior::Gaussians {
            mu,
            sigma: (0..count).map(|_| deviation()).collect(),
            z_u_sigma: deviation(),
        };
    }
    let [components, styles] = [(); 2].map(|()| 1 + below(noise, 4, 8, 256) as u16);
    // At most a few kibibytes of tables.
    let components = components.min(1 + 4_000 / (classes * (z_s + z_u)));
    let coded = |dimensions: u16| usize::from(dimensions + dimensions.div_ceil(2));
    let all = usize::from(classes) * usize::from(components);
    let styles = usize::from(styles.min(1 + 4_000 / (z_u + 1)));
    ReferencePrior::Mixture {
        unit: 1 + below(noise, 400, 4, 4096) as u16,
        components,
        weights: bytes(noise, all),
        normals: bytes(noise, all * coded(z_s + z_u)),
        style_weights: bytes(noise, styles),
        styles: bytes(noise, styles * coded(z_u)),
    }
}

/// A window somewhere over a side of the input, and the length of the output.
fn side(noise: &mut Noise, input: u16, stride: u8, longest: u32) -> (u8, u8, u16) {
    let kernel = 1 + noise.below(longest) as u8;
    let padding = noise.below(kernel.into()) as u8;
    let most = (u32::from(input) + u32::from(padding) - 1) / u32::from(stride) + 1;
    let output = match noise.below(6) {
        0 => 1 + noise.below(most),
        _ => most,
    };
    (kernel, padding, output as u16)
}

fn window(noise: &mut Noise, input: Shape) -> (Window, [u16; 2]) {
    let stride = 1 + [0, 0, 0, noise.below(4) as u8][noise.below(4) as usize];
    let longest = [3, 3, 5, 15][noise.below(4) as usize];
    let (kernel_height, padding_top, height) = side(noise, input.height, stride, longest);
    let (kernel_width, padding_left, width) = side(noise, input.width, stride, longest);
    let window = Window {
        kernel_height,
        kernel_width,
        stride,
        padding_top,
        padding_left,
    };
    (window, [height, width])
}

/// An operator that reads a map, and the shape that it writes.
fn between(noise: &mut Noise, input: Shape, channels: u16) -> (Operator, Shape) {
    let (window, [height, width]) = window(noise, input);
    match noise.below(12) {
        0..=3 => (Operator::Conv2d(window), shape(height, width, channels)),
        4..=6 => (
            Operator::Depthwise(window),
            shape(height, width, input.channels),
        ),
        7..=9 if 4 * input.values() <= MOST_VALUES => (
            Operator::TransposedConv2d,
            shape(2 * input.height, 2 * input.width, channels),
        ),
        10 => {
            let (height, width) = (1 + noise.below(6) as u16, 1 + noise.below(10) as u16);
            (Operator::Dense, shape(height, width, channels))
        }
        _ => (Operator::Conv2d(window), shape(height, width, channels)),
    }
}

/// Inputs of an output value.
fn inputs(operator: Operator, input: Shape) -> u32 {
    match operator {
        Operator::Conv2d(window) => window.taps() * u32::from(input.channels),
        Operator::Depthwise(window) => window.taps(),
        Operator::TransposedConv2d => 4 * u32::from(input.channels),
        _ => input.values(),
    }
}

/// A layer of random numbers: most of its values spread over their range, some are at its ends. `added` is the most that a
/// modulation adds to a bias.
pub(super) fn layer(
    noise: &mut Noise,
    operator: Operator,
    [input, output]: [Shape; 2],
    four_bits: bool,
    added: i32,
) -> ReferenceLayer {
    let modulation = matches!(operator, Operator::Modulation { .. });
    let inputs = inputs(operator, input);
    let room = i32::MAX - inputs as i32 * 127 * 255 - added;
    assert!(room >= 128, "{inputs} inputs and {added}");
    // Weights of four bits are half as large on average.
    let spread = inputs.isqrt().max(1) as i32 * if four_bits { 2_000 } else { 4_000 };
    let activation = match noise.below(3) {
        _ if modulation => Activation::Linear,
        0 => Activation::Linear,
        1 => Activation::Relu,
        _ => Activation::LeakyRelu {
            slope: noise.below(1 << 16) as u16,
        },
    };
    let mut layer = ReferenceLayer {
        operator,
        input,
        output,
        zero_point: match (noise.below(8), activation) {
            _ if modulation => 0,
            (0, _) => [-128, 127][noise.below(2) as usize],
            (1, _) => noise.below(256) as u8 as i8,
            // Nothing is below the zero point.
            (_, Activation::Relu) => -128 + noise.below(100) as i8,
            _ => noise.below(81) as i8 - 40,
        },
        activation,
        coding: Coding::Int8,
        weights: Vec::new(),
        bias: Vec::new(),
        multipliers: Vec::new(),
    };
    // `2^32` times the factor that takes sums to the range of a value.
    let middle = (60u64 << 32) / spread as u64;
    let multiplier = |noise: &mut Noise| match noise.below(40) {
        0 => [0, i32::MAX as u32][noise.below(2) as usize],
        _ => ((middle / 256) * u64::from(64 + noise.below(512))) as u32,
    };
    let biases = match operator {
        Operator::Dense => output.values(),
        _ => output.channels.into(),
    };
    let channels = 0..output.channels;
    if !four_bits {
        let count = layer.weight_bytes();
        let weight = |_| (noise.below(255) as i32 - 127) as u8;
        layer.weights = (0..count).map(weight).collect();
        layer.bias = (0..biases)
            .map(|_| match noise.below(40) {
                0 => [-room, room][noise.below(2) as usize],
                _ => noise.below(spread as u32 + 1) as i32 - spread / 2,
            })
            .collect();
        layer.multipliers = channels.map(|_| multiplier(noise)).collect();
        return layer;
    }
    let most = room.ilog2() - 7;
    let bias_shift = match noise.below(8) {
        0 => most,
        _ => noise.below(most.min(spread.ilog2().saturating_sub(5)) + 1),
    };
    let multiplier_shift = (middle.ilog2().saturating_sub(noise.below(8) + 6)).min(15);
    layer.coding = Coding::Int4 {
        bias_shift: bias_shift as u8,
        multiplier_shift: multiplier_shift as u8,
    };
    layer.weights = bytes(noise, layer.weight_bytes());
    layer.bias = (0..biases).map(|_| noise.below(256) as i32 - 128).collect();
    layer.multipliers = channels
        .map(|_| (multiplier(noise) >> multiplier_shift).min(u16::MAX.into()))
        .collect();
    layer
}
