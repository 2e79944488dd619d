//! The numbers of a run, read at any address.

use crate::layer::Tables;

/// Pieces of `length` elements, one after another, without a division.
#[inline(always)]
pub(super) fn pieces<T>(elements: &[T], length: usize) -> impl Iterator<Item = &[T]> + use<'_, T> {
    let mut rest = elements;
    core::iter::from_fn(move || {
        let (piece, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(piece)
    })
}

/// Weights of eight bits, and the words of each output channel.
#[derive(Clone, Copy, Default)]
pub(super) struct Int8Tables<'a> {
    pub(super) weights: &'a [u8],
    pub(super) biases: &'a [[u8; 4]],
    pub(super) multipliers: &'a [[u8; 8]],
}

impl<'a> Int8Tables<'a> {
    pub(super) fn new(tables: Tables<'a>) -> Int8Tables<'a> {
        Int8Tables {
            weights: tables.weights,
            biases: tables.bias.as_chunks().0,
            multipliers: tables.multipliers.as_chunks().0,
        }
    }

    /// The filters, `bytes` each, one after another. (`chunks_exact` would divide.)
    pub(super) fn filters(&self, bytes: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        pieces(self.weights, bytes)
    }

    #[inline(always)]
    pub(super) fn bias(&self, index: usize) -> i32 {
        self.biases
            .get(index)
            .map_or(0, |word| i32::from_le_bytes(*word))
    }

    /// The multipliers of accumulators from zero on, and below zero.
    #[inline(always)]
    pub(super) fn multipliers(&self, channel: usize) -> [i32; 2] {
        self.multipliers.get(channel).map_or([0; 2], pair)
    }
}

/// The multipliers of a channel.
#[inline(always)]
pub(super) fn pair(&[a, b, c, d, e, f, g, h]: &[u8; 8]) -> [i32; 2] {
    [
        i32::from_le_bytes([a, b, c, d]),
        i32::from_le_bytes([e, f, g, h]),
    ]
}
