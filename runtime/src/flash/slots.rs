//! Two slots for models, of which one is in use while the other is written.

use super::paged::Checked;
use super::slot::{self, RECORD_BYTES, Record};
use super::{ModelWriter, NoModel, PagedError, PagedModel, Slot, SlotError, Vacancy};
use core::ops::Range;
use embedded_storage::nor_flash::{ErrorType, NorFlash};

/// Two slots in flash, each in sectors of its own: the newest model that is whole is the one in use, and an
/// [update](Self::update) writes the other slot. Whenever the power goes, one of them has a model.
///
/// ```
/// # use embedded_storage_inmemory::MemFlash;
/// use pixling::Request;
/// use pixling::flash::Slots;
///
/// # let received = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/format-2.pxl"));
/// # let mut flash = MemFlash::<16384, 4096, 4>::new(0xff);
/// # let (mut buffer, mut arena) = ([0; 1024], [0; 4096]);
/// let mut slots = Slots::new(&mut flash, 0..16384)?;
///
/// let mut writer = slots.update(&mut buffer)?;
/// for piece in received.chunks(20) { // as they arrive
///     writer.write(piece)?;
/// }
/// writer.finish(&mut buffer, &mut arena)?; // reads it back and draws its golden pictures first
///
/// let (slot, mut model) = slots.load(&mut buffer)?; // the newest, here and after every start
/// let picture = model.generate(&Request::new(1, 7), &mut arena)?;
/// # assert_eq!(picture.width(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Slots<F> {
    pub(super) flash: F,
    start: u32,
    /// Of one slot.
    bytes: u32,
    #[cfg(feature = "signed")]
    pub(super) public_key: Option<[u8; 32]>,
}

type Outcome<T, F> = Result<T, SlotError<<F as ErrorType>::Error>>;

/// The slot with the newest model: that there is none is no error for an update.
type Survey<E> = Result<Slot, NoModel<E>>;

/// A slot with a model that counts, and the bytes of the buffer that it is loaded with; or why it has none.
type Candidate<E> = Result<(Slot, usize), Vacancy<E>>;

impl<F: NorFlash> Slots<F> {
    pub(super) const ERASE_MASK: u32 = {
        assert!(
            F::ERASE_SIZE.is_power_of_two() && F::WRITE_SIZE.is_power_of_two(),
            "a flash has words and sectors of powers of two"
        );
        assert!(
            F::WRITE_SIZE <= RECORD_BYTES as usize && F::READ_SIZE <= RECORD_BYTES as usize,
            "a flash has words of at most 32 bytes"
        );
        (F::ERASE_SIZE as u32).wrapping_sub(1)
    };

    /// The halves of these bytes of the flash are the slots.
    ///
    /// # Errors
    ///
    /// When a slot does not consist of whole sectors, or the range does not lie in the flash.
    pub fn new(flash: F, range: Range<u32>) -> Result<Slots<F>, SlotError<F::Error>> {
        let bytes = range.end.saturating_sub(range.start) >> 1;
        let whole = (range.start | range.end | bytes) & Self::ERASE_MASK == 0;
        if !whole || bytes == 0 || range.end as usize > flash.capacity() {
            return Err(SlotError::Region {
                start: range.start,
                end: range.end,
                sector: F::ERASE_SIZE as u32,
            });
        }
        Ok(Slots {
            flash,
            start: range.start,
            bytes,
            #[cfg(feature = "signed")]
            public_key: None,
        })
    }

    /// From now on an update is refused unless an Ed25519 signature of the file, made with the secret key of this public
    /// one, comes right after the file: `tools/flash sign` makes key and signature. A model that is in a slot already is not
    /// checked again.
    #[cfg(feature = "signed")]
    pub fn signed_by(mut self, public_key: [u8; 32]) -> Slots<F> {
        self.public_key = Some(public_key);
        self
    }

    /// Bytes of the longest file that a slot holds.
    pub fn capacity(&self) -> u32 {
        self.bytes.saturating_sub(RECORD_BYTES)
    }

    /// The driver.
    pub fn into_inner(self) -> F {
        self.flash
    }

    /// Where the file of a slot may lie.
    pub(super) fn range(&self, index: usize) -> Range<u32> {
        let start = self
            .start
            .wrapping_add(if index == 0 { 0 } else { self.bytes });
        start..start.wrapping_add(self.capacity())
    }

    /// The first sector of a record, counted in bytes from the start of a slot.
    pub(super) fn last_sector(&self) -> u32 {
        self.capacity() & !Self::ERASE_MASK
    }

    /// Erases the record of a slot: all sectors that it lies in.
    pub(super) fn erase_record(&mut self, index: usize) -> Result<(), SlotError<F::Error>> {
        let start = self.range(index).start;
        let from = start.wrapping_add(self.last_sector());
        let to = start.wrapping_add(self.bytes);
        self.flash.erase(from, to).map_err(SlotError::Erase)
    }

