//! A model on its way into a slot.

#[cfg(feature = "signed")]
use super::signature::{self, Trailer};
use super::slot::{FIELDS, RECORD_BYTES, Record};
use super::{PagedError, PagedModel, Slot, SlotError, Slots, Vacancy};
use crate::envelope::{self, HEADER_BYTES};
use crate::load::malformed;
use crate::{LoadError, Section};
use embedded_storage::nor_flash::NorFlash;

/// Bytes that are held back: the largest word, and enough to see what file it is.
const HELD: usize = RECORD_BYTES as usize;

/// Limits to a model that comes from outside. A file of 400 KB can ask for hours of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Multiply-accumulates of a picture at most.
    pub macs: u64,
}

impl Default for Limits {
    /// 100 million multiply-accumulates: ten times as many as a picture of the preset `milli` takes.
    fn default() -> Self {
        Limits { macs: 100_000_000 }
    }
}

/// Writes a model file piece by piece: what [`Slots::update`] starts. Until [`finish`](Self::finish) has returned, the
/// model before is the newest; dropping the writer, or a loss of power, leaves it so.
#[derive(Debug)]
pub struct ModelWriter<'s, F> {
    slots: &'s mut Slots<F>,
    index: usize,
    sequence: u32,
    /// Whether the record of the other slot could not be read, so that its sequence number may be the later one.
    other_unread: bool,
    /// What the file's envelope says of its length and checksum, once that has come.
    envelope: Option<(u32, u32)>,
    /// Bytes of the slot that were written, all in whole words.
    written: u32,
    /// Bytes from the slot's start on that are erased. The last sector is, besides.
    erased: u32,
    held: [u8; HELD],
    held_bytes: usize,
    #[cfg(feature = "signed")]
    trailer: Trailer,
}

impl<'s, F: NorFlash> ModelWriter<'s, F> {
    const WORD_MASK: usize = F::WRITE_SIZE.wrapping_sub(1);

    pub(super) fn new(
        slots: &'s mut Slots<F>,
        index: usize,
        sequence: u32,
        other_unread: bool,
    ) -> Self {
        ModelWriter {
            slots,
            index,
            sequence,
            other_unread,
            envelope: None,
            written: 0,
            erased: 0,
            held: [0xff; HELD],
            held_bytes: 0,
            #[cfg(feature = "signed")]
            trailer: Trailer::new(),
        }
    }

