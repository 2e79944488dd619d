//! One layer of the decoder, as it stands in the file.

use crate::record::Header;
use postcard::de_flavors::Flavor;
use serde::Deserialize;
#[cfg(feature = "write")]
use serde::Serialize;

/// The size of a feature map. Values are stored row by row, the channels of a pixel side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Shape {
    /// Rows.
    pub height: u16,
    /// Columns.
    pub width: u16,
    /// Values per pixel.
    pub channels: u16,
}

impl Shape {
    /// What the first layer reads.
    pub(crate) fn latent(header: &Header<'_>) -> Shape {
        Shape {
            height: 1,
            width: 1,
            channels: header.z_s.saturating_add(header.z_u),
        }
    }

    /// The number of values, each of one byte.
    pub const fn values(self) -> u32 {
        (self.height as u32)
            .saturating_mul(self.width as u32)
            .saturating_mul(self.channels as u32)
    }
}

/// Where a convolution looks: the output at `(y, x)` reads the `kernel_height x kernel_width` inputs that start at
/// `(y * stride - padding_top, x * stride - padding_left)`. What lies outside of the input counts as real zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Window {
    /// Rows of the kernel.
    pub kernel_height: u8,
    /// Columns of the kernel.
    pub kernel_width: u8,
    /// Rows and columns from one window to the next.
    pub stride: u8,
    /// Rows of zeros above the input.
    pub padding_top: u8,
    /// Columns of zeros left of the input.
    pub padding_left: u8,
}

impl Window {
    /// Taps per channel.
    pub const fn taps(self) -> u32 {
        self.kernel_height as u32 * self.kernel_width as u32
    }
}

/// What a layer computes. The set is closed: an exporter can write nothing else.
///
/// In the file the input channels of each tap are filled up with zero weights to a multiple of four. `write::pack`
/// brings weights into that form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub enum Operator {
    /// Every output from every input. Weights: `[output][input]`, a bias for each output, multipliers for each channel
    /// of the output.
    Dense,
    /// Convolution. Weights: `[output channel][kernel row][kernel column][input channel]`; in the file
    /// `[output channel][kernel row][four channels][kernel column][input channel]`.
    Conv2d(Window),
    /// Convolution of each channel by itself. Weights: `[kernel row][kernel column][channel]`; in the file
    /// `[four channels][kernel row][kernel column][channel]`.
    Depthwise(Window),
    /// Transposed convolution with a 4x4 kernel, stride 2 and padding 1, which doubles both sides. Stored and run as
    /// its four phases, each a 2x2 convolution without a multiplication by zero. Weights:
    /// `[phase row][phase column][output channel][row][column][input channel]`, where phase `p` and tap `t` hold row
    /// (or column) `3 - p - 2 t` of the 4x4 kernel; in the file
    /// `[phase row][phase column][output channel][row][four channels][column][input channel]`.
    TransposedConv2d,
}

/// What is fused behind a layer's accumulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub enum Activation {
    /// Nothing.
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `slope * x` below.
    LeakyRelu {
        /// The slope in units of 1/65536.
        slope: u16,
    },
}

/// How a layer's numbers stand in the file. Whichever it is, a layer computes with weights of eight bits: those of four
/// are decoded, a few filters at a time. `docs/format.md` has every byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub enum Coding {
    /// Weights of eight bits, biases and multipliers of 32.
    Int8,
    /// Weights of four bits with a scale of four for each 32 of a filter, biases of 8, multipliers of 16.
    Int4 {
        /// A bias is `i8 << bias_shift`.
        bias_shift: u8,
        /// A multiplier is `u16 << multiplier_shift`; at most 15.
        multiplier_shift: u8,
    },
}

/// A layer with its quantized weights, borrowed from the file. `docs/arithmetic.md` defines what it computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Layer<'m> {
    /// What it computes.
    pub operator: Operator,
    /// The size of what it reads: what the layer before it writes. Not in the file.
    #[cfg_attr(feature = "write", serde(skip))]
    pub input: Shape,
    /// The size of what it writes.
    pub output: Shape,
    /// The quantized value of a real zero at the output. That of the input is the one of the layer before, and 0 for the
    /// latent.
    pub output_zero_point: i8,
    /// What is fused behind it.
    pub activation: Activation,
    /// How the numbers stand in the tables. A file of format 2 has none but [`Coding::Int8`].
    pub coding: Coding,
    /// `i8`, each within +-127, in the order of the [`Operator`] in the file; or blocks of four bits in that order.
    pub weights: &'m [u8],
    /// In units of the accumulator, one for each output of a dense layer, else one for each output channel: `i32`, little
    /// endian; or `i8`, to be shifted.
    pub bias: &'m [u8],
    /// Pairs, little endian, not negative: `i32`; or `u16`, to be shifted. The first is input scale * weight scale / output
    /// scale, times `2^32`; the second, for accumulators below zero, the same with the activation's slope.
    pub multipliers: &'m [u8],
}

/// Whether the layers of a format say how their numbers are coded.
pub(crate) fn codes(version: u16) -> bool {
    version >= 3
}

/// What stands before a layer's coding.
#[derive(Deserialize)]
struct Head {
    operator: Operator,
    output: Shape,
    output_zero_point: i8,
    activation: Activation,
}

/// What stands behind it.
#[derive(Deserialize)]
struct Tables<'m> {
    weights: &'m [u8],
    bias: &'m [u8],
    multipliers: &'m [u8],
}

impl<'m> Layer<'m> {
    /// Decodes the next record. In files of format 2 it is not `coded`.
    #[inline(always)]
    pub(crate) fn decode<F: Flavor<'m>>(
        from: &mut postcard::Deserializer<'m, F>,
        coded: bool,
        input: Shape,
    ) -> postcard::Result<Layer<'m>> {
        let head = Head::deserialize(&mut *from)?;
        let coding = if coded {
            Coding::deserialize(&mut *from)?
        } else {
            Coding::Int8
        };
        let tables = Tables::deserialize(from)?;
        Ok(Layer {
            operator: head.operator,
            input,
            output: head.output,
            output_zero_point: head.output_zero_point,
            activation: head.activation,
            coding,
            weights: tables.weights,
            bias: tables.bias,
            multipliers: tables.multipliers,
        })
    }
}

impl Layer<'_> {
    /// Weights per output value.
    pub const fn fan_in(&self) -> u32 {
        match self.operator {
            Operator::Dense => self.input.values(),
            Operator::Conv2d(window) => window.taps() * self.input.channels as u32,
            Operator::Depthwise(window) => window.taps(),
            Operator::TransposedConv2d => 4 * self.input.channels as u32,
        }
    }

    /// Multiply-accumulates, zeros of the padding included.
    pub const fn macs(&self) -> u64 {
        self.output.values() as u64 * self.fan_in() as u64
    }
}
