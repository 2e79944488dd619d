//! A model in parts, and the one place that packs them.

use crate::small::noise;
use pixling::write::{Contents, Mixture, Packed, Plain, Plain4, Prior, pack, pack4, to_bytes};
use pixling::{
    Activation, Coding, Geometry, Golden, Head, Layer, Model, Operator, Request, Shape, Tables,
    Window,
};

/// Rows, columns and channels.
pub const fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

/// A square window of odd size that keeps the size of the map.
pub const fn same(kernel: u8) -> Window {
    Window {
        kernel_height: kernel,
        kernel_width: kernel,
        stride: 1,
        padding_top: kernel / 2,
        padding_left: kernel / 2,
    }
}

/// A layer without its numbers. Its input is the output of the layer before it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The operator.
    pub operator: Operator,
    /// The shape that it writes.
    pub output: Shape,
    /// The activation after it.
    pub activation: Activation,
    /// The value that stands for zero in its output.
    pub zero_point: i8,
}

impl Plan {
    /// Operator and shapes, for an input.
    pub fn geometry(&self, input: Shape) -> Geometry {
        Geometry {
            operator: self.operator,
            input,
            output: self.output,
        }
    }
}

/// Lengths of a layer's tables before they are packed.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Inputs of an output value.
    pub fan_in: u32,
    /// All weights.
    pub weights: u32,
    /// Biases.
    pub biases: u32,
    /// Multipliers: output channels.
    pub channels: u32,
}

impl Counts {
    /// The lengths for an operator between two shapes.
    pub fn of(operator: Operator, input: Shape, output: Shape) -> Counts {
        let (inputs, channels) = (u32::from(input.channels), u32::from(output.channels));
        let (fan_in, weights, biases) = match operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let (inputs, outputs) = (input.values(), output.values());
                (inputs, inputs * outputs, outputs)
            }
            Operator::Conv2d(window) => {
                let fan_in = window.taps() * inputs;
                (fan_in, fan_in * channels, channels)
            }
            Operator::Depthwise(window) => (window.taps(), window.taps() * inputs, channels),
            Operator::TransposedConv2d => (4 * inputs, 16 * inputs * channels, channels),
            other => panic!("no test model has a layer {other:?}"),
        };
        Counts {
            fan_in,
            weights,
            biases,
            channels,
        }
    }
}

/// The numbers of a layer, in the order of `pixling::write`.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// With weights of eight bits.
    Int8 {
        /// Weights from -127 to 127.
        weights: Vec<i8>,
        /// In units of the accumulator.
        bias: Vec<i32>,
        /// In 2^-32.
        multipliers: Vec<i32>,
    },
    /// With weights of four bits.
    Int4 {
        /// Weights from -8 to 7.
        weights: Vec<i8>,
        /// The scale of each group of weights, from 0 to 15.
        scales: Vec<u8>,
        /// In units of `2^bias_shift`.
        bias: Vec<i8>,
        /// In units of `2^multiplier_shift` times the unit of an 8-bit multiplier.
        multipliers: Vec<u16>,
        /// See [`Coding::Int4`].
        bias_shift: u8,
        /// See [`Coding::Int4`].
        multiplier_shift: u8,
    },
}

/// A layer with its numbers as they stand in a file.
#[derive(Clone, Debug)]
pub struct LayerParts {
    /// The layer without its numbers.
    pub plan: Plan,
    /// The shape that it reads.
    pub input: Shape,
    /// The form of its numbers.
    pub coding: Coding,
    /// Packed.
    pub weights: Vec<u8>,
    /// Packed.
    pub bias: Vec<u8>,
    /// Packed.
    pub multipliers: Vec<u8>,
}

impl LayerParts {
    fn new(plan: Plan, input: Shape, numbers: &Numbers) -> LayerParts {
        let (geometry, activation) = (plan.geometry(input), plan.activation);
        let (coding, packed) = match numbers {
            Numbers::Int8 {
                weights,
                bias,
                multipliers,
            } => {
                let plain = Plain {
                    weights,
                    bias,
                    multipliers,
                };
                let packed = pack(&geometry, activation, plain);
                (Coding::Int8, packed)
            }
            Numbers::Int4 {
                weights,
                scales,
                bias,
                multipliers,
                bias_shift,
                multiplier_shift,
            } => {
                let plain = Plain4 {
                    weights,
                    scales,
                    bias,
                    multipliers,
                };
                let coding = Coding::Int4 {
                    bias_shift: *bias_shift,
                    multiplier_shift: *multiplier_shift,
                };
                (coding, pack4(&geometry, activation, plain))
            }
        };
        let Packed {
            weights,
            bias,
            multipliers,
        } = packed;
        LayerParts {
            plan,
            input,
            coding,
            weights,
            bias,
            multipliers,
        }
    }

    fn layer(&self) -> Layer<'_> {
        Layer {
            geometry: self.plan.geometry(self.input),
            head: Head {
                zero_point: self.plan.zero_point,
                activation: self.plan.activation,
                coding: self.coding,
            },
            tables: Tables {
                weights: &self.weights,
                bias: &self.bias,
                multipliers: &self.multipliers,
            },
        }
    }
}

impl From<Layer<'_>> for LayerParts {
    fn from(layer: Layer<'_>) -> LayerParts {
        LayerParts {
            plan: Plan {
                operator: layer.geometry.operator,
                output: layer.geometry.output,
                activation: layer.head.activation,
                zero_point: layer.head.zero_point,
            },
            input: layer.geometry.input,
            coding: layer.head.coding,
            weights: layer.tables.weights.to_vec(),
            bias: layer.tables.bias.to_vec(),
            multipliers: layer.tables.multipliers.to_vec(),
        }
    }
}

