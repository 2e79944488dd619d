//! How a layer's weights are divided: into filters, and where they take four bits into groups and blocks of them.

use crate::kernels::PHASE;
use crate::kernels::cell::quads;
use crate::layer::{Coding, Layer, Operator};

/// The filters of one run of output channels: of a convolution, of a phase of a transposed one, of a pixel of a dense
/// layer.
#[derive(Clone, Copy)]
pub(crate) struct Filters {
    /// Weights of a filter, those that only fill up included, a multiple of four; its bytes where they take eight bits.
    pub(crate) length: usize,
    /// Whether four output channels share a filter.
    shared: bool,
}

impl Filters {
    pub(crate) fn of(layer: &Layer<'_>) -> Filters {
        let input = layer.input;
        let (taps, cells, shared) = match layer.operator {
            Operator::Dense => (
                usize::from(input.height).wrapping_mul(input.width.into()),
                quads(input.channels),
                false,
            ),
            Operator::Conv2d(window) => (window.taps() as usize, quads(input.channels), false),
            Operator::Depthwise(window) => (window.taps() as usize, 1, true),
            Operator::TransposedConv2d => (PHASE.taps() as usize, quads(input.channels), false),
        };
        Filters {
            length: taps.wrapping_mul(cells).wrapping_mul(4),
            shared,
        }
    }

    /// Those of so many channels.
    pub(crate) fn count(self, channels: usize) -> usize {
        if self.shared {
            channels.wrapping_add(3) >> 2
        } else {
            channels
        }
    }

    /// Groups of 32 weights with a scale of their own, of a filter of four bits.
    pub(crate) fn groups(self) -> usize {
        self.length.wrapping_add(31) >> 5
    }

    /// Bytes of the scales and of the weights of a block of so many filters of four bits.
    pub(crate) fn block(self, filters: usize) -> [usize; 2] {
        let scales = self.groups().wrapping_mul(filters).wrapping_add(1) >> 1;
        let eights = self.length.wrapping_add(7) >> 3;
        [scales, eights.wrapping_mul(4).wrapping_mul(filters)]
    }

    /// Bytes in the file of the weights of so many channels: all of a run, or a multiple of four.
    pub(crate) fn bytes(self, coding: Coding, channels: usize) -> usize {
        if coding == Coding::Int8 {
            return self.count(channels).wrapping_mul(self.length);
        }
        let bytes = |filters| {
            let [scales, weights] = self.block(filters);
            scales.wrapping_add(weights)
        };
        let full = (channels >> 2).wrapping_mul(bytes(self.count(4)));
        match channels & 3 {
            0 => full,
            rest => full.wrapping_add(bytes(self.count(rest))),
        }
    }
}

impl Coding {
    /// Bytes of a bias.
    pub(crate) fn bias_bytes(self) -> usize {
        match self {
            Coding::Int8 => 4,
            Coding::Int4 { .. } => 1,
        }
    }

    /// Bytes of the two multipliers of a channel.
    pub(crate) fn pair_bytes(self) -> usize {
        match self {
            Coding::Int8 => 8,
            Coding::Int4 { .. } => 4,
        }
    }
}
