//! The numbers of a layer, read at any address.

use crate::layer::Layer;

/// Pieces of so many values, one after another, without a division.
#[inline(always)]
pub(super) fn pieces<T>(values: &[T], length: usize) -> impl Iterator<Item = &[T]> + use<'_, T> {
    let mut rest = values;
    core::iter::from_fn(move || {
        let (piece, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(piece)
    })
}

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
            weights: self.weights(filters.wrapping_mul(bytes)),
            biases: self.biases.get(filters..).unwrap_or_default(),
            ..self
        }
    }

    /// The weights of the filters, `bytes` each, one after another. (`chunks_exact` would divide.)
    pub(super) fn filters(&self, bytes: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        pieces(self.weights, bytes)
    }

    /// The weights from a byte on.
    pub(super) fn weights(&self, first: usize) -> &'a [u8] {
        self.weights.get(first..).unwrap_or_default()
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
