//! A small model with every operator, built by hand.
#![allow(dead_code, reason = "each test file uses a part of it")]

use embedded_storage::nor_flash::{
    ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_read,
};
use pixling::write::{Contents, Plain, Plain4, groups, pack, pack4, to_bytes};
use pixling::{
    Activation, Coding, Geometry, Golden, Head, Layer, Model, Operator, Request, Shape, Tables,
    Window,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

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

/// The parts of the model that a [`Contents`] borrows.
pub(crate) struct Parts {
    pub(crate) weights: Vec<Vec<u8>>,
    pub(crate) bias: Vec<Vec<u8>>,
    pub(crate) multipliers: Vec<Vec<u8>>,
    pub(crate) mu: Vec<u8>,
    pub(crate) sigma: Vec<u8>,
    pub(crate) pixels: Vec<u8>,
    pub(crate) codings: [Coding; 4],
}

pub(crate) const CLASSES: u16 = 3;
pub(crate) const LATENT: u16 = 6;

pub(crate) const WINDOW: Window = Window {
    kernel_height: 3,
    kernel_width: 3,
    stride: 1,
    padding_top: 1,
    padding_left: 1,
};

/// dense 6 -> 3x2x4, depthwise 3x3, transposed to 6x4x3, convolution 3x3 to 6x4x1: 6x4 grey pictures.
const PLAN: [(Operator, Shape, Shape); 4] = [
    (Operator::Dense, shape(1, 1, LATENT), shape(3, 2, 4)),
    (Operator::Depthwise(WINDOW), shape(3, 2, 4), shape(3, 2, 4)),
    (Operator::TransposedConv2d, shape(3, 2, 4), shape(6, 4, 3)),
    (Operator::Conv2d(WINDOW), shape(6, 4, 3), shape(6, 4, 1)),
];

const ZERO_POINTS: [i8; 4] = [-127, -20, 5, 3];
const ACTIVATIONS: [Activation; 4] = [
    Activation::Relu,
    Activation::Linear,
    Activation::LeakyRelu { slope: 6554 },
    Activation::Linear,
];

const INT4: Coding = Coding::Int4 {
    bias_shift: 3,
    multiplier_shift: 11,
};

/// Those of the model of [`file`].
pub(crate) const MIXED: [Coding; 4] = [INT4, INT4, INT4, Coding::Int8];
pub(crate) const ALL_INT4: [Coding; 4] = [INT4; 4];
pub(crate) const ALL_INT8: [Coding; 4] = [Coding::Int8; 4];

/// What the model keeps: a latent of 2 cells, three rows of 4, two of 4, three of 6, one of 4, 3 bytes to align them,
/// 24 pixels, and notes on four layers and the line.
pub(crate) const INT8_ARENA: usize = 8 * (2 + 12 + 8 + 18 + 4) + 3 + 24 + 56 * 5;
/// With weights of four bits the numbers of a block besides: four biases, eight multipliers and, of the transposed
/// convolution, three filters of 16.
pub(crate) const ARENA: usize = INT8_ARENA + 16 + 32 + 48;

fn geometry(i: usize) -> Geometry {
    let (operator, input, output) = PLAN[i];
    Geometry {
        operator,
        input,
        output,
    }
}

impl Parts {
    /// With weights of eight bits.
    pub(crate) fn new() -> Parts {
        Parts::coded(ALL_INT8)
    }

    pub(crate) fn coded(codings: [Coding; 4]) -> Parts {
        let counts = [
            (6 * 24, 24, 4),
            (36, 4, 4),
            (4 * 4 * 4 * 3, 3, 3),
            (27, 1, 1),
        ];
        let packed: Vec<_> = (0..4)
            .map(|i| {
                let (weights, biases, channels) = counts[i];
                let weights: Vec<i8> = noise(i as u32 + 1, weights)
                    .iter()
                    .map(|&w| w as i8)
                    .collect();
                if codings[i] == INT4 {
                    let weights: Vec<i8> = weights.iter().map(|weight| weight >> 4).collect();
                    let groups = groups(&geometry(i));
                    let last = groups.iter().max().unwrap();
                    let scales: Vec<u8> = (0..=*last).map(|n| (n * 7 + 9) as u8 % 16).collect();
                    let bias: Vec<i8> = (0..biases).map(|n| (n * 5 - 50) as i8).collect();
                    let multipliers: Vec<u16> = (0..channels).map(|n| 35_000 + n as u16).collect();
                    let plain = Plain4 {
                        weights: &weights,
                        scales: &scales,
                        bias: &bias,
                        multipliers: &multipliers,
                    };
                    return pack4(&geometry(i), ACTIVATIONS[i], plain);
                }
                let bias: Vec<i32> = (0..biases).map(|n| n * 37 - 400).collect();
                let multipliers: Vec<i32> =
                    (0..channels).map(|n| (70_000 + n * 999) << 8).collect();
                let plain = Plain {
                    weights: &weights,
                    bias: &bias,
                    multipliers: &multipliers,
                };
                pack(&geometry(i), ACTIVATIONS[i], plain)
            })
            .collect();
        Parts {
            codings,
            weights: packed.iter().map(|it| it.weights.clone()).collect(),
            bias: packed.iter().map(|it| it.bias.clone()).collect(),
            multipliers: packed.iter().map(|it| it.multipliers.clone()).collect(),
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
        let layer = |i: usize| Layer {
            geometry: geometry(i),
            head: Head {
                zero_point: ZERO_POINTS[i],
                activation: ACTIVATIONS[i],
                coding: self.codings[i],
            },
            tables: Tables {
                weights: &self.weights[i],
                bias: &self.bias[i],
                multipliers: &self.multipliers[i],
            },
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
            z_s: 4,
            z_u: 2,
            mu: &self.mu,
            sigma: &self.sigma,
            z_u_sigma: 8000,
            pixels: &self.pixels,
            golden,
            layers,
        }
    }
}

/// The file, with two golden pictures.
pub(crate) fn file() -> Vec<u8> {
    file_of(&Parts::coded(MIXED))
}

pub(crate) fn file_of(parts: &Parts) -> Vec<u8> {
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

/// A driver's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl NorFlashError for Broken {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Flash that is only read, in words of `READ` bytes.
pub(crate) struct Rom<const READ: usize> {
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    /// How many reads succeed before one fails.
    pub(crate) fails: Rc<Cell<Option<u32>>>,
}

impl<const READ: usize> Rom<READ> {
    /// Filled up to whole words.
    pub(crate) fn new(bytes: &[u8]) -> Rom<READ> {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(READ), 0xff);
        Rom {
            bytes: Rc::new(RefCell::new(bytes)),
            fails: Rc::default(),
        }
    }
}

impl<const READ: usize> ErrorType for Rom<READ> {
    type Error = Broken;
}

impl<const READ: usize> ReadNorFlash for Rom<READ> {
    const READ_SIZE: usize = READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Broken> {
        check_read(self, offset, bytes.len()).expect("within the flash, in whole words");
        match self.fails.get() {
            Some(0) => return Err(Broken),
            left => self.fails.set(left.map(|left| left - 1)),
        }
        bytes.copy_from_slice(&self.bytes.borrow()[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.borrow().len()
    }
}
