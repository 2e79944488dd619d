//! A slot: a model file at its start, and at its end a record that makes the file count.
//!
//! Two slots are all there is to keep consistent, and a file must lie there in one piece to be borrowed. None of the
//! libraries leaves it so: `sequential-storage` and `ekv` split values into items with headers between them, and
//! `embassy-boot` swaps a firmware's partitions page by page, twice the wear, to start it at a fixed address.

use crate::envelope::{HEADER_BYTES, checksum};
use crate::{LoadError, Model};
use core::convert::Infallible;
use core::fmt;
use core::ops::Range;

/// Bytes at the end of a slot that belong to its record: a multiple of all words that are written.
pub const RECORD_BYTES: u32 = 32;

/// Bytes of a record that are not always ones.
pub(super) const FIELDS: usize = 16;
const MAGIC: [u8; 4] = *b"PXLS";

/// A slot with a model that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// 0 or 1.
    pub index: usize,
    /// One more than that of the model before it, and 0 behind `u32::MAX`.
    pub sequence: u32,
    /// Where the file may lie. It starts at the start.
    pub range: Range<u32>,
}

/// What makes a file count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) sequence: u32,
    /// Of the file's payload, as in its envelope.
    pub(super) checksum: u32,
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*word))
}

impl Record {
    pub(super) fn to_bytes(self) -> [u8; RECORD_BYTES as usize] {
        let mut bytes = [0xff; RECORD_BYTES as usize];
        let [sequence, checksum] = [self.sequence, self.checksum].map(u32::to_le_bytes);
        let fields = MAGIC.iter().chain(&sequence).chain(&checksum);
        bytes
            .iter_mut()
            .zip(fields)
            .for_each(|(at, byte)| *at = *byte);
        let seal = seal(&bytes).to_le_bytes();
        let place = bytes.iter_mut().skip(FIELDS - seal.len());
        place.zip(seal).for_each(|(at, byte)| *at = byte);
        bytes
    }

    /// `None` where no record was written, or not all of it.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Record> {
        let valid = bytes.starts_with(&MAGIC) && word(bytes, FIELDS - 4)? == seal(bytes);
        valid.then_some(Record {
            sequence: word(bytes, 4)?,
            checksum: word(bytes, 8)?,
        })
    }

    /// Whether it was written for the file with these first bytes.
    pub(super) fn is_of(self, header: &[u8]) -> bool {
        word(header, HEADER_BYTES - 4) == Some(self.checksum)
    }
}

/// The checksum of a record's fields before it.
fn seal(bytes: &[u8]) -> u32 {
    checksum(bytes.get(..FIELDS - 4).unwrap_or_default())
}

/// The slots with a record, the newest first. Sequence numbers are compared around their end.
pub(super) fn order(sequences: [Option<u32>; 2]) -> [Option<usize>; 2] {
    match sequences {
        [Some(first), Some(second)] if (second.wrapping_sub(first) as i32) > 0 => {
            [Some(1), Some(0)]
        }
        [first, second] => [first.map(|_| 0), second.map(|_| 1)],
    }
}

/// Why a slot has no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vacancy<E> {
    /// Nothing was written, or not to the end.
    NotCommitted,
    /// The file was refused.
    Refused(LoadError),
    /// The record was written for another file.
    OtherFile,
    /// The driver could not read.
    Unreadable(E),
}

impl<E: fmt::Debug> fmt::Display for Vacancy<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Vacancy::NotCommitted => f.write_str("no model was written to its end"),
            Vacancy::Refused(error) => error.fmt(f),
            Vacancy::OtherFile => f.write_str("its record was written for another file"),
            Vacancy::Unreadable(error) => write!(f, "the flash cannot be read: {error:?}"),
        }
    }
}

/// Neither slot has a model, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoModel<E = Infallible>(pub [Vacancy<E>; 2]);

impl<E: fmt::Debug> fmt::Display for NoModel<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoModel([first, second]) = self;
        write!(
            f,
            "no slot holds a model: slot 0: {first}; slot 1: {second}; write one"
        )
    }
}

