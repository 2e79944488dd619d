//! The part of a board's flash that is for the model.

use crate::family::{Family, PlaceError, fits};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A part of the flash that the board's firmware keeps for the model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// The family of the board's chip.
    #[serde(deserialize_with = "family")]
    pub family: &'static Family,
    /// The first address, the start of a sector.
    pub address: u32,
    /// Its length.
    pub bytes: u32,
}

impl Partition {
    /// Checks that a model of a size fits the partition of the named board.
    ///
    /// # Errors
    ///
    /// When it does not, or writing it erases other data.
    pub fn check(&self, board: &str, bytes: usize) -> Result<(), PlaceError> {
        let last = self.address.saturating_add(self.bytes.saturating_sub(1));
        let place = format!("the model's partition on {board}");
        fits(bytes, self.address, last, place)?;
        self.family.check(self.address, bytes)
    }
}

fn family<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Family, D::Error> {
    let name = String::deserialize(deserializer)?;
    Family::named(&name).ok_or_else(|| D::Error::custom(format!("there is no family `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn every_partition_is_of_whole_sectors_in_the_flash() {
        let boards = Catalog::embedded().boards().iter();
        let partitions = boards.filter_map(|board| Some((&board.name, board.partition.as_ref()?)));
        let mut count = 0;
        for (board, partition) in partitions {
            let Partition {
                family,
                address,
                bytes,
            } = *partition;
            assert_eq!(partition.check(board, bytes as usize), Ok(()), "{board}");
            assert!(bytes >= 128 * 1024, "{board}");
            // The sector after the partition is not erased with it, or there is none.
            let end = address + bytes;
            let whole = family.flash_start + family.flash_bytes;
            assert!(end == whole || family.check(end, 0) == Ok(()));
            count += 1;
        }
        assert_eq!(count, 7);
    }

    #[test]
    fn a_model_fills_a_partition_and_not_more() {
        let board = Catalog::embedded().board("microbit").unwrap();
        let partition = board.partition.as_ref().unwrap();
        assert_eq!((partition.address, partition.bytes), (0x18000, 160 * 1024));
        assert_eq!(partition.check("microbit", 160 * 1024), Ok(()));
        let error = partition.check("microbit", 160 * 1024 + 1).unwrap_err();
        let message = error.to_string();
        for part in ["163841", "0x00018000", "microbit", "0x0003ffff", "163840"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
