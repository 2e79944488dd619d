//! Families of chips: where their flash is, how it is erased, and what their UF2 boot loaders call them.

use thiserror::Error;

/// Chips whose flash is at the same address and is erased in the same pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// As on the command line.
    pub name: &'static str,
    /// The number that stands for it in UF2 files, of <https://github.com/microsoft/uf2>; none where no boot loader
    /// takes such files.
    pub uf2: Option<u32>,
    /// The first address of the flash.
    pub flash_start: u32,
    /// Bytes of flash of the largest of these chips.
    pub flash_bytes: u32,
    /// Sectors, which are erased as a whole: from an offset into the flash on, their size in bytes.
    sectors: &'static [(u32, u32)],
}

const fn kib(count: u32) -> u32 {
    count * 1024
}

/// All families.
pub const FAMILIES: [Family; 8] = [
    Family {
        name: "rp2040",
        uf2: Some(0xe48b_ff56),
        flash_start: 0x1000_0000,
        flash_bytes: kib(16 * 1024),
        sectors: &[(0, kib(4))],
    },
    Family {
        name: "rp2350",
        // Its Arm cores in the secure state, as they start.
        uf2: Some(0xe48b_ff59),
        flash_start: 0x1000_0000,
        flash_bytes: kib(32 * 1024),
        sectors: &[(0, kib(4))],
    },
    Family {
        name: "nrf51",
        uf2: None,
        flash_start: 0,
        flash_bytes: kib(256),
        sectors: &[(0, kib(1))],
    },
    Family {
        name: "nrf52840",
        uf2: Some(0xada5_2840),
        flash_start: 0,
        flash_bytes: kib(1024),
        sectors: &[(0, kib(4))],
    },
    Family {
        name: "stm32f1",
        uf2: Some(0x5ee2_1072),
        flash_start: 0x0800_0000,
        flash_bytes: kib(1024),
        sectors: &[(0, kib(2))],
    },
    Family {
        name: "stm32f4",
        uf2: Some(0x5775_5a57),
        flash_start: 0x0800_0000,
        flash_bytes: kib(2048),
        // Two banks of the same sectors; most of these chips have one.
        sectors: &[
            (0, kib(16)),
            (kib(64), kib(64)),
            (kib(128), kib(128)),
            (kib(1024), kib(16)),
            (kib(1024 + 64), kib(64)),
            (kib(1024 + 128), kib(128)),
        ],
    },
    Family {
        name: "stm32h7",
        uf2: Some(0x6db6_6082),
        flash_start: 0x0800_0000,
        flash_bytes: kib(2048),
        sectors: &[(0, kib(128))],
    },
    Family {
        // Addresses count from the start of the flash chip, which the firmware maps in pages of 64 KiB.
        name: "esp32-c3",
        uf2: None,
        flash_start: 0,
        flash_bytes: kib(16 * 1024),
        sectors: &[(0, kib(64))],
    },
];

/// Why bytes cannot be written where they were asked for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlaceError {
    /// Not in flash.
    #[error(
        "address {address:#010x} is not in the flash of {family}, which is from {first:#010x} to {last:#010x}"
    )]
    Outside {
        /// The address that was asked for.
        address: u32,
        /// The family's name.
        family: &'static str,
        /// The first address of its flash.
        first: u32,
        /// The last one.
        last: u32,
    },
    /// Not where a sector starts.
    #[error(
        "address {address:#010x} is inside of a sector of {sector} bytes, which are erased together: what stands before it \
         would be lost; choose {before:#010x} or {after:#010x}"
    )]
    InSector {
        /// The address that was asked for.
        address: u32,
        /// Bytes of the sector.
        sector: u32,
        /// Its first address.
        before: u32,
        /// The first address after it.
        after: u32,
    },
    /// Too long for what is left.
    #[error(
        "{bytes} bytes at {address:#010x} do not end within {place}, whose last address is {last:#010x}: there is room for \
         {room}; choose a lower address or train a smaller preset"
    )]
    PastEnd {
        /// How many were to be written.
        bytes: usize,
        /// Where.
        address: u32,
        /// Within what, in words.
        place: String,
        /// Its last address.
        last: u32,
        /// How many fit.
        room: u64,
    },
    /// Intel HEX has addresses of 32 bits.
    #[error("{bytes} bytes at {address:#010x} reach beyond addresses of 32 bits")]
    PastAddresses {
        /// How many were to be written.
        bytes: usize,
        /// Where.
        address: u32,
    },
}

