//! A thousand cuts of the power while models are replaced, and what else can happen to two slots.

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use pixling::flash::{self, NoModel, PagedError, RECORD_BYTES, Slot, SlotError, Slots, Vacancy};
use pixling::write::seal;
use pixling::{FORMAT_VERSION, HEADER_BYTES, LoadError, Model};
use pixling_sim::testing::{FlashFault, SimulatedFlash};
use pixling_test_support::{Network, Noise};

/// Bytes of a sector, and of a slot: a model of `nano` does not fill it.
const SECTOR: usize = 1024;
const SLOT: usize = 16 * SECTOR;
/// As where the flash holds other things before.
const START: usize = 3 * SECTOR;
const END: usize = START + 2 * SLOT;
const BUFFER: usize = 1200;
/// Bytes of a record that are written, at least.
const FIELDS: u32 = 16;

type Flash<const WRITE: usize> = SimulatedFlash<4, WRITE, SECTOR>;

fn blank<const WRITE: usize>() -> Flash<WRITE> {
    Flash::new(END / SECTOR)
}

fn slots<F: NorFlash>(flash: F) -> Slots<F> {
    Slots::new(flash, START as u32..END as u32).unwrap()
}

/// Files that draw different pictures.
fn files(count: u64) -> Vec<Vec<u8>> {
    (1..=count).map(|seed| Network::nano().file(seed)).collect()
}

/// In pieces of random length.
fn update<F: NorFlash>(
    flash: F,
    file: &[u8],
    noise: &mut Noise,
) -> Result<Slot, SlotError<F::Error>> {
    let mut slots = slots(flash);
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer)?;
    let mut rest = file;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(1 + noise.below(300) as usize));
        writer.write(piece)?;
        rest = behind;
    }
    writer.finish(&mut buffer, &mut [0; 4096])
}

fn install<const WRITE: usize>(flash: &mut Flash<WRITE>, file: &[u8]) -> Slot {
    update(flash, file, &mut Noise(1)).unwrap()
}

/// The newest model through the driver and in place: the same, whole, and it draws its golden pictures.
fn newest<const WRITE: usize>(flash: &mut Flash<WRITE>) -> (Slot, &[u8]) {
    let mut buffer = [0; BUFFER];
    let mut slots = slots(&mut *flash);
    let slot = slots.newest(&mut buffer).unwrap();
    let (loaded, mut model) = slots.load(&mut buffer).unwrap();
    assert_eq!(loaded, slot);
    model.self_test(&mut [0; 4096]).unwrap();
    let bytes = model.file_bytes();
    let (mapped, in_place) = flash::newest(&flash.bytes()[START..END]).unwrap();
    assert_eq!((mapped.index, mapped.sequence), (slot.index, slot.sequence));
    assert_eq!(
        mapped.range.start as usize + START,
        slot.range.start as usize
    );
    assert_eq!(mapped.range.end as usize + START, slot.range.end as usize);
    assert_eq!(in_place.file_bytes(), bytes);
    in_place.self_test(&mut [0; 4096]).unwrap();
    (
        slot.clone(),
        &flash.bytes()[slot.range.start as usize..][..bytes],
    )
}

/// What cuts at random moments did.
#[derive(Debug, Default)]
struct Cuts {
    cut: u32,
    /// The new model was there afterwards, or the old one.
    new: u32,
    old: u32,
    /// Updates that came to their end.
    finished: u32,
    wear: u32,
}

