//! The order in which a decoder's rows are computed, and the memory that it takes.
//!
//! No feature map stands in memory as a whole. Each layer keeps, in a ring, only the rows that one row of its output
//! needs; a row is computed when the layer above asks for it, and never twice. What is needed at the same time is thus
//! known from the shapes alone, and the sum of [`cells`] is both what the schedule takes and the least that it can run in.

use crate::index::{nth, rest};
use crate::kernels::cell::{Cell, cell_bytes, split};
use crate::kernels::modulation::modulate;
use crate::kernels::parameters::{Parameters, Part, Places};
use crate::kernels::run::{Source, Target};
use crate::kernels::stage::{Ring, Stage};
use crate::layer::{Head, Tables};
use crate::shape::{Geometry, Shape};
use core::convert::Infallible;

/// Storage of the layers' tables.
pub(crate) trait Storage {
    /// Why they could not be read.
    type Error;

    /// Hands out bytes of the layers, in pieces of a multiple of eight but for the last one.
    fn read(&mut self, at: u32, bytes: usize, take: impl FnMut(&[u8])) -> Result<(), Self::Error>;

    /// Computes row `y` of a layer. Decoded weights go into the last cells of the scratch.
    fn row(
        &mut self,
        layer: &Parameters,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), Self::Error>;
}

/// The bytes of all layers, in memory.
impl Storage for &[u8] {
    type Error = Infallible;

    fn read(
        &mut self,
        at: u32,
        bytes: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Infallible> {
        take(rest(self, at as usize).get(..bytes).unwrap_or_default());
        Ok(())
    }

    #[inline(always)]
    fn row(
        &mut self,
        layer: &Parameters,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), Infallible> {
        if layer.is_int8() {
            int8(layer, self, y, source, target);
        } else {
            int4(layer, self, y, source, target, scratch);
        }
        Ok(())
    }
}

/// A row of weights of eight bits. Not inlined: decoding and the steps do not hold its stack.
#[inline(never)]
fn int8(layer: &Parameters, layers: &[u8], y: usize, source: Source<'_>, mut target: Target<'_>) {
    let row = layer.row();
    let tables = tables(layer, y, &row, layers, target.below);
    layer.int8(&row, tables, source, &mut target);
}

/// A row of weights of four bits.
#[inline(never)]
fn int4(
    layer: &Parameters,
    layers: &[u8],
    y: usize,
    source: Source<'_>,
    mut target: Target<'_>,
    scratch: &mut [Cell],
) {
    let row = layer.row();
    let tables = tables(layer, y, &row, layers, target.below);
    layer.int4(&row, tables, source, &mut target, scratch);
}

/// The tables of a row. They reach to the end of the bytes.
#[inline(never)] // One piece of code for both codings.
fn tables<'a>(
    layer: &Parameters,
    y: usize,
    row: &Part,
    layers: &'a [u8],
    below: &'a [Cell],
) -> Tables<'a> {
    let [weights, bias, multipliers] = layer.places(y, row);
    let numbers = if layer.is_modulated() {
        cell_bytes(below)
    } else {
        layers
    };
    Tables {
        weights: rest(layers, weights as usize),
        bias: rest(numbers, bias as usize),
        multipliers: rest(numbers, multipliers as usize),
    }
}

/// Where tables start that are borrowed from these bytes.
pub(crate) fn places(tables: &Tables<'_>, layers: &[u8]) -> Places {
    [tables.weights, tables.bias, tables.multipliers]
        .map(|table| (table.as_ptr() as usize).wrapping_sub(layers.as_ptr() as usize) as u32)
}

/// Cells that a layer takes: its ring and its stage.
pub(crate) fn cells(geometry: &Geometry) -> u64 {
    Ring::new(geometry).cells().saturating_add(Stage::CELLS)
}

/// Cells that the line takes, with its stage.
pub(crate) fn line_cells(picture: Shape) -> u64 {
    Ring::line(picture).cells().saturating_add(Stage::CELLS)
}

/// The outcome of a [step](Schedule::step).
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
    stages: &'a mut [Stage],
    cells: &'a mut [Cell],
}

/// A schedule that receives its layers one after another, so that only one of them is in memory.
pub(crate) struct Layout<'a> {
    schedule: Schedule<'a>,
    /// Stages that are laid out.
    count: usize,
    /// The first cell that is free.
    free: u32,
}