impl Family {
    /// The family of that name.
    pub fn named(name: &str) -> Option<&'static Family> {
        FAMILIES.iter().find(|family| family.name == name)
    }

    /// Checks that a number of bytes from an address on is in flash, and that writing them erases nothing in front.
    ///
    /// # Errors
    ///
    /// When they are not, with the addresses that would do.
    pub fn check(&self, address: u32, bytes: usize) -> Result<(), PlaceError> {
        let last = self.flash_start + (self.flash_bytes - 1);
        if address < self.flash_start || address > last {
            return Err(PlaceError::Outside {
                address,
                family: self.name,
                first: self.flash_start,
                last,
            });
        }
        let offset = address - self.flash_start;
        let of_this_size = self.sectors.iter().rev().find(|(from, _)| *from <= offset);
        let (from, sector) = *of_this_size.unwrap_or(&self.sectors[0]);
        let past = (offset - from) % sector;
        if past != 0 {
            return Err(PlaceError::InSector {
                address,
                sector,
                before: address - past,
                after: address - past + sector,
            });
        }
        fits(
            bytes,
            address,
            last,
            format!("the flash of {} chips", self.name),
        )
    }
}

/// Checks that a number of bytes ends at the last address of a place or before.
pub(crate) fn fits(bytes: usize, address: u32, last: u32, place: String) -> Result<(), PlaceError> {
    let room = u64::from(last) + 1 - u64::from(address);
    if bytes as u64 > room {
        return Err(PlaceError::PastEnd {
            bytes,
            address,
            place,
            last,
            room,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(name: &str) -> &'static Family {
        Family::named(name).unwrap()
    }

    #[test]
    fn the_whole_flash_may_be_filled_and_not_a_byte_more() {
        for family in &FAMILIES {
            let bytes = family.flash_bytes as usize;
            assert_eq!(family.check(family.flash_start, bytes), Ok(()));
            let error = family.check(family.flash_start, bytes + 1).unwrap_err();
            assert!(
                matches!(error, PlaceError::PastEnd { room, .. } if room == bytes as u64),
                "{error}"
            );
        }
    }

    #[test]
    fn an_address_that_is_not_in_flash_is_refused_with_those_that_are() {
        for address in [0, 0x0fff_f000, 0x1100_0000, 0x2000_0000, u32::MAX] {
            let error = family("rp2040").check(address, 1).unwrap_err().to_string();
            assert!(
                error.contains("0x10000000 to 0x10ffffff") && error.contains("rp2040"),
                "{error}"
            );
        }
        let last_page = 0x10ff_f000;
        assert_eq!(family("rp2040").check(last_page, 4096), Ok(()));
        assert!(family("rp2040").check(last_page, 4097).is_err());
    }

    #[test]
    fn an_address_inside_of_a_sector_is_refused_with_its_neighbours() {
        for (name, address, sector, before, after) in [
            ("rp2040", 0x1010_0100, 4096, 0x1010_0000, 0x1010_1000),
            ("nrf51", 0x0001_8001, 1024, 0x0001_8000, 0x0001_8400),
            ("stm32f4", 0x0800_5000, 16_384, 0x0800_4000, 0x0800_8000),
            ("stm32f4", 0x0801_4000, 65_536, 0x0801_0000, 0x0802_0000),
            ("stm32f4", 0x080d_0000, 131_072, 0x080c_0000, 0x080e_0000),
            ("stm32f4", 0x0810_4400, 16_384, 0x0810_4000, 0x0810_8000),
            ("stm32f4", 0x0813_0000, 131_072, 0x0812_0000, 0x0814_0000),
            ("esp32-c3", 0x0030_1000, 65_536, 0x0030_0000, 0x0031_0000),
        ] {
            let error = family(name).check(address, 1).unwrap_err();
            let expected = PlaceError::InSector {
                address,
                sector,
                before,
                after,
            };
            assert_eq!(error, expected, "{name}");
            for start in [before, after] {
                assert_eq!(family(name).check(start, 1), Ok(()));
            }
        }
    }
}
