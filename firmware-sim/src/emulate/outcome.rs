//! The results of an emulated picture, as table and as JSON.

use super::core::Core;
use super::report::{Picture, Report};
use crate::PictureRequest;
use crate::difference::different_bytes;
use crate::table::{columns, grouped};
use pixling::Model;
use serde::Serialize;

/// One picture on an emulated core, compared with this machine's.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The core's name.
    pub core: &'static str,
    /// The class.
    pub class: u16,
    /// The class in words.
    pub label: String,
    /// The seed of the class's latent.
    pub seed: u64,
    /// The seed of the style.
    pub style: u64,
    /// Whether every byte is the same as on this machine.
    pub identical: bool,
    /// How many bytes differ.
    pub different_bytes: usize,
    /// Whether the core draws the model's golden pictures.
    pub self_test: bool,
    /// The same for each of the files that stand one behind the other in the partition.
    #[serde(skip)]
    pub self_tests: Vec<bool>,
    /// Whether the same came out whatever the arena held before.
    pub repeated: bool,
    /// Instructions that `generate` took.
    pub instructions: u64,
    /// Instructions of each layer.
    pub layer_instructions: Vec<u64>,
    /// Instructions per multiply-accumulate.
    pub instructions_per_mac: f64,
    /// Bytes of the arena, as the model says.
    pub arena_bytes: usize,
    /// Bytes of the arena up to the last that was written.
    pub arena_touched_bytes: u64,
    /// Bytes of stack that `generate` took.
    pub stack_bytes: u64,
    /// The core's picture.
    #[serde(skip)]
    pub pixels: Vec<u8>,
}

impl Outcome {
    /// Compares a core's picture with the expected pixels.
    pub(crate) fn new(
        model: &Model<'_>,
        core: Core,
        request: &PictureRequest,
        expected: &[u8],
        report: &Report,
        picture: &Picture,
    ) -> Outcome {
        // A report without a calibration was refused.
        let instructions = report.instructions(picture).unwrap_or(0);
        let different_bytes = different_bytes(expected, &picture.pixels);
        Outcome {
            core: core.name(),
            class: request.class,
            label: model
                .class_label(request.class)
                .unwrap_or_default()
                .to_owned(),
            seed: request.seed,
            style: request.style,
            identical: different_bytes == 0,
            different_bytes,
            self_test: !report.self_tests.is_empty() && report.self_tests.iter().all(|&it| it),
            self_tests: report.self_tests.clone(),
            repeated: picture.repeated,
            instructions,
            layer_instructions: report.layers(picture),
            instructions_per_mac: instructions as f64 / model.macs().max(1) as f64,
            arena_bytes: model.arena_bytes(),
            arena_touched_bytes: picture.touched,
            stack_bytes: picture.stack,
            pixels: picture.pixels.clone(),
        }
    }

    /// Whether nothing speaks against the core.
    pub fn is_good(&self) -> bool {
        self.identical && self.self_test && self.repeated
    }

    fn verdict(&self) -> String {
        if !self.identical {
            format!("no, {} bytes differ", self.different_bytes)
        } else if !self.self_test {
            "yes, but the self test fails".to_owned()
        } else if !self.repeated {
            "yes, but not repeatable".to_owned()
        } else {
            "yes".to_owned()
        }
    }
}

/// The outcomes in columns.
pub fn table(outcomes: &[Outcome]) -> String {
    let head = [
        "core",
        "class",
        "label",
        "identical",
        "instructions",
        "per MAC",
        "arena",
        "touched",
        "stack",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(outcomes.iter().map(|outcome| {
        [
            outcome.core.to_owned(),
            outcome.class.to_string(),
            outcome.label.clone(),
            outcome.verdict(),
            grouped(outcome.instructions),
            format!("{:.2}", outcome.instructions_per_mac),
            grouped(outcome.arena_bytes as u64),
            grouped(outcome.arena_touched_bytes),
            grouped(outcome.stack_bytes),
        ]
    }));
    columns(&rows, &[1, 4, 5, 6, 7, 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_first() {
        let good = Outcome {
            core: "m4",
            class: 0,
            label: String::new(),
            seed: 0,
            style: 0,
            identical: true,
            different_bytes: 0,
            self_test: true,
            self_tests: vec![true],
            repeated: true,
            instructions: 0,
            layer_instructions: Vec::new(),
            instructions_per_mac: 0.0,
            arena_bytes: 0,
            arena_touched_bytes: 0,
            stack_bytes: 0,
            pixels: Vec::new(),
        };
        let different = Outcome {
            identical: false,
            different_bytes: 3,
            self_test: false,
            ..good.clone()
        };
        let untested = Outcome {
            self_test: false,
            ..good.clone()
        };
        assert!(good.is_good());
        assert!(!different.is_good() && !untested.is_good());
        let text = table(&[good, different, untested]);
        assert!(
            text.contains("no, 3 bytes differ") && text.contains("self test fails"),
            "{text}"
        );
    }
}
