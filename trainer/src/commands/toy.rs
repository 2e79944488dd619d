//! `pixling train --data toy`: Lr-LiVAE-GAN against CVAE-GAN on the arcs, over time.

use super::say;
use super::table::table;
use crate::config::Config;
use crate::files;
use crate::grid::Grid;
use crate::toy::{self, CLASSES, Experiment, Points};
use crate::train::progress_bar;
use anyhow::{Result, ensure};
use std::path::Path;

/// The models, ours first.
const MODELS: [&str; 2] = ["lr-livae-gan", "cvae-gan"];
/// Steps at which the figure shows them; the last ends the training.
const MOMENTS: [u64; 5] = [150, 500, 1500, 3000, 6000];

/// Trains both, with the same settings, writes `arcs.png`, `energy.csv` and the settings, and prints the energy distances.
pub(super) fn run(folder: &Path, seed: u64, settings: &[String], quiet: bool) -> Result<()> {
    let configs = MODELS.map(|model| config(model, seed, settings));
    let configs: Vec<Config> = configs.into_iter().collect::<Result<_>>()?;
    files::folder(folder)?;
    let (reference, others) = (toy::reference(seed), toy::others(seed));
    let mut grid = Grid::new(toy::PANEL, MOMENTS.len() + 1);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["model", "step", "class", "energy_distance"])?;
    let mut rows = vec![row(
        "points of the same kind",
        &distances(&reference, &others),
    )];
    let last = MOMENTS[MOMENTS.len() - 1];
    for config in configs {
        let model = config.model.name();
        files::write(
            &folder.join(format!("{model}.toml")),
            config.to_toml()?.as_bytes(),
        )?;
        grid.push(&toy::panel(&reference));
        let mut experiment = Experiment::new(&super::cpu(seed), &config, last);
        let bar = progress_bar(last, model, quiet);
        for moment in MOMENTS {
            experiment.train_to(moment, |step| bar.set_position(step))?;
            let drawn = experiment.draw();
            grid.push(&toy::panel(&drawn));
            let found = distances(&reference, &drawn);
            for (class, distance) in found.iter().enumerate() {
                csv.write_record([
                    model,
                    &moment.to_string(),
                    &class.to_string(),
                    &distance.to_string(),
                ])?;
            }
            if moment == last {
                rows.push(row(model, &found));
            }
        }
        bar.finish();
    }
    grid.save(&folder.join("arcs.png"), 1)?;
    files::write(&folder.join("energy.csv"), &csv.into_inner()?)?;
    let head = ["energy distance", "class 0", "class 1", "class 2", "mean"];
    say!("{}", table(&head, &rows))?;
    let steps = MOMENTS.map(|step| step.to_string()).join(", ");
    say!(
        "{}: the points, then what is drawn after {steps} steps; above {}, below {}",
        folder.join("arcs.png").display(),
        MODELS[0],
        MODELS[1]
    )?;
    say!(
        "{}: the distances at those steps",
        folder.join("energy.csv").display()
    )
}

/// The settings of a model in the experiment.
fn config(model: &str, seed: u64, settings: &[String]) -> Result<Config> {
    let config = toy::config(model, seed)?.with(settings)?;
    ensure!(
        config.model.name() == model,
        "--set model={}: the toy experiment compares {} with {}",
        config.model,
        MODELS[0],
        MODELS[1]
    );
    Ok(config)
}

/// The energy distance of each class.
fn distances(reference: &Points, drawn: &Points) -> [f64; CLASSES] {
    std::array::from_fn(|class| toy::energy_distance(&reference[class], &drawn[class]))
}

fn row(name: &str, distances: &[f64; CLASSES]) -> Vec<String> {
    let mean = distances.iter().sum::<f64>() / CLASSES as f64;
    let cells = distances.iter().chain([&mean]).map(|d| format!("{d:.4}"));
    std::iter::once(name.to_string()).chain(cells).collect()
}
