//! A small model with every operator: 6x4 grey pictures of three classes. With the codings [`MIXED`] it is
//! `tests/golden/format-3.pxl`, with a mixture as its prior `tests/golden/format-4.pxl`, and with modulations besides
//! `tests/golden/format-4-modulation.pxl`.

use crate::{Counts, Numbers, Parts, Plan, mixture, same, shape};
use pixling::write::groups;
use pixling::{Activation, Coding, Operator, Window};

/// Classes.
pub const CLASSES: u16 = 3;
/// Dimensions of the latent.
pub const LATENT: u16 = 6;
/// The window of its convolutions.
pub const WINDOW: Window = same(3);

/// The operator of its modulations.
pub const MODULATION: Operator = Operator::Modulation { shift: 6 };

const BIAS_SHIFT: u8 = 3;
const MULTIPLIER_SHIFT: u8 = 11;
const INT4: Coding = Coding::Int4 {
    bias_shift: BIAS_SHIFT,
    multiplier_shift: MULTIPLIER_SHIFT,
};

/// Codings of the model of [`file()`].
pub const MIXED: [Coding; 4] = [INT4, INT4, INT4, Coding::Int8];
/// Weights of four bits in all layers.
pub const ALL_INT4: [Coding; 4] = [INT4; 4];
/// Weights of eight bits in all layers.
pub const ALL_INT8: [Coding; 4] = [Coding::Int8; 4];

/// Bytes of the arena with weights of eight bits: a latent of 2 cells, three rows of 4, two of 4, three of 6, one of 4,
/// 3 bytes to align them, 24 pixels, and notes on four layers and the line.
const INT8_ARENA: usize = 8 * (2 + 12 + 8 + 18 + 4) + 3 + 24 + 56 * 5;
/// Bytes of the arena with weights of four bits: the numbers of a block besides, four biases, eight multipliers and, of
/// the transposed convolution, three filters of 16.
pub const ARENA: usize = INT8_ARENA + 16 + 32 + 48;

/// Bytes of the arena of [`modulated`]: notes on three layers more, and the numbers of 4, 3 and 1 channels, multipliers of
/// 8 bytes and biases of 4, these rounded up to 8.
pub const MODULATED_ARENA: usize = ARENA + 3 * 56 + 8 * (4 + 3 + 1) + 8 * (2 + 2 + 1);

/// Dense 6 -> 3x2x4, depthwise 3x3, transposed to 6x4x3, convolution 3x3 to 6x4x1.
const PLANS: [Plan; 4] = [
    Plan {
        operator: Operator::Dense,
        output: shape(3, 2, 4),
        activation: Activation::Relu,
        zero_point: -127,
    },
    Plan {
        operator: Operator::Depthwise(WINDOW),
        output: shape(3, 2, 4),
        activation: Activation::Linear,
        zero_point: -20,
    },
    Plan {
        operator: Operator::TransposedConv2d,
        output: shape(6, 4, 3),
        activation: Activation::LeakyRelu { slope: 6554 },
        zero_point: 5,
    },
    Plan {
        operator: Operator::Conv2d(WINDOW),
        output: shape(6, 4, 1),
        activation: Activation::Linear,
        zero_point: 3,
    },
];

/// Repeatable numbers that look like weights.
pub(crate) fn noise(seed: u32, count: u32) -> Vec<i8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) as i32 - 128).max(-127) as i8
    };
    (0..count).map(|_| next()).collect()
}

/// The model with one of the two codings in each layer.
pub fn parts(codings: [Coding; 4]) -> Parts {
    model(codings, [None; 4])
}

/// With modulations of some layers, in these codings.
fn model(codings: [Coding; 4], modulations: [Option<Coding>; 4]) -> Parts {
    let mut parts = Parts::new("small", &["one", "two", "three"], 4, 2);
    parts.labels += "\n";
    parts.mu = (0..CLASSES as i16 * 4)
        .flat_map(|i| (i * 700 - 4000).to_le_bytes())
        .collect();
    parts.sigma = (0..CLASSES * 4)
        .flat_map(|i| (3000 + i * 100).to_le_bytes())
        .collect();
    parts.z_u_sigma = 8000;
    for (((seed, plan), coding), modulation) in (1..).zip(PLANS).zip(codings).zip(modulations) {
        if let Some(coding) = modulation {
            let plan = Plan {
                operator: MODULATION,
                output: shape(1, 1, 2 * plan.output.channels),
                activation: Activation::Linear,
                zero_point: 0,
            };
            push(&mut parts, seed + 10, plan, coding);
        }
        push(&mut parts, seed, plan, coding);
    }
    parts
}

/// Adds a layer.
fn push(parts: &mut Parts, seed: u32, plan: Plan, coding: Coding) {
    let input = parts.input(plan.operator);
    let counts = Counts::of(plan.operator, input, plan.output);
    let weights = noise(seed, counts.weights);
    let numbers = if coding == INT4 {
        let groups = groups(&plan.geometry(input));
        let last = groups.iter().max().copied().unwrap_or(0);
        Numbers::Int4 {
            weights: weights.iter().map(|weight| weight >> 4).collect(),
            scales: (0..=last).map(|n| (n * 7 + 9) as u8 % 16).collect(),
            bias: (0..counts.biases as i32)
                .map(|n| (n * 5 - 50) as i8)
                .collect(),
            multipliers: (0..counts.channels).map(|n| 35_000 + n as u16).collect(),
            bias_shift: BIAS_SHIFT,
            multiplier_shift: MULTIPLIER_SHIFT,
        }
    } else {
        let channels = 0..counts.channels as i32;
        Numbers::Int8 {
            weights,
            bias: (0..counts.biases as i32).map(|n| n * 37 - 400).collect(),
            multipliers: channels.map(|n| (70_000 + n * 999) << 8).collect(),
        }
    };
    parts.push(plan, &numbers);
}

/// Components of a class, and styles, of [`mixed`].
pub const COMPONENTS: [u16; 2] = [3, 5];

/// The model with a mixture as its prior.
pub fn mixed(codings: [Coding; 4]) -> Parts {
    with_mixture(parts(codings))
}

/// The model with a mixture as its prior, and a modulation of each layer but the first: in eight bits of the depthwise
/// convolution, in four of the others.
pub fn modulated(codings: [Coding; 4]) -> Parts {
    let modulations = [None, Some(Coding::Int8), Some(INT4), Some(INT4)];
    with_mixture(model(codings, modulations))
}

fn with_mixture(mut parts: Parts) -> Parts {
    let latent = [parts.z_s, parts.z_u];
    parts.mixture = Some(mixture(CLASSES, latent, COMPONENTS));
    parts
}

/// A file with two golden pictures.
pub fn file_of(parts: &Parts) -> Vec<u8> {
    parts.file(&[(0, 7), (2, u64::MAX)])
}

/// A file whose three classes have these labels, one a line.
pub fn labelled(labels: &str) -> Vec<u8> {
    file_of(&Parts {
        labels: labels.to_owned(),
        ..parts(ALL_INT8)
    })
}

/// The file with weights of eight bits and of four.
pub fn file() -> Vec<u8> {
    file_of(&parts(MIXED))
}
