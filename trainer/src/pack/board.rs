//! The boards for which there is a firmware with a partition for a model.

use super::family::{self, Family, PlaceError};

/// A board. Where its partition is stands in the memory map of its firmware and nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Board {
    /// As on the command line, and the firmware's folder in `firmware-sim/boards`.
    pub name: &'static str,
    /// The name of its [`Family`].
    family: &'static str,
    memory_map: &'static str,
}

/// All that there are.
pub const BOARDS: [Board; 5] = [
    Board {
        name: "pico",
        family: "rp2040",
        memory_map: include_str!("../../../firmware-sim/boards/pico/memory.x"),
    },
    Board {
        name: "nrf52840-dk",
        family: "nrf52840",
        memory_map: include_str!("../../../firmware-sim/boards/nrf52840-dk/memory.x"),
    },
    Board {
        name: "stm32f4-discovery",
        family: "stm32f4",
        memory_map: include_str!("../../../firmware-sim/boards/stm32f4-discovery/memory.x"),
    },
    Board {
        name: "esp32-c3",
        family: "esp32-c3",
        memory_map: include_str!("../../../firmware-sim/boards/esp32-c3/model.x"),
    },
    Board {
        name: "microbit",
        family: "nrf51",
        memory_map: include_str!("../../../firmware-sim/boards/microbit/model.x"),
    },
];

/// A part of the flash that a firmware keeps for the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its first address.
    pub address: u32,
    /// Its length.
    pub bytes: u32,
}

impl Board {
    /// The board of that name.
    pub fn named(name: &str) -> Option<&'static Board> {
        BOARDS.iter().find(|board| board.name == name)
    }

    /// The family of its chip. All [`BOARDS`] have one, as the tests see to.
    pub fn family(&self) -> Option<&'static Family> {
        Family::named(self.family)
    }

    /// The partition `MODEL` of the memory map. All [`BOARDS`] have one, as the tests see to.
    pub fn partition(&self) -> Option<Partition> {
        let mut lines = self.memory_map.lines().map(str::trim);
        let line = lines.find(|line| line.starts_with("MODEL"))?;
        let (_, values) = line.split_once("ORIGIN =")?;
        let (origin, length) = values.split_once(", LENGTH =")?;
        Some(Partition {
            address: number(origin.trim())?,
            bytes: number(length.trim())?,
        })
    }

    /// Checks that so many bytes fit the partition.
    ///
    /// # Errors
    ///
    /// When they do not.
    pub fn check(&self, partition: Partition, bytes: usize) -> Result<(), PlaceError> {
        let last = partition.address + (partition.bytes - 1);
        let place = format!("the model's partition on {}", self.name);
        family::fits(bytes, partition.address, last, place)
    }
}

/// As linker scripts write numbers.
fn number(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    let (digits, unit) = match text.split_at_checked(text.len().checked_sub(1)?)? {
        (digits, "K") => (digits, 1024),
        (digits, "M") => (digits, 1024 * 1024),
        _ => (text, 1),
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_has_a_partition_of_whole_sectors_in_its_flash() {
        for board in &BOARDS {
            let family = board.family().unwrap();
            let Partition { address, bytes } = board.partition().unwrap();
            assert_eq!(
                family.check(address, bytes as usize),
                Ok(()),
                "{}",
                board.name
            );
            assert!(bytes >= 128 * 1024, "{}", board.name);
            // What follows the partition is not erased with it, or there is nothing.
            let end = address + bytes;
            let whole = family.flash_start + family.flash_bytes;
            assert!(end == whole || family.check(end, 0) == Ok(()));
        }
    }

    #[test]
    fn a_model_fills_a_partition_and_not_more() {
        let board = Board::named("microbit").unwrap();
        let partition = board.partition().unwrap();
        assert_eq!(
            partition,
            Partition {
                address: 0x18000,
                bytes: 160 * 1024
            }
        );
        assert_eq!(board.check(partition, 160 * 1024), Ok(()));
        let error = board.check(partition, 160 * 1024 + 1).unwrap_err();
        let message = error.to_string();
        for part in ["163841", "0x00018000", "microbit", "0x0003ffff", "163840"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn numbers_are_those_of_linker_scripts() {
        for (text, value) in [
            ("0x10100000", Some(0x1010_0000)),
            ("160K", Some(163_840)),
            ("1M", Some(1_048_576)),
            ("512", Some(512)),
            ("", None),
            ("K", None),
            ("4096M", None),
            ("1M - 0x100", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }
}