impl<E: fmt::Debug> core::error::Error for NoModel<E> {}

/// The newest model in two slots that are memory-mapped, borrowed where it lies. The slots are the halves of
/// `partition`, and the [range](Slot::range) counts from its start.
///
/// # Errors
///
/// Says of both slots why they have no model.
///
/// ```
/// # use embedded_storage_inmemory::MemFlash;
/// use pixling::flash::{self, Slots};
/// # let file = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/format-2.pxl"));
/// # let mut flash = MemFlash::<16384, 4096, 4>::new(0xff);
/// # let (mut buffer, mut arena) = ([0; 1024], [0; 4096]);
/// # let mut slots = Slots::new(&mut flash, 0..16384)?;
/// # let mut writer = slots.update(&mut buffer)?;
/// # writer.write(file)?;
/// # writer.finish(&mut buffer, &mut arena)?;
/// # let partition = &flash.mem; // a `&'static [u8]` between two symbols of the linker script on a device
/// let (slot, model) = flash::newest(partition)?;
/// assert_eq!((slot.index, slot.sequence), (0, 0));
/// model.self_test(&mut arena)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn newest(partition: &[u8]) -> Result<(Slot, Model<'_>), NoModel> {
    let bytes = partition.len() >> 1;
    let file = bytes.saturating_sub(RECORD_BYTES as usize);
    let halves = [0, bytes].map(|start| {
        let half = partition.get(start..).unwrap_or_default();
        let record = half.get(file..bytes).unwrap_or_default();
        let file = half.get(..file).unwrap_or_default();
        (start, file, Record::from_bytes(record))
    });
    let mut vacancies = [Vacancy::NotCommitted; 2];
    for index in order(halves.map(|(_, _, record)| record.map(|it| it.sequence)))
        .into_iter()
        .flatten()
    {
        let Some((start, file, Some(record))) = halves.get(index).copied() else {
            continue;
        };
        let vacancy = match Model::load(file) {
            Ok(model) if record.is_of(file) => {
                let start = start as u32;
                let slot = Slot {
                    index,
                    sequence: record.sequence,
                    range: start..start.wrapping_add(file.len() as u32),
                };
                return Ok((slot, model));
            }
            Ok(_) => Vacancy::OtherFile,
            Err(error) => Vacancy::Refused(error),
        };
        if let Some(place) = vacancies.get_mut(index) {
            *place = vacancy;
        }
    }
    Err(NoModel(vacancies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_which_any_bit_is_missing_is_none() {
        let record = Record {
            sequence: 7,
            checksum: 0x0123_4567,
        };
        let bytes = record.to_bytes();
        assert_eq!(Record::from_bytes(&bytes), Some(record));
        assert_eq!(bytes[..8], *b"PXLS\x07\0\0\0");
        assert_eq!(bytes[FIELDS..], [0xff; 16]);
        for bit in 0..FIELDS * 8 {
            let mut torn = bytes;
            torn[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::from_bytes(&torn), None, "bit {bit}");
        }
        assert_eq!(Record::from_bytes(&[0xff; 32]), None);
        assert_eq!(Record::from_bytes(&[0; 32]), None);
        assert_eq!(Record::from_bytes(b"PXLS"), None);
    }

    #[test]
    fn sequence_numbers_are_compared_around_their_end() {
        let newest = |first, second| order([Some(first), Some(second)])[0];
        assert_eq!(newest(0, 1), Some(1));
        assert_eq!(newest(2, 1), Some(0));
        assert_eq!(newest(u32::MAX, 0), Some(1));
        assert_eq!(newest(0, u32::MAX), Some(0));
        assert_eq!(newest(i32::MAX as u32, i32::MAX as u32 + 1), Some(1));
        assert_eq!(order([None, Some(3)]), [None, Some(1)]);
        assert_eq!(order([None, None]), [None, None]);
    }
}
