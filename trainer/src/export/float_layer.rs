//! A layer of the decoder in floating point, in the runtime's layout: normalization folded, channels last, transposed
//! convolutions split into phases.

use pixling::{Geometry, Operator, Shape, Window};

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

impl FloatActivation {
    fn apply(self, x: f32) -> f32 {
        match self {
            FloatActivation::Linear => x,
            FloatActivation::Relu => x.max(0.0),
            FloatActivation::LeakyRelu { slope } => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
        }
    }
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
        let (scales, shifts) = modulation.split_at(modulation.len() / 2);
        for (index, value) in values.iter_mut().enumerate() {
            if let (Some(scale), Some(shift)) =
                (scales.get(index % channels), shifts.get(index % channels))
            {
                *value = (*value + shift) * (1.0 + scale);
            }
            *value = self.activation.apply(*value);
        }
        values
    }

    /// The weighted sums and biases.
    pub fn sums(&self, input: &[f32]) -> Vec<f32> {
        let Shape {
            height,
            width,
            channels,
        } = self.output;
        let mut output = Vec::with_capacity(self.output.values() as usize);
        for y in 0..i64::from(height) {
            for x in 0..i64::from(width) {
                for channel in 0..usize::from(channels) {
                    let bias = self.bias[self.bias_of_output(output.len())];
                    let sum = self.sum(input, y, x, channel, output.len());
                    output.push(bias + sum);
                }
            }
        }
        output
    }

    /// The weighted sum of the output of that number.
    fn sum(&self, input: &[f32], y: i64, x: i64, channel: usize, index: usize) -> f32 {
        let fan_in = self.fan_in();
        let channels = usize::from(self.output.channels);
        match self.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                dot(&self.weights[index * fan_in..][..fan_in], input)
            }
            Operator::Conv2d(window) => {
                let filter = &self.weights[channel * fan_in..][..fan_in];
                let stride = i64::from(window.stride);
                let top = y * stride - i64::from(window.padding_top);
                let left = x * stride - i64::from(window.padding_left);
                self.window(input, filter, window, top, left)
            }
            Operator::TransposedConv2d => {
                let phase = ((y & 1) * 2 + (x & 1)) as usize;
                let filter = &self.weights[(phase * channels + channel) * fan_in..][..fan_in];
                let (top, left) = (y / 2 + (y & 1) - 1, x / 2 + (x & 1) - 1);
                self.window(input, filter, SQUARE, top, left)
            }
            Operator::Depthwise(window) => {
                let stride = i64::from(window.stride);
                let mut sum = 0.0;
                for row in 0..i64::from(window.kernel_height) {
                    for column in 0..i64::from(window.kernel_width) {
                        let tap = (row * i64::from(window.kernel_width) + column) as usize;
                        let iy = y * stride - i64::from(window.padding_top) + row;
                        let ix = x * stride - i64::from(window.padding_left) + column;
                        if let Some(pixel) = self.pixel(iy, ix) {
                            sum += self.weights[tap * channels + channel]
                                * input[pixel * channels + channel];
                        }
                    }
                }
                sum
            }
            other => unreachable!("no layer is lowered to {other:?}"),
        }
    }

    /// The number of an input pixel, unless it lies outside.
    fn pixel(&self, y: i64, x: i64) -> Option<usize> {
        let (height, width) = (i64::from(self.input.height), i64::from(self.input.width));
        let inside = (0..height).contains(&y) && (0..width).contains(&x);
        inside.then_some((y * width + x) as usize)
    }

    fn window(&self, input: &[f32], filter: &[f32], window: Window, top: i64, left: i64) -> f32 {
        let channels = usize::from(self.input.channels);
        let mut sum = 0.0;
        for row in 0..i64::from(window.kernel_height) {
            for column in 0..i64::from(window.kernel_width) {
                if let Some(pixel) = self.pixel(top + row, left + column) {
                    let tap = (row * i64::from(window.kernel_width) + column) as usize;
                    let weights = &filter[tap * channels..][..channels];
                    sum += dot(weights, &input[pixel * channels..][..channels]);
                }
            }
        }
        sum
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

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