impl<'a> Layout<'a> {
    /// For `count` layers. `None` where cells are missing.
    pub(crate) fn new(count: usize, cells: &'a mut [Cell]) -> Option<Layout<'a>> {
        let (stages, cells) = split(cells, nth(count, 1, 1))?;
        Some(Layout {
            schedule: Schedule { stages, cells },
            count: 0,
            free: 0,
        })
    }

    /// Lays out the next layer and fills its ring with padding. `None` after the last.
    #[inline(always)]
    pub(crate) fn layer(&mut self, geometry: &Geometry, head: &Head, places: Places) -> Option<()> {
        let stage = self.schedule.stages.get_mut(self.count)?;
        stage.set(geometry, head, places);
        let start = self.free as usize;
        let length = stage.ring.cells() as usize;
        stage.ring.start = self.free;
        pad(self.schedule.cells, start, length);
        self.free = nth(start, 1, length) as u32;
        self.count = nth(self.count, 1, 1);
        Some(())
    }

    /// Lays out the line of the picture. The latent comes [next](Schedule::latent). `None` where a layer is missing.
    #[inline(always)]
    pub(crate) fn line(self, picture: Shape) -> Option<Schedule<'a>> {
        let [line] = self.schedule.stages.get_mut(self.count..)? else {
            return None;
        };
        line.ring = Ring::line(picture);
        line.parameters = Parameters::default();
        line.ring.start = self.free;
        Some(self.schedule)
    }
}

impl<'a> Schedule<'a> {
    /// Puts the values of the latent in their places.
    pub(crate) fn latent(&mut self) -> impl FnMut(usize, i8) {
        let mut place = (0, 0);
        if let Some(stage) = self.stages.first_mut() {
            place = stage.ring.first();
            stage.ring.receive();
        }
        let (first, plane) = place;
        move |index, value| {
            if let Some(cell) = self.cells.get_mut(nth(first, index >> 2, plane)) {
                cell.set(index, value.into());
            }
        }
    }

    /// Computes one row of one layer: the next that the picture needs. After an error the next step is the same one.
    pub(crate) fn step<S: Storage>(&mut self, storage: &mut S) -> Result<Made, S::Error> {
        let last = self.stages.len().wrapping_sub(2);
        let mut index = last;
        if self.stages.last().is_none_or(|line| line.ring.is_full()) {
            return Ok(Made::Nothing);
        }
        loop {
            let Some([stage, next, behind @ ..]) = self.stages.get_mut(index..) else {
                return Ok(Made::Nothing);
            };
            let ring = &mut stage.ring;
            if ring.is_ready() {
                if stage.parameters.is_modulation() {
                    modulation(storage, self.stages, index, self.cells)?;
                } else {
                    // A modulation does not write what the layer after it reads.
                    let next = match behind {
                        [behind, ..] if next.parameters.is_modulation() => behind,
                        _ => next,
                    };
                    row(storage, stage, &mut next.ring, self.cells)?;
                }
                let layer = index as u8;
                return Ok(if index == last {
                    Made::Last(layer)
                } else {
                    Made::Inner(layer)
                });
            }
            if ring.is_full() {
                pad(self.cells, ring.place(), ring.row());
                ring.receive();
            } else {
                // Needs a row of the layer before. The first layer has its latent: this does not wrap.
                index = index.wrapping_sub(1);
            }
        }
    }

    /// The values of the row that became ready last, a cell for each pixel, and what was taken off them.
    pub(crate) fn line(&self) -> (&[Cell], i8) {
        // A picture has at most three channels: one plane.
        let [.., last, line] = &*self.stages else {
            return Default::default();
        };
        (line.ring.all(self.cells), last.parameters.zero_point)
    }
}

/// Fills cells with padding.
fn pad(cells: &mut [Cell], start: usize, length: usize) {
    let cells = cells.get_mut(start..).unwrap_or_default();
    let cells = cells.iter_mut().take(length);
    cells.for_each(|cell| *cell = Cell::PADDING);
}

/// Computes the next row of a layer.
#[inline(always)]
fn row<S: Storage>(
    storage: &mut S,
    stage: &mut Stage,
    next: &mut Ring,
    cells: &mut [Cell],
) -> Result<(), S::Error> {
    let ring = &mut stage.ring;
    if let Some((below, above)) = cells.split_at_mut_checked(next.place()) {
        // After all rings comes the scratch, in the last cells.
        let (target, scratch) = next.target(below, above);
        let source = ring.source(below);
        storage.row(&stage.parameters, ring.made(), source, target, scratch)?;
    }
    next.receive();
    ring.make();
    Ok(())
}

/// Computes the modulation of that index, which reads the latent of the first layer.
#[inline(never)] // The rows of the layers do not hold its stack.
fn modulation<S: Storage>(
    storage: &mut S,
    stages: &mut [Stage],
    index: usize,
    cells: &mut [Cell],
) -> Result<(), S::Error> {
    let stages = stages.split_at_mut_checked(index);
    let Some(([first, ..], [Stage { ring, parameters }, modulated, ..])) = stages else {
        return Ok(());
    };
    if let Some((below, above)) = cells.split_at_mut_checked(ring.place()) {
        let (target, scratch) = ring.target(below, above);
        let source = first.ring.source(below);
        storage.row(parameters, 0, source, target, scratch)?;
        let cells = above.get_mut(..ring.row()).unwrap_or_default();
        let layer = &mut modulated.parameters;
        modulate(storage, layer, parameters.modulation_shift(), cells)?;
        layer.modulate(ring.start);
    }
    ring.make();
    Ok(())
}
