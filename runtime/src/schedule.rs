//! The order in which a decoder's rows are computed, and the memory that it takes.
//!
//! No feature map stands in memory as a whole. Each layer keeps, in a ring, only the rows that one row of its output
//! needs; a row is computed when the layer above asks for it, and never twice. What is needed at the same time is thus
//! known from the shapes alone, and the sum of [`cells`] is both what the schedule takes and the least that it can run in.

use crate::kernels::cell::{Cell, quads, split};
use crate::kernels::strip::{Source, Target};
use crate::kernels::{self, PHASE};
use crate::layer::{Activation, Coding, Layer, Operator, Shape, Window};
use core::convert::Infallible;

/// What has the tables of the layers.
pub(crate) trait Tables {
    /// Why they could not be read.
    type Error;

    /// Computes row `y` of the layer that was noted. What it decodes goes into the last cells of the scratch.
    fn row(
        &mut self,
        noted: &Ring,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), Self::Error>;
}

/// The bytes of all layers, in memory.
impl Tables for &[u8] {
    type Error = Infallible;

    #[inline(always)]
    fn row(
        &mut self,
        noted: &Ring,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), Infallible> {
        if noted.bits == 8 {
            int8(noted, self, y, source, target);
        } else {
            int4(noted, self, y, source, target, scratch);
        }
        Ok(())
    }
}

/// A row of a layer with weights of eight bits. Not inlined, so that its stack is not that of decoding, nor that of what
/// comes before.
#[inline(never)]
fn int8(noted: &Ring, layers: &[u8], y: usize, source: Source<'_>, target: Target<'_>) {
    kernels::int8(&noted.layer(layers), y, source, target);
}

/// A row of a layer with weights of four bits.
#[inline(never)]
fn int4(
    noted: &Ring,
    layers: &[u8],
    y: usize,
    source: Source<'_>,
    target: Target<'_>,
    scratch: &mut [Cell],
) {
    kernels::int4::row(&noted.layer(layers), y, source, target, scratch);
}

/// Where the tables of a layer start: weights, biases, multipliers.
pub(crate) type Places = [u32; 3];

/// Those of a layer that borrows from these bytes.
pub(crate) fn places(layer: &Layer<'_>, layers: &[u8]) -> Places {
    [layer.weights, layer.bias, layer.multipliers]
        .map(|table| (table.as_ptr() as usize).wrapping_sub(layers.as_ptr() as usize) as u32)
}

/// The rows of its input that a layer keeps, or the row of values that becomes pixels.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Ring {
    /// Where in the layers' bytes the tables of the layer start.
    weights: u32,
    bias: u32,
    multipliers: u32,
    /// The first cell.
    start: u32,
    /// Cells of a slot.
    row: u32,
    /// Cells from a plane to the next.
    plane: u16,
    /// Cells from a pixel to the next.
    pixel: u16,
    /// Columns of padding before the first pixel.
    first: u16,
    slots: u16,
    /// The slot that is written next: that of the oldest row.
    slot: u16,
    /// Rows received, those of the padding above included.
    received: u16,
    /// Rows that the next row of the output needs.
    needed: u16,
    /// From this row on comes the padding below.
    end: u16,
    /// Rows of the output computed so far.
    made: u16,
    /// What the layer's kernel wants to know.
    height: u16,
    width: u16,
    channels: u16,
    output_width: u16,
    output_channels: u16,
    operator: u8,
    kernel_height: u8,
    kernel_width: u8,
    stride: u8,
    /// Of the layer's output.
    zero_point: i8,
    /// Bits of a weight.
    bits: u8,
    bias_shift: u8,
    multiplier_shift: u8,
}

impl Ring {
    /// The ring of a layer's input, with the notes on the layer.
    fn of(layer: &Layer<'_>, [weights, bias, multipliers]: Places) -> Ring {
        let (operator, window) = match layer.operator {
            Operator::Dense => (DENSE, PHASE),
            Operator::Conv2d(window) => (CONV, window),
            Operator::Depthwise(window) => (DEPTHWISE, window),
            Operator::TransposedConv2d => (TRANSPOSED, PHASE),
        };
        let (bits, bias_shift, multiplier_shift) = match layer.coding {
            Coding::Int8 => (8, 0, 0),
            Coding::Int4 {
                bias_shift,
                multiplier_shift,
            } => (4, bias_shift, multiplier_shift),
        };
        Ring {
            weights,
            bias,
            multipliers,
            bits,
            bias_shift,
            multiplier_shift,
            height: layer.input.height,
            width: layer.input.width,
            channels: layer.input.channels,
            output_width: layer.output.width,
            output_channels: layer.output.channels,
            operator,
            kernel_height: window.kernel_height,
            kernel_width: window.kernel_width,
            stride: window.stride,
            zero_point: layer.output_zero_point,
            ..Ring::window(layer)
        }
    }

    /// Where the tables of the layer that was noted start.
    #[cfg(feature = "flash")]
    pub(crate) fn places(&self) -> Places {
        [self.weights, self.bias, self.multipliers]
    }