/// Updates of which each is cut, one over the other, until there were so many cuts.
fn cut<const WRITE: usize>(mut flash: Flash<WRITE>, cuts: u32, noise: &mut Noise) -> Cuts {
    let files = files(5);
    install(&mut flash, &files[0]);
    let before = flash.operations();
    install(&mut flash, &files[0]);
    let whole = (flash.operations() - before) as u32;
    let mut current = 0;
    let mut done = Cuts::default();
    while done.cut < cuts {
        let next = (current + 1 + noise.below(4) as usize) % files.len();
        let at = match noise.below(8) {
            // Not at all, so that slots change.
            0 => whole,
            // The last operations are the commit: as often as all others.
            1..=3 => whole - 1 - noise.below(FIELDS.div_ceil(WRITE as u32)),
            _ => noise.below(whole),
        };
        flash.cut_power_after(at.into(), noise.below(u32::MAX).into());
        let outcome = update(&mut flash, &files[next], noise);
        if flash.power_on() {
            done.cut += 1;
            assert!(outcome.is_err(), "{outcome:?}");
        } else {
            done.finished += 1;
            outcome.unwrap();
        }
        let finished = flash.operations();
        let (_, file) = newest(&mut flash);
        if file == files[next] {
            done.new += 1;
            current = next;
        } else {
            assert!(
                file == files[current],
                "neither the old model nor the new one"
            );
            done.old += 1;
        }
        assert_eq!(flash.operations(), finished, "a start writes nothing");
    }
    done.wear = flash.wear().iter().copied().max().unwrap();
    let outside = &flash.wear()[..START / SECTOR];
    assert!(outside.iter().all(|&wear| wear == 0), "{outside:?}");
    done
}

#[test]
fn a_model_outlives_a_thousand_cuts_of_the_power() {
    let mut noise = Noise(2024);
    let mut all = Cuts::default();
    let mut run = |word: usize, cuts: Cuts| {
        println!("words of {word:2} bytes: {cuts:?}");
        assert!(cuts.new > 5 && cuts.old > 50, "{cuts:?}");
        all.cut += cuts.cut;
    };
    run(1, cut(blank::<1>(), 125, &mut noise));
    run(2, cut(blank::<2>(), 125, &mut noise));
    run(4, cut(blank::<4>(), 125, &mut noise));
    run(8, cut(blank::<8>(), 125, &mut noise));
    run(16, cut(blank::<16>(), 125, &mut noise));
    run(32, cut(blank::<32>(), 125, &mut noise));
    // Of a flash that refuses to read what was cut.
    run(
        8,
        cut(blank::<8>().with_error_correction(), 125, &mut noise),
    );
    run(
        32,
        cut(blank::<32>().with_error_correction(), 125, &mut noise),
    );
    assert_eq!(all.cut, 1000);
}

/// The first model that a device gets, cut at every sector and at some of the words.
#[test]
fn a_first_model_that_was_cut_does_not_count() {
    let files = files(1);
    let (mut none, mut one) = (0, 0);
    for operations in (0..).step_by(37) {
        let mut flash = blank::<8>();
        flash.cut_power_after(operations, operations);
        let outcome = update(&mut flash, &files[0], &mut Noise(operations));
        let cut = flash.power_on();
        assert_eq!(outcome.is_err(), cut);
        match slots(&mut flash).newest(&mut [0; BUFFER]) {
            Ok(_) => one += 1,
            Err(SlotError::NoModel(NoModel(why))) => {
                assert_eq!(why, [Vacancy::NotCommitted; 2]);
                none += 1;
            }
            Err(other) => panic!("{other}"),
        }
        // And the next try, over what was left.
        install(&mut flash, &files[0]);
        newest(&mut flash);
        if !cut {
            break;
        }
    }
    assert!(none > 20 && one == 1, "{none} {one}");
}

#[test]
fn updates_take_turns_and_wear_a_sector_once_in_two() {
    let files = files(2);
    let mut flash = blank::<4>();
    for number in 0..20 {
        let slot = install(&mut flash, &files[number % 2]);
        assert_eq!((slot.index, slot.sequence), (number % 2, number as u32));
        let (found, file) = newest(&mut flash);
        assert_eq!((found, file), (slot, &files[number % 2][..]));
    }
    // The sectors that the file takes and that of the record, each once for every second update; no other.
    let used = files[0].len().div_ceil(SECTOR);
    let wear: Vec<u32> = (0..SLOT / SECTOR)
        .map(|sector| {
            if sector < used || sector == SLOT / SECTOR - 1 {
                10
            } else {
                0
            }
        })
        .collect();
    assert!(used < SLOT / SECTOR - 1);
    assert_eq!(
        flash.wear()[START / SECTOR..],
        [&wear[..], &wear[..]].concat()
    );
}

