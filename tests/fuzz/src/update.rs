//! Any bytes as an update, in pieces, with a cut of the power somewhere in it: afterwards there is a model that passes its
//! self test, the one before or the one that came.

use crate::slots::{BUFFER, CAPACITY, Flash, SLOT, flash_of, slot};
use crate::{draw, seeds};
use pixling::Model;
use pixling::flash::{Slots, newest};
use pixling::write::seal;

/// Bytes before the file: how, the length of the pieces, the operation of the cut.
const SETTINGS: usize = 4;

/// How: the file gets a new envelope.
const SEAL: u8 = 1;
/// How: the power goes.
const CUT: u8 = 2;

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for file in seeds::files().into_iter().filter(|it| it.len() <= CAPACITY) {
        all.push([&[0, 20, 0, 0], &file[..]].concat());
        all.push([&[SEAL, 255, 0, 0], &file[..]].concat());
        all.push([&[CUT, 7, 100, 0], &file[..]].concat());
        all.push([&[CUT, 64, 0x20, 1], &file[..]].concat());
    }
    all
}

pub(crate) fn run(bytes: &[u8]) {
    let Some((&[how, piece, low, high], rest)) = bytes.split_first_chunk::<SETTINGS>() else {
        return;
    };
    let mut file = rest.to_vec();
    if how & SEAL > 0
        && let Some((_, payload)) = rest.split_at_checked(16)
    {
        file = seal(payload).expect("shorter than 4 GiB");
    }
    let before = seeds::files().swap_remove(1);
    let partition = [slot(&before, 5), vec![0xff; SLOT]].concat();
    let mut flash = flash_of(&partition);
    if how & CUT > 0 {
        flash.cut_power_after(u64::from(u16::from_le_bytes([low, high]) % 700), 1);
    }
    let finished = update(&mut flash, &file, usize::from(piece.max(1)));
    let cut = flash.power_on();

    let (used, model) = newest(flash.bytes()).expect("there is a model whenever the power goes");
    assert!(draw::passes_self_test(&model), "slot {}", used.index);
    let in_use = &flash.bytes()[used.range.start as usize..used.range.end as usize];
    match (used.index, finished) {
        (0, false) => assert!(in_use.starts_with(&before)),
        // The record was written before the power went, or all of it was.
        (1, finished) => {
            assert!(finished || cut, "it was refused, and counts");
            assert!(file.starts_with(&in_use[..model.file_bytes()]));
            assert_eq!(used.sequence, 6);
            assert!(Model::load(&file).is_ok());
        }
        (index, _) => panic!("slot {index} after an update that was finished"),
    }
    // The same through the driver.
    let mut slots = Slots::new(&mut flash, 0..2 * SLOT as u32).expect("whole sectors");
    assert_eq!(slots.newest(&mut vec![0; BUFFER]), Ok(used));
}

/// Says whether it was finished.
fn update(flash: &mut Flash, file: &[u8], piece: usize) -> bool {
    let mut buffer = vec![0; BUFFER];
    let mut slots = Slots::new(flash, 0..2 * SLOT as u32).expect("whole sectors");
    let mut writer = slots.update(&mut buffer).expect("the first slot is read");
    if file.chunks(piece).any(|bytes| writer.write(bytes).is_err()) {
        return false;
    }
    // More than that an update need not draw: a device would refuse it too.
    writer.finish(&mut buffer, &mut vec![0; 1 << 16]).is_ok()
}
