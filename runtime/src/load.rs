//! What the loading of a file has in common, whatever holds its bytes.

use crate::check::{self, Before};
use crate::filters::Filters;
use crate::kernels::cell::Cell;
use crate::kernels::int4::scratch_cells;
use crate::layer::Coding;
use crate::schedule;
use crate::shape::{Geometry, Shape};
use crate::{LoadError, Rule, Section};

/// A section that cannot be decoded, and where it starts.
pub(crate) fn malformed(section: Section, offset: u32) -> LoadError {
    LoadError::Malformed { section, offset }
}

/// A section that breaks a rule, and where it starts.
pub(crate) fn invalid(section: Section, offset: u32) -> impl Fn(Rule) -> LoadError {
    move |rule| LoadError::Invalid {
        section,
        offset,
        rule,
    }
}

/// What is summed up over the layers.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) macs: u64,
    /// For the next layer.
    pub(crate) before: Before,
    /// Of the arena.
    cells: u64,
    /// Of those, what any layer decodes weights into.
    scratch: u64,
}

impl Totals {
    /// Counts a checked layer.
    pub(crate) fn add(&mut self, geometry: &Geometry, coding: Coding) {
        self.before.add(geometry);
        self.macs = self.macs.saturating_add(geometry.macs());
        self.cells = self.cells.saturating_add(schedule::cells(geometry));
        if coding != Coding::Int8 {
            let cells = scratch_cells(Filters::of(geometry), geometry.output.channels.into());
            self.scratch = self.scratch.max(cells as u64);
        }
    }

    /// Bytes of the rows of feature maps that the schedule keeps, after checking what the last layer writes. `left` are
    /// the bytes behind it.
    pub(crate) fn kept_bytes(&self, picture: Shape, left: usize) -> Result<u32, Rule> {
        if left > 0 {
            return Err(Rule::Rest);
        }
        check::end(picture, &self.before)?;
        let rows = self.cells.saturating_add(schedule::line_cells(picture));
        let cells = rows.saturating_add(self.scratch);
        u32::try_from(cells.saturating_mul(Cell::BYTES as u64)).map_err(|_| Rule::Memory)
    }
}
