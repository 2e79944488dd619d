//! `pixling walk`.

use super::networks::{Run, check_classes, check_size, ending, save};
use super::{Presets, say};
use crate::figures::{Networks, class_walk, style_walk};
use crate::metrics::style_dimensions;
use anyhow::Result;
use clap::{ArgGroup, Args};
use pixling_io::{check_outputs, class_named};
use std::path::PathBuf;

/// Options of `pixling walk`.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["from", "class"]))]
pub(super) struct Walk {
    /// A run folder that `pixling train` made.
    run: PathBuf,
    /// Other data of the same classes than the run's, to find the dimensions of z_u that matter.
    #[arg(long, value_name = "SPEC")]
    data: Option<String>,
    /// Walk from the mean of this class, its label or its number after a colon, such as :3; each row has a z_u of its own.
    #[arg(long, value_name = "CLASS", requires = "to")]
    from: Option<String>,
    /// To the mean of this one.
    #[arg(long, value_name = "CLASS", requires = "from")]
    to: Option<String>,
    /// Stay at the mean of a component of this class and walk along z_u: a row for each of the dimensions that say most.
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Pictures in a row.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..=1000))]
    steps: u16,
    /// Rows.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rows: u16,
    /// The first row's z_u between two classes; the next rows follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sheet.
    #[arg(long, value_name = "FILE.png", value_parser = ending("png"))]
    out: PathBuf,
}

impl Walk {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.run])?;
        let (run, data) = Run::load_with_data(presets, &self.run, self.data.as_deref())?;
        let networks = &run;
        check_classes(networks.class_source())?;
        let labels = &run.labels;
        let (steps, rows) = (usize::from(self.steps), usize::from(self.rows));
        check_size(steps * rows, "lower --steps or --rows")?;
        let named = |name: &str| class_named(labels, name);
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            let styles = (0..rows as u64).map(|row| self.seed.wrapping_add(row));
            let (from, to) = (named(from)?, named(to)?);
            let sheet = class_walk(networks, (from, to), styles, steps);
            save(&sheet, &self.out)?;
            return say!(
                "{}: from {} to {}, a style in each row",
                self.out.display(),
                labels[usize::from(from)],
                labels[usize::from(to)]
            );
        }
        let class = named(self.class.as_deref().unwrap_or_default())?;
        let name = &labels[usize::from(class)];
        let codes = networks.encode(&data.test.pixels, &data.test.classes)?;
        let mut dimensions = style_dimensions(&codes, networks.dimensions().1);
        dimensions.truncate(rows);
        let indices: Vec<usize> = dimensions.iter().map(|dimension| dimension.index).collect();
        save(&style_walk(networks, class, &indices, steps), &self.out)?;
        let told: Vec<String> = dimensions
            .iter()
            .map(|dimension| format!("{} ({:.2} nats)", dimension.index, dimension.kl))
            .collect();
        say!(
            "{}: {name} along the dimensions {} of z_u, a row each, from -2.5 to 2.5",
            self.out.display(),
            told.join(", ")
        )
    }
}
