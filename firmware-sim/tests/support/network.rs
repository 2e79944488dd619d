//! Networks with random numbers: what they cost does not depend on the numbers, and any bytes can be compared.
#![allow(dead_code, reason = "each user takes a part of it")]

use pixling::write::{Contents, Plain, Plain4, groups, pack, pack4, to_bytes};
use pixling::{
    Activation, Coding, Geometry, Golden, Head, Layer, Model, Operator, Request, Shape, Window,
};

/// Repeatable numbers.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
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

pub(crate) const fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// A 3x3 convolution or another of odd size that keeps the size of the map.
pub(crate) const fn same(kernel: u8) -> Window {
    Window {
        kernel_height: kernel,
        kernel_width: kernel,
        stride: 1,
        padding_top: kernel / 2,
        padding_left: kernel / 2,
    }
}

/// Operators with the shapes that they write, and whether a leaky activation follows.
pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) latent: u16,
    pub(crate) layers: Vec<(Operator, Shape, Activation)>,
    /// A bit for each layer whose weights take four bits.
    pub(crate) int4: u32,
}

const LEAKY: Activation = Activation::LeakyRelu { slope: 6554 };
const LINEAR: Activation = Activation::Linear;

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
    pub(crate) fn in_four_bits(mut self, layers: u32) -> Network {
        self.name += " int4";
        self.int4 = layers;
        self
    }

    /// Layers a, b, c and d of the standard comparison, one after the other.
    pub(crate) fn abcd() -> Network {
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
    pub(crate) fn e() -> Network {
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
    pub(crate) fn fg() -> Network {
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

    pub(crate) fn nano() -> Network {
        Network::new(
            "nano",
            16,
            &[
                (Operator::Dense, shape(4, 4, 16), LEAKY),
                (Operator::TransposedConv2d, shape(8, 8, 12), LEAKY),
                (Operator::TransposedConv2d, shape(16, 16, 8), LEAKY),
                (Operator::Conv2d(same(3)), shape(16, 16, 1), LINEAR),
            ],
        )
    }

    /// Decoder S.
    pub(crate) fn micro() -> Network {
        Network::new(
            "micro",
            24,
            &[
                (Operator::Dense, shape(7, 7, 16), LEAKY),
                (Operator::TransposedConv2d, shape(14, 14, 24), LEAKY),
                (Operator::TransposedConv2d, shape(28, 28, 8), LEAKY),
                (Operator::Conv2d(same(3)), shape(28, 28, 1), LINEAR),
            ],
        )
    }

    pub(crate) fn mini() -> Network {
        Network::new(
            "mini",
            24,
            &[
                (Operator::Dense, shape(8, 8, 24), LEAKY),
                (Operator::TransposedConv2d, shape(16, 16, 32), LEAKY),
                (Operator::TransposedConv2d, shape(32, 32, 12), LEAKY),
                (Operator::Conv2d(same(3)), shape(32, 32, 3), LINEAR),
            ],
        )
    }

    pub(crate) fn milli() -> Network {
        Network::new(
            "milli",
            32,
            &[
                (Operator::Dense, shape(8, 8, 48), LEAKY),
                (Operator::TransposedConv2d, shape(16, 16, 48), LEAKY),
                (Operator::TransposedConv2d, shape(32, 32, 24), LEAKY),
                (Operator::TransposedConv2d, shape(64, 64, 12), LEAKY),
                (Operator::Conv2d(same(3)), shape(64, 64, 3), LINEAR),
            ],
        )
    }

    /// Every small shape around one operator: rows of 1 to 17 pixels, kernels of 1 to 3 rows and columns padded on the left
    /// and above, channels that fill their cells and that do not.
    pub(crate) fn small() -> impl Iterator<Item = Network> {
        let kernels = (1..=3).flat_map(|height| (1..=3).map(move |width| (height, width)));
        let channels = [1, 3, 4, 5, 8];
        let around = |width: u16, channels: u16, middle: (Operator, Shape)| Network {
            name: format!("{middle:?}"),
            latent: 3,
            int4: 0,
            layers: vec![
                (Operator::Dense, shape(2, width, channels), LINEAR),
                (middle.0, middle.1, LEAKY),
                (
                    Operator::Conv2d(same(1)),
                    shape(middle.1.height, middle.1.width, 1),
                    LINEAR,
                ),
            ],
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
    pub(crate) fn random(noise: &mut Noise) -> Network {
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

    /// The file, with two golden pictures.
    pub(crate) fn file(&self, seed: u64) -> Vec<u8> {
        let mut noise = Noise(seed);
        let mut input = shape(1, 1, self.latent);
        let mut records = Vec::new();
        for &(operator, output, activation) in &self.layers {
            let geometry = Geometry {
                operator,
                input,
                output,
            };
            let fan_in = geometry.fan_in();
            let channels = u32::from(output.channels);
            let (weights, biases) = match operator {
                Operator::Dense => (fan_in * output.values(), output.values()),
                Operator::TransposedConv2d => (4 * fan_in * channels, channels),
                _ => (fan_in * channels, channels),
            };
            // Values spread over the range, and some saturate.
            let scale = 0.9 / (73.0 * f64::from(fan_in).sqrt());
            let multiplier = |noise: &mut Noise, scale: f64| {
                (scale * f64::from(500 + noise.below(1000)) / 1000.0 * 2f64.powi(32)) as i32
            };
            let (coding, packed) = if self.int4 >> records.len() & 1 == 0 {
                let weights: Vec<i8> = (0..weights).map(|_| noise.within(127) as i8).collect();
                let bias: Vec<i32> = (0..biases).map(|_| noise.within(3000)).collect();
                let multipliers: Vec<i32> = (0..channels)
                    .map(|_| multiplier(&mut noise, scale))
                    .collect();
                let plain = Plain {
                    weights: &weights,
                    bias: &bias,
                    multipliers: &multipliers,
                };
                let packed = pack(&geometry, activation, plain);
                (Coding::Int8, packed)
            } else {
                let groups = groups(&geometry);
                let last = groups.iter().max().copied().unwrap_or(0);
                let bits: Vec<i8> = (0..weights).map(|_| noise.below(16) as i8 - 8).collect();
                let scales: Vec<u8> = (0..=last).map(|_| noise.below(16) as u8).collect();
                let bias: Vec<i8> = (0..biases).map(|_| noise.below(256) as i8).collect();
                // Weights are a third of those of eight bits.
                let multipliers: Vec<u16> = (0..channels)
                    .map(|_| (multiplier(&mut noise, 1.8 * scale) >> 14) as u16)
                    .collect();
                let plain = Plain4 {
                    weights: &bits,
                    scales: &scales,
                    bias: &bias,
                    multipliers: &multipliers,
                };
                let coding = Coding::Int4 {
                    bias_shift: noise.below(6) as u8,
                    multiplier_shift: 14,
                };
                let packed = pack4(&geometry, activation, plain);
                (coding, packed)
            };
            let zero_point = noise.within(60) as i8;
            let head = Head {
                zero_point,
                activation,
                coding,
            };
            records.push((geometry, head, packed));
            input = output;
        }
        let layers: Vec<Layer<'_>> = records
            .iter()
            .map(|(geometry, head, packed)| Layer {
                geometry: *geometry,
                head: *head,
                tables: packed.tables(),
            })
            .collect();
        let z_s = self.latent.div_ceil(2);
        let words = |count: u16, noise: &mut Noise, most: i32| -> Vec<u8> {
            (0..count)
                .flat_map(|_| (noise.within(most) as i16).to_le_bytes())
                .collect()
        };
        let mu = words(10 * z_s, &mut noise, 20_000);
        let sigma = vec![20; 20 * usize::from(z_s)];
        let pixels: Vec<u8> = (0..=255).collect();
        let contents = Contents {
            name: &self.name,
            data: "random numbers",
            licence: "MIT OR Apache-2.0",
            labels: "0\n1\n2\n3\n4\n5\n6\n7\n8\n9",
            z_s,
            z_u: self.latent - z_s,
            mu: &mu,
            sigma: &sigma,
            z_u_sigma: 6000,
            pixels: &pixels,
            golden: &[],
            layers: &layers,
        };
        let bare = to_bytes(&contents).unwrap();
        let model = Model::load(&bare).unwrap();
        let mut arena = vec![0; model.arena_bytes()];
        let golden: Vec<Golden> = [(0, 7), (9, u64::MAX)]
            .map(|(class, seed)| Golden {
                class,
                seed,
                checksum: model
                    .generate(&Request::new(class, seed), &mut arena)
                    .unwrap()
                    .checksum(),
            })
            .to_vec();
        to_bytes(&Contents {
            golden: &golden,
            ..contents
        })
        .unwrap()
    }
}
