//! Any bytes as an update, signed or not, in pieces, with a cut of the power somewhere in it: afterwards there is a model
//! that passes its self test, the one before or the one that came. With a key, the one that came has a signature.

use crate::slots::{BUFFER, CAPACITY, Flash, SLOT, flash_of, slot};
use crate::{draw, seeds};
use ed25519_compact::{KeyPair, Seed, Signature};
use pixling::Model;
use pixling::flash::{SIGNATURE_BYTES, Slots, newest};
use pixling::write::seal;
use std::sync::LazyLock;

/// Bytes before the file: how, the length of the pieces, the operation of the cut.
const SETTINGS: usize = 4;

/// How: the file gets a new envelope.
const SEAL: u8 = 1;
/// How: the power goes.
const CUT: u8 = 2;
/// How: only a signed file is taken.
const KEY: u8 = 4;
/// How: the file is signed. Without it, the last bytes are taken for the signature.
const SIGN: u8 = 8;

/// The key that signs updates, and the public one that the device has.
fn keys() -> &'static KeyPair {
    static KEYS: LazyLock<KeyPair> =
        LazyLock::new(|| KeyPair::from_seed(Seed::new([7; Seed::BYTES])));
    &KEYS
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for file in seeds::files().into_iter().filter(|it| it.len() <= CAPACITY) {
        all.push([&[0, 20, 0, 0], &file[..]].concat());
        all.push([&[SEAL, 255, 0, 0], &file[..]].concat());
        all.push([&[CUT, 7, 100, 0], &file[..]].concat());
        all.push([&[CUT, 64, 0x20, 1], &file[..]].concat());
        all.push([&[KEY | SIGN, 99, 0, 0], &file[..]].concat());
        all.push([&[KEY | SIGN | CUT, 50, 0x20, 1], &file[..]].concat());
        all.push(
            [
                &[KEY, 99, 0, 0],
                &file[..],
                &keys().sk.sign(&file, None)[..],
            ]
            .concat(),
        );
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
    if how & SIGN > 0 {
        file.extend_from_slice(&keys().sk.sign(&file, None)[..]);
    }
    let key = (how & KEY > 0).then(|| *keys().pk);
    let before = seeds::files().swap_remove(1);
    let partition = [slot(&before, 5), vec![0xff; SLOT]].concat();
    let mut flash = flash_of(&partition);
    if how & CUT > 0 {
        flash.cut_power_after(u64::from(u16::from_le_bytes([low, high]) % 700), 1);
    }
    let finished = update(&mut flash, &file, usize::from(piece.max(1)), key);
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
            if key.is_some() {
                let (model, rest) = file.split_at(model.file_bytes());
                let signature = rest.get(..SIGNATURE_BYTES).expect("it is signed");
                let signature = Signature::from_slice(signature).expect("as long as a signature");
                assert_eq!(keys().pk.verify(model, &signature), Ok(()));
            }
        }
        (index, _) => panic!("slot {index} after an update that was finished"),
    }
    // The same through the driver.
    let mut slots = Slots::new(&mut flash, 0..2 * SLOT as u32).expect("whole sectors");
    assert_eq!(slots.newest(&mut vec![0; BUFFER]), Ok(used));
}

/// Says whether it was finished.
fn update(flash: &mut Flash, file: &[u8], piece: usize, key: Option<[u8; 32]>) -> bool {
    let mut buffer = vec![0; BUFFER];
    let mut slots = Slots::new(flash, 0..2 * SLOT as u32).expect("whole sectors");
    if let Some(key) = key {
        slots = slots.signed_by(key);
    }
    let mut writer = slots.update(&mut buffer).expect("the first slot is read");
    if file.chunks(piece).any(|bytes| writer.write(bytes).is_err()) {
        return false;
    }
    // More than that an update need not draw: a device would refuse it too.
    writer.finish(&mut buffer, &mut vec![0; 1 << 16]).is_ok()
}
