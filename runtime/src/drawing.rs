//! Pictures in the making: row by row, and in bounded steps.

use crate::index::nth;
use crate::kernels::cell::{Cell, cells};
use crate::limits::MIRRORED_PIXELS;
use crate::model::{Layers, Model};
use crate::schedule::{Layout, Made, Schedule, places};
use crate::shape::Shape;
use crate::{GenerateError, Picture};

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Computed a row of the layer of that number, counted from 0. The next row of the picture needs more of them.
    Layer(u8),
    /// Computed a row of the last layer, which has that number: a row of the picture is complete.
    Row(u8),
    /// Nothing: all rows were there already.
    Done,
}

/// A picture that is computed a row at a time, in an arena that holds neither the picture nor any whole feature map:
/// what [`Model::rows`] starts.
#[derive(Debug)]
pub struct Rows<'a, 'm> {
    pixels: &'m [u8],
    row: &'a mut [u8],
    channels: u16,
    /// The layers, one record after another.
    layers: &'m [u8],
    schedule: Schedule<'a>,
}

/// The pixel of a value, from -128 to 127. A table of 129 has those from 0 to 128: below zero they are what is missing to
/// white.
#[inline(always)]
fn look_up(table: &[u8], value: i16) -> u8 {
    let mirrored = table.len() == MIRRORED_PIXELS;
    let index = if mirrored {
        value.unsigned_abs()
    } else {
        value.wrapping_add(128) as u16
    };
    let pixel = table.get(usize::from(index)).copied().unwrap_or(0);
    if mirrored && value < 0 { !pixel } else { pixel }
}

/// Looks up the pixels of a row's values, off which the zero point was taken.
#[inline(never)] // One piece of code for all ways to draw.
pub(crate) fn pixels(
    table: &[u8],
    channels: u16,
    (line, zero_point): (&[Cell], i8),
    row: &mut [u8],
) {
    let look_up =
        |cell: &Cell, channel| look_up(table, cell.get(channel).wrapping_add(zero_point.into()));
    if channels == 1 {
        for (pixel, cell) in row.iter_mut().zip(line) {
            *pixel = look_up(cell, 0);
        }
    } else {
        let mut rest = row;
        for cell in line {
            let Some((pixel, behind)) = rest.split_first_chunk_mut() else {
                return;
            };
            *pixel = [0, 1, 2].map(|channel| look_up(cell, channel));
            rest = behind;
        }
    }
}

/// The first `needed` bytes of an arena, apart from the last `last` of them. Nothing beyond is touched.
pub(crate) fn split(
    arena: &mut [u8],
    needed: usize,
    last: usize,
) -> Result<(&mut [u8], &mut [u8]), GenerateError> {
    let too_small = GenerateError::ArenaTooSmall {
        needed,
        found: arena.len(),
    };
    arena
        .get_mut(..needed)
        .and_then(|arena| arena.split_at_mut_checked(needed.saturating_sub(last)))
        .ok_or(too_small)
}

/// Lays out all layers of a model.
#[inline(never)] // Drawing the latent does not hold its stack.
fn schedule<'a>(
    mut layers: Layers<'_>,
    count: usize,
    cells: &'a mut [Cell],
) -> Option<Schedule<'a>> {
    let records = layers.bytes();
    let mut layout = Layout::new(count, cells)?;
    let mut picture = Shape::default();
    // By reference: a layer is not moved, which would take stack.
    while let Some(layer) = &layers.next() {
        let places = places(&layer.tables, records);
        layout.layer(&layer.geometry, &layer.head, places)?;
        picture = layer.geometry.output;
    }
    layout.line(picture)
}

