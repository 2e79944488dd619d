//! Updates of slots that take signed models only.

use ed25519_compact::{KeyPair, Seed};
use embedded_storage::nor_flash::NorFlash;
use pixling::HEADER_BYTES;
use pixling::flash::{Limits, PagedError, SIGNATURE_BYTES, Slot, SlotError, Slots};
use pixling::write::seal;
use pixling_test_support::{
    DriverFault, Fault, FaultyFlash, FlashFault, Network, Noise, SimulatedFlash,
};

const SECTOR: usize = 1024;
const SLOT: usize = 16 * SECTOR;
const BUFFER: usize = 1200;

type Flash = SimulatedFlash<4, 4, SECTOR>;

fn blank() -> Flash {
    Flash::new(2 * SLOT / SECTOR)
}

/// A key pair of this test.
fn keys(number: u8) -> KeyPair {
    KeyPair::from_seed(Seed::new([number; Seed::BYTES]))
}

fn files(count: u64) -> Vec<Vec<u8>> {
    (1..=count).map(|seed| Network::nano().file(seed)).collect()
}

fn sign(file: &[u8], keys: &KeyPair) -> Vec<u8> {
    [file, &keys.sk.sign(file, None)[..]].concat()
}

/// Slots that trust the first key.
fn slots<F: NorFlash>(flash: F) -> Slots<F> {
    let end = flash.capacity() as u32;
    Slots::new(flash, 0..end).unwrap().signed_by(*keys(1).pk)
}

/// In pieces of some length.
fn update<F: NorFlash>(flash: F, update: &[u8], piece: usize) -> Result<Slot, SlotError<F::Error>> {
    let mut slots = slots(flash);
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer)?;
    for piece in update.chunks(piece) {
        writer.write(piece)?;
    }
    writer.finish(&mut buffer, &mut [0; 4096])
}

/// The slot and the bytes of the newest model.
fn newest<F: NorFlash>(mut flash: F) -> (Slot, Vec<u8>) {
    let mut buffer = [0; BUFFER];
    let mut slots = slots(&mut flash);
    let (slot, model) = slots.load(&mut buffer).unwrap();
    let length = model.file_bytes();
    let mut bytes = vec![0; length.next_multiple_of(4)];
    flash.read(slot.range.start, &mut bytes).unwrap();
    bytes.truncate(length);
    (slot, bytes)
}

/// Fails to come to count in the place of a signed model, which stays.
fn refused(sent: &[u8]) -> SlotError<FlashFault> {
    let first = files(1).remove(0);
    let mut flash = blank();
    update(&mut flash, &sign(&first, &keys(1)), 300).unwrap();
    let before = newest(&mut flash);
    let error = update(&mut flash, sent, 300).unwrap_err();
    assert_eq!(newest(&mut flash), before);
    assert_eq!(before.1, first);
    error
}

#[test]
fn a_signed_model_comes_to_count_in_pieces_of_any_length() {
    let signed: Vec<_> = files(2).iter().map(|it| sign(it, &keys(1))).collect();
    let mut flash = blank();
    for (number, piece) in [1, 63, 64, 65, SLOT].into_iter().enumerate() {
        let sent = &signed[number % 2];
        let slot = update(&mut flash, sent, piece).unwrap();
        assert_eq!(slot.sequence, number as u32);
        let file = &sent[..sent.len() - SIGNATURE_BYTES];
        assert_eq!(newest(&mut flash), (slot, file.to_vec()));
    }
}

/// Nothing but the file is written, so that a slot looks as after an update without a signature.
#[test]
fn a_slot_does_not_keep_the_signature() {
    let file = files(1).remove(0);
    let mut flash = blank();
    update(&mut flash, &sign(&file, &keys(1)), 100).unwrap();
    let mut without = blank();
    let end = 2 * SLOT as u32;
    let mut slots = Slots::new(&mut without, 0..end).unwrap();
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer).unwrap();
    writer.write(&file).unwrap();
    writer.finish(&mut buffer, &mut [0; 4096]).unwrap();
    assert!(flash.bytes() == without.bytes());
}

#[test]
fn slots_without_a_key_take_a_file_with_any_signature() {
    let file = files(1).remove(0);
    let mut flash = blank();
    let mut slots = Slots::new(&mut flash, 0..2 * SLOT as u32).unwrap();
    let mut buffer = [0; BUFFER];
    for bytes in [0, 3, SIGNATURE_BYTES] {
        let mut writer = slots.update(&mut buffer).unwrap();
        writer.write(&file).unwrap();
        writer.write(&vec![0x5a; bytes]).unwrap();
        writer.finish(&mut buffer, &mut [0; 4096]).unwrap();
    }
}