    /// The layer that was noted. Its tables reach to the end of these bytes and its activation is in them.
    pub(crate) fn layer<'m>(&self, layers: &'m [u8]) -> Layer<'m> {
        let table = |at: u32| layers.get(at as usize..).unwrap_or_default();
        let window = Window {
            kernel_height: self.kernel_height,
            kernel_width: self.kernel_width,
            stride: self.stride,
            padding_top: 0,
            padding_left: 0,
        };
        Layer {
            operator: match self.operator {
                DENSE => Operator::Dense,
                CONV => Operator::Conv2d(window),
                DEPTHWISE => Operator::Depthwise(window),
                _ => Operator::TransposedConv2d,
            },
            input: Shape {
                height: self.height,
                width: self.width,
                channels: self.channels,
            },
            output: Shape {
                height: 0,
                width: self.output_width,
                channels: self.output_channels,
            },
            output_zero_point: self.zero_point,
            activation: Activation::Linear,
            coding: match self.bits {
                4 => Coding::Int4 {
                    bias_shift: self.bias_shift,
                    multiplier_shift: self.multiplier_shift,
                },
                _ => Coding::Int8,
            },
            weights: table(self.weights),
            bias: table(self.bias),
            multipliers: table(self.multipliers),
        }
    }

    /// The ring of a layer's input.
    fn window(layer: &Layer<'_>) -> Ring {
        let input = layer.input;
        let quads = quads(input.channels);
        let window = match layer.operator {
            Operator::Dense => return Ring::flat(input),
            Operator::Conv2d(window) | Operator::Depthwise(window) => window,
            Operator::TransposedConv2d => PHASE,
        };
        // The columns that the last window of a row reaches, and at least those of the input.
        let last = match layer.operator {
            Operator::TransposedConv2d => input.width,
            _ => layer.output.width.wrapping_sub(1),
        };
        let reached = usize::from(last)
            .wrapping_mul(window.stride.into())
            .wrapping_add(window.kernel_width.into());
        let columns =
            reached.max(usize::from(window.padding_left).wrapping_add(input.width.into()));
        let top = u16::from(window.padding_top);
        let slots = u16::from(window.kernel_height);
        Ring {
            row: columns.wrapping_mul(quads) as u32,
            plane: columns as u16,
            pixel: 1,
            first: window.padding_left.into(),
            slots,
            slot: top.min(slots.wrapping_sub(1)),
            received: top,
            needed: slots,
            end: top.wrapping_add(input.height),
            ..Ring::default()
        }
    }

    /// A whole map, pixel by pixel: a dense layer reads all of it at once.
    fn flat(input: Shape) -> Ring {
        let pixel = quads(input.channels);
        Ring {
            row: pixel.wrapping_mul(input.width.into()) as u32,
            plane: 1,
            pixel: pixel as u16,
            slots: input.height,
            needed: input.height,
            end: input.height,
            ..Ring::default()
        }
    }

    /// One row of values on their way to become pixels.
    fn line(picture: Shape) -> Ring {
        Ring {
            row: quads(picture.channels).wrapping_mul(picture.width.into()) as u32,
            plane: picture.width,
            pixel: 1,
            slots: 1,
            end: picture.height,
            ..Ring::default()
        }
    }

    fn cells(&self) -> u64 {
        u64::from(self.row).saturating_mul(self.slots.into())
    }

    /// The rows of the input that row `y` of the output needs, padding included.
    fn needed(&self, y: u16) -> u16 {
        match self.operator {
            DENSE => self.height,
            TRANSPOSED => (y.wrapping_add(1) >> 1).wrapping_add(2),
            _ => y
                .wrapping_mul(self.stride.into())
                .wrapping_add(self.kernel_height.into()),
        }
    }

    /// Where the next row goes.
    fn place(&self) -> usize {
        let slot = usize::from(self.slot);
        (self.start as usize).wrapping_add(slot.wrapping_mul(self.row as usize))
    }

    /// Counts a row that comes to its [place](Self::place), which it returns.
    fn receive(&mut self) -> usize {
        let place = self.place();
        let slot = self.slot;
        self.slot = if slot.wrapping_add(1) < self.slots {
            slot.wrapping_add(1)
        } else {
            0
        };
        self.received = self.received.wrapping_add(1);
        place
    }

    fn all<'a>(&self, cells: &'a [Cell]) -> &'a [Cell] {
        let rest = cells.get(self.start as usize..).unwrap_or_default();
        rest.get(..self.cells() as usize).unwrap_or_default()
    }
}

const DENSE: u8 = 0;
const CONV: u8 = 1;
const DEPTHWISE: u8 = 2;
const TRANSPOSED: u8 = 3;

/// Cells of the notes on a layer, or on the line.
const NOTES: u64 = (size_of::<Ring>() >> 3) as u64;

/// Cells that a layer takes: its ring and the notes on it.
pub(crate) fn cells(layer: &Layer<'_>) -> u64 {
    Ring::window(layer).cells().saturating_add(NOTES)
}

