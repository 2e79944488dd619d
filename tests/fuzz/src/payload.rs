//! Any bytes, behind an envelope that goes with them.

use crate::{draw, noise, seeds};
use pixling::write::seal;
use pixling::{FORMAT_VERSION, HEADER_BYTES, LoadError, OLDEST_FORMAT_VERSION};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let payload = |file: Vec<u8>| file[HEADER_BYTES..].to_vec();
    seeds::files().into_iter().map(payload).collect()
}

/// As a payload of each format.
pub(crate) fn run(bytes: &[u8]) {
    let mut file = seal(bytes).expect("shorter than 4 GiB");
    for version in OLDEST_FORMAT_VERSION..=FORMAT_VERSION {
        file[4..6].copy_from_slice(&version.to_le_bytes());
        run_file(&file, bytes);
    }
}

fn run_file(file: &[u8], bytes: &[u8]) {
    match draw::load_and_draw(file, noise(bytes)) {
        Ok(()) => {}
        Err(LoadError::Malformed { offset, .. } | LoadError::Invalid { offset, .. }) => {
            let within = HEADER_BYTES..=file.len();
            assert!(within.contains(&(offset as usize)), "offset {offset}");
        }
        Err(other) => panic!("{other:?} of an envelope that is whole"),
    }
}
