//! Two slots for models, of which one is in use while the other is written.

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
/// let mut model = slots.load(&mut buffer)?; // the newest, here and after every start
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
}

type Outcome<T, F> = Result<T, SlotError<<F as ErrorType>::Error>>;

/// The slot with the newest model: that there is none is no error for an update.
type Survey<E> = Result<Slot, NoModel<E>>;

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
        })
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

    /// The slot with the newest model. All of the file is checked but its golden pictures, which were drawn before it
    /// came to count.
    ///
    /// # Errors
    ///
    /// When neither slot has one; when the buffer is smaller than the newest model's
    /// [`page_bytes`](crate::Model::page_bytes).
    pub fn newest(&mut self, buffer: &mut [u8]) -> Result<Slot, SlotError<F::Error>> {
        let (newest, _) = self.survey(buffer)?;
        newest.map_err(SlotError::NoModel)
    }

    /// Loads the newest model, which is read twice: to choose it, and to load it.
    ///
    /// # Errors
    ///
    /// As [`newest`](Self::newest).
    pub fn load<'b>(
        &mut self,
        buffer: &'b mut [u8],
    ) -> Result<PagedModel<'b, &mut F>, SlotError<F::Error>> {
        let slot = self.newest(buffer)?;
        PagedModel::load(&mut self.flash, slot.range, buffer).map_err(SlotError::Model)
    }

    /// Starts to write a model to the slot that does not have the newest one. Nothing is erased before the first bytes
    /// of a model file have come.
    ///
    /// # Errors
    ///
    /// When the buffer is smaller than [`newest`](Self::newest) needs to know which slot must stay.
    pub fn update(&mut self, buffer: &mut [u8]) -> Result<ModelWriter<'_, F>, SlotError<F::Error>> {
        let (newest, sequence) = self.survey(buffer)?;
        let index = match newest {
            Ok(slot) => 1 - slot.index.min(1),
            // No model to lose. Of a slot that cannot be read nobody knows.
            Err(NoModel([Vacancy::Unreadable(_), _])) => 1,
            Err(_) => 0,
        };
        Ok(ModelWriter::new(self, index, sequence))
    }

    /// The slot with the newest model, and the next sequence number.
    fn survey(&mut self, buffer: &mut [u8]) -> Outcome<(Survey<F::Error>, u32), F> {
        let (needed, found) = (RECORD_BYTES as usize, buffer.len());
        if found < needed {
            return Err(PagedError::BufferTooSmall { needed, found }.into());
        }
        let found = [self.record(0, buffer), self.record(1, buffer)];
        let records = [&found[0], &found[1]].map(|it| it.as_ref().ok().copied());
        let order = slot::order(records.map(|it| it.map(|it| it.sequence)));
        let mut vacancies = found.map(|it| it.err().unwrap_or(Vacancy::NotCommitted));
        let mut next = None;
        for index in order.into_iter().flatten() {
            let Some(Some(record)) = records.get(index).copied() else {
                continue;
            };
            // Behind the newest number, even where its model does not count.
            let next = *next.get_or_insert(record.sequence.wrapping_add(1));
            match self.check(index, record, buffer)? {
                Ok(slot) => return Ok((Ok(slot), next)),
                Err(vacancy) => {
                    if let Some(place) = vacancies.get_mut(index) {
                        *place = vacancy;
                    }
                }
            }
        }
        Ok((Err(NoModel(vacancies)), next.unwrap_or(0)))
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
    ) -> Outcome<Result<Slot, Vacancy<F::Error>>, F> {
        let range = self.range(index);
        let vacancy = match PagedModel::load(&mut self.flash, range.clone(), buffer) {
            Ok(model) if model.checksum == record.checksum => {
                return Ok(Ok(Slot {
                    index,
                    sequence: record.sequence,
                    range,
                }));
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
