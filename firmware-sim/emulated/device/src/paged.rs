//! The partition as flash that is read through a driver, with the smallest buffer.

use crate::Arena;
use embedded_storage::nor_flash::{ErrorType, NorFlashErrorKind, ReadNorFlash, check_read};
use pixling::Model;
use pixling::flash::PagedModel;

struct Partition(&'static [u8]);

impl ErrorType for Partition {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Partition {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let from = self.0.get(offset as usize..).unwrap_or_default();
        bytes
            .iter_mut()
            .zip(from)
            .for_each(|(place, byte)| *place = *byte);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

/// Draws the golden pictures of the model that starts at an offset of the partition.
#[inline(never)]
pub(crate) fn self_test(
    partition: &'static [u8],
    before: usize,
    model: &Model<'_>,
    arena: &mut Arena<'_>,
) -> bool {
    let (arena, rest) = arena.split(model.arena_bytes());
    let Some(buffer) = rest.get_mut(..model.page_bytes(Partition::READ_SIZE)) else {
        return false;
    };
    let range = before as u32..partition.len() as u32;
    PagedModel::load(Partition(partition), range, buffer)
        .is_ok_and(|mut paged| paged.self_test(arena).is_ok())
}
