//! The order in which a decoder's rows are computed, and the memory that it takes.
//!
//! No feature map stands in memory as a whole. Each layer keeps, in a ring, only the rows that one row of its output
//! needs; a row is computed when the layer above asks for it, and never twice. What is needed at the same time is thus
//! known from the shapes alone, and [`plan`] is both what the schedule takes and the least that it can run in.

use crate::kernels::cell::{Cell, quads};
use crate::kernels::strip::{Source, Target};
use crate::kernels::{self, PHASE};
use crate::layer::{Layer, Operator, Shape};
use crate::limits::MAX_LAYERS;

/// The rows of its input that a layer keeps, or the row of values that becomes pixels.
#[derive(Clone, Copy, Debug, Default)]
struct Ring {
    /// Where in the layers' bytes the record of the layer stands.
    record: u32,
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
}

impl Ring {
    /// The ring of a layer's input.
    fn of(layer: &Layer<'_>) -> Ring {
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
    fn needed(layer: &Layer<'_>, y: u16) -> u16 {
        match layer.operator {
            Operator::Dense => layer.input.height,
            Operator::Conv2d(w) | Operator::Depthwise(w) => y
                .wrapping_mul(w.stride.into())
                .wrapping_add(w.kernel_height.into()),
            Operator::TransposedConv2d => (y.wrapping_add(1) >> 1).wrapping_add(2),
        }
    }

    /// Makes room for a row: the slot that it goes to.
    fn receive(&mut self) -> usize {
        let slot = self.slot;
        self.slot = if slot.wrapping_add(1) < self.slots {
            slot.wrapping_add(1)
        } else {
            0
        };
        self.received = self.received.wrapping_add(1);
        (self.start as usize).wrapping_add(usize::from(slot).wrapping_mul(self.row as usize))
    }

    fn all<'a>(&self, cells: &'a [Cell]) -> &'a [Cell] {
        let rest = cells.get(self.start as usize..).unwrap_or_default();
        rest.get(..self.cells() as usize).unwrap_or_default()
    }
}

/// Cells that the rings of all layers take together.
pub(crate) fn cells<'m>(layers: impl Iterator<Item = Layer<'m>>) -> u64 {
    let mut sum = 0u64;
    let mut picture = None;
    for layer in layers {
        sum = sum.saturating_add(Ring::of(&layer).cells());
        picture = Some(layer.output);
    }
    sum.saturating_add(picture.map_or(0, |picture| Ring::line(picture).cells()))
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
#[derive(Clone, Debug)]
pub(crate) struct Schedule<'m> {
    /// The layers, one record after another.
    layers: &'m [u8],
    /// One for each layer, and the line.
    rings: [Ring; MAX_LAYERS as usize + 1],
    count: u8,
}

impl<'m> Schedule<'m> {
    /// Fills the rings with padding. The latent comes [next](Self::latent).
    pub(crate) fn new(layers: &'m [u8], cells: &mut [Cell]) -> Schedule<'m> {
        let mut schedule = Schedule {
            layers,
            rings: [Ring::default(); MAX_LAYERS as usize + 1],
            count: 0,
        };
        let mut rings = schedule.rings.iter_mut();
        let mut rest = layers;
        let mut start = 0u32;
        let mut picture = None;
        while let Ok((layer, behind)) = postcard::take_from_bytes::<Layer<'m>>(rest) {
            let Some(ring) = rings.next() else { break };
            *ring = Ring::of(&layer);
            ring.record = layers.len().wrapping_sub(rest.len()) as u32;
            ring.start = start;
            let length = ring.cells() as usize;
            let place = cells.get_mut(start as usize..).unwrap_or_default();
            let padding = Cell::splat(layer.input_zero_point);
            place
                .iter_mut()
                .take(length)
                .for_each(|cell| *cell = padding);
            start = start.wrapping_add(length as u32);
            schedule.count = schedule.count.wrapping_add(1);
            picture = Some(layer.output);
            rest = behind;
        }
        if let (Some(line), Some(picture)) = (rings.next(), picture) {
            *line = Ring::line(picture);
            line.start = start;
        }
        schedule
    }

