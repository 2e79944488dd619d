//! Pictures row by row from a model in flash.

use super::PagedError;
use super::pages::Pages;
use crate::Step;
use crate::drawing::pixels;
use crate::schedule::{Made, Schedule};
use embedded_storage::nor_flash::ReadNorFlash;

/// A picture that is computed a row at a time: what [`PagedModel::rows`](super::PagedModel::rows) starts.
///
/// A step that could not read has changed nothing: it may be tried again.
#[derive(Debug)]
pub struct PagedRows<'a, 'b, F> {
    pub(super) pages: &'a mut Pages<'b, F>,
    pub(super) pixels: &'a [u8],
    pub(super) row: &'a mut [u8],
    pub(super) channels: u16,
    pub(super) schedule: Schedule<'a>,
}

impl<F: ReadNorFlash> PagedRows<'_, '_, F> {
    /// Computes one row of one layer: a bounded piece of the work.
    ///
    /// # Errors
    ///
    /// When the driver cannot read.
    pub fn step(&mut self) -> Result<Step, PagedError<F::Error>> {
        Ok(match self.schedule.step(self.pages)? {
            Made::Inner(layer) => Step::Layer(layer),
            Made::Nothing => Step::Done,
            Made::Last(layer) => {
                pixels(self.pixels, self.channels, self.schedule.line(), self.row);
                Step::Row(layer)
            }
        })
    }

    /// The row that was completed last: the channels of a pixel side by side, 0 to 255.
    pub fn row(&self) -> &[u8] {
        self.row
    }

    /// Computes the next row of the picture, the first one first; `None` behind the last.
    ///
    /// # Errors
    ///
    /// When the driver cannot read.
    pub fn next_row(&mut self) -> Result<Option<&[u8]>, PagedError<F::Error>> {
        loop {
            match self.step()? {
                Step::Layer(_) => {}
                Step::Row(_) => return Ok(Some(self.row)),
                Step::Done => return Ok(None),
            }
        }
    }
}
