//! How a run is quantized, for the commands that make a file of it.

use super::inspect::operator;
use super::trained::Trained;
use crate::export::{
    Calibration, Choice, Draft, ExportError, Exported, LayerFidelity, Precision, SATURATED,
    Settings,
};
use crate::model::{ClassSource, Components};
use crate::train::STYLES;
use anyhow::{Result, ensure};
use bytesize::ByteSize;
use clap::Args;
use pixling::Model;
use pixling_boards::Catalog;

/// What a file may take, and how it is made.
#[derive(Args, Debug, Default)]
pub(super) struct Quantization {
    /// The most bytes that the file may have, such as 16KiB: the layers that lose least by it get 4-bit weights. Without it
    /// the preset's: 32 KiB for micro.
    #[arg(long, value_name = "SIZE")]
    budget: Option<ByteSize>,
    /// A board of `pixling-sim boards`: the file gets what its firmware leaves of the flash, in bytes.
    #[arg(long, value_name = "NAME")]
    board: Option<String>,
    /// Bits of all weights, instead of a budget: 8 or 4.
    #[arg(long, value_name = "BITS", conflicts_with_all = ["budget", "board"], value_parser = bits)]
    bits: Option<Precision>,
    /// Steps of training with rounded weights, after which less is lost. Without it a tenth of the training's, 1000 at
    /// most, if a layer has 4-bit weights, and else none.
    #[arg(long, value_name = "STEPS")]
    finetune: Option<u32>,
    /// Gaussians of (z_s, z_u) that each class is drawn from, fitted to its training pictures: 1 to 256, or auto for the
    /// number that makes held-out pictures likeliest, in at most a seventh of a budget. Without it the prior of the run is
    /// taken, as far as it keeps to that.
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

/// The parts of a budget that Gaussians of the classes, and styles, may take that are not asked for. On Fashion-MNIST more
/// of them gain less than the weights lose that get 4 bits for it.
const PRIOR_PART: u64 = 7;
const STYLES_PART: u64 = 32;

/// Bytes of a Gaussian in the file, with its weight.
fn component_bytes(dimensions: usize) -> u64 {
    (1 + dimensions + dimensions.div_ceil(2)) as u64
}

/// The most Gaussians of a class, and styles, in their parts of a budget, with the bytes of one for each class and of a
/// style.
fn held(budget: u64, [of_classes, of_style]: [u64; 2]) -> [usize; 2] {
    let components = (budget / PRIOR_PART / of_classes) as usize;
    let styles = (budget / STYLES_PART / of_style) as usize;
    [components.max(1), styles.clamp(1, STYLES)]
}

/// Gaussians of a class that are left, of `found`, where a file is too large by some bytes; `of_classes` are the bytes of one
/// for each class.
fn left(found: usize, too_large: u64, of_classes: u64) -> usize {
    let less = too_large.div_ceil(of_classes) as usize;
    found.saturating_sub(less).max(1)
}

/// The numbers to be fitted: as asked for; or at most as many as are held, if those found are more.
fn numbers(
    asked: Option<Components>,
    found: Option<[usize; 2]>,
    held: [usize; 2],
) -> Option<[Components; 2]> {
    match asked {
        Some(Components::Exactly(count)) => {
            Some([Components::Exactly(count), Components::AtMost(STYLES)])
        }
        Some(Components::AtMost(most)) => {
            Some([most.min(held[0]), held[1]].map(Components::AtMost))
        }
        None => {
            let [components, styles] = found?;
            let kept = [components.min(held[0]), styles.min(held[1])];
            (kept != [components, styles]).then(|| kept.map(Components::AtMost))
        }
    }
}

/// Steps of fine-tuning that are worth their time after a training of `trained` steps.
fn finetuning(draft: &Draft, trained: u64) -> u32 {
    const MOST: u64 = 1000;
    match draft.precisions().contains(&Precision::Int4) {
        true => (trained / 10).min(MOST) as u32,
        false => 0,
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
            && self.finetune.is_none()
            && self.calibration == Calibration::default()
    }

    /// The numbers of Gaussians of a class and of styles, where the prior of the run is not the one to be used.
    fn numbers(&self, trained: &Trained, budget: Option<u64>) -> Option<[Components; 2]> {
        let sizes = trained.run.preset.sizes();
        let classes = trained.data.labels.len() as u64;
        let of_each = [
            classes * component_bytes(sizes.latent()),
            component_bytes(sizes.style),
        ];
        let held = held(budget.unwrap_or(sizes.file_bytes), of_each);
        let prior = trained.run.model.mixture();
        let found = prior.map(|prior| [prior.components[0].len(), prior.styles.len()]);
        numbers(self.components, found, held)
    }

    /// Chooses the precisions. Where not even 4-bit layers keep a size, a class gets fewer Gaussians, if their number was
    /// not asked for: a Gaussian less loses less than a file that does not fit.
    fn draft(&self, trained: &mut Trained, name: &str, settings: Settings) -> Result<Draft> {
        let bytes = match settings.choice {
            Choice::Budget(bytes) | Choice::Preferred(bytes) => bytes,
            Choice::All(_) => return trained.draft(name, settings),
        };
        let strict = Settings {
            choice: Choice::Budget(bytes),
            ..settings
        };
        let of_classes =
            trained.data.labels.len() as u64 * component_bytes(trained.run.preset.sizes().latent());
        loop {
            let too_large = match trained.draft(name, strict) {
                Err(error) => match error.downcast_ref() {
                    Some(ExportError::Budget { budget, smallest }) => smallest - budget,
                    _ => return Err(error),
                },
                draft => return draft,
            };
            let prior = trained.run.model.mixture();
            let found = prior.map_or([1, 1], |prior| {
                [prior.components[0].len(), prior.styles.len()]
            });
            let asked = matches!(self.components, Some(Components::Exactly(_)));
            if asked || found[0] == 1 {
                return trained.draft(name, settings);
            }
            let fewer = left(found[0], too_large, of_classes);
            trained.fit_prior([fewer, found[1]].map(Components::Exactly));
        }
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
            (None, None) => Choice::Preferred(trained.run.preset.sizes().file_bytes),
        };
        let settings = Settings {
            calibration: self.calibration,
            choice,
        };
        ensure!(
            self.components.is_none() || trained.run.model.class_source() != ClassSource::None,
            "--components fits Gaussians to the classes, which a vae does not know: leave it out"
        );
        if let Some(numbers) = self.numbers(trained, budget) {
            trained.fit_prior(numbers);
        }
        let mut draft = self.draft(trained, name, settings)?;
        let steps = self
            .finetune
            .unwrap_or_else(|| finetuning(&draft, trained.steps()));
        if steps > 0 {
            trained.finetune(&mut draft, steps, quiet)?;
        }
        let exported = draft.finish(&trained.run.model)?;
        let bytes = exported.bytes.len() as u64;
        ensure!(
            budget.is_none_or(|budget| bytes <= budget),
            "the file has {bytes} bytes, more than its budget"
        );
        let most = trained.run.preset.sizes().file_bytes;
        if let Choice::Preferred(_) = choice
            && bytes > most
        {
            eprintln!(
                "warning: the file has {bytes} bytes, more than the {most} of preset {}: {} classes take much of it, and \
                 not even 4-bit weights make room",
                trained.run.config.preset,
                trained.data.labels.len()
            );
        }
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
        assert_eq!(components("256"), Ok(Components::Exactly(256)));
        for bad in ["0", "257", "-1", "", "all"] {
            assert!(components(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_loses_as_many_gaussians_as_it_must() {
        let of_classes = 10 * component_bytes(24);
        assert_eq!(of_classes, 370);
        let left = |found, too_large| left(found, too_large, of_classes);
        assert_eq!([left(6, 3), left(6, 370), left(6, 371)], [5, 5, 4]);
        assert_eq!([left(6, 1851), left(2, 100_000), left(1, 1)], [1, 1, 1]);
    }

    #[test]
    fn the_prior_keeps_to_its_part_of_a_budget() {
        let of_each = [10 * component_bytes(24), component_bytes(16)];
        let held = |budget| held(budget, of_each);
        assert_eq!(held(32 << 10), [12, 32]);
        assert_eq!(held(8 << 10), [3, 10]);
        assert_eq!(held(1 << 10), [1, 1]);
        let most = |numbers: [usize; 2]| Some(numbers.map(Components::AtMost));
        // The prior of the run, unless it is too large.
        assert_eq!(numbers(None, Some([8, 32]), held(32 << 10)), None);
        assert_eq!(numbers(None, Some([8, 16]), held(8 << 10)), most([3, 10]));
        assert_eq!(numbers(None, Some([8, 4]), held(8 << 10)), most([3, 4]));
        assert_eq!(numbers(None, None, held(8 << 10)), None);
        let auto = Some(Components::AtMost(32));
        assert_eq!(numbers(auto, Some([8, 32]), held(32 << 10)), most([12, 32]));
        let asked = Some(Components::Exactly(64));
        let exactly = [Components::Exactly(64), Components::AtMost(32)];
        assert_eq!(numbers(asked, None, held(1 << 10)), Some(exactly));
    }
}
