//! The numbers of a layer, read at any address.

use crate::layer::Layer;

/// Weights and the words that go with each output channel.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) weights: &'a [u8],
    pub(super) biases: &'a [[u8; 4]],
    pub(super) multipliers: &'a [[u8; 8]],
}

impl<'a> Tables<'a> {
    pub(super) fn new(layer: &Layer<'a>) -> Tables<'a> {
        Tables {
            weights: layer.weights,
            biases: layer.bias.as_chunks().0,
            multipliers: layer.multipliers.as_chunks().0,
        }
    }

    /// Those from a filter on: `bytes` of weights and one bias each.
    pub(super) fn skip(self, filters: usize, bytes: usize) -> Tables<'a> {
        Tables {
            weights: self
                .weights
                .get(filters.wrapping_mul(bytes)..)
                .unwrap_or_default(),
            biases: self.biases.get(filters..).unwrap_or_default(),
            ..self
        }
    }

    #[inline(always)]
    pub(super) fn bias(&self, index: usize) -> i32 {
        self.biases
            .get(index)
            .map_or(0, |word| i32::from_le_bytes(*word))
    }

    /// Those of accumulators from zero on, and below zero.
    #[inline(always)]
    pub(super) fn multipliers(&self, channel: usize) -> [i32; 2] {
        let Some(&[a, b, c, d, e, f, g, h]) = self.multipliers.get(channel) else {
            return [0; 2];
        };
        [
            i32::from_le_bytes([a, b, c, d]),
            i32::from_le_bytes([e, f, g, h]),
        ]
    }
}
