//! The unit of work that every kernel does: a run of windows side by side, which share their filters.
//!
//! A row of a convolution or of a dense layer is a run, and so is each phase of a row of a transposed convolution. Some
//! channels of a run are a run as well: the block that was decoded from four bits, or read from flash.

use super::cell::{BIAS, Cell, LANES};
use super::tables::Int8Tables;
use crate::filters::Filters;
use crate::index::{nth, product, rest};

/// The rows that a window reads, in a ring.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    /// All slots of the ring.
    pub(crate) cells: &'a [Cell],
    /// Cells of a slot.
    pub(crate) row: usize,
    /// The slot of the window's first row.
    pub(crate) slot: usize,
    /// Columns, padding included: cells from one plane to the next.
    pub(crate) plane: usize,
    /// The cell of the first window in each row.
    pub(crate) first: usize,
    /// Cells from a window to the next.
    pub(crate) stride: usize,
}

impl<'a> Source<'a> {
    /// Where row `k` of the window starts.
    #[inline(always)]
    pub(super) fn offset(&self, k: usize) -> usize {
        let offset = product([nth(self.slot, 1, k), self.row]);
        if offset >= self.cells.len() {
            offset.wrapping_sub(self.cells.len())
        } else {
            offset
        }
    }

    /// The cells from one in row `k` of the window on.
    #[inline(always)]
    pub(super) fn row(&self, k: usize, first: usize) -> &'a [Cell] {
        rest(rest(self.cells, self.offset(k)), first)
    }
}

/// The row of outputs.
pub(crate) struct Target<'a> {
    /// The cells of the row.
    pub(crate) cells: &'a mut [Cell],
    /// The cell of the first pixel.
    pub(crate) first: usize,
    /// Cells from a pixel to the next.
    pub(crate) pixel: usize,
    /// Cells from one plane to the next.
    pub(crate) plane: usize,
    /// The arena up to that row: it holds biases and multipliers of a modulated layer.
    pub(crate) below: &'a [Cell],
}

impl Target<'_> {
    /// Sets a channel of neighbouring pixels.
    #[inline(always)]
    pub(super) fn set_all<const P: usize>(&mut self, x: usize, channel: usize, values: [i16; P]) {
        let mut index = nth(nth(self.first, channel >> 2, self.plane), x, self.pixel);
        let Some(&lane) = LANES.get(channel & 3) else {
            return;
        };
        for value in values {
            let place = self
                .cells
                .get_mut(index)
                .and_then(|cell| cell.0.get_mut(lane));
            if let Some(place) = place {
                *place = value.wrapping_add(BIAS);
            }
            index = nth(index, 1, self.pixel);
        }
    }
}

/// Output channels of windows side by side.
pub(crate) struct Run<'a> {
    pub(super) source: Source<'a>,
    pub(super) filters: Filters,
    pub(super) tables: Int8Tables<'a>,
    /// Output channels.
    pub(super) channels: usize,
    /// Windows; pixels of a dense layer.
    pub(super) count: usize,
    pub(super) zero_point: i32,
}

impl<'a> Run<'a> {
    /// Notes where the rows of a window start, from a cell of the ring's first row on, for routines that read at most
    /// three of them and find null after the last.
    #[cfg(any(kernels = "dsp", kernels = "mve", kernels = "rv32", kernels = "thumb1"))]
    #[inline(always)]
    pub(super) fn note_rows(&self, first: usize, rows: &mut [*const Cell; 4]) {
        for (k, row) in (0..self.filters.height).zip(rows) {
            let at = nth(first, 1, self.source.offset(k));
            *row = self.source.cells.as_ptr().wrapping_add(at);
        }
    }

    /// Moves on from the even columns of a transposed convolution to the odd ones.
    #[inline(always)]
    pub(super) fn next_phase(&mut self, target: &mut Target<'_>) {
        self.source.first = nth(self.source.first, 1, 1);
        target.first = nth(target.first, 1, target.pixel >> 1);
    }

    /// The input of a dense layer: all of it, side by side.
    pub(super) fn input(&self) -> &'a [Cell] {
        let input = self.source.cells.get(..self.filters.width);
        input.unwrap_or_default()
    }
}

/// The first of `length` pixels that are computed together from pixel `x` on. A block that would reach beyond the row
/// starts earlier: the overlap is computed twice.
#[inline(always)]
pub(super) fn block_start(x: usize, length: usize, count: usize) -> usize {
    x.min(count.wrapping_sub(length))
}
