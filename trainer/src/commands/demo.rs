//! `pixling demo`: pictures in, a model file and its pictures out.

use super::export::write_model;
use super::networks::Run;
use super::quantization::Quantization;
use super::table::evaluation_table;
use super::trained::{Trained, judge};
use super::{Presets, say};
use crate::config::Config;
use crate::data::Dataset;
use crate::export::Exported;
use crate::figures::{self, Samples};
use crate::files;
use crate::grid::Grid;
use crate::metrics::Sampling;
use crate::train::{Output, train};
use anyhow::Result;
use clap::Args;
use pixling::{Model, Temperature, Way};
use std::path::{Path, PathBuf};

/// Samples per class in `samples.png`.
const COLUMNS: usize = 16;

/// Options of `pixling demo`.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// The folder for model.pxl, model.rs, samples.png, swap.png, metrics.json.
    #[arg(long, value_name = "FOLDER", default_value = OUT)]
    out: PathBuf,
    /// Seeds everything.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Passes over the 12,000 pictures.
    #[arg(long, default_value_t = EPOCHS)]
    epochs: u32,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

const OUT: &str = "out";
const EPOCHS: u32 = 6;

impl Default for Demo {
    fn default() -> Self {
        Demo {
            out: OUT.into(),
            seed: 1,
            epochs: EPOCHS,
            quiet: false,
        }
    }
}

impl Demo {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        let config = Config {
            seed: self.seed,
            epochs: self.epochs,
            ..Config::of_model("lr-livae-gan")?
        };
        config.check()?;
        files::folder(&self.out)?;
        let preset = presets.named(&config.preset)?;
        let data = super::load_data(&config.data, preset.sizes().picture, self.quiet)?;
        say!(
            "{}: {} pictures to learn from, {} to measure on",
            data.name,
            data.train.len(),
            data.test.len()
        )?;
        let device = super::cpu(config.seed);
        let output = Output {
            folder: None,
            quiet: self.quiet,
            ..Output::default()
        };
        let save = |_: &_, _| Ok(());
        let (model, _) = train(preset, &device, &config, &data, &output, None, save)?;
        let mut trained = Trained {
            codes: model.encode_bytes(&data.train.pixels, None)?,
            run: Run {
                preset,
                device,
                config,
                model,
                labels: data.labels.clone(),
            },
            data,
        };
        let exported = Quantization::default().export(&mut trained, "demo", true)?;
        let path = self.out.join("model.pxl");
        write_model(&exported.bytes, &path)?;
        let file = exported.model()?;
        samples(&file, Way::Styled)?.save(&self.out.join("samples.png"), 3)?;
        swaps(&trained, &file, &exported)?.save(&self.out.join("swap.png"), 3)?;

        let judge = judge(preset, &trained.data, self.quiet)?;
        let evaluation = trained.evaluate(&exported, &judge, Sampling::default())?;
        files::write_json(&self.out.join("metrics.json"), &evaluation)?;
        say!("\n{}", evaluation_table(&evaluation))?;
        for (name, what) in [
            ("model.pxl", "the generator, as it goes into flash"),
            (
                "samples.png",
                "a row for each class, drawn by the runtime; a column shares a style",
            ),
            (
                "swap.png",
                "the shape of the left edge in the style of the top edge",
            ),
            ("metrics.json", "the table above"),
        ] {
            say!("{}: {what}", Path::new(&self.out).join(name).display())?;
        }
        Ok(())
    }
}

/// A row for each class, drawn by the runtime; styled, a column has the same style.
pub(super) fn samples(file: &Model<'_>, way: Way) -> Result<Grid> {
    let wanted = Samples {
        classes: (0..file.classes()).collect(),
        count: COLUMNS,
        columns: COLUMNS,
        seed: 1,
        z_s_temperature: Temperature::ONE,
        z_u_temperature: Temperature::ONE,
        way,
    };
    figures::samples(file, &wanted)
}

/// Test pictures on the left and top edges; inside, `z_s` of the left one with `z_u` of the top one.
fn swaps(trained: &Trained, file: &Model<'_>, exported: &Exported) -> Result<Grid> {
    let data: &Dataset = &trained.data;
    let bytes = data.bytes_per_picture();
    let first_of = |class: usize, skip: usize| {
        let members = (0..data.test.len()).filter(|&i| usize::from(data.test.classes[i]) == class);
        members.clone().nth(skip).or_else(|| members.clone().next())
    };
    let classes = 0..data.labels.len();
    let rows: Vec<usize> = classes
        .clone()
        .filter_map(|class| first_of(class, 0))
        .collect();
    let columns: Vec<usize> = classes
        .filter_map(|class| first_of(class, class + 1))
        .collect();
    let encode = |indices: &[usize]| {
        let (pictures, _) = data.test.some(indices, bytes);
        trained.run.model.encode_bytes(&pictures, None)
    };
    let (shapes, styles) = (encode(&rows)?, encode(&columns)?);
    let mut grid = Grid::new(data.format(), columns.len() + 1);
    grid.skip();
    columns
        .iter()
        .for_each(|&column| grid.push(data.test.picture(column, bytes)));
    let mut arena = vec![0; file.arena_bytes()];
    for (row, z_s) in rows.iter().zip(shapes.z_s.chunks_exact(file.z_s())) {
        grid.push(data.test.picture(*row, bytes));
        for z_u in styles.mean.chunks_exact(file.z_u()) {
            let latent = exported.latent.quantize(&[z_s, z_u].concat());
            grid.push(file.decode(&latent, &mut arena)?.pixels());
        }
    }
    Ok(grid)
}
