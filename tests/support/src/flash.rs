//! A flash that loses its power in the middle of what it does.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read,
    check_write,
};
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// Why a [`SimulatedFlash`] did not do what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashFault {
    /// The power went, now or before.
    PowerLost,
    /// A word holds bits that do not go with its error correction: it was cut.
    Uncorrectable,
}

impl NorFlashError for FlashFault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// NOR flash in memory, for the driver's place in tests: words of `READ` bytes are read, words of `WRITE` bytes written,
/// sectors of `ERASE` bytes erased.
///
/// It keeps to the rules that real flash has and simple models forget. Writing takes a word that was erased, and takes
/// it once. The power may go at any word and any sector: the word then has some of the bits that were to be written, the
/// sector may hold what it held, bits at random, or almost only ones, and neither can be written before it is erased.
///
/// ```
/// use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
/// use pixling_test_support::{FlashFault, SimulatedFlash};
///
/// let mut flash = SimulatedFlash::<1, 4, 4096>::new(2);
/// flash.write(0, &[1, 2, 3, 4]).unwrap();
/// flash.cut_power_after(1, 2024); // one more word is written, the next is not
/// assert_eq!(flash.write(4, &[0; 8]), Err(FlashFault::PowerLost));
/// flash.power_on();
/// assert_eq!(flash.bytes()[..8], [1, 2, 3, 4, 0, 0, 0, 0]);
/// flash.erase(0, 4096).unwrap();
/// assert_eq!(flash.wear(), [1, 0]);
/// ```
#[derive(Clone, Debug)]
pub struct SimulatedFlash<const READ: usize, const WRITE: usize, const ERASE: usize> {
    bytes: Vec<u8>,
    words: Vec<Word>,
    /// Erases of each sector.
    wear: Vec<u32>,
    operations: u64,
    /// The operation at which the power goes, and what it leaves.
    cut: Option<(u64, Xoshiro128PlusPlus)>,
    powered: bool,
    corrects_errors: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Erased,
    Written,
    /// Cut while it was written or erased.
    Torn,
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> SimulatedFlash<READ, WRITE, ERASE> {
    /// A flash of a number of sectors, all erased.
    ///
    /// # Panics
    ///
    /// When a sector does not consist of whole words.
    pub fn new(sectors: usize) -> Self {
        assert!(
            ERASE.is_multiple_of(WRITE) && ERASE.is_multiple_of(READ),
            "a sector of {ERASE} bytes does not consist of words of {READ} and {WRITE}"
        );
        SimulatedFlash {
            bytes: vec![0xff; sectors * ERASE],
            words: vec![Word::Erased; sectors * (ERASE / WRITE)],
            wear: vec![0; sectors],
            operations: 0,
            cut: None,
            powered: true,
            corrects_errors: false,
        }
    }

    /// Words have an error correction: reading one that was cut fails.
    pub fn with_error_correction(mut self) -> Self {
        self.corrects_errors = true;
        self
    }

    /// Lets the power go in the middle of an operation, a word written or a sector erased, after `operations` more have
    /// been done. What it leaves depends on the seed.
    pub fn cut_power_after(&mut self, operations: u64, seed: u64) {
        let noise = Xoshiro128PlusPlus::seed_from_u64(seed);
        self.cut = Some((self.operations + operations, noise));
    }

    /// The power is back, and stays. Says whether it had gone.
    pub fn power_on(&mut self) -> bool {
        self.cut = None;
        !std::mem::replace(&mut self.powered, true)
    }

    /// Words written and sectors erased so far.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// How often each sector was erased, cut or not.
    pub fn wear(&self) -> &[u32] {
        &self.wear
    }

    /// The contents of the flash, as memory-mapped flash shows it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Flips a bit, as age does.
    ///
    /// # Panics
    ///
    /// When there is no such byte.
    pub fn flip(&mut self, byte: usize, bit: u8) {
        self.bytes[byte] ^= 1 << (bit & 7);
    }

    /// Counts an operation. If the power goes at it, returns what decides the bits that are left.
    fn operate(&mut self) -> Result<Option<Xoshiro128PlusPlus>, FlashFault> {
        if !self.powered {
            return Err(FlashFault::PowerLost);
        }
        let cut = self.cut.take_if(|(at, _)| *at == self.operations);
        self.operations += 1;
        self.powered = cut.is_none();
        Ok(cut.map(|(_, noise)| noise))
    }
}

/// The byte that a cut leaves of one that was to become another: some bits have changed.
fn torn(noise: &mut impl Rng, before: u8, after: u8) -> u8 {
    let changed = noise.next_u32() as u8;
    before & !changed | after & changed
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ErrorType
    for SimulatedFlash<READ, WRITE, ERASE>
{
    type Error = FlashFault;
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ReadNorFlash
    for SimulatedFlash<READ, WRITE, ERASE>
{
    const READ_SIZE: usize = READ;

    /// # Panics
    ///
    /// When what is to be read is not whole words within the flash.
    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        let allowed = check_read(self, offset, bytes.len());
        assert_eq!(allowed, Ok(()), "{} bytes read at {offset}", bytes.len());
        if !self.powered {
            return Err(FlashFault::PowerLost);
        }
        let start = offset as usize;
        let end = start + bytes.len();
        let words = &self.words[start / WRITE..end.div_ceil(WRITE)];
        if self.corrects_errors && words.contains(&Word::Torn) {
            return Err(FlashFault::Uncorrectable);
        }
        bytes.copy_from_slice(&self.bytes[start..end]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> NorFlash
    for SimulatedFlash<READ, WRITE, ERASE>
{
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    /// # Panics
    ///
    /// When what is to be erased is not whole sectors within the flash.
    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashFault> {
        let allowed = check_erase(self, from, to);
        assert_eq!(allowed, Ok(()), "{from} to {to} erased");
        for sector in from as usize / ERASE..to as usize / ERASE {
            let cut = self.operate()?;
            self.wear[sector] += 1;
            let bytes = &mut self.bytes[sector * ERASE..][..ERASE];
            let words = &mut self.words[sector * (ERASE / WRITE)..][..ERASE / WRITE];
            let Some(mut noise) = cut else {
                bytes.fill(0xff);
                words.fill(Word::Erased);
                continue;
            };
            // Hardly begun, somewhere on the way, almost done.
            let kind = noise.next_u32() % 3;
            for byte in bytes {
                *byte = match kind {
                    0 => *byte,
                    1 => torn(&mut noise, *byte, 0xff),
                    _ => 0xff ^ u8::from(noise.next_u32().is_multiple_of(64)),
                };
            }
            words.fill(Word::Torn);
            return Err(FlashFault::PowerLost);
        }
        Ok(())
    }

    /// # Panics
    ///
    /// When what is to be written is not whole words within the flash, or one of them was not erased before.
    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        let allowed = check_write(self, offset, bytes.len());
        assert_eq!(allowed, Ok(()), "{} bytes written at {offset}", bytes.len());
        for (index, word) in (offset as usize / WRITE..).zip(bytes.chunks(WRITE)) {
            let mut cut = self.operate()?;
            assert_eq!(
                self.words[index],
                Word::Erased,
                "the word at {:#x} is written and was not erased before",
                index * WRITE
            );
            let places = self.bytes[index * WRITE..].iter_mut();
            for (place, byte) in places.zip(word) {
                *place = match &mut cut {
                    None => *byte,
                    Some(noise) => torn(noise, *place, *byte),
                };
            }
            if cut.is_some() {
                self.words[index] = Word::Torn;
                return Err(FlashFault::PowerLost);
            }
            self.words[index] = Word::Written;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Flash = SimulatedFlash<1, 4, 64>;

    #[test]
    #[should_panic(expected = "the word at 0x8 is written and was not erased before")]
    fn a_word_is_written_once() {
        let mut flash = Flash::new(1);
        flash.write(8, &[0xff; 4]).unwrap();
        let _ = flash.write(4, &[0; 8]);
    }

    #[test]
    fn a_cut_word_has_some_of_its_bits_and_must_be_erased() {
        let mut flash = Flash::new(1);
        flash.cut_power_after(1, 5);
        assert_eq!(flash.write(0, &[0; 12]), Err(FlashFault::PowerLost));
        assert_eq!(flash.read(0, &mut [0]), Err(FlashFault::PowerLost));
        assert_eq!(flash.erase(0, 64), Err(FlashFault::PowerLost));
        assert!(flash.power_on());
        assert_eq!(flash.bytes()[..4], [0; 4]);
        let torn = &flash.bytes()[4..8];
        assert!(torn != [0; 4] && torn != [0xff; 4], "{torn:?}");
        assert_eq!(flash.bytes()[8..12], [0xff; 4]);
        let twice = std::panic::catch_unwind(move || flash.write(4, &[0; 4]));
        assert!(twice.is_err());
    }

    #[test]
    fn a_cut_sector_is_garbled_in_several_ways_and_counts_as_wear() {
        let mut kinds = [0; 3];
        for seed in 0..60 {
            let mut flash = Flash::new(2);
            flash.write(0, &[0; 64]).unwrap();
            flash.cut_power_after(0, seed);
            assert_eq!(flash.erase(0, 128), Err(FlashFault::PowerLost));
            flash.power_on();
            assert_eq!(flash.wear(), [1, 0]);
            let ones: u32 = flash.bytes()[..64].iter().map(|it| it.count_ones()).sum();
            kinds[match ones {
                0 => 0,
                500.. => 2,
                _ => 1,
            }] += 1;
        }
        assert!(kinds.iter().all(|&count| count > 5), "{kinds:?}");
    }

    #[test]
    fn error_correction_tells_a_cut_word() {
        let mut flash = Flash::new(1).with_error_correction();
        flash.cut_power_after(1, 5);
        assert_eq!(flash.write(0, &[0; 12]), Err(FlashFault::PowerLost));
        flash.power_on();
        assert_eq!(flash.read(0, &mut [0; 4]), Ok(()));
        assert_eq!(flash.read(7, &mut [0]), Err(FlashFault::Uncorrectable));
        flash.erase(0, 64).unwrap();
        assert_eq!(flash.read(0, &mut [0; 64]), Ok(()));
    }
}