#[test]
fn a_missing_or_cut_signature_is_told_from_a_wrong_one() {
    let file = files(2).remove(1);
    let signed = sign(&file, &keys(1));
    for missing in [1, 32, SIGNATURE_BYTES] {
        let error = refused(&signed[..signed.len() - missing]);
        assert_eq!(error, SlotError::Unsigned);
    }
    let padded = [&file[..], &[0xff; 500]].concat();
    assert_eq!(refused(&padded), SlotError::WrongSignature);
    assert_eq!(refused(&sign(&file, &keys(2))), SlotError::WrongSignature);
    for (error, part) in [
        (SlotError::<()>::Unsigned, "no signature of 64 bytes"),
        (SlotError::WrongSignature, "the key that this device trusts"),
    ] {
        let text = error.to_string();
        assert!(text.contains(part) && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn bytes_after_the_signature_are_ignored() {
    let file = files(1).remove(0);
    let sent = [&sign(&file, &keys(1))[..], &[0xff; 700]].concat();
    let mut flash = blank();
    update(&mut flash, &sent, 256).unwrap();
    assert_eq!(newest(&mut flash).1, file);
}

#[test]
fn the_signature_of_another_model_does_not_count() {
    let files = files(3);
    let other = &sign(&files[2], &keys(1))[files[2].len()..];
    let sent = [&files[1][..], other].concat();
    assert_eq!(refused(&sent), SlotError::WrongSignature);
    // Nor one of the same bytes with others after them, or of fewer bytes.
    let longer = [&files[1][..], b"x"].concat();
    for signed in [&longer[..], &files[1][..files[1].len() - 1]] {
        let signature = keys(1).sk.sign(signed, None);
        let sent = [&files[1][..], &signature[..]].concat();
        assert_eq!(refused(&sent), SlotError::WrongSignature);
    }
}

/// In the envelope only its version, its length and its checksum may be looked at before the signature: these have errors of
/// their own.
#[test]
fn any_flipped_bit_is_refused() {
    let file = files(2).remove(1);
    let signed = sign(&file, &keys(1));
    let mut noise = Noise(11);
    let payload = HEADER_BYTES as u32..file.len() as u32;
    let within = |noise: &mut Noise, range: std::ops::Range<u32>| {
        (range.start + noise.below(range.end - range.start)) as usize
    };
    for attempt in 0..60 {
        let byte = match attempt % 3 {
            0 => within(&mut noise, payload.clone()),
            _ => within(&mut noise, file.len() as u32..signed.len() as u32),
        };
        let mut sent = signed.clone();
        sent[byte] ^= 1 << noise.below(8);
        assert_eq!(refused(&sent), SlotError::WrongSignature, "byte {byte}");
    }
    for byte in 0..HEADER_BYTES {
        let mut sent = signed.clone();
        sent[byte] ^= 1;
        refused(&sent);
    }
    // With a checksum that fits, which everybody can compute.
    let mut forged = file.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let forged = seal(&forged[HEADER_BYTES..]).unwrap();
    let sent = [&forged[..], &signed[file.len()..]].concat();
    assert_eq!(refused(&sent), SlotError::WrongSignature);
}

/// Encodings of no point, and points of small order, by which a signature could be of every file.
#[test]
fn a_key_that_is_none_refuses_every_signature() {
    let file = files(1).remove(0);
    let mut point = [0; 32];
    point[0] = 1;
    for key in [[0; 32], [0xff; 32], point] {
        let mut flash = blank();
        let mut slots = Slots::new(&mut flash, 0..2 * SLOT as u32).unwrap();
        slots = slots.signed_by(key);
        for signature in [[0; 64], *keys(1).sk.sign(&file, None)] {
            let mut buffer = [0; BUFFER];
            let mut writer = slots.update(&mut buffer).unwrap();
            writer.write(&[&file[..], &signature].concat()).unwrap();
            let outcome = writer.finish(&mut buffer, &mut [0; 4096]);
            assert_eq!(outcome, Err(SlotError::WrongSignature));
        }
    }
}

/// A signature says who made a model, not when.
#[test]
fn an_old_signed_model_is_taken_again() {
    let signed: Vec<_> = files(2).iter().map(|it| sign(it, &keys(1))).collect();
    let mut flash = blank();
    for number in [0, 1, 0] {
        update(&mut flash, &signed[number], 300).unwrap();
    }
    assert_eq!(newest(&mut flash).1, files(1)[0]);
}

/// A signed model that is bad or too much work is refused for what it is refused for without a signature.
#[test]
fn a_signature_replaces_no_other_check() {
    let file = files(1).remove(0);
    let mut bad = file.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    let error = refused(&sign(&bad, &keys(1)));
    let corrupt = matches!(error, SlotError::Model(PagedError::Load(_)));
    assert!(corrupt, "{error}");

    let mut flash = blank();
    let mut slots = slots(&mut flash);
    let mut buffer = [0; BUFFER];
    let mut writer = slots.update(&mut buffer).unwrap();
    writer.write(&sign(&file, &keys(1))).unwrap();
    let limits = Limits { macs: 1 };
    let outcome = writer.finish_with(limits, &mut buffer, &mut [0; 4096], &mut || ());
    let refused = matches!(
        outcome,
        Err(SlotError::Model(PagedError::TooMuchWork { .. }))
    );
    assert!(refused, "{outcome:?}");
}

#[test]
fn a_watchdog_is_fed_while_a_signature_is_checked() {
    let file = files(1).remove(0);
    let mut flash = blank();
    let mut fed = |sent: &[u8]| {
        let mut slots = slots(&mut flash);
        let mut buffer = [0; BUFFER];
        let mut writer = slots.update(&mut buffer).unwrap();
        writer.write(sent).unwrap();
        let mut count = 0;
        let limits = Limits { macs: 1 };
        let mut feed = || count += 1;
        let outcome = writer.finish_with(limits, &mut buffer, &mut [0; 4096], &mut feed);
        (outcome.unwrap_err(), count)
    };
    let pieces = file.len().div_ceil(BUFFER - 8);
    let (error, count) = fed(&sign(&file, &keys(1)));
    let checked = matches!(error, SlotError::Model(PagedError::TooMuchWork { .. }));
    assert!(checked, "{error}");
    assert_eq!(count, 2 + pieces);
    assert_eq!(fed(&file), (SlotError::Unsigned, 0));
}

#[test]
fn a_small_buffer_is_told() {
    let file = files(1).remove(0);
    let mut flash = blank();
    let mut slots = slots(&mut flash);
    let mut writer = slots.update(&mut [0; BUFFER]).unwrap();
    writer.write(&sign(&file, &keys(1))).unwrap();
    let error = writer.finish(&mut [0; 100], &mut [0; 4096]).unwrap_err();
    let told = matches!(
        error,
        SlotError::Model(PagedError::BufferTooSmall { found: 100, .. })
    );
    assert!(told, "{error}");
}

/// Updates over updates, each cut at a random moment: the newest model is the one before or the new one, and never the one
/// with a wrong signature.
#[test]
fn no_cut_of_the_power_lets_a_wrong_signature_count() {
    let files = files(4);
    let mut noise = Noise(2024);
    let mut flash = blank();
    update(&mut flash, &sign(&files[0], &keys(1)), 300).unwrap();
    let before = flash.operations();
    update(&mut flash, &sign(&files[0], &keys(1)), 300).unwrap();
    let whole = (flash.operations() - before) as u32;
    let (mut current, mut old, mut new) = (0, 0, 0);
    for _ in 0..150 {
        let next = noise.below(3) as usize;
        let at = match noise.below(2) {
            0 => whole - noise.below(6),
            _ => noise.below(whole),
        };
        flash.cut_power_after(at.into(), noise.below(u32::MAX).into());
        // A wrong one before, which may be cut too.
        let forged = sign(&files[3], &keys(2));
        let outcome = update(&mut flash, &forged, 300);
        assert!(outcome.is_err());
        if flash.power_on() {
            assert_eq!(newest(&mut flash).1, files[current]);
        }
        flash.cut_power_after(at.into(), noise.below(u32::MAX).into());
        let outcome = update(&mut flash, &sign(&files[next], &keys(1)), 300);
        assert_eq!(outcome.is_err(), flash.power_on());
        let (_, found) = newest(&mut flash);
        if found == files[next] {
            current = next;
            new += 1;
        } else {
            assert!(found == files[current], "neither the old model nor the new");
            old += 1;
        }
    }
    assert!(old > 50 && new > 20, "{old} {new}");
}

/// At each of its calls, before and after it has done its work.
#[test]
fn a_driver_that_fails_once_lets_no_wrong_signature_count() {
    let files = files(2);
    let mut first = FaultyFlash::new(blank());
    update(&mut first, &sign(&files[0], &keys(1)), 4096).unwrap();
    let good = sign(&files[1], &keys(1));
    let forged = sign(&files[1], &keys(2));
    for (sent, right) in [(&good, true), (&forged, false)] {
        let mut healthy = first.clone();
        assert_eq!(update(&mut healthy, sent, 4096).is_ok(), right);
        let calls = healthy.calls - first.calls;
        assert!(calls > 30, "{calls}");
        for at in 0..calls {
            for fault in [Fault::NotDone, Fault::Done] {
                let mut flash = first.clone();
                flash.fail_after(at, fault);
                let outcome = update(&mut flash, sent, 4096);
                let (_, found) = newest(&mut flash);
                match outcome {
                    Ok(_) => assert!(right && found == files[1], "{at} {fault:?}"),
                    Err(SlotError::Unconfirmed(DriverFault)) => assert!(right),
                    Err(_) => assert!(found == files[0], "{at} {fault:?}"),
                }
            }
        }
    }
}
