//! Sizes of feature maps, and operators from one to the next.

use crate::index::product;
use crate::prior::Latent;
#[cfg(feature = "write")]
use serde::Serialize;

/// The size of a feature map. Values are stored row by row, the channels of a pixel side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The input of the first layer and of modulations.
    pub(crate) const fn latent(latent: &Latent) -> Shape {
        Shape {
            height: 1,
            width: 1,
            channels: latent.z_s.saturating_add(latent.z_u),
        }
    }

    /// The number of values, each of one byte.
    pub const fn values(self) -> u32 {
        (self.height as u32)
            .saturating_mul(self.width as u32)
            .saturating_mul(self.channels as u32)
    }

    /// Cells of four channels per pixel.
    pub(crate) const fn quads(self) -> usize {
        (self.channels as usize).wrapping_add(3) >> 2
    }

    /// Cells of the whole map.
    pub(crate) const fn cells(self) -> usize {
        product([self.height as usize, self.width as usize, self.quads()])
    }
}

/// Where a convolution looks: the output at `(y, x)` reads the `kernel_height x kernel_width` inputs that start at
/// `(y * stride - padding_top, x * stride - padding_left)`. Positions outside the input count as real zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The window of each phase of a transposed convolution.
    pub(crate) const PHASE: Window = Window {
        kernel_height: 2,
        kernel_width: 2,
        stride: 1,
        padding_top: 1,
        padding_left: 1,
    };

    /// Taps per channel.
    pub const fn taps(self) -> u32 {
        self.kernel_height as u32 * self.kernel_width as u32
    }
}

/// Operator of a layer. An exporter can write no other; a later version may add some.
///
/// In the file the input channels of each tap are filled up with zero weights to a multiple of four. `write::pack`
/// brings weights into that form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
#[non_exhaustive]
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
    /// [`Dense`](Self::Dense), but from the latent, whatever layers come before. It writes no map: of its `2 C` values the
    /// first `C` scale the channels of the layer after it, a convolution of any kind with `C` output channels, and the
    /// others shift them. That layer reads what the layer before this one writes.
    ///
    /// With the values `g` and `h` of a channel its sums, less the bias, count `(128 + g) / 128` times, and its bias is
    /// `h << shift` larger and counts likewise.
    Modulation {
        /// At most 20.
        shift: u8,
    },
}

impl Operator {
    /// Whether it has weights of its own for each output value.
    pub(crate) const fn is_dense(self) -> bool {
        matches!(self, Operator::Dense | Operator::Modulation { .. })
    }

    /// Whether it writes no map, but scales and shifts.
    pub(crate) const fn is_modulation(self) -> bool {
        matches!(self, Operator::Modulation { .. })
    }
}

/// The maps that the next layer may read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Maps {
    pub(crate) latent: Shape,
    /// The one that was written last.
    pub(crate) last: Shape,
}

impl Maps {
    /// Before the first layer.
    pub(crate) fn new(latent: Shape) -> Maps {
        Maps {
            latent,
            last: latent,
        }
    }

    /// After another layer.
    pub(crate) fn write(&mut self, geometry: &Geometry) {
        if !geometry.operator.is_modulation() {
            self.last = geometry.output;
        }
    }
}

/// An operator between two feature maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Geometry {
    /// The operator.
    pub operator: Operator,
    /// The size of the map that it reads, which the layer before writes; of a modulation the latent, `1x1`, and of a
    /// modulated layer what the layer before the modulation writes. Not in the file.
    #[cfg_attr(feature = "write", serde(skip))]
    pub input: Shape,
    /// The size of the map that it writes; of a modulation `1x1` of two values for each channel.
    pub output: Shape,
}

impl Geometry {
    /// Weights per output value.
    pub const fn fan_in(&self) -> u32 {
        match self.operator {
            Operator::Dense | Operator::Modulation { .. } => self.input.values(),
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
