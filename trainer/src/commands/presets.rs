//! The presets that the command line offers.

use crate::data::Format;
use crate::model::{Micro, MicroPlain, MicroSmall, Milli, Mini, Nano, Preset};
use anyhow::{Context, Result};
use dfdx::tensor::Cpu;

/// A preset on the processor.
pub type CpuPreset = &'static dyn Preset<Cpu>;

/// The presets of this crate, followed by the presets of the program.
#[derive(Clone)]
pub struct Presets(Vec<CpuPreset>);

impl Presets {
    /// The presets of this crate and some more. A preset of the program hides one of this crate with the same name.
    pub fn with(more: &[CpuPreset]) -> Presets {
        let own: [CpuPreset; 6] = [&Nano, &Micro, &MicroPlain, &MicroSmall, &Mini, &Milli];
        let mut all: Vec<CpuPreset> = own.to_vec();
        all.retain(|own| more.iter().all(|other| other.name() != own.name()));
        all.extend(more);
        Presets(all)
    }

    /// The preset of that name.
    pub(super) fn named(&self, name: &str) -> Result<CpuPreset> {
        let found = self.0.iter().find(|preset| preset.name() == name);
        found.copied().with_context(|| {
            let names: Vec<&str> = self.0.iter().map(|preset| preset.name()).collect();
            let told = match names.split_last() {
                Some((last, [])) => (*last).to_string(),
                Some((last, before)) => format!("{} or {last}", before.join(", ")),
                None => String::new(),
            };
            format!("there is no preset {name:?}: choose {told}")
        })
    }

    /// The preset whose pictures have that format.
    pub(super) fn of_format(&self, format: Format) -> Result<CpuPreset> {
        let mut presets = self.0.iter().copied();
        let found = presets.find(|preset| preset.sizes().picture == format);
        found.with_context(|| {
            format!("no preset has the {format} pictures of this model: it cannot be measured here")
        })
    }
}
