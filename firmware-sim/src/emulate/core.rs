//! The cores that the firmware runs on.

use crate::Error;
use clap::ValueEnum;
use pixling_app::{COMMAND_LINE_BYTES, PictureRequest};
use pixling_boards::EMULATED_CORES;

/// A core, with the machine that QEMU emulates around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Core {
    /// Cortex-M0, on a board with 16 KiB of RAM; unaligned loads fault.
    M0,
    /// Cortex-M3.
    M3,
    /// Cortex-M4, with the DSP extension.
    M4,
    /// Cortex-M7.
    M7,
    /// Cortex-M33, with the DSP extension.
    M33,
    /// Cortex-M55, with the vector extension.
    M55,
    /// RISC-V of 32 bits, with multiplication and compressed instructions.
    Rv32,
}

/// The differences between cores on the host's side.
#[derive(Debug)]
pub(crate) struct Profile {
    /// As on the command line.
    pub(crate) name: &'static str,
    /// The program that emulates it.
    pub(crate) emulator: &'static str,
    /// QEMU's machine.
    pub(crate) machine: &'static str,
    /// The compiler's target.
    pub(crate) target: &'static str,
    /// The folder of the firmware below `firmware-sim/emulated`.
    pub(crate) folder: &'static str,
    /// The firmware's cargo features.
    pub(crate) features: &'static str,
}

/// The Cortex-M4, from which the others differ.
const MPS2: Profile = Profile {
    name: "m4",
    emulator: "qemu-system-arm",
    machine: "mps2-an386",
    target: "thumbv7em-none-eabihf",
    folder: "cortex-m",
    features: "mps2",
};

/// Pictures per boot: their requests fit the command line.
pub(crate) const REQUESTS: usize = COMMAND_LINE_BYTES / PictureRequest::MOST_BYTES;

impl Core {
    /// All of them, the smallest first.
    pub const ALL: [Core; 7] = [
        Core::M0,
        Core::M3,
        Core::M4,
        Core::M7,
        Core::M33,
        Core::M55,
        Core::Rv32,
    ];

    /// The core of that name on the command line, in small letters or not.
    ///
    /// # Errors
    ///
    /// When there is none of that name: lists all.
    pub fn named(name: &str) -> Result<Core, Error> {
        let error = |_| pixling_boards::Error::NoSuchName {
            kind: "core",
            asked: name.to_owned(),
            choices: EMULATED_CORES.join(", "),
        };
        Ok(Core::from_str(name, true).map_err(error)?)
    }

    /// The machine that the firmware runs on.
    pub(crate) fn profile(self) -> &'static Profile {
        match self {
            Core::M0 => &Profile {
                name: "m0",
                machine: "microbit",
                target: "thumbv6m-none-eabi",
                features: "microbit",
                ..MPS2
            },
            Core::M3 => &Profile {
                name: "m3",
                machine: "mps2-an385",
                target: "thumbv7m-none-eabi",
                ..MPS2
            },
            Core::M4 => &MPS2,
            Core::M7 => &Profile {
                name: "m7",
                machine: "mps2-an500",
                ..MPS2
            },
            Core::M33 => &Profile {
                name: "m33",
                machine: "mps2-an505",
                target: "thumbv8m.main-none-eabihf",
                features: "an505",
                ..MPS2
            },
            Core::M55 => &Profile {
                name: "m55",
                machine: "mps3-an547",
                target: "thumbv8m.main-none-eabihf",
                features: "an547",
                ..MPS2
            },
            Core::Rv32 => &Profile {
                name: "rv32",
                emulator: "qemu-system-riscv32",
                machine: "virt",
                target: "riscv32imc-unknown-none-elf",
                folder: "riscv",
                features: "",
            },
        }
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        self.profile().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_of_boards_knows_every_core() {
        assert_eq!(Core::ALL.map(Core::name), EMULATED_CORES);
        for core in Core::ALL {
            assert_eq!(Core::named(core.name()).unwrap(), core);
        }
    }
}