/// Cells that the line takes, with the notes on it.
pub(crate) fn line_cells(picture: Shape) -> u64 {
    Ring::line(picture).cells().saturating_add(NOTES)
}

/// What a [step](Schedule::step) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A row of the layer of that number.
    Inner(u8),
    /// The next row of the last layer, ready in the line.
    Last(u8),
    /// Nothing: the picture is complete.
    Nothing,
}

/// How far the computation of a picture has come.
#[derive(Debug)]
pub(crate) struct Schedule<'a> {
    /// One for each layer, and the line.
    rings: &'a mut [Ring],
    cells: &'a mut [Cell],
}

impl<'a> Schedule<'a> {
    /// Fills the rings of so many layers with padding. The latent comes [next](Self::latent). `None` where cells are
    /// missing.
    pub(crate) fn new<'m>(
        layers: impl Iterator<Item = Layer<'m>>,
        mut places: impl FnMut(&Layer<'m>) -> Places,
        count: usize,
        cells: &'a mut [Cell],
    ) -> Option<Schedule<'a>> {
        let (rings, cells) = split::<Ring>(cells, count.wrapping_add(1))?;
        let mut notes = rings.iter_mut();
        let mut start = 0u32;
        let mut picture = None;
        for layer in layers {
            let ring = notes.next()?;
            *ring = Ring::of(&layer, places(&layer));
            ring.start = start;
            let length = ring.cells() as usize;
            let place = cells.get_mut(start as usize..).unwrap_or_default();
            place
                .iter_mut()
                .take(length)
                .for_each(|cell| *cell = Cell::PADDING);
            start = start.wrapping_add(length as u32);
            picture = Some(layer.output);
        }
        let line = notes.next()?;
        *line = Ring::line(picture?);
        line.start = start;
        Some(Schedule { rings, cells })
    }

    /// Puts the values of the latent in their places.
    pub(crate) fn latent(&mut self) -> impl FnMut(usize, i8) {
        let mut place = (0, 0, 0);
        if let Some(ring) = self.rings.first_mut() {
            place = (
                ring.receive(),
                usize::from(ring.first),
                usize::from(ring.plane),
            );
        }
        let (start, first, plane) = place;
        move |index, value| {
            let plane = (index >> 2).wrapping_mul(plane);
            let index_of_cell = start.wrapping_add(first).wrapping_add(plane);
            if let Some(cell) = self.cells.get_mut(index_of_cell) {
                cell.set(index, value.into());
            }
        }
    }

    /// Computes one row of one layer: the next that the picture needs. After an error the next step is the same one.
    pub(crate) fn step<T: Tables>(&mut self, tables: &mut T) -> Result<Made, T::Error> {
        let last = self.rings.len().wrapping_sub(2);
        let mut index = last;
        if self
            .rings
            .last()
            .is_none_or(|line| line.received >= line.end)
        {
            return Ok(Made::Nothing);
        }
        loop {
            let pair = self
                .rings
                .get_mut(index..)
                .and_then(|rest| rest.first_chunk_mut());
            let Some([ring, target]) = pair else {
                return Ok(Made::Nothing);
            };
            if ring.received >= ring.needed {
                row(tables, ring, target, self.cells)?;
                let made = if index == last {
                    Made::Last
                } else {
                    Made::Inner
                };
                return Ok(made(index as u8));
            }
            if ring.received >= ring.end {
                let start = ring.receive();
                let place = self.cells.get_mut(start..).unwrap_or_default();
                let place = place.iter_mut().take(ring.row as usize);
                place.for_each(|cell| *cell = Cell::PADDING);
            } else {
                // Needs a row of the layer before. The first layer has its latent: this does not wrap.
                index = index.wrapping_sub(1);
            }
        }
    }

    /// The values of the row that became ready last, a cell for each pixel, and what was taken off them.
    pub(crate) fn line(&self) -> (&[Cell], i8) {
        // A picture has at most three channels: one plane.
        let [.., last, line] = &*self.rings else {
            return Default::default();
        };
        (line.all(self.cells), last.zero_point)
    }
}

/// The next row of a ring's layer.
#[inline(always)]
fn row<T: Tables>(
    tables: &mut T,
    ring: &mut Ring,
    target: &mut Ring,
    cells: &mut [Cell],
) -> Result<(), T::Error> {
    if let Some((below, above)) = cells.split_at_mut_checked(target.place()) {
        let source = Source {
            cells: ring.all(below),
            row: ring.row as usize,
            slot: ring.slot.into(),
            plane: ring.plane.into(),
            first: 0,
        };
        // Behind all rings is the scratch, in the last cells.
        let (row, rest) = above
            .split_at_mut_checked(target.row as usize)
            .unwrap_or_default();
        let place = Target {
            cells: row,
            first: target.first.into(),
            pixel: target.pixel.into(),
            plane: target.plane.into(),
        };
        tables.row(ring, ring.made.into(), source, place, rest)?;
    }
    target.receive();
    ring.made = ring.made.wrapping_add(1);
    ring.needed = ring.needed(ring.made);
    Ok(())
}