    /// Puts a value of the latent in its place.
    pub(crate) fn latent(&mut self, cells: &mut [Cell]) -> impl FnMut(usize, i8) {
        let ring = &mut self.rings[0];
        let start = ring.receive();
        let (first, plane) = (usize::from(ring.first), usize::from(ring.plane));
        move |index, value| {
            let plane = (index >> 2).wrapping_mul(plane);
            let index_of_cell = start.wrapping_add(first).wrapping_add(plane);
            if let Some(cell) = cells.get_mut(index_of_cell) {
                cell.set(index, value);
            }
        }
    }

    /// Computes one row of one layer: the next that the picture needs.
    pub(crate) fn step(&mut self, cells: &mut [Cell]) -> Made {
        let Some(mut index) = self.count.checked_sub(1) else {
            return Made::Nothing;
        };
        let line = self.rings.get(usize::from(self.count));
        if line.is_none_or(|line| line.received >= line.end) {
            return Made::Nothing;
        }
        loop {
            let Some([ring, target]) = self
                .rings
                .get_mut(usize::from(index)..)
                .and_then(|rest| rest.first_chunk_mut())
            else {
                return Made::Nothing;
            };
            if ring.received >= ring.needed {
                self::step(self.layers, ring, target, cells);
                return if index.wrapping_add(1) == self.count {
                    Made::Last(index)
                } else {
                    Made::Inner(index)
                };
            }
            if ring.received >= ring.end {
                let padding = self::record(self.layers, ring.record);
                let padding =
                    padding.map_or(Cell::splat(0), |layer| Cell::splat(layer.input_zero_point));
                let start = ring.receive();
                let place = cells.get_mut(start..).unwrap_or_default();
                place
                    .iter_mut()
                    .take(ring.row as usize)
                    .for_each(|cell| *cell = padding);
                continue;
            }
            let Some(above) = index.checked_sub(1) else {
                return Made::Nothing;
            };
            index = above;
        }
    }

    /// The values of the row that became ready last: pixel by pixel, the channels of each side by side.
    pub(crate) fn line<'a>(
        &self,
        cells: &'a [Cell],
        channels: u16,
    ) -> impl Iterator<Item = i8> + 'a {
        let line = self
            .rings
            .get(usize::from(self.count))
            .copied()
            .unwrap_or_default();
        // A picture has at most three channels: one plane.
        let cells = line.all(cells);
        cells
            .iter()
            .flat_map(move |cell| (0..usize::from(channels)).map(move |channel| cell.get(channel)))
    }
}

fn record(layers: &[u8], at: u32) -> Option<Layer<'_>> {
    // `Model::load` decoded all of them.
    Some(
        postcard::take_from_bytes(layers.get(at as usize..)?)
            .ok()?
            .0,
    )
}

/// The next row of a ring's layer.
fn step(layers: &[u8], ring: &mut Ring, target: &mut Ring, cells: &mut [Cell]) {
    let Some(layer) = record(layers, ring.record) else {
        return;
    };
    let y = ring.made;
    ring.made = y.wrapping_add(1);
    ring.needed = Ring::needed(&layer, ring.made);
    let place = target.receive();
    let Some((below, above)) = cells.split_at_mut_checked(place) else {
        return;
    };
    let source = Source {
        cells: ring.all(below),
        row: ring.row as usize,
        slot: ring.slot.into(),
        plane: ring.plane.into(),
    };
    let target = Target {
        cells: above.get_mut(..target.row as usize).unwrap_or_default(),
        first: target.first.into(),
        pixel: target.pixel.into(),
        plane: target.plane.into(),
    };
    kernels::row(&layer, y.into(), source, target);
}
