//! `pixling sample`.

use super::networks::{Run, named, png, save, temperature};
use super::say;
use crate::figures::{Generator, Samples, class_named, samples};
use crate::files;
use anyhow::{Context, Result, ensure};
use clap::Args;
use pixling::{Model, Temperature};
use std::path::PathBuf;

/// The name of all classes together.
const ALL: &str = "all";
/// A sheet of more pictures is nothing to look at.
const MOST: usize = 20_000;

/// What to draw, and with what.
#[derive(Args, Debug)]
pub(super) struct Sample {
    /// A run folder: drawn in floating point; or a model file: drawn byte for byte as a device does.
    subject: PathBuf,
    /// The name of a class, or all: a row each.
    #[arg(long, value_name = "NAME", default_value = ALL)]
    class: String,
    /// Pictures of each class.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// Of z_s: 0 draws the middle of a class, 1 as trained.
    #[arg(long, value_name = "T", default_value = "1", value_parser = temperature)]
    temperature: Temperature,
    /// Of z_u: 0 draws the middle style, 1 as trained.
    #[arg(long, value_name = "T", default_value = "1", value_parser = temperature)]
    style_temperature: Temperature,
    /// The first picture's seed; those of its row follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sheet.
    #[arg(long, value_name = "FILE.png", value_parser = png)]
    out: PathBuf,
}

impl Sample {
    pub(super) fn run(self) -> Result<()> {
        if self.subject.is_dir() {
            self.draw(&*Run::load(&self.subject)?.networks)
        } else {
            let bytes = files::read(&self.subject)
                .context("give a run folder that pixling train made, or a model file")?;
            let model = Model::load(&bytes).with_context(|| self.subject.display().to_string())?;
            self.draw(&model)
        }
    }

    fn draw(&self, generator: &dyn Generator) -> Result<()> {
        let labels = generator.labels();
        let classes = match self.class.as_str() {
            ALL => (0..labels.len() as u16).collect(),
            name => vec![class_named(&labels, name)?],
        };
        let count = usize::from(self.count);
        ensure!(
            classes.len() * count <= MOST,
            "{} classes with {count} pictures each are more than {MOST}: lower --count or choose a --class",
            classes.len()
        );
        let columns = match classes.len() {
            1 => square(count),
            _ => count,
        };
        let wanted = Samples {
            classes,
            count,
            columns,
            seed: self.seed,
            z_s_temperature: self.temperature,
            z_u_temperature: self.style_temperature,
        };
        save(&samples(generator, &wanted)?, &self.out)?;
        let shown = named(&labels, &wanted.classes);
        match wanted.classes.len() {
            1 => say!("{}: {count} pictures of {shown}", self.out.display()),
            _ => say!(
                "{}: a row each of {shown}; a column shares its style",
                self.out.display()
            ),
        }
    }
}

/// Columns that make so many pictures about as high as wide.
fn square(count: usize) -> usize {
    (count as f64).sqrt().ceil() as usize
}
