//! `pixling sample`.

use super::networks::{Run, check_size, ending, save, temperature};
use super::{Presets, say};
use crate::figures::{Generator, Samples, samples};
use crate::files;
use anyhow::{Context, Result};
use clap::Args;
use pixling::{Model, Temperature, Way};
use pixling_io::{check_outputs, classes_named, listed};
use std::path::PathBuf;

/// Options of `pixling sample`.
#[derive(Args, Debug)]
pub(super) struct Sample {
    /// A run folder: drawn in floating point; or a model file: drawn byte for byte as a device does.
    subject: PathBuf,
    /// The label of a class, or its number after a colon, such as :3, counted from 0; or all: a row each, as without
    /// it. A vae draws the same in each.
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Pictures of each class.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// Of z_s: 0 draws the middle of a class, 1 as trained.
    #[arg(long, value_name = "T", default_value = "1", value_parser = temperature)]
    temperature: Temperature,
    /// Of z_u: 0 draws the middle style, 1 as trained.
    #[arg(long, value_name = "T", default_value = "1", value_parser = temperature)]
    style_temperature: Temperature,
    /// Draws z_u apart from the class, so that a column has the same style in every row; otherwise z_s and z_u are drawn
    /// together, as they occur in the class.
    #[arg(long)]
    styled: bool,
    /// The first picture's seed; those of its row follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The sheet.
    #[arg(long, value_name = "FILE.png", value_parser = ending("png"))]
    out: PathBuf,
}

impl Sample {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        check_outputs([&*self.out], [&*self.subject])?;
        if self.subject.is_dir() {
            self.draw(&Run::load(presets, &self.subject)?)
        } else {
            let bytes = files::read(&self.subject)
                .context("give a run folder that pixling train made, or a model file")?;
            let model = Model::load(&bytes).with_context(|| self.subject.display().to_string())?;
            self.draw(&model)
        }
    }

    fn draw(&self, generator: &dyn Generator) -> Result<()> {
        let labels = generator.labels();
        let classes = classes_named(&labels, self.class.as_deref())?;
        let count = usize::from(self.count);
        check_size(classes.len() * count, "lower --count or choose a --class")?;
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
            way: if self.styled { Way::Styled } else { Way::Joint },
        };
        save(&samples(generator, &wanted)?, &self.out)?;
        match wanted.classes[..] {
            [class] => say!(
                "{}: {count} pictures of {}",
                self.out.display(),
                labels[usize::from(class)]
            ),
            _ => say!(
                "{}: a row each of {}{}",
                self.out.display(),
                listed(&labels),
                if self.styled {
                    "; a column shares its style"
                } else {
                    ""
                }
            ),
        }
    }
}

/// The number of columns with which a sheet of pictures is about as high as wide.
fn square(count: usize) -> usize {
    (count as f64).sqrt().ceil() as usize
}
