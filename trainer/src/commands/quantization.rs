//! How a run is quantized, for the commands that make a file of it.

use super::inspect::operator;
use super::trained::Trained;
use crate::export::{Calibration, Choice, Exported, LayerFidelity, Precision, SATURATED, Settings};
use crate::model::{ClassSource, Components};
use anyhow::{Result, ensure};
use bytesize::ByteSize;
use clap::Args;
use pixling::Model;
use pixling_boards::Catalog;

/// What a file may take, and how it is made.
#[derive(Args, Debug)]
pub(super) struct Quantization {
    /// The most bytes that the file may have, such as 16KiB: the layers that lose least by it get 4-bit weights.
    #[arg(long, value_name = "SIZE")]
    budget: Option<ByteSize>,
    /// A board of `pixling-sim boards`: the file gets what its firmware leaves of the flash, in bytes.
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// Bits of all weights, instead of a budget: 8 or 4.
    #[arg(long, value_name = "BITS", conflicts_with_all = ["budget", "board"], value_parser = bits)]
    bits: Option<Precision>,
    /// Steps of training with rounded weights, after which less is lost.
    #[arg(long, value_name = "STEPS", default_value = "0")]
    pub(super) finetune: u32,
    /// Gaussians of (z_s, z_u) that each class is drawn from, fitted to its training pictures: 1 to 256, or auto for the
    /// number that makes held-out pictures likeliest, in at most an eighth of a budget. Without it a class is one Gaussian of z_s, and z_u is drawn apart.
    #[arg(long, value_name = "N", value_parser = components)]
    components: Option<Components>,
    /// How the ranges of activations are chosen.
    #[arg(long, value_enum, default_value_t)]
    calibration: Calibration,
}

fn bits(text: &str) -> Result<Precision, String> {
    match text {
        "8" => Ok(Precision::Int8),
        "4" => Ok(Precision::Int4),
        _ => Err("weights have 8 or 4 bits".into()),
    }
}

/// The most Gaussians of a class that are tried.
const MOST_COMPONENTS: usize = 32;

fn components(text: &str) -> Result<Components, String> {
    match text.parse() {
        _ if text == "auto" => Ok(Components::AtMost(MOST_COMPONENTS)),
        Ok(count @ 1..=256) => Ok(Components::Exactly(count)),
        _ => Err("choose auto or a number from 1 to 256".into()),
    }
}

/// The part of a budget that a number of Gaussians may take that is not asked for. On Fashion-MNIST more of them gain
/// less than the weights lose that get 4 bits for it.
const PRIOR_PART: u64 = 8;

/// Bytes of a Gaussian in the file, with its weight.
fn component_bytes(dimensions: usize) -> usize {
    1 + dimensions + dimensions.div_ceil(2)
}

/// As many Gaussians as are asked for, or as the part of a budget holds, of which one for each class takes `of_each`
/// bytes.
fn within(components: Components, budget: Option<u64>, of_each: u64) -> Components {
    match (components, budget) {
        (Components::AtMost(most), Some(budget)) => {
            let held = budget / PRIOR_PART / of_each.max(1);
            Components::AtMost(most.min(held as usize).max(1))
        }
        _ => components,
    }
}

impl Quantization {
    /// The lower of what was asked for and what the board leaves, in bytes.
    pub(super) fn budget(&self) -> Result<Option<u64>> {
        let left = |name| Catalog::embedded().flash_for_model(name);
        let of_board = self.board.as_deref().map(left).transpose()?;
        let asked = self.budget.map(|budget| budget.as_u64());
        Ok(asked.into_iter().chain(of_board).min())
    }

    /// Whether nothing was asked for.
    pub(super) fn is_default(&self) -> bool {
        let none = self.budget.is_none() && self.board.is_none() && self.bits.is_none();
        none && self.components.is_none()
            && self.finetune == 0
            && self.calibration == Calibration::default()
    }

