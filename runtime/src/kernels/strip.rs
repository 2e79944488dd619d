//! One row of a convolution, or one phase of it: the unit of work that every kernel does.

use super::cell::{BIAS, Cell, LANES, quads};
use super::requantize::requantize;
use super::tables::{Tables, pieces};
use crate::layer::{Layer, Window};

/// Whether eight sums and what they are made of fit the registers.
const WIDE: bool = !cfg!(target_arch = "arm");

/// The rows that a window sees, in a ring.
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
}

impl<'a> Source<'a> {
    /// Where row `k` of the window starts.
    #[inline(always)]
    pub(super) fn offset(&self, k: usize) -> usize {
        let offset = self.slot.wrapping_add(k).wrapping_mul(self.row);
        if offset >= self.cells.len() {
            offset.wrapping_sub(self.cells.len())
        } else {
            offset
        }
    }

    #[inline(always)]
    pub(super) fn row(&self, k: usize) -> &'a [Cell] {
        self.cells.get(self.offset(k)..).unwrap_or_default()
    }
}

/// Where a row of outputs goes.
pub(crate) struct Target<'a> {
    /// The row.
    pub(crate) cells: &'a mut [Cell],
    /// The cell of the first pixel.
    pub(crate) first: usize,
    /// Cells from a pixel to the next.
    pub(crate) pixel: usize,
    /// Cells from one plane to the next.
    pub(crate) plane: usize,
}

impl Target<'_> {
    #[inline(always)]
    pub(super) fn set(&mut self, x: usize, channel: usize, value: i16) {
        self.set_all(x, channel, [value]);
    }

    /// Sets a channel of neighbouring pixels.
    #[inline(always)]
    pub(super) fn set_all<const P: usize>(&mut self, x: usize, channel: usize, values: [i16; P]) {
        let plane = (channel >> 2).wrapping_mul(self.plane);
        let pixel = x.wrapping_mul(self.pixel);
        let mut index = self.first.wrapping_add(plane).wrapping_add(pixel);
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
            index = index.wrapping_add(self.pixel);
        }
    }
}

/// What a kernel computes: for each channel, the outputs of `count` windows side by side.
pub(crate) struct Strip<'a> {
    pub(super) source: Source<'a>,
    pub(super) tables: Tables<'a>,
    /// Output channels.
    pub(super) channels: usize,
    /// Pixels of the row.
    pub(super) count: usize,
    pub(super) kernel_height: usize,
    pub(super) kernel_width: usize,
    pub(super) stride: usize,
    /// Cells of a pixel of the input.
    pub(super) quads: usize,
    pub(super) zero_point: i32,
}

impl<'a> Strip<'a> {
    pub(super) fn new(layer: &Layer<'a>, window: Window, source: Source<'a>) -> Strip<'a> {
        Strip {
            source,
            tables: Tables::new(layer),
            channels: layer.output.channels.into(),
            count: layer.output.width.into(),
            kernel_height: window.kernel_height.into(),
            kernel_width: window.kernel_width.into(),
            stride: window.stride.into(),
            quads: quads(layer.input.channels),
            zero_point: layer.output_zero_point.into(),
        }
    }

    /// Notes where the rows of a window start, from a cell of the ring's first row on, for routines that read at most
    /// three of them and find null behind the last.
    #[cfg(any(kernels = "dsp", kernels = "mve", kernels = "rv32", kernels = "thumb1"))]
    #[inline(always)]
    pub(super) fn note_rows(&self, first: usize, rows: &mut [*const Cell; 4]) {
        for (k, row) in (0..self.kernel_height).zip(rows) {
            let at = self.source.offset(k).wrapping_add(first);
            *row = self.source.cells.as_ptr().wrapping_add(at);
        }
    }

    /// Bytes of the weights of an output channel.
    pub(super) fn filter(&self) -> usize {
        self.kernel_height
            .wrapping_mul(self.kernel_width)
            .wrapping_mul(self.quads)
            .wrapping_mul(4)
    }

    /// The accumulators of `P` windows from pixel `x` on.
    #[inline(always)]
    fn sums<const P: usize>(&self, filter: &[u8], bias: i32, x: usize) -> [i32; P] {
        let mut sums = [bias; P];
        let first = self.source.first.wrapping_add(x.wrapping_mul(self.stride));
        let mut planes = pieces(filter.as_chunks::<4>().0, self.kernel_width);
        let reach = self.kernel_width.wrapping_add(P).wrapping_sub(1);
        for k in 0..self.kernel_height {
            let mut row = self.source.row(k).get(first..).unwrap_or_default();
            for weights in planes.by_ref().take(self.quads) {
                let cells = row.get(..reach).unwrap_or_default();
                for (weight, cells) in weights.iter().zip(cells.windows(P)) {
                    for (sum, cell) in sums.iter_mut().zip(cells) {
                        *sum = sum.wrapping_add(cell.dot(weight));
                    }
                }
                row = row.get(self.source.plane..).unwrap_or_default();
            }
        }
        sums
    }

    #[inline(always)]
    fn block<const P: usize>(
        &self,
        channel: usize,
        filter: &[u8],
        x: usize,
        target: &mut Target<'_>,
    ) {
        let bias = self.tables.bias(channel);
        let multipliers = self.tables.multipliers(channel);
        let sums: [i32; P] = self.sums(filter, bias, x);
        let values = sums.map(|sum| requantize(sum, multipliers, self.zero_point));
        target.set_all(x, channel, values);
    }

    /// The definition. Inlined into the schedule, its sums take the registers of the loops around them, and stack on cores
    /// that hardly ever come here.
    #[inline(never)]
    pub(super) fn run(&self, target: &mut Target<'_>) {
        let filters = self.tables.filters(self.filter());
        for (channel, filter) in (0..self.channels).zip(filters) {
            let mut x = 0;
            while x < self.count {
                let left = self.count.wrapping_sub(x);
                // Blocks that would reach beyond the row start earlier: the overlap is computed twice.
                if self.stride != 1 || self.count < 4 {
                    self.block::<1>(channel, filter, x, target);
                    x = x.wrapping_add(1);
                } else if left >= 8 && WIDE {
                    self.block::<8>(channel, filter, x, target);
                    x = x.wrapping_add(8);
                } else {
                    let start = x.min(self.count.wrapping_sub(4));
                    self.block::<4>(channel, filter, start, target);
                    x = x.wrapping_add(4);
                }
            }
        }
    }
}
