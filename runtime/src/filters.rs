//! How a layer's weights are divided: into filters, and where they take four bits into groups and blocks of them.

use crate::index::{nth, product, shift_up};
use crate::layer::Coding;
use crate::shape::{Geometry, Operator, Window};

/// The filters of a convolution, of a phase of a transposed one, or of a pixel of a dense layer.
#[derive(Clone, Copy)]
pub(crate) struct Filters {
    /// Rows of a filter.
    pub(crate) height: usize,
    /// Columns; all of the input for a dense layer, which reads it as one row of cells.
    pub(crate) width: usize,
    /// Cells of four input channels that each tap reads.
    pub(crate) quads: usize,
    /// Whether four output channels share a filter, each with an input of its own.
    pub(crate) shared: bool,
    /// Whether each pixel of the output has filters of its own, and all read the same input.
    pub(crate) dense: bool,
}

impl Filters {
    pub(crate) fn of(geometry: &Geometry) -> Filters {
        let input = geometry.input;
        let (window, quads, shared) = match geometry.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                return Filters {
                    height: 1,
                    width: input.cells(),
                    quads: 1,
                    shared: false,
                    dense: true,
                };
            }
            Operator::Conv2d(window) => (window, input.quads(), false),
            Operator::Depthwise(window) => (window, 1, true),
            Operator::TransposedConv2d => (Window::PHASE, input.quads(), false),
        };
        Filters {
            height: window.kernel_height.into(),
            width: window.kernel_width.into(),
            quads,
            shared,
            dense: false,
        }
    }

    /// Weights of a filter, zeros that fill it up included, a multiple of four; its bytes where they take eight bits.
    pub(crate) fn length(self) -> usize {
        product([self.height, self.width, self.quads, 4])
    }

    /// Number of filters that compute `channels` output channels.
    pub(crate) fn count(self, channels: usize) -> usize {
        if self.shared {
            shift_up(channels, 2)
        } else {
            channels
        }
    }

    /// Groups of 32 weights with a scale of their own, of a filter of four bits.
    pub(crate) fn groups(self) -> usize {
        shift_up(self.length(), 5)
    }

    /// Bytes of the scales and of the weights of a block of `filters` filters of four bits.
    pub(crate) fn block(self, filters: usize) -> [usize; 2] {
        let scales = shift_up(product([self.groups(), filters]), 1);
        [scales, product([shift_up(self.length(), 3), 4, filters])]
    }

    /// Bytes in the file of the weights of `channels` output channels: all of a run, or a multiple of four.
    pub(crate) fn bytes(self, coding: Coding, channels: usize) -> usize {
        if coding == Coding::Int8 {
            return product([self.count(channels), self.length()]);
        }
        let bytes = |channels| {
            let [scales, weights] = self.block(self.count(channels));
            nth(scales, 1, weights)
        };
        nth(bytes(channels & 3), channels >> 2, bytes(4))
    }
}