    /// Makes the file of a run, and says on standard error where it saturates.
    pub(super) fn export(
        &self,
        trained: &mut Trained,
        name: &str,
        quiet: bool,
    ) -> Result<Exported> {
        let budget = self.budget()?;
        let choice = match (budget, self.bits) {
            (Some(budget), _) => Choice::Budget(budget),
            (None, Some(precision)) => Choice::All(precision),
            (None, None) => Choice::default(),
        };
        let settings = Settings {
            calibration: self.calibration,
            choice,
        };
        if let Some(components) = self.components {
            ensure!(
                trained.run.model.class_source() != ClassSource::None,
                "--components fits Gaussians to the classes, which a vae does not know: leave it out"
            );
            let sizes = trained.run.model.sizes();
            let of_each = trained.data.labels.len() * component_bytes(sizes.latent());
            trained.fit_prior(within(components, budget, of_each as u64));
        }
        let mut draft = trained.draft(name, settings)?;
        if self.finetune > 0 {
            trained.finetune(&mut draft, self.finetune, quiet)?;
        }
        let exported = draft.finish(&trained.run.model)?;
        let bytes = exported.bytes.len() as u64;
        ensure!(
            budget.is_none_or(|budget| bytes <= budget),
            "the file has {bytes} bytes, more than its budget"
        );
        for warning in warnings(&exported.layers) {
            eprintln!("{warning}");
        }
        Ok(exported)
    }
}

/// A line for each layer that saturates. The last one does where pixels are black or white.
fn warnings(layers: &[LayerFidelity]) -> Vec<String> {
    let inner = layers.split_last().map_or(layers, |(_, inner)| inner);
    let saturated = inner.iter().enumerate();
    let saturated = saturated.filter(|(_, layer)| layer.saturated > SATURATED);
    let told = saturated.map(|(index, layer)| {
        format!(
            "warning: layer {index} saturates: {:.1} % of what it writes is beyond its range; try the other --calibration, or fewer steps of fine-tuning",
            100.0 * layer.saturated
        )
    });
    told.collect()
}

/// The layers of a file, with what rounding does to each: the names of the columns, and a row for each layer.
pub(super) fn layer_cells(
    exported: &Exported,
    model: &Model<'_>,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let mut head = vec![
        "layer",
        "weights",
        "bytes",
        "signal/noise, dB",
        "saturated, %",
        "zero point",
        "at zero, %",
        "values used",
    ];
    if !exported.sensitivities.is_empty() {
        head.extend(["cost of int8", "of int4"]);
    }
    let rows = model.layers().zip(&exported.layers).enumerate();
    let rows = rows.map(|(index, (layer, fidelity))| {
        let mut cells = vec![
            operator(&layer),
            fidelity.precision.to_string(),
            fidelity.bytes.to_string(),
            format!("{:.1}", fidelity.signal_to_noise),
            format!("{:.2}", 100.0 * fidelity.saturated),
            fidelity.zero_point.to_string(),
            format!("{:.0}", 100.0 * fidelity.at_zero_point),
            fidelity.levels.to_string(),
        ];
        if let Some(cost) = exported.sensitivities.get(index) {
            cells.extend([cost.int8, cost.int4].map(|cost| format!("{:.2}", 1e4 * cost)));
        }
        cells
    });
    (head, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_saturates_is_named_with_its_share() {
        let layer = |saturated| LayerFidelity {
            precision: Precision::Int4,
            bytes: 1,
            signal_to_noise: 20.0,
            saturated,
            zero_point: 0,
            at_zero_point: 0.0,
            levels: 256,
        };
        let told = warnings(&[layer(0.0099), layer(0.034), layer(0.5)]);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("layer 1 saturates: 3.4 %"), "{told:?}");
    }

    #[test]
    fn bits_and_sizes_are_read() {
        assert_eq!(bits("4"), Ok(Precision::Int4));
        assert_eq!(bits("8"), Ok(Precision::Int8));
        assert!(bits("3").is_err());
        let size: ByteSize = "16KiB".parse().unwrap();
        assert_eq!(size.as_u64(), 16_384);
        assert_eq!(components("auto"), Ok(Components::AtMost(32)));
        let of_each = 10 * component_bytes(24) as u64;
        let auto = Components::AtMost(32);
        for (budget, most) in [(32 << 10, 11), (1 << 20, 32), (1 << 10, 1)] {
            let found = within(auto, Some(budget), of_each);
            assert_eq!(found, Components::AtMost(most), "{budget}");
        }
        assert_eq!(within(auto, None, of_each), auto);
        let asked = Components::Exactly(64);
        assert_eq!(within(asked, Some(1 << 10), of_each), asked);
        assert_eq!(components("256"), Ok(Components::Exactly(256)));
        for bad in ["0", "257", "-1", "", "all"] {
            assert!(components(bad).is_err(), "{bad}");
        }
    }
}
