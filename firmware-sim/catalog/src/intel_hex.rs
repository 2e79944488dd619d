//! Intel HEX: lines of text, which every tool that writes flash reads.

use crate::PlaceError;
use ihex::{Record, create_object_file_representation};

/// Bytes of a line, as most tools write them.
const LINE: u32 = 16;

/// The bytes from an address on, as text.
///
/// # Errors
///
/// When they reach beyond 32 bits.
pub fn intel_hex(bytes: &[u8], address: u32) -> Result<String, PlaceError> {
    let past = PlaceError::PastAddresses {
        bytes: bytes.len(),
        address,
    };
    let mut records = Vec::new();
    // The upper half of the address that the lines count from, which is zero at first.
    let mut upper = 0;
    let mut at = address;
    let mut rest = bytes;
    while !rest.is_empty() {
        let wanted = (at >> 16) as u16;
        if wanted != upper {
            records.push(Record::ExtendedLinearAddress(wanted));
            upper = wanted;
        }
        // To the next multiple of a line, so that none crosses from one upper half into another.
        let count = (LINE - at % LINE).min(rest.len() as u32);
        let (line, after) = rest.split_at(count as usize);
        records.push(Record::Data {
            offset: at as u16,
            value: line.to_vec(),
        });
        rest = after;
        match at.checked_add(count) {
            Some(next) => at = next,
            None if rest.is_empty() => {}
            None => return Err(past),
        }
    }
    records.push(Record::EndOfFile);
    // Short lines and an end are all that the writer asks for.
    create_object_file_representation(&records).map_err(|_| past)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Other readers read it in the tests that cross crates.
    #[test]
    fn the_upper_half_of_the_address_is_told_where_it_changes() {
        let text = intel_hex(&[0xaa; 40], 0x1000_fff0).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                ":020000041000EA",
                ":10FFF000AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA61",
                ":020000041001E9",
                ":10000000AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA50",
                ":08001000AAAAAAAAAAAAAAAA98",
                ":00000001FF",
            ]
        );
    }

    #[test]
    fn low_addresses_need_no_upper_half_and_lines_are_aligned() {
        let text = intel_hex(&[1, 2, 3], 0x000f).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [":01000F0001EF", ":020010000203E9", ":00000001FF"]
        );
    }

    #[test]
    fn the_last_address_is_written_and_none_after_it() {
        assert!(intel_hex(&[0; 16], 0xffff_fff0).is_ok());
        assert!(intel_hex(&[0; 17], 0xffff_fff0).is_err());
    }
}
