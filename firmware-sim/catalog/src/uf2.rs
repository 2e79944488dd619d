//! UF2: blocks of 512 bytes, which boot loaders take as files copied onto a drive.
//!
//! The format is Microsoft's, <https://github.com/microsoft/uf2>. The crate `uf2` is one function of this length, was
//! released once, and fills the last block with zeros.

const BLOCK: usize = 512;

/// Bytes of each block that go to flash: a page of flash, the one length that every boot loader takes.
const PAYLOAD: usize = 256;

const START: [u32; 2] = [0x0a32_4655, 0x9e5d_5157];
const END: u32 = 0x0ab1_6f30;

/// Says that the field for the file's size holds the family.
const FAMILY_PRESENT: u32 = 0x2000;

/// Erased flash, which fills up the last block.
const ERASED: u8 = 0xff;

/// The bytes from an address on, without a gap, for a family's number. The address is a multiple of 4096 on Raspberry Pi's chips,
/// whose boot loader counts blocks, not addresses, to tell when to erase (errata RP2040-E14).
pub fn uf2(bytes: &[u8], address: u32, family: u32) -> Vec<u8> {
    let count = bytes.len().div_ceil(PAYLOAD);
    let mut file = Vec::with_capacity(count * BLOCK);
    for (index, payload) in bytes.chunks(PAYLOAD).enumerate() {
        let header = [
            START[0],
            START[1],
            FAMILY_PRESENT,
            address.wrapping_add((index * PAYLOAD) as u32),
            PAYLOAD as u32,
            index as u32,
            count as u32,
            family,
        ];
        let start = file.len();
        file.extend(header.into_iter().flat_map(u32::to_le_bytes));
        file.extend(payload);
        file.resize(start + 32 + PAYLOAD, ERASED);
        file.resize(start + BLOCK - 4, 0);
        file.extend(END.to_le_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(file: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(file[at..at + 4].try_into().unwrap())
    }

    /// Another reader reads it in the tests that cross crates.
    #[test]
    fn blocks_are_counted_addressed_and_filled_up() {
        let bytes: Vec<u8> = (0..300u32).map(|it| it as u8).collect();
        let file = uf2(&bytes, 0x1010_0000, 0xe48b_ff56);
        assert_eq!(file.len(), 1024);
        assert_eq!(&file[..4], b"UF2\n");
        let second = &file[512..];
        let fields: Vec<u32> = (0..8).map(|it| word(second, 4 * it)).collect();
        assert_eq!(
            fields,
            [
                0x0a32_4655,
                0x9e5d_5157,
                0x2000,
                0x1010_0100,
                256,
                1,
                2,
                0xe48b_ff56
            ]
        );
        assert_eq!(second[32..76], bytes[256..]);
        assert!(second[76..288].iter().all(|byte| *byte == 0xff));
        assert!(second[288..508].iter().all(|byte| *byte == 0));
        assert_eq!(word(second, 508), 0x0ab1_6f30);
    }
}
