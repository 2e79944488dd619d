//! A layer in the arena: the rows of its input that it keeps, and the parameters of its kernels.
#![allow(
    unsafe_code,
    reason = "states that a stage may lie in the place of cells"
)]

use super::cell::{Cell, InCells};
use super::modulation;
use super::parameters::{Parameters, Places};
use super::run::{Source, Target};
use crate::index::{nth, product, rest};
use crate::layer::Head;
use crate::shape::{Geometry, Operator, Shape, Window};

/// A layer, or the line of values that becomes a row of pixels.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Stage {
    pub(crate) ring: Ring,
    pub(crate) parameters: Parameters,
}

// SAFETY: of ring and parameters each, 28 bytes of integers in order of their size, the smallest to the end of a word:
// seven cells without padding.
unsafe impl InCells for Stage {}
const _: () = {
    assert!(size_of::<Ring>() == 28 && size_of::<Parameters>() == 28);
    assert!(size_of::<Stage>() == 7 * Cell::BYTES && align_of::<Stage>() == align_of::<Cell>());
};

impl Stage {
    /// Cells of a stage itself.
    pub(crate) const CELLS: u64 = (size_of::<Stage>() >> 3) as u64;

    /// Becomes a layer. In its place: a copy would take stack.
    #[inline(never)] // Its stack is free again when the next layer is decoded.
    pub(crate) fn set(&mut self, geometry: &Geometry, head: &Head, places: Places) {
        self.ring = Ring::new(geometry);
        self.parameters = Parameters::new(geometry, head, places);
    }
}

/// The rows of its input that a layer keeps, or the line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Ring {
    /// The first cell.
    pub(crate) start: u32,
    /// Cells of a slot.
    row: u32,
    /// Cells from a plane to the next.
    plane: u16,
    /// Cells from a pixel to the next.
    pixel: u16,
    /// Columns of padding before the first pixel.
    first: u16,
    slots: u16,
    /// The slot that is written next, which holds the oldest row.
    slot: u16,
    /// Rows received, rows of the padding above included.
    received: u16,
    /// Rows that the next row of the output needs.
    needed: u16,
    /// From this row on comes the padding below.
    end: u16,
    /// Rows of the output computed so far.
    made: u16,
    /// Rows and columns from a window to the next.
    stride: u8,
    /// 1 where two rows of the output, one of each phase, move the window by one row.
    halved: u8,
}

impl Ring {
    /// The ring of a layer's input; the [cells](modulation::cells) of a modulation, which reads the ring of the first layer.
    pub(crate) fn new(geometry: &Geometry) -> Ring {
        let input = geometry.input;
        let (window, halved, last) = match geometry.operator {
            Operator::Dense => return Ring::flat(input),
            Operator::Modulation { .. } => return Ring::modulation(geometry.output),
            Operator::Conv2d(window) | Operator::Depthwise(window) => {
                (window, 0, geometry.output.width.wrapping_sub(1))
            }
            Operator::TransposedConv2d => (Window::PHASE, 1, input.width),
        };
        // The columns that the last window of a row reaches, and at least the columns of the input.
        let reached = nth(
            window.kernel_width.into(),
            last.into(),
            window.stride.into(),
        );
        let columns = reached.max(nth(window.padding_left.into(), 1, input.width.into()));
        let top = u16::from(window.padding_top);
        let slots = u16::from(window.kernel_height);
        Ring {
            row: product([columns, input.quads()]) as u32,
            plane: columns as u16,
            pixel: 1,
            first: window.padding_left.into(),
            slots,
            slot: top.min(slots.wrapping_sub(1)),
            received: top,
            needed: slots,
            end: top.wrapping_add(input.height),
            stride: window.stride,
            halved,
            ..Ring::default()
        }
    }

    /// A whole map, pixel by pixel: a dense layer reads all of it for each row.
    fn flat(input: Shape) -> Ring {
        let pixel = input.quads();
        Ring {
            row: product([pixel, input.width.into()]) as u32,
            plane: 1,
            pixel: pixel as u16,
            slots: input.height,
            needed: input.height,
            end: input.height,
            ..Ring::default()
        }
    }

    /// Ready at once, and after its one row never full nor ready: the step passes over it to the layer before.
    fn modulation(output: Shape) -> Ring {
        let channels = output.channels >> 1;
        Ring {
            row: modulation::cells(channels.into()) as u32,
            plane: 1,
            first: channels,
            slots: 1,
            end: 1,
            ..Ring::default()
        }
    }

    /// One row of values that become pixels.
    pub(crate) fn line(picture: Shape) -> Ring {
        Ring {
            row: product([picture.quads(), picture.width.into()]) as u32,
            plane: picture.width,
            pixel: 1,
            slots: 1,
            end: picture.height,
            ..Ring::default()
        }
    }

    pub(crate) fn cells(&self) -> u64 {
        u64::from(self.row).saturating_mul(self.slots.into())
    }

    /// Whether all rows of the map were received: padding comes next.
    pub(crate) fn is_full(&self) -> bool {
        self.received >= self.end
    }

    /// Whether the rows are here that the next row of the output needs.
    pub(crate) fn is_ready(&self) -> bool {
        self.received >= self.needed
    }

    /// Cells of a row.
    pub(crate) fn row(&self) -> usize {
        self.row as usize
    }

    /// The cell of the first pixel in the next row, and the cells from a plane to the next.
    pub(crate) fn first(&self) -> (usize, usize) {
        (nth(self.place(), 1, self.first.into()), self.plane.into())
    }

    /// Where the next row goes.
    pub(crate) fn place(&self) -> usize {
        nth(self.start as usize, self.slot.into(), self.row as usize)
    }

    /// Counts a row that comes to its [place](Self::place).
    pub(crate) fn receive(&mut self) {
        let next = self.slot.wrapping_add(1);
        self.slot = if next < self.slots { next } else { 0 };
        self.received = self.received.wrapping_add(1);
    }

    /// Counts a row of the output.
    pub(crate) fn make(&mut self) {
        self.made = self.made.wrapping_add(1);
        let moved = self.made.wrapping_mul(self.stride.into());
        let halved = u16::from(self.halved);
        self.needed = (moved.wrapping_add(halved) >> halved).wrapping_add(self.slots);
    }

    /// The number of the next row of the output.
    pub(crate) fn made(&self) -> usize {
        self.made.into()
    }

    pub(crate) fn all<'a>(&self, cells: &'a [Cell]) -> &'a [Cell] {
        let rest = rest(cells, self.start as usize);
        rest.get(..self.cells() as usize).unwrap_or_default()
    }

    /// The rows of the next window.
    pub(crate) fn source<'a>(&self, cells: &'a [Cell]) -> Source<'a> {
        Source {
            cells: self.all(cells),
            row: self.row as usize,
            slot: self.slot.into(),
            plane: self.plane.into(),
            first: 0,
            stride: self.stride.into(),
        }
    }

    /// The row that is received next, in the cells from its [place](Self::place) on, and the cells after it; `below` are
    /// the cells before.
    pub(crate) fn target<'a>(
        &self,
        below: &'a [Cell],
        cells: &'a mut [Cell],
    ) -> (Target<'a>, &'a mut [Cell]) {
        let row = cells.split_at_mut_checked(self.row as usize);
        let (cells, rest) = row.unwrap_or_default();
        let target = Target {
            cells,
            first: self.first.into(),
            pixel: self.pixel.into(),
            plane: self.plane.into(),
            below,
        };
        (target, rest)
    }
}
