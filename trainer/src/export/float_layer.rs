//! A layer of the decoder in floating point, in the runtime's layout: normalization folded, channels last, transposed
//! convolutions split into phases.

use pixling::{Geometry, Operator, Shape, Window};
use pixling_kernels::epilogue;
use pixling_kernels::window::{Places, Sizes, depthwise_sums, dot, weighted_sums};

/// The activation after a layer's sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloatActivation {
    /// Nothing.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `slope * x` below.
    LeakyRelu {
        /// The slope below zero.
        slope: f32,
    },
}

/// A layer with weights and biases in the order of [`pixling::Operator`].
#[derive(Clone, Debug)]
pub struct FloatLayer {
    /// Its operator.
    pub operator: Operator,
    /// The shape of its input.
    pub input: Shape,
    /// The shape of its output.
    pub output: Shape,
    /// Weights.
    pub weights: Vec<f32>,
    /// Biases.
    pub bias: Vec<f32>,
    /// Its activation.
    pub activation: FloatActivation,
}

impl FloatLayer {
    /// Weights per output value.
    pub(super) fn fan_in(&self) -> usize {
        self.geometry().fan_in() as usize
    }

    /// Operator and sizes, as in the file.
    pub(super) fn geometry(&self) -> Geometry {
        Geometry {
            operator: self.operator,
            input: self.input,
            output: self.output,
        }
    }

    /// The output channel of a weight.
    pub fn channel_of_weight(&self, index: usize) -> usize {
        let channels = usize::from(self.output.channels);
        match self.operator {
            Operator::Depthwise(_) => index % channels,
            _ => index / self.fan_in() % channels,
        }
    }

    /// The output channel of a bias.
    pub fn channel_of_bias(&self, index: usize) -> usize {
        index % usize::from(self.output.channels)
    }

    /// The place of a weight in the tensor of its network.
    pub(super) fn place_of_weight(&self, index: usize) -> usize {
        let (channels, filters) = (
            usize::from(self.input.channels),
            usize::from(self.output.channels),
        );
        let fan_in = self.fan_in();
        let (output, tap, channel) = (index / fan_in, index % fan_in / channels, index % channels);
        match self.operator {
            Operator::Dense => self.place_of_bias(output) * fan_in + index % fan_in,
            Operator::Conv2d(window) => {
                (output * channels + channel) * window.taps() as usize + tap
            }
            Operator::TransposedConv2d => {
                let (phase, filter) = (output / filters, output % filters);
                let (row, column) = (3 - phase / 2 - tap / 2 * 2, 3 - phase % 2 - tap % 2 * 2);
                (channel * filters + filter) * 16 + row * 4 + column
            }
            // A modulation has two tensors of each kind; no layer of a network becomes another operator.
            _ => index,
        }
    }

    /// The place of a bias in the tensor of its network.
    pub(super) fn place_of_bias(&self, index: usize) -> usize {
        match self.operator {
            Operator::Dense => {
                let channels = usize::from(self.output.channels);
                let pixels = self.bias.len() / channels;
                index % channels * pixels + index / channels
            }
            _ => index,
        }
    }

    /// Puts weights and biases, in the order of the network's tensors, in the order of the runtime.
    pub(super) fn arrange(&mut self) {
        let weight = |index| self.weights[self.place_of_weight(index)];
        let weights = (0..self.weights.len()).map(weight).collect();
        let bias = |index| self.bias[self.place_of_bias(index)];
        self.bias = (0..self.bias.len()).map(bias).collect();
        self.weights = weights;
    }

    /// The bias of an output.
    pub(super) fn bias_of_output(&self, output: usize) -> usize {
        match self.operator {
            // A dense layer has one for each value.
            Operator::Dense => output,
            _ => output % usize::from(self.output.channels),
        }
    }

    /// Whether it scales and shifts the layer after it.
    pub fn is_modulation(&self) -> bool {
        matches!(self.operator, Operator::Modulation { .. })
    }

    /// Whether the layer, of that index, reads the latent in place of a map.
    pub(super) fn reads_latent(&self, index: usize) -> bool {
        index == 0 || self.is_modulation()
    }

    /// The values that the layer writes: `activation((sum + shift) * (1 + scale))` with the values of its modulation, if it
    /// has one. A modulation writes scales less 1, from -1 on, and then shifts.
    pub fn run(&self, input: &[f32], modulation: &[f32]) -> Vec<f32> {
        let mut values = self.sums(input);
        let channels = usize::from(self.output.channels);
        if self.is_modulation() {
            let scales = values.iter_mut().take(channels / 2);
            scales.for_each(|less_1| *less_1 = less_1.max(-1.0));
            return values;
        }
        if !modulation.is_empty() {
            let (scales, shifts) = modulation.split_at(channels);
            epilogue::modulate(&mut values, scales, shifts);
        }
        match self.activation {
            FloatActivation::Linear => {}
            FloatActivation::Relu => epilogue::relu(&mut values),
            FloatActivation::LeakyRelu { slope } => epilogue::leaky_relu(&mut values, slope),
        }
        values
    }

    /// The weighted sums and biases.
    pub fn sums(&self, input: &[f32]) -> Vec<f32> {
        let mut sums = match self.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let rows = self.weights.chunks_exact(self.fan_in());
                rows.map(|row| dot(row, input)).collect()
            }
            Operator::Conv2d(window) => weighted_sums(
                self.sizes(window),
                self.places(window),
                input,
                &self.weights,
            ),
            Operator::TransposedConv2d => self.transposed(input),
            Operator::Depthwise(window) => depthwise_sums(
                self.sizes(window),
                self.places(window),
                input,
                &self.weights,
            ),
            other => unreachable!("no layer is lowered to {other:?}"),
        };
        epilogue::add_biases(&mut sums, &self.bias);
        sums
    }

    /// Sizes of a window and of the input.
    fn sizes(&self, window: Window) -> Sizes {
        Sizes {
            window: [window.kernel_height.into(), window.kernel_width.into()],
            picture: [self.input.height.into(), self.input.width.into()],
            channels: self.input.channels.into(),
        }
    }

    /// A window for each output pixel.
    fn places(&self, window: Window) -> Places {
        Places {
            count: [self.output.height.into(), self.output.width.into()],
            first: [
                -i64::from(window.padding_top),
                -i64::from(window.padding_left),
            ],
            step: window.stride.into(),
        }
    }

    /// Four convolutions, one for each phase, whose outputs lie two rows and columns apart.
    fn transposed(&self, input: &[f32]) -> Vec<f32> {
        let channels = usize::from(self.output.channels);
        let width = usize::from(self.output.width);
        let [rows, columns] = [self.input.height, self.input.width].map(usize::from);
        let mut sums = vec![0.0; self.output.values() as usize];
        let phases = self.weights.chunks_exact(self.weights.len() / 4);
        for (phase, filters) in phases.enumerate() {
            let (below, beside) = (phase / 2, phase % 2);
            let places = Places {
                count: [rows, columns],
                first: [below as i64 - 1, beside as i64 - 1],
                step: 1,
            };
            let of_phase = weighted_sums(self.sizes(SQUARE), places, input, filters);
            for (pixel, values) in of_phase.chunks_exact(channels).enumerate() {
                let (row, column) = (pixel / columns * 2 + below, pixel % columns * 2 + beside);
                sums[(row * width + column) * channels..][..channels].copy_from_slice(values);
            }
        }
        sums
    }
}

/// The window of a phase.
const SQUARE: Window = Window {
    kernel_height: 2,
    kernel_width: 2,
    stride: 1,
    padding_top: 0,
    padding_left: 0,
};
