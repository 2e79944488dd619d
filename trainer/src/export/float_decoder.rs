//! The decoder in floating point, in the runtime's layout: normalization folded, channels last, transposed
//! convolutions split into phases. Calibration runs it, quantization reads it.

use super::error::ExportError;
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

/// The function from the last layer's values to pixels from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFunction {
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `(tanh(x) + 1) / 2`.
    Tanh,
}

impl PixelFunction {
    /// The pixel of a value, from 0 to 1.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            PixelFunction::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            PixelFunction::Tanh => (x.tanh() + 1.0) / 2.0,
        }
    }

    /// The value beyond which a pixel rounds to black or white.
    pub fn saturation(self) -> f32 {
        let logit = (2.0f32 * 255.0 - 1.0).ln();
        match self {
            PixelFunction::Sigmoid => logit,
            PixelFunction::Tanh => logit / 2.0,
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
            // No layer of a network becomes one.
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
    fn arrange(&mut self) {
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

    /// The values that the layer writes.
    pub fn run(&self, input: &[f32]) -> Vec<f32> {
        let mut values = self.sums(input);
        let activate = |value: &mut f32| *value = self.activation.apply(*value);
        values.iter_mut().for_each(activate);
        values
    }

    /// The same before the activation.
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
            Operator::Dense => dot(&self.weights[index * fan_in..][..fan_in], input),
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

/// Refuses a decoder that the runtime cannot express.
fn supported(is_so: bool, otherwise: &'static str) -> Result<(), ExportError> {
    match is_so {
        true => Ok(()),
        false => Err(ExportError::Unsupported(otherwise)),
    }
}

/// A decoder under construction: layers in the order of a network, weights in the trainer's layout.
#[derive(Clone, Debug)]
pub struct FloatDecoder {
    pub(super) latent: usize,
    /// The layers so far.
    pub layers: Vec<FloatLayer>,
    /// The function from the last layer's values to pixels.
    pub pixels: Option<PixelFunction>,
}

impl FloatDecoder {
    /// A decoder of a latent, without layers.
    pub fn new(latent: usize) -> FloatDecoder {
        FloatDecoder {
            latent,
            layers: Vec::new(),
            pixels: None,
        }
    }

    fn shape(&self) -> Shape {
        self.layers.last().map_or(
            Shape {
                height: 1,
                width: 1,
                channels: self.latent as u16,
            },
            |layer| layer.output,
        )
    }

    fn last(&mut self) -> Result<&mut FloatLayer, ExportError> {
        self.layers.last_mut().ok_or(ExportError::Unsupported(
            "a decoder starts with a layer that has weights",
        ))
    }

    /// Adds a dense layer; weights `[output][input]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn dense(&mut self, weights: Vec<f32>, bias: Vec<f32>) -> Result<(), ExportError> {
        let input = self.shape();
        supported(
            input.height == 1 && input.width == 1,
            "a dense layer behind a feature map cannot be exported",
        )?;
        supported(
            weights.len() == bias.len() * usize::from(input.channels),
            "a dense layer's weights do not fit its input",
        )?;
        self.layers.push(FloatLayer {
            operator: Operator::Dense,
            input,
            output: Shape {
                height: 1,
                width: 1,
                channels: u16::try_from(bias.len())
                    .map_err(|_| ExportError::Unsupported("a dense layer is too wide to export"))?,
            },
            weights,
            bias,
            activation: FloatActivation::Linear,
        });
        Ok(())
    }

    /// Takes the dense layer's outputs, channel by channel, as a feature map.
    ///
    /// # Errors
    ///
    /// When the last layer is not dense, or of another size.
    pub fn unflatten(
        &mut self,
        channels: usize,
        height: usize,
        width: usize,
    ) -> Result<(), ExportError> {
        let layer = self.last()?;
        supported(
            layer.operator == Operator::Dense && layer.bias.len() == channels * height * width,
            "only a dense layer of the same size can become a feature map",
        )?;
        layer.output = Shape {
            height: height as u16,
            width: width as u16,
            channels: channels as u16,
        };
        layer.arrange();
        Ok(())
    }

    /// Adds a convolution with a square kernel; weights `[output][input][kernel row][kernel column]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn convolution(
        &mut self,
        weights: &[f32],
        bias: Vec<f32>,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Result<(), ExportError> {
        let input = self.shape();
        let (channels, filters) = (usize::from(input.channels), bias.len());
        let taps = kernel * kernel;
        supported(
            weights.len() == filters * channels * taps,
            "a convolution's weights do not fit its input",
        )?;
        let side = |length: u16| (usize::from(length) + 2 * padding - kernel) / stride + 1;
        self.layers.push(FloatLayer {
            operator: Operator::Conv2d(Window {
                kernel_height: kernel as u8,
                kernel_width: kernel as u8,
                stride: stride as u8,
                padding_top: padding as u8,
                padding_left: padding as u8,
            }),
            input,
            output: Shape {
                height: side(input.height) as u16,
                width: side(input.width) as u16,
                channels: filters as u16,
            },
            weights: weights.to_vec(),
            bias,
            activation: FloatActivation::Linear,
        });
        self.last()?.arrange();
        Ok(())
    }

    /// Adds a transposed convolution 4x4, stride 2, padding 1; weights `[input][output][kernel row][kernel column]`.
    ///
    /// # Errors
    ///
    /// When the sizes do not fit what comes before.
    pub fn transposed_convolution(
        &mut self,
        weights: &[f32],
        bias: Vec<f32>,
    ) -> Result<(), ExportError> {
        let input = self.shape();
        let (channels, filters) = (usize::from(input.channels), bias.len());
        supported(
            weights.len() == channels * filters * 16,
            "a transposed convolution's weights do not fit its input",
        )?;
        self.layers.push(FloatLayer {
            operator: Operator::TransposedConv2d,
            input,
            output: Shape {
                height: 2 * input.height,
                width: 2 * input.width,
                channels: filters as u16,
            },
            weights: weights.to_vec(),
            bias,
            activation: FloatActivation::Linear,
        });
        self.last()?.arrange();
        Ok(())
    }

    /// Folds `x * scale + shift` per channel into the last layer.
    ///
    /// # Errors
    ///
    /// When there is no layer, it already has an activation, or it has another number of channels.
    pub fn fold(&mut self, scale: &[f32], shift: &[f32]) -> Result<(), ExportError> {
        let layer = self.last()?;
        supported(
            layer.activation == FloatActivation::Linear,
            "a normalization behind an activation cannot be folded",
        )?;
        supported(
            scale.len() == usize::from(layer.output.channels) && shift.len() == scale.len(),
            "a normalization has another number of channels than the layer before it",
        )?;
        for index in 0..layer.weights.len() {
            let channel = layer.channel_of_weight(index);
            layer.weights[index] *= scale[channel];
        }
        for index in 0..layer.bias.len() {
            let channel = layer.channel_of_bias(index);
            layer.bias[index] = layer.bias[index] * scale[channel] + shift[channel];
        }
        Ok(())
    }

    /// Adds an activation to the last layer.
    ///
    /// # Errors
    ///
    /// When there is no layer, or it already has one.
    pub fn activation(&mut self, activation: FloatActivation) -> Result<(), ExportError> {
        let layer = self.last()?;
        supported(
            layer.activation == FloatActivation::Linear,
            "a layer with two activations cannot be exported",
        )?;
        layer.activation = activation;
        Ok(())
    }

    /// Ends the decoder.
    ///
    /// # Errors
    ///
    /// When it has already ended.
    pub fn pixels(&mut self, function: PixelFunction) -> Result<(), ExportError> {
        supported(self.pixels.is_none(), "a decoder ends once")?;
        self.pixels = Some(function);
        Ok(())
    }

    /// The output of each layer for a latent.
    pub fn run(&self, latent: &[f32]) -> Vec<Vec<f32>> {
        let mut values: Vec<Vec<f32>> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let input = values.last().map_or(latent, Vec::as_slice);
            values.push(layer.run(input));
        }
        values
    }
}