    /// Takes the next bytes of the file, as many as there are. The sector that they reach is erased before, so that this
    /// takes as long as the flash takes for that. Bytes after the file are ignored, but for a signature where the slots have
    /// a public key.
    ///
    /// # Errors
    ///
    /// When the first 32 bytes are not those of a model that this build reads, or its file is longer than the
    /// [slot](Slots::capacity): then nothing was erased. When the driver cannot erase or write: then start again.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), SlotError<F::Error>> {
        let mut rest = bytes;
        loop {
            self.begin()?;
            let left = match self.envelope {
                Some((length, _)) => length.saturating_sub(self.received()) as usize,
                None => HELD.saturating_sub(self.held_bytes),
            };
            let most = rest.len().min(left);
            let words = most & !Self::WORD_MASK;
            let (taken, behind) = if self.envelope.is_some() && self.held_bytes == 0 && words > 0 {
                // Whole words need not be held.
                let (taken, behind) = rest.split_at_checked(words).unwrap_or_default();
                self.program(taken)?;
                (words, behind)
            } else if let (1.., Some((byte, behind))) = (most, rest.split_first()) {
                self.hold(*byte)?;
                (1, behind)
            } else {
                (0, rest)
            };
            rest = behind;
            if taken == 0 {
                #[cfg(feature = "signed")]
                self.trailer.add(rest);
                return Ok(());
            }
        }
    }

    /// Bytes of the file that have come.
    fn received(&self) -> u32 {
        self.written.wrapping_add(self.held_bytes as u32)
    }

    fn hold(&mut self, byte: u8) -> Result<(), SlotError<F::Error>> {
        if let Some(place) = self.held.get_mut(self.held_bytes) {
            *place = byte;
            self.held_bytes = self.held_bytes.wrapping_add(1);
        }
        if self.envelope.is_some() && self.held_bytes & Self::WORD_MASK == 0 {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what is held, filled up to a whole word.
    fn flush(&mut self) -> Result<(), SlotError<F::Error>> {
        let held = core::mem::replace(&mut self.held, [0xff; HELD]);
        let bytes = core::mem::take(&mut self.held_bytes);
        let whole = bytes.wrapping_add(Self::WORD_MASK) & !Self::WORD_MASK;
        self.program(held.get(..whole).unwrap_or_default())
    }

    /// Looks at the envelope as soon as it is there. From then on the slot does not count any more.
    fn begin(&mut self) -> Result<(), SlotError<F::Error>> {
        if self.envelope.is_some() || self.held_bytes < HELD {
            return Ok(());
        }
        let envelope = envelope::read(&self.held, u64::MAX).map_err(PagedError::Load)?;
        let needed = (HEADER_BYTES as u64).saturating_add(envelope.length.into());
        let capacity = self.slots.capacity();
        if needed > capacity.into() {
            return Err(SlotError::TooLarge { needed, capacity });
        }
        // The record goes first, whatever else is cut.
        self.slots.erase_record(self.index)?;
        self.envelope = Some((needed as u32, envelope.checksum));
        self.flush()
    }

    /// Erases a sector of the file, counted in bytes from the start of the slot.
    fn erase(&mut self, sector: u32) -> Result<(), SlotError<F::Error>> {
        let from = self.slots.range(self.index).start.wrapping_add(sector);
        let to = from.wrapping_add(F::ERASE_SIZE as u32);
        self.slots.flash.erase(from, to).map_err(SlotError::Erase)
    }

    /// Writes whole words, behind those that were written.
    fn program(&mut self, words: &[u8]) -> Result<(), SlotError<F::Error>> {
        let end = self.written.wrapping_add(words.len() as u32);
        while self.erased < end.min(self.slots.last_sector()) {
            self.erase(self.erased)?;
            self.erased = self.erased.wrapping_add(F::ERASE_SIZE as u32);
        }
        let at = self
            .slots
            .range(self.index)
            .start
            .wrapping_add(self.written);
        self.slots
            .flash
            .write(at, words)
            .map_err(SlotError::Write)?;
        self.written = end;
        Ok(())
    }

    /// Makes the model count, after all of it was read back from the flash, checked, and its golden pictures were drawn
    /// from there. `buffer` is for a [`PagedModel`], `arena` for its pictures. The [limits](Limits) are the default
    /// ones.
    ///
    /// # Errors
    ///
    /// When the file has not come to its end, is refused, exceeds the limits, or draws other pictures than on its
    /// exporter's machine; when the slots have a public key, and the signature is missing or wrong; when buffer or arena
    /// are too small for it; when the driver fails. The model before stays the newest, but for
    /// [`SlotError::Unconfirmed`]: then ask [`Slots::newest`].
    pub fn finish(self, buffer: &mut [u8], arena: &mut [u8]) -> Result<Slot, SlotError<F::Error>> {
        self.finish_with(Limits::default(), buffer, arena, &mut || ())
    }

    /// The same with other limits; `between` is called before each row of a layer of the golden pictures, to feed a
    /// watchdog.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish).
    pub fn finish_with(
        mut self,
        limits: Limits,
        buffer: &mut [u8],
        arena: &mut [u8],
        between: &mut dyn FnMut(),
    ) -> Result<Slot, SlotError<F::Error>> {
        // Once more, so that what was refused before is refused for the same reason.
        self.begin()?;
        let found = self.received().into();
        let Some((length, checksum)) = self.envelope else {
            // Shorter than what is held.
            let held = self.held.get(..self.held_bytes).unwrap_or_default();
            envelope::read(held, found).map_err(PagedError::Load)?;
            let refused = malformed(Section::Header, HEADER_BYTES as u32);
            return Err(PagedError::Load(refused).into());
        };
        let expected = length.into();
        if found < expected {
            return Err(PagedError::Load(LoadError::Truncated { expected, found }).into());
        }
        if self.held_bytes > 0 {
            self.flush()?;
        }
        let range = self.slots.range(self.index);
        #[cfg(feature = "signed")]
        if let Some(public_key) = self.slots.public_key {
            let file = range.start..range.start.wrapping_add(length);
            let flash = &mut self.slots.flash;
            signature::check(flash, &file, public_key, &self.trailer, buffer, between)?;
        }
        let mut model = PagedModel::load(&mut self.slots.flash, range.clone(), buffer)?;
        let (needed, most) = (model.macs(), limits.macs);
        if needed > most {
            return Err(PagedError::TooMuchWork { needed, most }.into());
        }
        model.self_test_with(arena, between)?;
        let unread = self.other_unread && self.other_is_unread(buffer);
        self.commit(checksum, buffer)?;
        if unread {
            // After the commit: if the power goes between, there is one model at least.
            let other = 1usize.wrapping_sub(self.index);
            self.slots
                .erase_record(other)
                .map_err(|error| match error {
                    SlotError::Erase(error) => SlotError::Unconfirmed(error),
                    other => other,
                })?;
        }
        Ok(Slot {
            index: self.index,
            sequence: self.sequence,
            range,
        })
    }

    /// Reads the record of the other slot again: if there is one, the new one gets the number after it. A record that still
    /// cannot be read may be read again one day, as the newest.
    fn other_is_unread(&mut self, buffer: &mut [u8]) -> bool {
        let other = 1usize.wrapping_sub(self.index);
        match self.slots.record(other, buffer) {
            Ok(record) => {
                self.sequence = record.sequence.wrapping_add(1);
                false
            }
            Err(_) => true,
        }
    }

    /// Writes the record. The bytes in the flash decide, not the driver's result.
    fn commit(&mut self, checksum: u32, buffer: &mut [u8]) -> Result<(), SlotError<F::Error>> {
        let record = Record {
            sequence: self.sequence,
            checksum,
        };
        let at = self.slots.range(self.index).end;
        let bytes = record.to_bytes();
        // Its last word is the one that makes it whole.
        let words = bytes.get(..FIELDS.max(F::WRITE_SIZE)).unwrap_or_default();
        let written = self.slots.flash.write(at, words);
        match self.slots.record(self.index, buffer) {
            Ok(found) if found == record => Ok(()),
            Err(Vacancy::Unreadable(error)) => Err(SlotError::Unconfirmed(error)),
            _ => Err(written.map_or_else(SlotError::Write, |()| SlotError::NotCommitted)),
        }
    }
}
