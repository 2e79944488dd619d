//! Two slots whose driver fails, whose sectors are small, and whose models do not fit.

use embedded_storage::nor_flash::NorFlash;
use pixling::flash::{Limits, PagedError, Slot, SlotError, Slots};
use pixling::{GenerateError, Model, SelfTestError};
use pixling_sim::testing::SimulatedFlash;
use pixling_test_support::{DriverFault, Fault, FaultyFlash, Network, colours};

const SECTOR: usize = 1024;
const SLOT: usize = 16 * SECTOR;
/// It holds all of a file: a row needs no reading.
const BUFFER: usize = SLOT;

type Flash = FaultyFlash<SimulatedFlash<4, 4, SECTOR>>;

fn blank() -> Flash {
    FaultyFlash::new(SimulatedFlash::new(2 * SLOT / SECTOR))
}

fn slots<F: NorFlash>(flash: F) -> Slots<F> {
    let end = flash.capacity() as u32;
    Slots::new(flash, 0..end).unwrap()
}

fn install<F: NorFlash>(flash: F, file: &[u8]) -> Result<Slot, SlotError<F::Error>> {
    let mut slots = slots(flash);
    let mut buffer = vec![0; BUFFER];
    let mut writer = slots.update(&mut buffer)?;
    writer.write(file)?;
    writer.finish(&mut buffer, &mut [0; 4096])
}

/// The newest model's slot and bytes.
fn newest(flash: &mut Flash) -> (Slot, Vec<u8>) {
    let mut slots = slots(&mut *flash);
    let mut buffer = vec![0; BUFFER];
    let (slot, model) = slots.load(&mut buffer).unwrap();
    let bytes = model.file_bytes();
    let start = slot.range.start as usize;
    (slot, flash.flash.bytes()[start..][..bytes].to_vec())
}

fn files(count: u64) -> Vec<Vec<u8>> {
    (1..=count).map(|seed| Network::nano().file(seed)).collect()
}

/// At each of its calls, before and after it has done its work.
#[test]
fn a_driver_that_fails_once_leaves_the_model_that_the_error_says() {
    let files = files(3);
    let mut first = blank();
    install(&mut first, &files[0]).unwrap();
    let mut healthy = first.clone();
    install(&mut healthy, &files[1]).unwrap();
    let calls = healthy.calls - first.calls;
    assert!(calls > 40, "{calls}");
    let [mut new, mut old, mut unconfirmed] = [0; 3];
    for at in 0..calls {
        for fault in [Fault::NotDone, Fault::Done] {
            let mut flash = first.clone();
            flash.fail_after(at, fault);
            let outcome = install(&mut flash, &files[1]);
            let (slot, file) = newest(&mut flash);
            match outcome {
                Ok(finished) => {
                    assert_eq!((finished, &file), (slot, &files[1]), "{at} {fault:?}");
                    new += 1;
                }
                Err(SlotError::Unconfirmed(DriverFault)) => {
                    assert!(file == files[0] || file == files[1]);
                    unconfirmed += 1;
                }
                Err(error) => {
                    assert!(file == files[0], "{at} {fault:?}: {error}");
                    old += 1;
                }
            }
            // And the next update counts, whatever was left.
            let slot = install(&mut flash, &files[2]).unwrap();
            assert_eq!(newest(&mut flash), (slot, files[2].clone()));
        }
    }
    assert!(
        new > 0 && old > 40 && unconfirmed > 0,
        "{new} {old} {unconfirmed}"
    );
}

/// Slot 0 holds the newest model, whose record cannot be read when an update starts; slot 1 is empty. The update writes
/// slot 1, whose model stays the newest when the other record can be read again.
#[test]
fn a_record_that_was_unreadable_once_does_not_come_back() {
    let files = files(5);
    let mut start = blank();
    for file in &files[..3] {
        install(&mut start, file).unwrap();
    }
    let end = 2 * SLOT as u32;
    start.erase(end - SECTOR as u32, end).unwrap();
    assert_eq!(newest(&mut start).0.sequence, 2);
    // The first call reads that record.
    let update = |others: &[u64]| {
        let mut flash = start.clone();
        for call in [&[0], others].concat() {
            flash.fail_after(call, Fault::NotDone);
        }
        let before = flash.calls;
        let outcome = install(&mut flash, &files[3]);
        let calls = flash.calls - before;
        let found = newest(&mut flash);
        let next = install(&mut flash, &files[4]).unwrap();
        assert_eq!(newest(&mut flash), (next, files[4].clone()));
        (outcome, found, calls)
    };
    // The last three calls read the other record again, write the new one, and read it back.
    let (outcome, (slot, file), calls) = update(&[]);
    assert_eq!((slot.index, slot.sequence, &file), (1, 3, &files[3]));
    assert_eq!(outcome, Ok(slot));
    // Unreadable to the end: that record is erased then.
    let (outcome, (slot, file), more) = update(&[calls - 3]);
    assert_eq!((slot.index, slot.sequence, &file), (1, 0, &files[3]));
    assert_eq!((outcome, more), (Ok(slot), calls + 1));
    // It can neither be read nor erased, and then it is back.
    let (outcome, (slot, file), _) = update(&[calls - 3, calls]);
    assert_eq!(outcome, Err(SlotError::Unconfirmed(DriverFault)));
    assert_eq!((slot.index, slot.sequence, &file), (0, 2, &files[2]));
}

