//! Networks with random numbers: what they cost does not depend on the numbers, and any bytes can be compared.

use crate::{Counts, Numbers, Parts, Plan, same, shape};
use pixling::write::groups;
use pixling::{Activation, Geometry, Operator, Shape, Window};

/// Repeatable numbers, from a seed.
#[derive(Clone, Debug)]
pub struct Noise(pub u64);

impl Noise {
    /// A number below `n`.
    pub fn below(&mut self, n: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 33) * u64::from(n)) >> 31) as u32
    }

    fn within(&mut self, most: i32) -> i32 {
        self.below(2 * most as u32 + 1) as i32 - most
    }
}

/// Operators with the shapes that they write, and their activations.
#[derive(Clone, Debug)]
pub struct Network {
    /// The name of the model.
    pub name: String,
    /// Dimensions of the latent.
    pub latent: u16,
    /// From the latent to the picture.
    pub layers: Vec<(Operator, Shape, Activation)>,
    /// A bit for each layer whose weights take four bits.
    pub int4: u32,
}

const LEAKY: Activation = Activation::LeakyRelu { slope: 6554 };
const LINEAR: Activation = Activation::Linear;

/// The shift of a modulation that weighs about as much as the sums that it shifts.
const SHIFT: u8 = 8;

impl Network {
    fn new(name: &str, latent: u16, layers: &[(Operator, Shape, Activation)]) -> Network {
        Network {
            name: name.to_owned(),
            latent,
            layers: layers.to_vec(),
            int4: 0,
        }
    }

    /// With weights of four bits in the layers with a bit set here.
    pub fn in_four_bits(mut self, layers: u32) -> Network {
        self.name += " int4";
        self.int4 = layers;
        self
    }

    /// With a modulation before each layer with a bit set here, which shifts by 8. The name stays. It is for a network
    /// without modulations whose weights have eight bits.
    pub fn with_modulations(self, layers: u32) -> Network {
        self.modulate(|index, _| (layers >> index & 1 != 0).then_some(SHIFT))
    }

    /// With a modulation of each layer that may have one, with a random shift, but 8 often.
    pub fn modulated(self, noise: &mut Noise) -> Network {
        let mut network = self.modulate(|_, operator| {
            let shift = [SHIFT, noise.below(21) as u8][noise.below(2) as usize];
            (operator != Operator::Dense).then_some(shift)
        });
        network.name += " modulated";
        let random = noise.below(1 << network.layers.len());
        network.int4 = [network.int4, random][noise.below(2) as usize];
        network
    }

    /// With modulations that have these shifts.
    fn modulate(mut self, mut shift: impl FnMut(usize, Operator) -> Option<u8>) -> Network {
        let layers = self.layers.into_iter().enumerate();
        let layers = layers.flat_map(|(index, layer)| {
            let (operator, output, _) = layer;
            let modulation = shift(index, operator).map(|shift| {
                let values = shape(1, 1, 2 * output.channels);
                (Operator::Modulation { shift }, values, LINEAR)
            });
            modulation.into_iter().chain([layer])
        });
        self.layers = layers.collect();
        self
    }

    /// Layers a, b, c and d of the standard comparison, one after the other.
    pub fn abcd() -> Network {
        Network::new(
            "abcd",
            32,
            &[
                (Operator::Dense, shape(7, 7, 32), LINEAR),
                (Operator::TransposedConv2d, shape(14, 14, 16), LINEAR),
                (Operator::TransposedConv2d, shape(28, 28, 8), LINEAR),
                (Operator::Conv2d(same(3)), shape(28, 28, 1), LINEAR),
            ],
        )
    }

    /// Layer e between layers that bring its input and a picture.
    pub fn e() -> Network {
        Network::new(
            "e",
            4,
            &[
                (Operator::Dense, shape(14, 14, 16), LINEAR),
                (Operator::Conv2d(same(3)), shape(14, 14, 16), LINEAR),
                (Operator::Conv2d(same(1)), shape(14, 14, 1), LINEAR),
            ],
        )
    }

    /// Layers f and g between layers that bring their input and a picture.
    pub fn fg() -> Network {
        Network::new(
            "fg",
            4,
            &[
                (Operator::Dense, shape(14, 14, 32), LINEAR),
                (Operator::Conv2d(same(1)), shape(14, 14, 32), LINEAR),
                (Operator::Depthwise(same(3)), shape(14, 14, 32), LINEAR),
                (Operator::Conv2d(same(1)), shape(14, 14, 1), LINEAR),
            ],
        )
    }

