//! Any bytes, as a file.

use crate::{draw, noise, seeds};
use pixling::{HEADER_BYTES, LoadError, Model};

/// Whole files, cut ones, and files with something behind them.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut all = seeds::files();
    let long = [&all[0][..], &[0xff; 40]].concat();
    let cut = all[0][..all[0].len() / 2].to_vec();
    all.extend([long, cut, all[0][..HEADER_BYTES].to_vec(), Vec::new()]);
    all
}

pub(crate) fn run(bytes: &[u8]) {
    let noise = noise(bytes);
    if draw::load_and_draw(bytes, noise).is_err() {
        return;
    }
    // What was accepted is a whole file, and no other one of a bit less.
    let field = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|index| bytes[at + index]));
    assert_eq!(bytes[..4], *b"PXLG");
    assert!(matches!(bytes[4..8], [2..=4, 0, 0, 0]));
    let end = HEADER_BYTES + field(8) as usize;
    assert_eq!(field(12), crc32fast::hash(&bytes[HEADER_BYTES..end]));

    // A flip of more than one bit may find another length with the checksum, a flip of one does not: the length is
    // smaller then, or there are fewer bytes.
    let bit = noise as usize % (end * 8);
    let mut flipped = bytes[..end].to_vec();
    flipped[bit / 8] ^= 1 << (bit % 8);
    let accepted = Model::load(&flipped).is_ok();
    let shorter = (64..96).contains(&bit) && {
        let length = u32::from_le_bytes([0, 1, 2, 3].map(|index| flipped[8 + index]));
        let payload = flipped.get(HEADER_BYTES..HEADER_BYTES.saturating_add(length as usize));
        payload.is_some_and(|payload| crc32fast::hash(payload) == field(12))
    };
    assert!(!accepted || shorter, "bit {bit} was flipped");

    let found = noise as usize % end;
    let expected = match found {
        ..HEADER_BYTES => HEADER_BYTES,
        _ => end,
    } as u64;
    let truncated = LoadError::Truncated {
        expected,
        found: found as u64,
    };
    assert_eq!(Model::load(&bytes[..found]).err(), Some(truncated));
    let longer = [&bytes[..end], &noise.to_le_bytes()].concat();
    let model = Model::load(&longer).expect("what is behind the file does not count");
    assert_eq!(model.file_bytes(), end);
}
