//! How long a picture would take: an estimate, never a measurement.

use crate::{Board, CoreProfile};
use pixling::{Coding, Model};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where a number of instructions comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstructionSource {
    /// Counted on this emulated core, with this model.
    Emulated(String),
    /// The model's multiply-accumulates times the core's recorded figure.
    Recorded,
}

/// The instructions of one picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instructions {
    /// How many.
    pub count: u64,
    /// Where from.
    pub source: InstructionSource,
    /// Why they were not counted, where that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Multiply-accumulates of a picture, by what the weights take in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Macs {
    /// By weights of eight bits.
    pub int8: u64,
    /// By weights of four.
    pub int4: u64,
}

impl Macs {
    /// The multiply-accumulates of a model's picture.
    pub fn of(model: &Model<'_>) -> Macs {
        let mut macs = Macs::default();
        for layer in model.layers() {
            match layer.head.coding {
                Coding::Int8 => macs.int8 += layer.geometry.macs(),
                _ => macs.int4 += layer.geometry.macs(),
            }
        }
        macs
    }

    /// The instructions that were recorded of them, and in words.
    fn recorded(self, core: &CoreProfile) -> (f64, String) {
        let figure = core.instructions_per_mac;
        let figure_int4 = core.instructions_per_mac_int4.unwrap_or(figure);
        let parts = [
            (self.int8, figure, ""),
            (self.int4, figure_int4, " of int4"),
        ];
        let parts = parts.into_iter().filter(|(macs, ..)| *macs > 0);
        let sum = parts.clone().map(|(macs, figure, _)| macs as f64 * figure);
        let words =
            parts.map(|(macs, figure, of)| format!("{macs} multiply-accumulates{of} x {figure}"));
        let words: Vec<String> = words.collect();
        (sum.sum(), words.join(" + "))
    }
}

/// Instructions of a picture that an emulator counted, by the name of the core.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    counts: BTreeMap<String, Result<u64, String>>,
}

impl Measured {
    /// No emulator: everything is recorded.
    pub fn nothing() -> Measured {
        Measured::default()
    }

    /// Counts with `count` on each core that stands for one of these, on each core once. The reason of a core that could
    /// not be emulated is one of [`reasons`](Self::reasons).
    pub fn count<'c>(
        cores: impl IntoIterator<Item = &'c CoreProfile>,
        mut count: impl FnMut(&str) -> Result<u64, String>,
    ) -> Measured {
        let mut counts = BTreeMap::new();
        for core in cores.into_iter().filter_map(|it| it.emulated.as_deref()) {
            if !counts.contains_key(core) {
                counts.insert(core.to_owned(), count(core));
            }
        }
        Measured { counts }
    }

    /// Why a core could not be emulated, each reason once.
    pub fn reasons(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        for reason in self.counts.values().filter_map(|it| it.as_ref().err()) {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        reasons
    }

    /// The instructions of a picture on a core.
    pub fn instructions(&self, core: &CoreProfile, macs: Macs) -> Instructions {
        let counted = core
            .emulated
            .as_ref()
            .and_then(|it| self.counts.get_key_value(it));
        match counted {
            Some((name, Ok(count))) => Instructions {
                count: *count,
                source: InstructionSource::Emulated(name.clone()),
                reason: None,
            },
            _ => Instructions {
                count: macs.recorded(core).0.round() as u64,
                source: InstructionSource::Recorded,
                reason: counted.and_then(|(_, count)| count.clone().err()),
            },
        }
    }
}

/// The time of one picture on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Instructions of the picture.
    pub instructions: Instructions,
    /// Assumed of the core.
    pub cycles_per_instruction: f64,
    /// The board's clock.
    pub clock_hz: u64,
    /// `instructions * cycles_per_instruction / clock_hz`, in milliseconds.
    pub milliseconds: f64,
    /// One second over that.
    pub pictures_per_second: f64,
    /// The same in words.
    pub formula: String,
}

impl Estimate {
    /// The estimate of a picture with these multiply-accumulates.
    pub fn new(board: &Board, core: &CoreProfile, measured: &Measured, macs: Macs) -> Estimate {
        let instructions = measured.instructions(core, macs);
        let cycles = instructions.count as f64 * core.cycles_per_instruction;
        let seconds = cycles / board.clock_hz as f64;
        let from = match &instructions.source {
            InstructionSource::Emulated(core) => format!("counted on the emulated {core}"),
            InstructionSource::Recorded => format!("recorded: {}", macs.recorded(core).1),
        };
        Estimate {
            cycles_per_instruction: core.cycles_per_instruction,
            clock_hz: board.clock_hz,
            milliseconds: seconds * 1000.0,
            pictures_per_second: if seconds > 0.0 { 1.0 / seconds } else { 0.0 },
            formula: format!(
                "{} instructions ({from}) x {} cycles per instruction / {} Hz = {:.1} ms",
                instructions.count,
                core.cycles_per_instruction,
                board.clock_hz,
                seconds * 1000.0
            ),
            instructions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn instructions_that_could_not_be_counted_say_why() {
        let core = Catalog::embedded().core("Cortex-M4").unwrap();
        let macs = Macs { int8: 10, int4: 0 };
        let measured = Measured::count([core], |_| Err("there is no QEMU".to_owned()));
        let instructions = measured.instructions(core, macs);
        assert_eq!(instructions.source, InstructionSource::Recorded);
        assert_eq!(instructions.reason.as_deref(), Some("there is no QEMU"));
        assert_eq!(Measured::nothing().instructions(core, macs).reason, None);
        let measured = Measured::count([core], |_| Ok(7));
        assert_eq!(measured.instructions(core, macs).count, 7);
    }
}