/// A mixture of repeatable numbers: components of each class, and styles.
pub fn mixture(classes: u16, [z_s, z_u]: [u16; 2], [components, styles]: [u16; 2]) -> Mixture {
    let bytes = |dimensions: u16| u32::from(dimensions + dimensions.div_ceil(2));
    let numbers = |seed: u32, count: u32| -> Vec<u8> {
        noise(seed, count).iter().map(|it| *it as u8).collect()
    };
    let all = u32::from(classes * components);
    Mixture {
        unit: 600,
        components,
        weights: numbers(91, all),
        normals: numbers(92, all * bytes(z_s + z_u)),
        style_weights: numbers(93, styles.into()),
        styles: numbers(94, u32::from(styles) * bytes(z_u)),
    }
}

/// A model in parts that can be changed before they become a file.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The model's name.
    pub name: String,
    /// The name of its data.
    pub data: &'static str,
    /// The licence of its data.
    pub licence: &'static str,
    /// A line for each class.
    pub labels: String,
    /// Dimensions of the latent of the class.
    pub z_s: u16,
    /// Dimensions of the latent of the style.
    pub z_u: u16,
    /// Means of `z_s`, `i16` in little endian.
    pub mu: Vec<u8>,
    /// Deviations of `z_s`, `u16` in little endian.
    pub sigma: Vec<u8>,
    /// Deviation of `z_u`.
    pub z_u_sigma: u16,
    /// The prior in place of the three before.
    pub mixture: Option<Mixture>,
    /// The pixel of each value.
    pub pixels: Vec<u8>,
    /// The decoder.
    pub packed: Vec<LayerParts>,
}

impl Parts {
    /// A model without layers, with one class for each label, whose latents are all zero and whose pixels are the values
    /// plus 128.
    pub fn new(name: &str, labels: &[&str], z_s: u16, z_u: u16) -> Parts {
        let table = vec![0; 2 * labels.len() * usize::from(z_s)];
        Parts {
            name: name.to_owned(),
            data: "made by hand",
            licence: "MIT OR Apache-2.0",
            labels: labels.join("\n"),
            z_s,
            z_u,
            mu: table.clone(),
            sigma: table,
            z_u_sigma: 0,
            mixture: None,
            pixels: (0..=255).collect(),
            packed: Vec::new(),
        }
    }

    /// The shape of the latent.
    pub fn latent(&self) -> Shape {
        shape(1, 1, self.z_s + self.z_u)
    }

    /// The shape that the next layer reads unless it is a modulation.
    pub fn output(&self) -> Shape {
        let mut maps = self.packed.iter().rev();
        let last = maps.find(|it| !matches!(it.plan.operator, Operator::Modulation { .. }));
        last.map_or(self.latent(), |last| last.plan.output)
    }

    /// The shape that a layer of this operator would read.
    pub fn input(&self, operator: Operator) -> Shape {
        match operator {
            Operator::Modulation { .. } => self.latent(),
            _ => self.output(),
        }
    }

    /// Adds a layer after the last one.
    pub fn push(&mut self, plan: Plan, numbers: &Numbers) {
        let layer = LayerParts::new(plan, self.input(plan.operator), numbers);
        self.packed.push(layer);
    }

    /// The layers, as a file has them.
    pub fn layers(&self) -> Vec<Layer<'_>> {
        self.packed.iter().map(LayerParts::layer).collect()
    }

    /// The contents of a file with these layers and golden pictures.
    pub fn contents<'a>(&'a self, layers: &'a [Layer<'a>], golden: &'a [Golden]) -> Contents<'a> {
        Contents {
            name: &self.name,
            data: self.data,
            licence: self.licence,
            labels: &self.labels,
            z_s: self.z_s,
            z_u: self.z_u,
            prior: match &self.mixture {
                Some(mixture) => Prior::Mixture(mixture),
                None => Prior::Gaussian {
                    mu: &self.mu,
                    sigma: &self.sigma,
                    z_u_sigma: self.z_u_sigma,
                },
            },
            pixels: &self.pixels,
            golden,
            layers,
        }
    }

    /// The bytes of a file with these golden pictures.
    ///
    /// # Panics
    ///
    /// When the parts exceed a file.
    pub fn bytes(&self, golden: &[Golden]) -> Vec<u8> {
        to_bytes(&self.contents(&self.layers(), golden)).expect("less than a file can hold")
    }

    /// The golden pictures of classes and seeds.
    ///
    /// # Panics
    ///
    /// When the model is refused, or has no such class.
    pub fn golden(&self, pictures: &[(u16, u64)]) -> Vec<Golden> {
        let file = self.bytes(&[]);
        let model = Model::load(&file).expect("a valid model");
        let mut arena = vec![0; model.arena_bytes()];
        let golden = pictures.iter().map(|&(class, seed)| {
            let picture = model.generate(&Request::new(class, seed), &mut arena);
            let checksum = picture.expect("a class of the model").checksum();
            Golden {
                class,
                seed,
                checksum,
            }
        });
        golden.collect()
    }

    /// The bytes of a file with golden pictures of classes and seeds.
    ///
    /// # Panics
    ///
    /// As [`bytes`](Self::bytes) and [`golden`](Self::golden).
    pub fn file(&self, pictures: &[(u16, u64)]) -> Vec<u8> {
        self.bytes(&self.golden(pictures))
    }
}
