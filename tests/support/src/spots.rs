//! Models built by hand, as large as real ones, that draw soft spots: each latent dimension one.

use crate::{Numbers, Parts, Plan, same, shape};
use pixling::{Activation, Operator, Shape};

/// A decoder: dense, two transposed convolutions, a convolution.
#[derive(Clone, Copy, Debug)]
pub struct Sketch {
    /// Rows and columns of a picture, a multiple of 4.
    pub side: u16,
    /// 1 or 3.
    pub channels: u16,
    /// Channels after the dense layer, a multiple of 4.
    pub features: u16,
}

/// The decoder of the project's reference preset: 28x28 grey, 908,544 multiply-accumulates.
pub const MICRO: Sketch = Sketch {
    side: 28,
    channels: 1,
    features: 32,
};

const LATENT: u16 = 32;
const Z_S: u16 = 16;
const LABELS: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Repeatable numbers from `-most` to `most`.
struct Noise(u32);

impl Noise {
    fn next(&mut self, most: i32) -> i32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) as i32 % (2 * most + 1) - most
    }
}

fn weight(value: i32) -> i8 {
    value.clamp(-127, 127) as i8
}

/// `factor` times `2^32`.
fn multiplier(factor: f64) -> i32 {
    (factor * 2f64.powi(32)) as i32
}

/// Each weight, biases near zero, and a multiplier for all channels.
fn numbers(weights: Vec<i8>, biases: u32, channels: u16, factor: f64) -> Numbers {
    Numbers::Int8 {
        weights,
        bias: (0..biases as i32).map(|index| index % 7 - 3).collect(),
        multipliers: vec![multiplier(factor); channels.into()],
    }
}

impl Sketch {
    /// A spot for each latent dimension, in a channel of its own.
    fn dense(output: Shape) -> Numbers {
        let mut noise = Noise(1);
        let places: Vec<[f64; 2]> = (0..LATENT)
            .map(|_| {
                [(); 2]
                    .map(|()| f64::from(noise.next(400) + 500) / 1000.0 * f64::from(output.width))
            })
            .collect();
        let mut weights = Vec::new();
        for y in 0..output.height {
            for x in 0..output.width {
                for channel in 0..output.channels {
                    for input in 0..LATENT {
                        let [center_y, center_x] = places[usize::from(input)];
                        let distance = (f64::from(y) + 0.5 - center_y).powi(2)
                            + (f64::from(x) + 0.5 - center_x).powi(2);
                        let own = f64::from(u8::from(input % output.channels == channel));
                        let spot = 120.0 * own * (-distance / 2.5).exp();
                        weights.push(weight(spot as i32 + noise.next(2)));
                    }
                }
            }
        }
        numbers(weights, output.values(), output.channels, 1.0 / 100.0)
    }

    /// Interpolates, and folds two channels into one.
    fn transposed(seed: u32, input: Shape, output: Shape) -> Numbers {
        let mut noise = Noise(seed);
        let near = [[1, 3], [3, 1]]; // [phase][tap]
        let mut weights = Vec::new();
        for phase in 0..4 {
            for channel in 0..output.channels {
                for tap in 0..4 {
                    for from in 0..input.channels {
                        let gain = near[phase / 2][tap / 2] * near[phase % 2][tap % 2];
                        let same = i32::from(from % output.channels == channel);
                        weights.push(weight(14 * gain * same + noise.next(3)));
                    }
                }
            }
        }
        numbers(
            weights,
            output.channels.into(),
            output.channels,
            1.0 / 224.0,
        )
    }

    /// Adds all channels up, each color with weights of its own.
    fn last(input: Shape, output: Shape) -> Numbers {
        let mut noise = Noise(4);
        let mut weights = Vec::new();
        for color in 0..output.channels {
            for tap in 0..9 {
                for from in 0..input.channels {
                    let center = if tap == 4 { 90 } else { 4 };
                    let tint = if output.channels == 3 && from % 3 != color {
                        20
                    } else {
                        0
                    };
                    weights.push(weight(center - tint + noise.next(3)));
                }
            }
        }
        numbers(weights, output.channels.into(), output.channels, 1.0 / 90.0)
    }

    /// A file with two golden pictures. `spoil` is added to their checksums.
    pub fn file(self, spoil: u32) -> Vec<u8> {
        let Sketch {
            side,
            channels,
            features,
        } = self;
        let first = shape(side / 4, side / 4, features);
        let second = shape(side / 2, side / 2, features / 2);
        let third = shape(side, side, features / 4);
        let picture = shape(side, side, channels);
        let leaky = Activation::LeakyRelu { slope: 6554 };
        let transposed = Operator::TransposedConv2d;

        let mut parts = Parts::new("spots", &LABELS, Z_S, LATENT - Z_S);
        for (operator, output, activation, zero_point, numbers) in [
            (Operator::Dense, first, leaky, -120, Self::dense(first)),
            (
                transposed,
                second,
                leaky,
                -120,
                Self::transposed(2, first, second),
            ),
            (
                transposed,
                third,
                leaky,
                -120,
                Self::transposed(3, second, third),
            ),
            (
                Operator::Conv2d(same(3)),
                picture,
                Activation::Linear,
                -118,
                Self::last(third, picture),
            ),
        ] {
            let plan = Plan {
                operator,
                output,
                activation,
                zero_point,
            };
            parts.push(plan, &numbers);
        }
        let mut noise = Noise(9);
        parts.mu = (0..LABELS.len() * usize::from(Z_S))
            .flat_map(|_| ((noise.next(100) * 256) as i16).to_le_bytes())
            .collect();
        parts.sigma = [3000u16.to_le_bytes()]
            .as_flattened()
            .repeat(LABELS.len() * usize::from(Z_S));
        parts.z_u_sigma = 4000;
        let mut golden = parts.golden(&[(0, 7), (9, u64::MAX)]);
        for picture in &mut golden {
            picture.checksum = picture.checksum.wrapping_add(spoil);
        }
        parts.bytes(&golden)
    }
}