impl<'a, 'm> Rows<'a, 'm> {
    /// An arena that is too small is refused; the latent comes next.
    pub(crate) fn new(
        model: &Model<'m>,
        arena: &'a mut [u8],
        needed: usize,
        row: usize,
    ) -> Result<Self, GenerateError> {
        let too_small = GenerateError::ArenaTooSmall {
            needed,
            found: arena.len(),
        };
        let (kept, row) = split(arena, needed, row)?;
        let layers = model.layers();
        let records = layers.bytes();
        let schedule = schedule(layers, model.layer_count(), cells(kept));
        Ok(Rows {
            pixels: model.pixel_table(),
            row,
            channels: model.channels(),
            layers: records,
            schedule: schedule.ok_or(too_small)?,
        })
    }

    pub(crate) fn latent(&mut self) -> impl FnMut(usize, i8) {
        self.schedule.latent()
    }

    fn made(&mut self) -> Made {
        let Ok(made) = self.schedule.step(&mut self.layers);
        made
    }

    /// Computes one row of one layer: a bounded piece of the work.
    pub fn step(&mut self) -> Step {
        match self.made() {
            Made::Inner(layer) => Step::Layer(layer),
            Made::Nothing => Step::Done,
            Made::Last(layer) => {
                let line = self.schedule.line();
                pixels(self.pixels, self.channels, line, self.row);
                Step::Row(layer)
            }
        }
    }

    /// The row that was completed last: the channels of a pixel side by side, 0 to 255.
    pub fn row(&self) -> &[u8] {
        self.row
    }

    /// Computes the next row of the picture, the first one first; `None` behind the last.
    pub fn next_row(&mut self) -> Option<&[u8]> {
        loop {
            match self.step() {
                Step::Layer(_) => {}
                Step::Row(_) => return Some(self.row),
                Step::Done => return None,
            }
        }
    }
}

/// A whole picture that is computed in bounded steps: what [`Model::start`] starts.
#[derive(Debug)]
pub struct Drawing<'a, 'm> {
    width: u16,
    height: u16,
    picture: &'a mut [u8],
    /// Bytes of the rows that are complete.
    complete: usize,
    pub(crate) rows: Rows<'a, 'm>,
}

impl<'a, 'm> Drawing<'a, 'm> {
    pub(crate) fn new(model: &Model<'m>, arena: &'a mut [u8]) -> Result<Self, GenerateError> {
        let needed = model.arena_bytes();
        let (kept, picture) = split(arena, needed, model.picture_bytes())?;
        Ok(Drawing {
            width: model.width(),
            height: model.height(),
            picture,
            complete: 0,
            rows: Rows::new(model, kept, needed.saturating_sub(model.picture_bytes()), 0)?,
        })
    }

    pub(crate) fn latent(&mut self) -> impl FnMut(usize, i8) {
        self.rows.latent()
    }

    /// Computes one row of one layer: a bounded piece of the work.
    pub fn step(&mut self) -> Step {
        match self.rows.made() {
            Made::Inner(layer) => Step::Layer(layer),
            Made::Nothing => Step::Done,
            Made::Last(layer) => {
                let row = self.picture.get_mut(self.complete..).unwrap_or_default();
                let line = self.rows.schedule.line();
                pixels(self.rows.pixels, self.rows.channels, line, row);
                self.complete = nth(self.complete, self.width.into(), self.rows.channels.into());
                Step::Row(layer)
            }
        }
    }

    /// Does what is left to do and returns the picture.
    pub fn finish(mut self) -> Picture<'a> {
        while self.step() != Step::Done {}
        Picture::new(self.width, self.height, self.rows.channels, self.picture)
    }
}

#[cfg(test)]
mod tests {
    use super::look_up;

    #[test]
    fn a_mirrored_table_is_half_of_a_whole_one() {
        let mirrored: Vec<u8> = (0..=128).map(|value| 127 + value as u8).collect();
        let whole: Vec<u8> = (-128i16..=127)
            .map(|value| match value {
                0.. => mirrored[value as usize],
                _ => 255 - mirrored[-value as usize],
            })
            .collect();
        for value in -128..=127 {
            assert_eq!(look_up(&mirrored, value), look_up(&whole, value), "{value}");
        }
        assert_eq!(look_up(&mirrored, -128), 0);
        assert_eq!(look_up(&whole, 127), 254);
    }
}