#[test]
fn a_partition_at_any_address_is_borrowed() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    install(&mut flash, &files[1]);
    for shift in 0..8 {
        let mut memory = vec![0x5a; shift];
        memory.extend_from_slice(&flash.bytes()[START..END]);
        let (slot, model) = flash::newest(&memory[shift..]).unwrap();
        assert_eq!((slot.index, slot.sequence), (1, 1));
        assert_eq!(slot.range, SLOT as u32..2 * SLOT as u32 - RECORD_BYTES);
        model.self_test(&mut [0; 4096]).unwrap();
    }
}

/// Gives the record of a slot another sequence number, as docs/flash.md has it.
fn number(flash: &mut Flash<4>, slot: usize, sequence: u32) {
    let at = START + (slot + 1) * SLOT - RECORD_BYTES as usize;
    let mut record = flash.bytes()[at..][..16].to_vec();
    record[4..8].copy_from_slice(&sequence.to_le_bytes());
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&record[..12]);
    record[12..].copy_from_slice(&crc.to_le_bytes());
    let sector = (at - at % SECTOR) as u32;
    flash.erase(sector, sector + SECTOR as u32).unwrap();
    flash.write(at as u32, &record).unwrap();
}

#[test]
fn the_later_sequence_number_is_in_use_and_the_first_slot_of_equal_ones() {
    let files = files(2);
    let mut flash = blank::<4>();
    files.iter().for_each(|file| {
        install(&mut flash, file);
    });
    for ([first, second], used) in [
        ([7, 7], 0),
        ([7, 8], 1),
        ([8, 7], 0),
        ([7, 7 + (1 << 31) - 1], 1),
        ([7, 7 + (1 << 31)], 0),
    ] {
        number(&mut flash, 0, first);
        number(&mut flash, 1, second);
        assert_eq!(newest(&mut flash).0.index, used, "{first} {second}");
    }
}

#[test]
fn sequence_numbers_go_on_behind_their_end() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    number(&mut flash, 0, u32::MAX);

    assert_eq!(newest(&mut flash).0.sequence, u32::MAX);
    for sequence in 0..3 {
        let slot = install(&mut flash, &files[1]);
        assert_eq!(
            (slot.index, slot.sequence),
            (1 - sequence as usize % 2, sequence)
        );
        assert_eq!(newest(&mut flash).0, slot);
    }
}

/// The error of a flash without a model, and its text.
fn nothing<const WRITE: usize>(flash: &mut Flash<WRITE>) -> [Vacancy<FlashFault>; 2] {
    let mapped = flash::newest(&flash.bytes()[START..END]).unwrap_err().0;
    let mut slots = slots(&mut *flash);
    let Err(SlotError::NoModel(NoModel(why))) = slots.newest(&mut [0; BUFFER]) else {
        panic!("a model");
    };
    assert!(matches!(
        slots.load(&mut [0; BUFFER]),
        Err(SlotError::NoModel(_))
    ));
    // The same is said of it in place.
    assert_eq!(format!("{mapped:?}"), format!("{why:?}"));
    why
}

#[test]
fn empty_slots_have_no_model() {
    assert_eq!(nothing(&mut blank::<4>()), [Vacancy::NotCommitted; 2]);
    let mut garbage = blank::<4>();
    garbage.write(0, &[0x5a; END]).unwrap();
    assert_eq!(nothing(&mut garbage), [Vacancy::NotCommitted; 2]);
    let error = slots(&mut garbage).newest(&mut [0; BUFFER]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no slot holds a model: slot 0: no model was written to its end; slot 1: no model was written to its end; \
         write one"
    );
}

#[test]
fn a_slot_half_written_does_not_count() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let mut slots = slots(&mut flash);
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer).unwrap();
    writer.write(&files[1][..files[1].len() / 2]).unwrap();
    let error = writer.finish(&mut buffer, &mut [0; 4096]).unwrap_err();
    let truncated = LoadError::Truncated {
        expected: files[1].len() as u64,
        found: files[1].len() as u64 / 2,
    };
    assert_eq!(error, SlotError::Model(PagedError::Load(truncated)));
    assert_eq!(newest(&mut flash).1, files[0]);
}