    /// The slot with the newest model. All of the file is checked but its golden pictures, which were drawn before it
    /// came to count. The buffer is for the check alone: some 200 bytes do.
    ///
    /// # Errors
    ///
    /// When neither slot has one; when the buffer is too small to check a file.
    pub fn newest(&mut self, buffer: &mut [u8]) -> Result<Slot, SlotError<F::Error>> {
        let (newest, _) = self.survey(buffer, usize::MAX)?;
        newest.map_err(SlotError::NoModel)
    }

    /// Loads the newest model that the buffer is large enough for, and gives its slot: another one than
    /// [`newest`](Self::newest) gives where the buffer is smaller than the [`page_bytes`](crate::Model::page_bytes) of the
    /// newest model. A model is read twice: to choose it, and to load it.
    ///
    /// # Errors
    ///
    /// When neither slot has a model; when the buffer is too small for each of them.
    pub fn load<'b>(
        &mut self,
        buffer: &'b mut [u8],
    ) -> Result<(Slot, PagedModel<'b, &mut F>), SlotError<F::Error>> {
        let (newest, _) = self.survey(buffer, buffer.len())?;
        let slot = newest.map_err(SlotError::NoModel)?;
        let model = PagedModel::load(&mut self.flash, slot.range.clone(), buffer)?;
        Ok((slot, model))
    }

    /// Starts to write a model to the slot that does not have the newest one. Nothing is erased before the first bytes
    /// of a model file have come.
    ///
    /// # Errors
    ///
    /// When the buffer is smaller than [`newest`](Self::newest) needs to know which slot must stay.
    pub fn update(&mut self, buffer: &mut [u8]) -> Result<ModelWriter<'_, F>, SlotError<F::Error>> {
        let (newest, sequence) = self.survey(buffer, usize::MAX)?;
        let (index, other_unread) = match newest {
            Ok(slot) => (1 - slot.index.min(1), false),
            // No model to lose. Of a slot that cannot be read nobody knows.
            Err(NoModel([Vacancy::Unreadable(_), _])) => (1, true),
            Err(NoModel([_, other])) => (0, matches!(other, Vacancy::Unreadable(_))),
        };
        Ok(ModelWriter::new(self, index, sequence, other_unread))
    }

    /// The slot with the newest model that a buffer of `most` bytes is large enough for, and the next sequence number.
    fn survey(&mut self, buffer: &mut [u8], most: usize) -> Outcome<(Survey<F::Error>, u32), F> {
        let (needed, found) = (RECORD_BYTES as usize, buffer.len());
        if found < needed {
            return Err(PagedError::BufferTooSmall { needed, found }.into());
        }
        let read = [self.record(0, buffer), self.record(1, buffer)];
        let records = [&read[0], &read[1]].map(|it| it.as_ref().ok().copied());
        let order = slot::order(records.map(|it| it.map(|it| it.sequence)));
        let mut vacancies = read.map(|it| it.err().unwrap_or(Vacancy::NotCommitted));
        let (mut next, mut too_large) = (None, 0);
        for index in order.into_iter().flatten() {
            let Some(Some(record)) = records.get(index).copied() else {
                continue;
            };
            // Behind the newest number, even where its model does not count.
            let next = *next.get_or_insert(record.sequence.wrapping_add(1));
            match self.check(index, record, buffer)? {
                Ok((slot, needed)) if needed <= most => return Ok((Ok(slot), next)),
                Ok((_, needed)) if too_large == 0 => too_large = needed,
                Ok(_) => {}
                Err(vacancy) => {
                    if let Some(place) = vacancies.get_mut(index) {
                        *place = vacancy;
                    }
                }
            }
        }
        match too_large {
            0 => Ok((Err(NoModel(vacancies)), next.unwrap_or(0))),
            needed => Err(PagedError::BufferTooSmall { needed, found }.into()),
        }
    }

    /// What the record of a slot says, by a buffer that holds one.
    pub(super) fn record(
        &mut self,
        index: usize,
        buffer: &mut [u8],
    ) -> Result<Record, Vacancy<F::Error>> {
        let at = self.range(index).end;
        let bytes = buffer.get_mut(..RECORD_BYTES as usize).unwrap_or_default();
        self.flash.read(at, bytes).map_err(Vacancy::Unreadable)?;
        Record::from_bytes(bytes).ok_or(Vacancy::NotCommitted)
    }

    /// Checks the file of a slot with a record.
    fn check(
        &mut self,
        index: usize,
        record: Record,
        buffer: &mut [u8],
    ) -> Outcome<Candidate<F::Error>, F> {
        let range = self.range(index);
        let vacancy = match Checked::new(&mut self.flash, &range, buffer) {
            Ok(file) if file.checksum == record.checksum => {
                let slot = Slot {
                    index,
                    sequence: record.sequence,
                    range,
                };
                return Ok(Ok((slot, file.page_bytes(F::READ_SIZE))));
            }
            Ok(_) => Vacancy::OtherFile,
            Err(PagedError::Load(error)) => Vacancy::Refused(error),
            Err(PagedError::Read(error)) => Vacancy::Unreadable(error),
            // Not the file's fault: it must not be given up for it.
            Err(error) => return Err(error.into()),
        };
        Ok(Err(vacancy))
    }
}
