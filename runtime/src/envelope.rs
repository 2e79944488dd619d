//! The fixed part of the file: magic, version, length, checksum.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `PXLG` |
//! | 4 | 2 | format version |
//! | 6 | 2 | flags; none is defined |
//! | 8 | 4 | length of the payload in bytes |
//! | 12 | 4 | CRC-32 (ISO-HDLC) of the payload |
//! | 16 | | payload |
//!
//! Numbers are little endian.

use crate::LoadError;

/// The first bytes of every model file.
pub const MAGIC: [u8; 4] = *b"PXLG";
/// The format that this build writes.
pub const FORMAT_VERSION: u16 = 4;
/// The oldest format that this build reads, and all from there on.
pub const OLDEST_FORMAT_VERSION: u16 = 2;
/// Bytes before the payload.
pub const HEADER_BYTES: usize = 16;

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// The checksum of bytes that come piece by piece.
#[cfg(feature = "flash")]
pub(crate) fn digest() -> crc::Digest<'static, u32> {
    CRC.digest()
}

/// The checksum of payloads and golden pictures.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes)
}

/// What an envelope says of its payload.
#[derive(Clone, Copy)]
pub(crate) struct Envelope {
    /// Of the format.
    pub(crate) version: u16,
    /// Bytes of the payload.
    pub(crate) length: u32,
    /// Its checksum.
    pub(crate) checksum: u32,
}

impl Envelope {
    /// Fails where the payload's checksum is another.
    pub(crate) fn check(self, found: u32) -> Result<(), LoadError> {
        let expected = self.checksum;
        if expected == found {
            Ok(())
        } else {
            Err(LoadError::Corrupt { expected, found })
        }
    }
}

fn word(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(word) => u32::from_le_bytes(*word),
        None => 0,
    }
}

/// Reads the envelope in the first bytes of `found`, and checks all of it but the checksum. Bytes behind the file are
/// ignored: a flash partition is longer than what it holds.
pub(crate) fn read(first: &[u8], found: u64) -> Result<Envelope, LoadError> {
    let Some(header) = first.first_chunk::<HEADER_BYTES>() else {
        // A file of another kind is told apart from a truncated one as long as its first bytes are there.
        let magic = first.iter().zip(&MAGIC).all(|(byte, magic)| byte == magic);
        return Err(if magic {
            LoadError::Truncated {
                expected: HEADER_BYTES as u64,
                found,
            }
        } else {
            LoadError::NotAModel
        });
    };
    if !header.starts_with(&MAGIC) {
        return Err(LoadError::NotAModel);
    }
    let word_4 = word(header, 4);
    let (version, flags) = (word_4 as u16, (word_4 >> 16) as u16);
    if !(OLDEST_FORMAT_VERSION..=FORMAT_VERSION).contains(&version) {
        return Err(LoadError::UnsupportedVersion { found: version });
    }
    if flags != 0 {
        return Err(LoadError::UnsupportedFlags { found: flags });
    }
    let length = word(header, 8);
    let expected = HEADER_BYTES as u64 + u64::from(length);
    if found < expected {
        return Err(LoadError::Truncated { expected, found });
    }
    Ok(Envelope {
        version,
        length,
        checksum: word(header, 12),
    })
}

/// The format version and the payload of a file, after the checks of the envelope.
pub(crate) fn open(bytes: &[u8]) -> Result<(u16, &[u8]), LoadError> {
    let envelope = read(bytes, bytes.len() as u64)?;
    // As long as that: `read` has compared it.
    let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let payload = payload.get(..envelope.length as usize).unwrap_or_default();
    envelope.check(checksum(payload))?;
    Ok((envelope.version, payload))
}

/// The envelope of a payload. `None` when the payload is longer than a length field can say.
#[cfg(feature = "write")]
pub(crate) fn header(payload: &[u8]) -> Option<[u8; HEADER_BYTES]> {
    let length = u32::try_from(payload.len()).ok()?;
    let mut bytes = [0; HEADER_BYTES];
    let fields = [
        u32::from_le_bytes(MAGIC),
        u32::from(FORMAT_VERSION),
        length,
        checksum(payload),
    ];
    for (slot, field) in bytes.chunks_exact_mut(4).zip(fields) {
        slot.copy_from_slice(&field.to_le_bytes());
    }
    Some(bytes)
}
