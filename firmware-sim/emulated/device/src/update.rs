//! An update of two slots by the file in the partition, without and with its signature.

use crate::report::Report;
use crate::{Arena, Machine, counter, stack};
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use pixling::Model;
use pixling::flash::{RECORD_BYTES, SIGNATURE_BYTES, SlotError, Slots};

/// On the command line.
pub(crate) const REQUEST: &[u8] = b"update";

const SECTOR: usize = 4096;
const KEY_BYTES: usize = 32;

/// Two slots, of which the first is the partition: its file is there before it is written. Its record is in RAM, and all of
/// the second slot is erased.
struct Prewritten {
    partition: &'static [u8],
    record: [u8; RECORD_BYTES as usize],
}

impl Prewritten {
    fn record_at(&self) -> usize {
        self.partition.len() - RECORD_BYTES as usize
    }
}

impl ErrorType for Prewritten {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Prewritten {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let at = offset as usize;
        let from = if at == self.record_at() {
            &self.record
        } else {
            self.partition.get(at..).unwrap_or_default()
        };
        bytes.fill(0xff);
        let places = bytes.iter_mut().zip(from);
        places.for_each(|(place, byte)| *place = *byte);
        Ok(())
    }

    fn capacity(&self) -> usize {
        2 * self.partition.len()
    }
}

impl NorFlash for Prewritten {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, _: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        if to as usize == self.partition.len() {
            self.record.fill(0xff);
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        if offset as usize == self.record_at() {
            let places = self.record.iter_mut().zip(bytes);
            places.for_each(|(place, byte)| *place = *byte);
        }
        Ok(())
    }
}

/// Updates twice by the model that the partition starts with: as it is, and with the signature and the public key that come
/// after it. Reports `update ok|unsigned|wrong-signature|failed TICKS STACK` for both, of `finish` alone.
pub(crate) fn measure<M: Machine>(
    partition: &'static [u8],
    model: &Model<'_>,
    arena: &mut Arena<'_>,
    report: &mut Report,
) {
    let file = model.file_bytes();
    let key = partition.get(file + SIGNATURE_BYTES..);
    let key = key.and_then(|bytes| bytes.first_chunk::<KEY_BYTES>());
    let (arena, rest) = arena.split(model.arena_bytes());
    let buffer = rest.get_mut(..model.page_bytes(Prewritten::READ_SIZE));
    let (Some(key), Some(buffer)) = (key, buffer) else {
        report.entry("error no-room-for-an-update").fail()
    };
    let sent = partition.get(..file + SIGNATURE_BYTES).unwrap_or_default();
    for key in [None, Some(key)] {
        let flash = Prewritten {
            partition,
            record: [0xff; RECORD_BYTES as usize],
        };
        let outcome = update::<M>(flash, key, sent, buffer, arena);
        let word = match outcome {
            Ok(_) => "ok",
            Err(SlotError::Unsigned) => "unsigned",
            Err(SlotError::WrongSignature) => "wrong-signature",
            Err(_) => "failed",
        };
        let (ticks, stack) = outcome.unwrap_or_default();
        let entry = report.entry("update").word(word);
        entry.number(ticks).number(stack as u32).end();
    }
}

/// The cost of `finish`, from its caller's frame downwards. Not inlined: its stack is below no other measurement's.
#[inline(never)]
fn update<M: Machine>(
    flash: Prewritten,
    key: Option<&[u8; KEY_BYTES]>,
    sent: &[u8],
    buffer: &mut [u8],
    arena: &mut [u8],
) -> Result<(u32, usize), SlotError<NorFlashErrorKind>> {
    let end = flash.capacity() as u32;
    let mut slots = Slots::new(flash, 0..end)?;
    if let Some(key) = key {
        slots = slots.signed_by(*key);
    }
    let mut writer = slots.update(buffer)?;
    writer.write(sent)?;
    let top = stack::paint();
    let (outcome, ticks) = counter::measure::<M, _>(|| writer.finish(buffer, arena));
    let stack = stack::used(top);
    outcome.map(|_| (ticks, stack))
}