#[test]
fn sectors_may_be_smaller_than_a_record() {
    let files = files(2);
    let mut flash = SimulatedFlash::<1, 4, 8>::new(2 * SLOT / 8);
    for number in 0..6 {
        let slot = install(&mut flash, &files[number % 2]).unwrap();
        assert_eq!((slot.index, slot.sequence), (number % 2, number as u32));
    }
    let record = &flash.wear()[SLOT / 8 - 4..SLOT / 8];
    assert_eq!(record, [3; 4], "all of its sectors, each time");
}

/// A device whose arena is too small for the new model keeps the one that it draws.
#[test]
fn a_model_without_golden_pictures_must_fit_the_arena() {
    let file = colours::file(false);
    let model = Model::load(&file).unwrap();
    assert!(model.golden().is_empty());
    let needed = model.arena_bytes();
    let found = needed - 1;
    let too_small = GenerateError::ArenaTooSmall { needed, found };
    assert_eq!(
        model.self_test(&mut vec![0; found]),
        Err(SelfTestError::Generate(too_small))
    );
    assert_eq!(model.self_test(&mut vec![0; needed]), Ok(()));

    let mut flash = blank();
    install(&mut flash, &files(1)[0]).unwrap();
    let before = newest(&mut flash);
    let mut buffer = vec![0; BUFFER];
    let mut arena = vec![0; needed];
    for size in [found, needed] {
        let mut slots = slots(&mut flash);
        let mut writer = slots.update(&mut buffer).unwrap();
        writer.write(&file).unwrap();
        let outcome = writer.finish(&mut buffer, &mut arena[..size]);
        if size == found {
            let refused = SlotError::Model(PagedError::Generate(too_small));
            assert_eq!(outcome, Err(refused));
            assert_eq!(newest(&mut flash), before);
        } else {
            outcome.unwrap();
            assert_eq!(newest(&mut flash).1, file);
        }
    }
}

/// The newest model needs a larger buffer than the one before it.
#[test]
fn a_model_that_is_too_large_blocks_neither_the_one_before_nor_an_update() {
    let (small, large) = (colours::file(false), files(1).remove(0));
    let [needed, least] = [&large, &small].map(|file| Model::load(file).unwrap().page_bytes(4));
    assert!(least < needed);
    let mut flash = blank();
    let first = install(&mut flash, &small).unwrap();
    let second = install(&mut flash, &large).unwrap();
    let mut buffer = vec![0; needed];
    let mut slots = slots(&mut flash);
    assert_eq!(slots.load(&mut buffer).unwrap().0, second);
    let buffer = &mut buffer[..needed - 1];
    assert_eq!(slots.newest(buffer), Ok(second));
    let (found, model) = slots.load(buffer).unwrap();
    assert_eq!((found, model.file_bytes()), (first.clone(), small.len()));
    // The newest one stays all the same.
    let mut writer = slots.update(buffer).unwrap();
    writer.write(&small).unwrap();
    let third = writer.finish(buffer, &mut [0; 4096]).unwrap();
    assert_eq!((third.index, third.sequence), (first.index, 2));

    // Where both are too large, the newest says how much it needs.
    install(&mut flash, &large).unwrap();
    let mut slots = self::slots(&mut flash);
    let found = least - 1;
    let buffer = &mut buffer[..found];
    let too_small = PagedError::BufferTooSmall { needed, found };
    assert_eq!(slots.load(buffer).err(), Some(SlotError::Model(too_small)));
}

#[test]
fn an_update_limits_the_work_and_lets_a_watchdog_be_fed() {
    let files = files(2);
    let model = Model::load(&files[1]).unwrap();
    let mut flash = blank();
    install(&mut flash, &files[0]).unwrap();
    let mut buffer = vec![0; BUFFER];
    let mut finish = |flash: &mut Flash, macs: u64, fed: &mut u32| {
        let mut slots = slots(flash);
        let mut writer = slots.update(&mut buffer).unwrap();
        writer.write(&files[1]).unwrap();
        writer.finish_with(Limits { macs }, &mut buffer, &mut [0; 4096], &mut || {
            *fed += 1
        })
    };
    let (needed, mut fed) = (model.macs(), 0);
    let most = needed - 1;
    assert_eq!(
        finish(&mut flash, most, &mut fed),
        Err(SlotError::Model(PagedError::TooMuchWork { needed, most }))
    );
    assert_eq!((newest(&mut flash).1, fed), (files[0].clone(), 0));
    finish(&mut flash, needed, &mut fed).unwrap();
    assert_eq!(newest(&mut flash).1, files[1]);
    // Before each row of each layer of the golden pictures, and before the end of each.
    let rows: u32 = model
        .layers()
        .map(|layer| u32::from(layer.geometry.output.height))
        .sum();
    assert_eq!(fed, model.golden().len() as u32 * (rows + 1));
    let mut again = 0;
    let tested = model.self_test_with(&mut [0; 4096], &mut || again += 1);
    assert_eq!((tested, again), (Ok(()), fed));
}