/// Any flipped bit of the newest model, or of its record: the model before is in use, and the next update keeps it.
#[test]
fn a_flipped_bit_brings_the_model_before_back() {
    let files = files(3);
    let mut noise = Noise(7);
    for attempt in 0..60 {
        let mut flash = blank::<8>();
        install(&mut flash, &files[0]);
        let slot = install(&mut flash, &files[1]);
        let byte = if attempt % 3 == 0 {
            slot.range.end + noise.below(16)
        } else {
            slot.range.start + noise.below(files[1].len() as u32)
        };
        flash.flip(byte as usize, noise.below(8) as u8);
        assert_eq!(newest(&mut flash).1, files[0]);
        // The damaged one is replaced, by a newer one than it was.
        flash.cut_power_after(noise.below(500).into(), attempt);
        update(&mut flash, &files[2], &mut noise).unwrap_err();
        flash.power_on();
        assert_eq!(newest(&mut flash).1, files[0]);
        let next = install(&mut flash, &files[2]);
        assert_eq!(next.index, slot.index);
        assert_eq!(newest(&mut flash), (next, &files[2][..]));
    }
}

/// A newer firmware wrote it, then an older one starts.
#[test]
fn a_model_of_a_future_version_is_passed_over() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let slot = install(&mut flash, &files[1]);
    let version = slot.range.start as usize + 4;
    assert_eq!(FORMAT_VERSION, 4);
    flash.flip(version, 1);
    assert_eq!(newest(&mut flash).1, files[0]);
    // Both: each is named.
    flash.flip(START + 4, 1);
    let refused = Vacancy::Refused(LoadError::UnsupportedVersion { found: 6 });
    assert_eq!(nothing(&mut flash), [refused; 2]);
}

/// Someone wrote another file over the one that was committed.
#[test]
fn a_record_counts_for_its_own_file_only() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let sectors = files[1].len().next_multiple_of(SECTOR);
    flash.erase(START as u32, (START + sectors) as u32).unwrap();
    let mut padded = files[1].clone();
    padded.resize(sectors, 0xff);
    flash.write(START as u32, &padded).unwrap();
    assert_eq!(
        nothing(&mut flash),
        [Vacancy::OtherFile, Vacancy::NotCommitted]
    );
}

/// Refuses a new file, and the flash is as it was.
fn refused(file: &[u8]) -> SlotError<FlashFault> {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    install(&mut flash, &files[1]);
    let before = flash.operations();
    let error = update(&mut flash, file, &mut Noise(3)).unwrap_err();
    assert_eq!(flash.operations(), before, "nothing was erased");
    assert_eq!(newest(&mut flash).1, files[1]);
    error
}

#[test]
fn what_its_first_bytes_refuse_erases_nothing() {
    let mut large = files(1).remove(0);
    large[8..12].copy_from_slice(&(SLOT as u32).to_le_bytes());
    let error = refused(&large);
    assert_eq!(
        error.to_string(),
        format!(
            "the model file is too large for the slot: {} bytes, the slot holds {}",
            SLOT + HEADER_BYTES,
            SLOT - RECORD_BYTES as usize
        )
    );
    let mut future = files(1).remove(0);
    future[4] += 1;
    let version = LoadError::UnsupportedVersion {
        found: FORMAT_VERSION + 1,
    };
    assert_eq!(
        refused(&future),
        SlotError::Model(PagedError::Load(version))
    );
    let picture = SlotError::Model(PagedError::Load(LoadError::NotAModel));
    assert_eq!(refused(&[0x89; 100]), picture);
    assert_eq!(refused(b"\x89PNG"), picture);
    let cut = LoadError::Truncated {
        expected: HEADER_BYTES as u64,
        found: 7,
    };
    assert_eq!(
        refused(b"PXLG\x02\0\0"),
        SlotError::Model(PagedError::Load(cut))
    );
}

#[test]
fn a_refused_file_stays_refused() {
    let mut large = files(1).remove(0);
    large[8..12].copy_from_slice(&(SLOT as u32).to_le_bytes());
    let mut flash = blank::<4>();
    let mut slots = slots(&mut flash);
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer).unwrap();
    let refused = |outcome| matches!(outcome, Err(SlotError::TooLarge { .. }));
    writer.write(&large[..31]).unwrap();
    assert!(refused(writer.write(&large[31..32])));
    assert!(refused(writer.write(&large[32..])));
    assert!(refused(
        writer.finish(&mut buffer, &mut [0; 4096]).map(|_| ())
    ));
    assert_eq!(flash.operations(), 0);
}

