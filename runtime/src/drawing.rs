//! Pictures in the making: row by row, and in bounded steps.

use crate::kernels::cell::{Cell, cells};
use crate::model::Model;
use crate::schedule::{Made, Schedule};
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
    schedule: Schedule<'a, 'm>,
}

/// Looks up the pixels of a row's values, off which the zero point was taken.
fn pixels(table: &[u8], channels: u16, (line, zero_point): (&[Cell], i8), row: &mut [u8]) {
    let first = (zero_point as u8).wrapping_add(128);
    let look_up = |cell: &Cell, channel| {
        let entry = (cell.get(channel) as u8).wrapping_add(first);
        table.get(usize::from(entry)).copied().unwrap_or(0)
    };
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
        // Nothing of the arena beyond the plan is touched.
        let (kept, row) = arena
            .get_mut(..needed)
            .and_then(|arena| arena.split_at_mut_checked(needed.saturating_sub(row)))
            .ok_or(too_small)?;
        let schedule = Schedule::new(model.layers(), model.layer_count(), cells(kept));
        Ok(Rows {
            pixels: model.pixel_table(),
            row,
            channels: model.channels(),
            schedule: schedule.ok_or(too_small)?,
        })
    }

    pub(crate) fn latent(&mut self) -> impl FnMut(usize, i8) {
        self.schedule.latent()
    }

    /// Computes one row of one layer: a bounded piece of the work.
    pub fn step(&mut self) -> Step {
        match self.schedule.step() {
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
    rows: Rows<'a, 'm>,
}

impl<'a, 'm> Drawing<'a, 'm> {
    pub(crate) fn new(model: &Model<'m>, arena: &'a mut [u8]) -> Result<Self, GenerateError> {
        let (needed, found) = (model.arena_bytes(), arena.len());
        let too_small = GenerateError::ArenaTooSmall { needed, found };
        if found < needed {
            return Err(too_small);
        }
        let (kept, picture) = arena
            .get_mut(..needed)
            .and_then(|arena| {
                arena.split_at_mut_checked(needed.saturating_sub(model.picture_bytes()))
            })
            .ok_or(too_small)?;
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
        let made = self.rows.schedule.step();
        match made {
            Made::Inner(layer) => Step::Layer(layer),
            Made::Nothing => Step::Done,
            Made::Last(layer) => {
                let row = self.picture.get_mut(self.complete..).unwrap_or_default();
                let line = self.rows.schedule.line();
                pixels(self.rows.pixels, self.rows.channels, line, row);
                let length = usize::from(self.width).wrapping_mul(self.rows.channels.into());
                self.complete = self.complete.wrapping_add(length);
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