    /// A dense layer of a square, transposed convolutions that double it, and a convolution to the channels of a picture.
    fn decoder(name: &str, latent: u16, side: u16, channels: &[u16], picture: u16) -> Network {
        let mut side = side;
        let mut layers = Vec::new();
        for (index, &count) in channels.iter().enumerate() {
            let operator = if index == 0 {
                Operator::Dense
            } else {
                side *= 2;
                Operator::TransposedConv2d
            };
            layers.push((operator, shape(side, side, count), LEAKY));
        }
        let last = shape(side, side, picture);
        layers.push((Operator::Conv2d(same(3)), last, LINEAR));
        Network::new(name, latent, &layers)
    }

    /// A decoder for the pictures of the preset `nano`, with other widths.
    pub fn nano() -> Network {
        Network::decoder("nano", 16, 4, &[16, 12, 8], 1)
    }

    /// The decoder of the preset `micro`.
    pub fn micro() -> Network {
        Network::decoder("micro", 24, 7, &[20, 36, 12], 1).with_modulations(0b110)
    }

    /// The decoder of the preset `micro-plain`.
    pub fn micro_plain() -> Network {
        Network::decoder("micro-plain", 24, 7, &[16, 24, 8], 1)
    }

    /// A decoder for the pictures of the preset `mini`, with other widths.
    pub fn mini() -> Network {
        Network::decoder("mini", 24, 8, &[24, 32, 12], 3)
    }

    /// A decoder for the pictures of the preset `milli`, with other widths.
    pub fn milli() -> Network {
        Network::decoder("milli", 32, 8, &[48, 48, 24, 12], 3)
    }

    /// Every small shape around one operator: rows of 1 to 17 pixels, kernels of 1 to 3 rows and columns padded on the left
    /// and above, channels that fill their cells and that do not.
    pub fn small() -> impl Iterator<Item = Network> {
        let kernels = (1..=3).flat_map(|height| (1..=3).map(move |width| (height, width)));
        let channels = [1, 3, 4, 5, 8];
        let around = |width: u16, channels: u16, middle: (Operator, Shape)| {
            let picture = shape(middle.1.height, middle.1.width, 1);
            Network::new(
                &format!("{middle:?}"),
                3,
                &[
                    (Operator::Dense, shape(2, width, channels), LINEAR),
                    (middle.0, middle.1, LEAKY),
                    (Operator::Conv2d(same(1)), picture, LINEAR),
                ],
            )
        };
        (1..=17).flat_map(move |width| {
            let kernels = kernels.clone();
            channels.into_iter().flat_map(move |count| {
                let convolutions =
                    kernels
                        .clone()
                        .flat_map(move |(kernel_height, kernel_width)| {
                            let window = Window {
                                kernel_height,
                                kernel_width,
                                stride: 1,
                                padding_top: kernel_height / 2,
                                padding_left: kernel_width / 2,
                            };
                            [
                                (Operator::Conv2d(window), shape(2, width, 9 - count)),
                                (Operator::Depthwise(window), shape(2, width, count)),
                            ]
                        });
                let transposed = (Operator::TransposedConv2d, shape(4, 2 * width, 9 - count));
                convolutions
                    .chain([transposed])
                    .map(move |middle| around(width, count, middle))
            })
        })
    }

