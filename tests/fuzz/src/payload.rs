//! Any bytes, behind an envelope that goes with them.

use crate::{draw, noise, seeds};
use pixling::write::seal;
use pixling::{HEADER_BYTES, LoadError};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let payload = |file: Vec<u8>| file[HEADER_BYTES..].to_vec();
    seeds::files().into_iter().map(payload).collect()
}

pub(crate) fn run(bytes: &[u8]) {
    let file = seal(bytes).expect("shorter than 4 GiB");
    match draw::load_and_draw(&file, noise(bytes)) {
        Ok(()) => {}
        Err(LoadError::Malformed { offset, .. } | LoadError::Invalid { offset, .. }) => {
            let within = HEADER_BYTES..=file.len();
            assert!(within.contains(&(offset as usize)), "offset {offset}");
        }
        Err(other) => panic!("{other:?} of an envelope that is whole"),
    }
}
