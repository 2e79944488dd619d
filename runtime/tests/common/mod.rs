//! A small model with every operator, built by hand.
#![allow(dead_code, reason = "each test file uses a part of it")]

use pixling::write::{Contents, to_bytes};
use pixling::{Activation, Golden, Layer, Model, Operator, Request, Shape, Window};

const fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// Repeatable bytes that look like weights.
fn noise(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) as i32 - 128).max(-127) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn words(values: impl IntoIterator<Item = i32>) -> Vec<u8> {
    values.into_iter().flat_map(i32::to_le_bytes).collect()
}

/// The parts of the model that a [`Contents`] borrows.
pub(crate) struct Parts {
    pub(crate) weights: Vec<Vec<u8>>,
    pub(crate) bias: Vec<Vec<u8>>,
    pub(crate) multipliers: Vec<Vec<u8>>,
    pub(crate) mu: Vec<u8>,
    pub(crate) sigma: Vec<u8>,
    pub(crate) pixels: Vec<u8>,
}

pub(crate) const CLASSES: u16 = 3;
pub(crate) const LATENT: u16 = 6;

const WINDOW: Window = Window {
    kernel_height: 3,
    kernel_width: 3,
    stride: 1,
    padding_top: 1,
    padding_left: 1,
};

/// dense 6 -> 3x2x4, depthwise 3x3, transposed to 6x4x3, convolution 3x3 to 6x4x1: 6x4 grey pictures.
const PLAN: [(Operator, Shape, Shape, u32, u32); 4] = [
    (Operator::Dense, shape(1, 1, LATENT), shape(3, 2, 4), 72, 0),
    (
        Operator::Depthwise(WINDOW),
        shape(3, 2, 4),
        shape(3, 2, 4),
        0,
        24,
    ),
    (
        Operator::TransposedConv2d,
        shape(3, 2, 4),
        shape(6, 4, 3),
        24,
        48,
    ),
    (
        Operator::Conv2d(WINDOW),
        shape(6, 4, 3),
        shape(6, 4, 1),
        48,
        0,
    ),
];

impl Parts {
    pub(crate) fn new() -> Parts {
        let counts = [
            (6 * 24, 24, 4),
            (36, 4, 4),
            (4 * 4 * 4 * 3, 3, 3),
            (27, 1, 1),
        ];
        Parts {
            weights: (1..)
                .zip(counts)
                .map(|(seed, (n, _, _))| noise(seed, n))
                .collect(),
            bias: counts
                .iter()
                .map(|&(_, n, _)| words((0..n).map(|i| i * 37 - 400)))
                .collect(),
            multipliers: counts
                .iter()
                .map(|&(_, _, n)| words((0..n).map(|i| 70_000 + i * 999)))
                .collect(),
            mu: (0..CLASSES as i16 * 4)
                .flat_map(|i| (i * 700 - 4000).to_le_bytes())
                .collect(),
            sigma: (0..CLASSES * 4)
                .flat_map(|i| (3000 + i * 100).to_le_bytes())
                .collect(),
            pixels: (0..=255).collect(),
        }
    }

    pub(crate) fn layers(&self) -> Vec<Layer<'_>> {
        let zero_points = [0, -127, -20, 5, 3];
        let activations = [
            Activation::Relu,
            Activation::Linear,
            Activation::LeakyRelu { slope: 6554 },
            Activation::Linear,
        ];
        let layer = |i: usize| {
            let (operator, input, output, input_offset, output_offset) = PLAN[i];
            Layer {
                operator,
                input,
                output,
                input_offset,
                output_offset,
                input_zero_point: zero_points[i],
                output_zero_point: zero_points[i + 1],
                activation: activations[i],
                shift: 24,
                weights: &self.weights[i],
                bias: &self.bias[i],
                multipliers: &self.multipliers[i],
            }
        };
        (0..4).map(layer).collect()
    }

    pub(crate) fn contents<'a>(
        &'a self,
        layers: &'a [Layer<'a>],
        golden: &'a [Golden],
    ) -> Contents<'a> {
        Contents {
            name: "small",
            data: "made by hand",
            licence: "MIT OR Apache-2.0",
            labels: "one\ntwo\nthree\n",
            classes: CLASSES,
            height: 6,
            width: 4,
            channels: 1,
            z_s: 4,
            z_u: 2,
            mu: &self.mu,
            sigma: &self.sigma,
            z_u_sigma: 8000,
            pixels: &self.pixels,
            arena_bytes: 120,
            macs: layers.iter().map(Layer::macs).sum(),
            golden,
            layers,
        }
    }
}

/// The file, with two golden pictures.
pub(crate) fn file() -> Vec<u8> {
    let parts = Parts::new();
    let layers = parts.layers();
    let bare = to_bytes(&parts.contents(&layers, &[])).unwrap();
    let model = Model::load(&bare).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let golden: Vec<Golden> = [(0, 7), (2, u64::MAX)]
        .into_iter()
        .map(|(class, seed)| {
            let picture = model
                .generate(&Request::new(class, seed), &mut arena)
                .unwrap();
            Golden {
                class,
                seed,
                checksum: picture.checksum(),
            }
        })
        .collect();
    to_bytes(&parts.contents(&layers, &golden)).unwrap()
}
