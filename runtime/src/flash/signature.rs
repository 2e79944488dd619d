//! The signature of an update, and its check against the file as the flash holds it.
//!
//! It is Ed25519 as in RFC 8032, of all bytes of the file. `ed25519-compact` hashes them piece by piece, so that a file that
//! fits no memory can be checked where it lies. `salty` wants the whole file in one slice, or Ed25519ph, which OpenSSL has
//! only since 3.2; `ed25519-dalek` has neither of this crate's licences.

use super::SlotError;
use super::paged::pages;
use super::pages::Span;
use core::ops::Range;
use ed25519_compact::{PublicKey, Signature};
use embedded_storage::nor_flash::ReadNorFlash;

/// Bytes of a signature, which come right after the file in an update.
pub const SIGNATURE_BYTES: usize = Signature::BYTES;

/// As much of a signature as has come.
#[derive(Debug)]
pub(super) struct Trailer {
    bytes: [u8; SIGNATURE_BYTES],
    count: usize,
}

impl Trailer {
    pub(super) fn new() -> Trailer {
        Trailer {
            bytes: [0; SIGNATURE_BYTES],
            count: 0,
        }
    }

    /// Takes the next bytes after the file; bytes after the signature are ignored.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(self.count).zip(bytes) {
            *place = *byte;
            self.count = self.count.wrapping_add(1);
        }
    }
}

/// Checks the signature of the file in these bytes of the flash. `between` is called before each piece of it, and before
/// the arithmetic on the curve, which takes the most time.
#[inline(never)]
pub(super) fn check<F: ReadNorFlash>(
    flash: F,
    file: &Range<u32>,
    public_key: [u8; 32],
    trailer: &Trailer,
    buffer: &mut [u8],
    between: &mut dyn FnMut(),
) -> Result<(), SlotError<F::Error>> {
    if trailer.count < SIGNATURE_BYTES {
        return Err(SlotError::Unsigned);
    }
    let signature = Signature::new(trailer.bytes);
    between();
    let state = PublicKey::new(public_key).verify_incremental(&signature);
    let mut state = state.map_err(|_| SlotError::WrongSignature)?;
    let all = Span {
        at: 0,
        bytes: file.end.saturating_sub(file.start) as usize,
    };
    let mut pages = pages(flash, file, buffer)?;
    pages
        .scan(all, |bytes| {
            between();
            state.absorb(bytes);
            bytes.len()
        })
        .map_err(SlotError::Model)?;
    between();
    state.verify().map_err(|_| SlotError::WrongSignature)
}
