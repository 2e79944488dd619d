//! The cores that the firmware runs on.

/// A core, with the board that QEMU emulates around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
}

/// All that differs from core to core on the host's side.
#[derive(Debug)]
pub(crate) struct Profile {
    /// As on the command line.
    pub(crate) name: &'static str,
    /// QEMU's machine.
    pub(crate) machine: &'static str,
    /// The compiler's target.
    pub(crate) target: &'static str,
    /// The firmware's cargo features.
    pub(crate) features: &'static str,
}

impl Core {
    /// All of them, the smallest first.
    pub const ALL: [Core; 6] = [Core::M0, Core::M3, Core::M4, Core::M7, Core::M33, Core::M55];

    pub(crate) fn profile(self) -> &'static Profile {
        match self {
            Core::M0 => &Profile {
                name: "m0",
                machine: "microbit",
                target: "thumbv6m-none-eabi",
                features: "microbit",
            },
            Core::M3 => &Profile {
                name: "m3",
                machine: "mps2-an385",
                target: "thumbv7m-none-eabi",
                features: "mps2",
            },
            Core::M4 => &Profile {
                name: "m4",
                machine: "mps2-an386",
                target: "thumbv7em-none-eabihf",
                features: "mps2",
            },
            Core::M7 => &Profile {
                name: "m7",
                machine: "mps2-an500",
                target: "thumbv7em-none-eabihf",
                features: "mps2",
            },
            Core::M33 => &Profile {
                name: "m33",
                machine: "mps2-an505",
                target: "thumbv8m.main-none-eabihf",
                features: "an505",
            },
            Core::M55 => &Profile {
                name: "m55",
                machine: "mps3-an547",
                target: "thumbv8m.main-none-eabihf",
                features: "an547",
            },
        }
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        self.profile().name
    }
}
