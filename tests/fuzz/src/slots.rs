//! Any contents of two slots: the newest is what `docs/flash.md` says, through the driver and in place.

use crate::{draw, seeds};
use embedded_storage::nor_flash::NorFlash;
use pixling::flash::{NoModel, RECORD_BYTES, SlotError, Slots, Vacancy, newest};
use pixling::write::seal;
use pixling::{HEADER_BYTES, Model};
use pixling_test_support::SimulatedFlash;

/// Of a sector.
pub(crate) const ERASE: usize = 512;
/// Of one slot.
pub(crate) const SLOT: usize = 4 * ERASE;
/// Where the record starts.
pub(crate) const CAPACITY: usize = SLOT - RECORD_BYTES as usize;
/// More than any file here needs, for all that passes is shorter than a slot.
pub(crate) const BUFFER: usize = 4096;

pub(crate) type Flash = SimulatedFlash<1, 4, ERASE>;

/// A flash that holds the bytes.
pub(crate) fn flash_of(bytes: &[u8]) -> Flash {
    let mut flash = Flash::new(bytes.len() / ERASE);
    flash.write(0, bytes).expect("it has power");
    flash
}

/// A record as `docs/flash.md` has it.
pub(crate) fn record(sequence: u32, checksum: u32) -> [u8; RECORD_BYTES as usize] {
    let mut bytes = [0xff; RECORD_BYTES as usize];
    bytes[..4].copy_from_slice(b"PXLS");
    bytes[4..8].copy_from_slice(&sequence.to_le_bytes());
    bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
    let seal = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&seal.to_le_bytes());
    bytes
}

/// A slot with a file that counts.
pub(crate) fn slot(file: &[u8], sequence: u32) -> Vec<u8> {
    let mut bytes = file.to_vec();
    bytes.resize(CAPACITY, 0xff);
    bytes.extend(record(sequence, crc32fast::hash(&file[HEADER_BYTES..])));
    bytes
}

/// What to mend in the contents so that more than a checksum is tried, then both slots.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let files: Vec<_> = seeds::files()
        .into_iter()
        .filter(|it| it.len() <= CAPACITY)
        .collect();
    let mut all = Vec::new();
    for mend in [0u8, 5, 10, 15] {
        for (first, second) in [(3, 4), (9, 8), (u32::MAX, 0), (1 << 31, 0)] {
            let both = [slot(&files[0], first), slot(&files[1], second)].concat();
            all.push([&[mend], &both[..]].concat());
        }
    }
    let alone = [vec![0], slot(&files[1], 7)].concat();
    let second = [vec![0], vec![0xff; SLOT], slot(&files[0], 7)].concat();
    all.extend([alone, second, vec![0]]);
    all
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([0, 1, 2, 3].map(|index| bytes[at + index]))
}

/// Makes the envelope of a file go with its payload, and the record with the file.
fn mend(slot: &mut [u8], envelope: bool, as_record: bool) {
    if envelope {
        let bytes = (word(slot, 8) as usize).min(CAPACITY - HEADER_BYTES);
        let file = seal(&slot[HEADER_BYTES..][..bytes]).expect("shorter than a slot");
        slot[..file.len()].copy_from_slice(&file);
    }
    if as_record {
        let record = record(word(slot, CAPACITY + 4), word(slot, 12));
        slot[CAPACITY..].copy_from_slice(&record);
    }
}

/// The sequence number of a slot that counts, or why it does not.
fn counts(slot: &[u8]) -> Result<u32, Vacancy<std::convert::Infallible>> {
    let (file, record) = slot.split_at(CAPACITY);
    let whole = record.starts_with(b"PXLS") && word(record, 12) == crc32fast::hash(&record[..12]);
    if !whole {
        return Err(Vacancy::NotCommitted);
    }
    Model::load(file).map_err(Vacancy::Refused)?;
    match word(file, 12) == word(record, 8) {
        true => Ok(word(record, 4)),
        false => Err(Vacancy::OtherFile),
    }
}

pub(crate) fn run(bytes: &[u8]) {
    let (how, contents) = bytes.split_first().unwrap_or((&0, &[]));
    let mut partition = contents.to_vec();
    partition.resize(2 * SLOT, 0xff);
    for (index, slot) in partition.chunks_mut(SLOT).enumerate() {
        mend(slot, how >> (2 * index) & 1 > 0, how >> (2 * index) & 2 > 0);
    }

    let [first, second] = [0, 1].map(|index| counts(&partition[index * SLOT..][..SLOT]));
    let expected = match (first, second) {
        (Ok(first), Ok(second)) => {
            let later = second.wrapping_sub(first);
            match 0 < later && later < 1 << 31 {
                true => Ok((1, second)),
                false => Ok((0, first)),
            }
        }
        (Ok(first), Err(_)) => Ok((0, first)),
        (Err(_), Ok(second)) => Ok((1, second)),
        (Err(first), Err(second)) => Err(NoModel([first, second])),
    };

    let mut flash = flash_of(&partition);
    let mut slots = Slots::new(&mut flash, 0..2 * SLOT as u32).expect("whole sectors");
    let mut buffer = vec![0; BUFFER];
    match (expected, newest(&partition)) {
        (Err(expected), Err(found)) => {
            assert_eq!(found, expected);
            let Err(SlotError::NoModel(found)) = slots.newest(&mut buffer) else {
                panic!("a model through the driver only")
            };
            let names = format!("{found:?}");
            assert_eq!(names, format!("{expected:?}"));
        }
        (Ok(expected), Ok((slot, model))) => {
            assert_eq!((slot.index, slot.sequence), expected);
            let start = (slot.index * SLOT) as u32;
            assert_eq!(slot.range, start..start + CAPACITY as u32);
            let needed = model.page_bytes(1);
            buffer.resize(needed.max(BUFFER), 0);
            assert_eq!(slots.newest(&mut buffer).as_ref(), Ok(&slot));
            let (loaded, paged) = slots.load(&mut buffer).expect("it is the newest");
            assert_eq!(loaded, slot);
            assert_eq!(paged.file_bytes(), model.file_bytes());
            let file = &partition[slot.range.start as usize..slot.range.end as usize];
            draw::load_and_draw(file, expected.1.into()).expect("it is the newest");
        }
        (expected, found) => panic!("{found:?}, not {expected:?}"),
    }
}
