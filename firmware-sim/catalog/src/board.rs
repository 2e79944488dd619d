//! A board and its core.

use crate::Partition;
use serde::Deserialize;

/// A board. Its `source` says where each figure comes from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// As on the command line.
    pub name: String,
    /// As on the box.
    pub title: String,
    /// The name of a [`CoreProfile`].
    pub core: String,
    /// The highest clock that the data sheet allows.
    pub clock_hz: u64,
    /// Bytes of flash for firmware and model.
    pub flash: u64,
    /// Bytes of RAM in one piece.
    pub ram: u64,
    /// The name of a [`Display`](crate::Display).
    pub display: String,
    /// The buttons on the board that a program can read.
    pub buttons: Vec<String>,
    /// The place of the model, where there is a firmware in `firmware-sim/boards`.
    pub partition: Option<Partition>,
    /// Where the figures come from.
    pub source: String,
}

/// A core, as far as it says how long a picture takes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreProfile {
    /// As boards name it.
    pub name: String,
    /// The core of `pixling-sim emulate` that stands for it, one of [`EMULATED_CORES`](crate::EMULATED_CORES).
    pub emulated: Option<String>,
    /// Cycles of an instruction of the runtime's kernels: an assumption.
    pub cycles_per_instruction: f64,
    /// Where it comes from.
    pub cycles_source: String,
    /// Recorded, for when there is no emulator.
    pub instructions_per_mac: f64,
    /// The same of layers whose weights take four bits; without it as with eight.
    pub instructions_per_mac_int4: Option<f64>,
    /// How it was recorded.
    pub instructions_source: String,
    /// Bytes of flash that the application firmware takes without the model.
    pub firmware_bytes: u64,
}
