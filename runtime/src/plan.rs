//! What a picture takes in the arena.

use crate::kernels::cell::Cell;
use crate::shape::Shape;

/// The picture, and what is kept besides it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Of a picture.
    pub(crate) shape: Shape,
    /// Bytes of the feature maps' rows that the schedule keeps.
    pub(crate) kept_bytes: u32,
}

impl Plan {
    /// What the schedule keeps, at whatever address it lies.
    pub(crate) fn kept(&self) -> usize {
        (self.kept_bytes as usize).saturating_add(Cell::SLACK)
    }

    pub(crate) fn picture_bytes(&self) -> usize {
        self.shape.values() as usize
    }

    pub(crate) fn row_bytes(&self) -> usize {
        usize::from(self.shape.width).saturating_mul(usize::from(self.shape.channels))
    }

    pub(crate) fn arena_bytes(&self) -> usize {
        self.kept().saturating_add(self.picture_bytes())
    }

    pub(crate) fn rows_arena_bytes(&self) -> usize {
        self.kept().saturating_add(self.row_bytes())
    }
}