    /// A random small network around one operator: odd sizes, paddings, strides and channels, every activation.
    pub fn random(noise: &mut Noise) -> Network {
        let channels = |noise: &mut Noise| 1 + noise.below(19) as u16;
        let (h, w) = (1 + noise.below(10) as u16, 1 + noise.below(30) as u16);
        let (h, w) = if noise.below(2) == 0 {
            (h, 7 * (1 + noise.below(4)) as u16)
        } else {
            (h, w)
        };
        let (ic, oc) = (channels(noise), channels(noise));
        let kernel = |noise: &mut Noise| 1 + noise.below(4) as u8;
        let (kh, kw, stride) = (
            kernel(noise),
            kernel(noise),
            if noise.below(4) == 0 { 2 } else { 1 },
        );
        let window = Window {
            kernel_height: kh,
            kernel_width: kw,
            stride,
            padding_top: noise.below(kh.into()) as u8,
            padding_left: noise.below(kw.into()) as u8,
        };
        let most =
            |input: u16, padding: u8| (input + u16::from(padding) - 1) / u16::from(stride) + 1;
        let (oh, ow) = (most(h, window.padding_top), most(w, window.padding_left));
        let middle = match noise.below(4) {
            0 => (Operator::Depthwise(window), shape(oh, ow, ic)),
            1 => (Operator::Conv2d(window), shape(oh, ow, oc)),
            _ => (Operator::TransposedConv2d, shape(2 * h, 2 * w, oc)),
        };
        let activation = |noise: &mut Noise| match noise.below(3) {
            0 => LINEAR,
            1 => Activation::Relu,
            _ => Activation::LeakyRelu {
                slope: noise.below(65536) as u16,
            },
        };
        let output = shape(
            middle.1.height,
            middle.1.width,
            if noise.below(2) == 0 { 1 } else { 3 },
        );
        let last = if noise.below(4) == 0 && output.values() < 300 {
            Operator::Dense
        } else {
            Operator::Conv2d(same(1 + 2 * noise.below(2) as u8))
        };
        Network {
            name: "random".to_owned(),
            latent: 1 + noise.below(30) as u16,
            int4: [0, noise.below(8)][noise.below(2) as usize],
            layers: vec![
                (Operator::Dense, shape(h, w, ic), activation(noise)),
                (middle.0, middle.1, activation(noise)),
                (last, output, activation(noise)),
            ],
        }
    }

    /// A file with two golden pictures.
    pub fn file(&self, seed: u64) -> Vec<u8> {
        let mut noise = Noise(seed);
        let z_s = self.latent.div_ceil(2);
        let labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let mut parts = Parts::new(&self.name, &labels, z_s, self.latent - z_s);
        parts.data = "random numbers";
        parts.z_u_sigma = 6000;
        for (index, &(operator, output, activation)) in self.layers.iter().enumerate() {
            let int4 = self.int4 >> index & 1 != 0;
            let numbers = numbers(&mut noise, operator, parts.input(operator), output, int4);
            let plan = Plan {
                operator,
                output,
                activation,
                zero_point: match operator {
                    Operator::Modulation { .. } => 0,
                    _ => noise.within(60) as i8,
                },
            };
            parts.push(plan, &numbers);
        }
        parts.mu = (0..10 * z_s)
            .flat_map(|_| (noise.within(20_000) as i16).to_le_bytes())
            .collect();
        parts.sigma = vec![20; 20 * usize::from(z_s)];
        parts.file(&[(0, 7), (9, u64::MAX)])
    }
}

/// Numbers with which values spread over the range, and some saturate.
fn numbers(
    noise: &mut Noise,
    operator: Operator,
    input: Shape,
    output: Shape,
    int4: bool,
) -> Numbers {
    let counts = Counts::of(operator, input, output);
    let scale = 0.9 / (73.0 * f64::from(counts.fan_in).sqrt());
    let multiplier = |noise: &mut Noise, scale: f64| {
        (scale * f64::from(500 + noise.below(1000)) / 1000.0 * 2f64.powi(32)) as i32
    };
    if !int4 {
        return Numbers::Int8 {
            weights: (0..counts.weights)
                .map(|_| noise.within(127) as i8)
                .collect(),
            bias: (0..counts.biases).map(|_| noise.within(3000)).collect(),
            multipliers: (0..counts.channels)
                .map(|_| multiplier(noise, scale))
                .collect(),
        };
    }
    let groups = groups(&Geometry {
        operator,
        input,
        output,
    });
    let last = groups.iter().max().copied().unwrap_or(0);
    Numbers::Int4 {
        weights: (0..counts.weights)
            .map(|_| noise.below(16) as i8 - 8)
            .collect(),
        scales: (0..=last).map(|_| noise.below(16) as u8).collect(),
        bias: (0..counts.biases).map(|_| noise.below(256) as i8).collect(),
        // 4-bit weights are a third of 8-bit weights.
        multipliers: (0..counts.channels)
            .map(|_| (multiplier(noise, 1.8 * scale) >> 14) as u16)
            .collect(),
        bias_shift: noise.below(6) as u8,
        multiplier_shift: 14,
    }
}