/// Fails to come to count after it was written, and the model before stays.
fn not_committed(file: &[u8], buffer: usize, arena: usize) -> SlotError<FlashFault> {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let mut slots = slots(&mut flash);
    let mut writer = slots.update(&mut [0; BUFFER]).unwrap();
    writer.write(file).unwrap();
    let error = writer
        .finish(&mut vec![0; buffer], &mut vec![0; arena])
        .unwrap_err();
    assert_eq!(newest(&mut flash).1, files[0]);
    error
}

#[test]
fn a_bad_model_never_replaces_the_good_one() {
    let good = files(2).remove(1);
    let corrupt = |index: usize| {
        let mut file = good.clone();
        file[index] ^= 1;
        file
    };
    for index in [12, HEADER_BYTES, good.len() / 2, good.len() - 1] {
        let error = not_committed(&corrupt(index), BUFFER, 4096);
        let refused = matches!(
            error,
            SlotError::Model(PagedError::Load(LoadError::Corrupt { .. }))
        );
        assert!(refused, "{error}");
    }
    // With a checksum that fits: a weight of the first layer, so that the golden pictures differ.
    let layers = Model::load(&good).unwrap();
    let weights = layers.layers().next().unwrap().tables.weights;
    let at = weights.as_ptr() as usize - good.as_ptr() as usize;
    let mut forged = good.clone();
    forged[at..at + 64].fill(0);
    let error = not_committed(&seal(&forged[HEADER_BYTES..]).unwrap(), BUFFER, 4096);
    assert!(
        matches!(error, SlotError::Model(PagedError::SelfTest(_))),
        "{error}"
    );
    // A good one for which this device has no room.
    let needed = layers.page_bytes(4);
    let found = needed - 1;
    let error = not_committed(&good, found, 4096);
    let too_small = PagedError::BufferTooSmall { needed, found };
    assert_eq!(error, SlotError::Model(too_small));
    let error = not_committed(&good, BUFFER, 1000);
    assert!(
        matches!(error, SlotError::Model(PagedError::Generate(_))),
        "{error}"
    );
}

/// A buffer too small to check a file with is no reason to overwrite one.
#[test]
fn a_small_buffer_gives_no_model_up() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let before = flash.operations();
    let mut slots = slots(&mut flash);
    for size in [0, 31, 32, 180] {
        let error = slots.newest(&mut vec![0; size]).unwrap_err();
        let told = matches!(error, SlotError::Model(PagedError::BufferTooSmall { found, .. }) if found == size);
        assert!(told, "{size}: {error}");
        assert!(slots.update(&mut vec![0; size]).is_err());
    }
    assert!(slots.newest(&mut [0; 220]).is_ok());
    // A record is all that is read of an empty slot.
    let record = &mut [0; RECORD_BYTES as usize];
    let nothing = NoModel([Vacancy::NotCommitted; 2]);
    let empty = self::slots(&mut blank::<4>()).newest(record);
    assert_eq!(empty, Err(SlotError::NoModel(nothing)));
    assert_eq!(flash.operations(), before);
}

#[test]
fn a_slot_that_cannot_be_read_is_not_the_one_that_is_given_up() {
    let files = files(2);
    let mut flash = blank::<8>().with_error_correction();
    let mut other = flash.clone();
    install(&mut other, &files[0]);
    // The last word, of the record.
    flash.cut_power_after(other.operations() - 1, 5);
    update(&mut flash, &files[0], &mut Noise(1)).unwrap_err();
    flash.power_on();
    let why = slots(&mut flash).newest(&mut [0; BUFFER]).unwrap_err();
    let unreadable = Vacancy::Unreadable(FlashFault::Uncorrectable);
    assert_eq!(
        why,
        SlotError::NoModel(NoModel([unreadable, Vacancy::NotCommitted]))
    );
    assert_eq!(install(&mut flash, &files[1]).index, 1);
}

/// A flash that says that it wrote a record, and did not.
struct Forgetful<'a, const WRITE: usize> {
    flash: &'a mut Flash<WRITE>,
    /// Whether it erases records.
    erases: bool,
}

impl<const WRITE: usize> ErrorType for Forgetful<'_, WRITE> {
    type Error = FlashFault;
}

impl<const WRITE: usize> ReadNorFlash for Forgetful<'_, WRITE> {
    const READ_SIZE: usize = 4;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashFault> {
        self.flash.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<const WRITE: usize> NorFlash for Forgetful<'_, WRITE> {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashFault> {
        let of_record = (to as usize - START).is_multiple_of(SLOT);
        if of_record && !self.erases {
            return Ok(());
        }
        self.flash.erase(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashFault> {
        if bytes.starts_with(b"PXLS") {
            return Ok(());
        }
        self.flash.write(offset, bytes)
    }
}

#[test]
fn a_record_that_was_not_written_does_not_count() {
    let files = files(2);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    let forgetful = Forgetful {
        flash: &mut flash,
        erases: true,
    };
    let outcome = update(forgetful, &files[1], &mut Noise(1));
    assert_eq!(outcome, Err(SlotError::NotCommitted));
    assert!(newest(&mut flash).1 == files[0]);
}

#[test]
fn an_old_record_in_the_place_of_the_new_one_is_noticed() {
    let files = files(3);
    let mut flash = blank::<4>();
    install(&mut flash, &files[0]);
    install(&mut flash, &files[1]);
    let forgetful = Forgetful {
        flash: &mut flash,
        erases: false,
    };
    let outcome = update(forgetful, &files[2], &mut Noise(1));
    assert_eq!(outcome, Err(SlotError::NotCommitted));
    assert!(newest(&mut flash).1 == files[1]);
}

#[test]
fn bytes_behind_the_file_are_ignored() {
    let mut padded = files(1).remove(0);
    let length = padded.len();
    padded.resize(length + 5000, 0xa5);
    let mut flash = blank::<16>();
    install(&mut flash, &padded);
    assert_eq!(newest(&mut flash).1, &padded[..length]);
}

/// Every byte of a slot, and none more.
/// A file of this length, by the length of its name.
fn file_of(bytes: usize) -> Vec<u8> {
    let payload = files(1).remove(0)[HEADER_BYTES..].to_vec();
    // The name is the first field of the payload, of which the length takes two bytes from 128 on.
    let rest = &payload[1 + usize::from(payload[0])..];
    let name = bytes - HEADER_BYTES - rest.len() - 2;
    assert!((128..1 << 14).contains(&name));
    let mut long = vec![name as u8 | 0x80, (name >> 7) as u8];
    long.resize(2 + name, b'x');
    long.extend_from_slice(rest);
    let file = seal(&long).unwrap();
    assert_eq!(file.len(), bytes);
    file
}

#[test]
fn a_file_that_fills_its_slot_is_kept() {
    let room = SLOT - RECORD_BYTES as usize;
    let full = file_of(room);
    let mut flash = blank::<32>();
    install(&mut flash, &full);
    install(&mut flash, &full);
    assert_eq!(newest(&mut flash).1, full);
    let error = refused(&file_of(room + 1));
    assert!(matches!(error, SlotError::TooLarge { .. }), "{error}");
}

#[test]
fn a_file_that_ends_with_a_sector_erases_no_other() {
    let sectors = files(1)[0].len().div_ceil(SECTOR) + 1;
    let mut flash = blank::<4>();
    install(&mut flash, &file_of(sectors * SECTOR));
    let wear = &flash.wear()[START / SECTOR..][..SLOT / SECTOR];
    assert_eq!(wear[..sectors], vec![1; sectors]);
    // But for the record's.
    assert_eq!(
        wear[sectors..wear.len() - 1],
        vec![0; wear.len() - 1 - sectors]
    );
}

#[test]
fn a_region_must_be_two_slots_of_whole_sectors_in_the_flash() {
    let mut flash = blank::<4>();
    let capacity = flash.capacity() as u32;
    for range in [
        0..SECTOR as u32,
        0..3 * SECTOR as u32,
        4..2 * SECTOR as u32 + 4,
        capacity - SECTOR as u32..capacity + SECTOR as u32,
        0..0,
    ] {
        let (start, end) = (range.start, range.end);
        let error = Slots::new(&mut flash, range).unwrap_err();
        let sector = SECTOR as u32;
        assert_eq!(error, SlotError::Region { start, end, sector });
    }
    assert!(Slots::new(&mut flash, 0..2 * SECTOR as u32).is_ok());
}
