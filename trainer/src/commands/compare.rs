//! `pixling compare`: all models under one budget.

use super::export::write_model;
use super::quantization::Quantization;
use super::table::{FIELDS, Field};
use super::train::{text_setting, train_run};
use super::trained::{SampleCount, Trained, judge};
use super::{CpuPreset, Presets, say};
use crate::config::{Config, ModelName};
use crate::data::{self, Dataset};
use crate::files;
use crate::interruption::Saving;
use crate::metrics::{Evaluation, Metrics, Sampling};
use crate::train::{Checkpoint, Judge, Output, read_log, training_seconds};
use anyhow::{Context, Result, ensure};
use clap::Args;
use dfdx::tensor::Cpu;
use pixling::Way;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Options of `pixling compare`.
#[derive(Args, Debug)]
pub(super) struct Compare {
    /// As for pixling train.
    #[arg(long, value_name = "SPEC")]
    data: String,
    /// Sizes of pictures and networks: nano (grey 16x16, a file of 8 KiB), micro and micro-plain (grey 28x28, 32 KiB),
    /// micro-small (grey 28x28, 16 KiB), mini (colour 32x32, 64 KiB) or milli (colour 64x64, 192 KiB).
    #[arg(long, value_name = "NAME", default_value = "micro")]
    preset: String,
    /// Passes over the training pictures, the same for each model; by default as many as pixling train chooses for
    /// lr-livae-gan.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    epochs: u32,
    /// The folder for comparison.md, comparison.json, and for each seed and model, as in seed-1/cvae, its run and its
    /// pictures. A model that is finished in it is not trained again.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// A setting for all models that know it, such as batch=128 or loss.gan=30; later ones win.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Trainings of each model, with a seed each; the tables then have means and standard deviations.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    #[command(flatten)]
    samples: SampleCount,
    /// No progress bars.
    #[arg(long)]
    quiet: bool,
}

/// The figures of a model, kept beside its run.
const FINISHED: &str = "evaluation.json";

/// A finished model.
#[derive(Debug, Serialize, Deserialize)]
struct Finished {
    config: Config,
    steps: u64,
    training_seconds: f64,
    file_bytes: usize,
    evaluation: Evaluation,
}

impl Compare {
    pub(super) fn run(self, presets: &Presets) -> Result<()> {
        let preset = presets.named(&self.preset)?;
        let seeds = self.seed..self.seed.saturating_add(self.seeds);
        let configs = seeds.flat_map(|seed| ModelName::ALL.map(|model| self.config(model, seed)));
        let configs: Vec<Config> = configs.collect::<Result<_>>()?;
        let data = super::load_data(&self.data, preset.sizes().picture, self.quiet)?;
        let ours = self.config(ModelName::LrLivaeGan, self.seed)?;
        let epochs = ours.for_pictures(data.train.len()).epochs;
        files::folder(&self.out)?;
        let mut the_judge: Option<Judge<Cpu>> = None;
        let mut finished = Vec::new();
        for config in configs {
            let config = Config { epochs, ..config };
            let folder = self.out.join(format!("seed-{}", config.seed));
            files::folder(&folder)?;
            let folder = folder.join(config.model.name());
            let done = match read_finished(&folder, &config, &data)? {
                Some(done) => done,
                None => {
                    if !self.quiet {
                        eprintln!("{}, seed {}:", config.model, config.seed);
                    }
                    let saving = Saving::begin();
                    let output = Output {
                        folder: Some(folder.clone()),
                        quiet: self.quiet,
                        interrupted: saving.flag(),
                        ..Output::default()
                    };
                    if !complete(preset, &config, &data, &folder, output)? {
                        say!("stopped and saved; the same command goes on")?;
                        return Ok(());
                    }
                    drop(saving);
                    let judge = match &the_judge {
                        Some(judge) => judge,
                        None => the_judge.insert(judge(preset, &data, self.quiet)?),
                    };
                    finish(presets, &folder, judge, &data, self.samples.at(100))?
                }
            };
            finished.push(done);
        }
        let text = report(&data, &finished);
        files::write(&self.out.join("comparison.md"), text.as_bytes())?;
        files::write_json(&self.out.join("comparison.json"), &finished)?;
        say!("{}", text.trim_end())?;
        say!(
            "\nin {}: comparison.md, comparison.json, samples of each model",
            self.out.display()
        )
    }

    fn config(&self, model: ModelName, seed: u64) -> Result<Config> {
        let mut settings = vec![
            text_setting("data", &self.data),
            text_setting("preset", &self.preset),
            text_setting("model", model.name()),
            format!("seed={seed}"),
            format!("epochs={}", self.epochs),
        ];
        settings.extend(self.settings.iter().cloned());
        if model == ModelName::Vae {
            // A VAE has no classes, and so no `L_con`.
            settings.push("loss.consistency=0".into());
        }
        if !model.is_gan() {
            settings.push("loss.gan=0".into());
        }
        let config = Config::load(None, &settings)?;
        ensure!(
            (config.model, &config.data, &config.preset, config.seed)
                == (model, &data::absolute(&self.data), &self.preset, seed),
            "--set changes data, preset, model or seed: all models are compared, and the others have options of their \
             own"
        );
        Ok(config)
    }
}

/// The figures of a model that was finished earlier.
fn read_finished(folder: &Path, config: &Config, data: &Dataset) -> Result<Option<Finished>> {
    let path = folder.join(FINISHED);
    if !path.exists() {
        return Ok(None);
    }
    let finished: Finished = serde_json::from_slice(&files::read(&path)?)
        .with_context(|| format!("{}: remove the file to measure again", path.display()))?;
    check_settings(folder, &finished.config, config)?;
    if Checkpoint::exists(folder) {
        Checkpoint::load(folder)?.check_data(folder, data)?;
    }
    Ok(Some(finished))
}

fn check_settings(folder: &Path, found: &Config, wanted: &Config) -> Result<()> {
    let differences = found.differences(wanted)?;
    ensure!(
        differences.is_empty(),
        "{} holds a run with other settings: {}; choose another folder for --out, or remove it",
        folder.display(),
        differences.join(", ")
    );
    Ok(())
}

/// Trains a model, or goes on with it. Tells whether it was completed or interrupted.
fn complete(
    preset: CpuPreset,
    config: &Config,
    data: &Dataset,
    folder: &Path,
    output: Output,
) -> Result<bool> {
    if !Checkpoint::exists(folder) {
        return train_run(preset, config, data, folder, output, None);
    }
    let checkpoint = Checkpoint::load(folder)?;
    check_settings(folder, &checkpoint.config, config)?;
    checkpoint.check_data(folder, data)?;
    if checkpoint.complete {
        return Ok(true);
    }
    train_run(preset, config, data, folder, output, Some(&checkpoint))
}

/// Measures a trained model, draws its samples, and keeps its figures.
fn finish(
    presets: &Presets,
    folder: &Path,
    judge: &Judge<Cpu>,
    data: &Dataset,
    sampling: Sampling,
) -> Result<Finished> {
    let checkpoint = Checkpoint::load(folder)?;
    let steps = checkpoint.step;
    let mut trained = Trained::on(presets, folder, checkpoint, data.clone())?;
    let name = trained.run.config.model.name();
    let exported = Quantization::default().export(&mut trained, name, true)?;
    write_model(&exported.bytes, &folder.join("model.pxl"))?;
    for (way, sheet) in [(Way::Joint, "samples.png"), (Way::Styled, "styled.png")] {
        super::demo::samples(&exported.model()?, way)?.save(&folder.join(sheet), 3)?;
    }
    let evaluation = trained.evaluate(&exported, judge, sampling)?;
    let finished = Finished {
        steps,
        training_seconds: training_seconds(&read_log(folder)?, trained.run.config.batch),
        file_bytes: exported.bytes.len(),
        evaluation,
        config: trained.run.config,
    };
    files::write_json(&folder.join(FINISHED), &finished)?;
    Ok(finished)
}

/// The runs of each model, with a seed each.
fn by_model(runs: &[Finished]) -> Vec<(ModelName, Vec<&Finished>)> {
    let of = |name: ModelName| {
        let runs = runs.iter().filter(|run| run.config.model == name);
        (name, runs.collect::<Vec<_>>())
    };
    let models = ModelName::ALL.into_iter().map(of);
    models.filter(|(_, runs)| !runs.is_empty()).collect()
}

/// The tables, and who is better in what.
fn report(data: &Dataset, runs: &[Finished]) -> String {
    let models = by_model(runs);
    let mut text = format!("# The models on {}\n\n", data.name);
    if let Some(first) = runs.first() {
        let config = &first.config;
        let seeds: BTreeSet<u64> = runs.iter().map(|run| run.config.seed).collect();
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        let spread = match seeds.len() {
            1 => "",
            _ => " Each figure is the mean of the seeds, with their standard deviation.",
        };
        text += &format!(
            "Preset {}, {} epochs: {} steps of {} pictures for each model; seed {}.{spread} Judge: {:.1} % on the test \
             pictures; {} samples per class. Frechet distances are in the judge's features, against the test pictures: \
             this is not FID. A VAE draws the same whatever the class; \"swap accuracy\" is without the label, which a \
             CVAE cannot do.\n\n",
            config.preset,
            config.epochs,
            first.steps,
            config.batch,
            seeds.join(", "),
            100.0 * first.evaluation.judge_accuracy,
            first.evaluation.samples_per_class,
        );
    }
    let cautions: BTreeSet<&String> = runs
        .iter()
        .flat_map(|run| &run.evaluation.cautions)
        .collect();
    for caution in &cautions {
        text += &format!("Not to be relied on: {caution}.\n\n");
    }
    type Form = (&'static str, fn(&Evaluation) -> Option<&Metrics>);
    const STYLED: Form = (", styled", |it| it.quantized_styled.as_ref());
    const COLD: Form = (", z_s at 0.5", |it| Some(&it.quantized_z_s_50));
    let rows_of = |forms: &[Form]| -> Vec<(String, Vec<&Metrics>)> {
        let real = runs.first().map(|run| &run.evaluation.real);
        let mut rows: Vec<(String, Vec<&Metrics>)> = real
            .into_iter()
            .map(|real| ("real pictures".to_string(), vec![real]))
            .collect();
        for (name, runs) in &models {
            // Only in these models has `z_s` of a class a spread.
            let spread = matches!(name, ModelName::LrLivae | ModelName::LrLivaeGan);
            for (suffix, of) in forms.iter().filter(|form| spread || form.0 != COLD.0) {
                let found = runs.iter().filter_map(|run| of(&run.evaluation));
                rows.push((format!("{name}{suffix}"), found.collect()));
            }
        }
        rows.retain(|(_, metrics)| !metrics.is_empty());
        rows
    };
    text += "## The files, run by the runtime\n\n";
    let file: Form = ("", |it| Some(&it.quantized));
    text += &metrics_table(&rows_of(&[file, STYLED, COLD]));
    text += "\n## The float models\n\n";
    text += &metrics_table(&rows_of(&[("", |it| it.float.as_ref())]));
    text += "\n## The budget\n\n";
    let rows: Vec<Vec<String>> = models.iter().map(budget_row).collect();
    text += &markdown(
        &[
            "model",
            "minutes",
            "steps",
            "schedule",
            "L_con",
            "GAN",
            "file, bytes at most",
        ],
        &rows,
    );
    text += "\n## Lr-LiVAE-GAN against the others\n\n";
    match cautions.is_empty() {
        true => text += &verdicts(&models),
        false => text += "No verdict: the figures are not to be relied on.\n",
    }
    text
}

fn budget_row((name, runs): &(ModelName, Vec<&Finished>)) -> Vec<String> {
    let config = &runs[0].config;
    let seconds: f64 = runs.iter().map(|run| run.training_seconds).sum();
    let bytes = runs.iter().map(|run| run.file_bytes).max();
    vec![
        name.to_string(),
        format!("{:.1}", seconds / 60.0 / runs.len() as f64),
        runs[0].steps.to_string(),
        format!("{:?}", config.optimizer.schedule).to_lowercase(),
        config.loss.consistency.to_string(),
        config.loss.gan.to_string(),
        bytes.unwrap_or_default().to_string(),
    ]
}

/// The mean of a figure, if each run has it, and the standard deviation between several runs.
fn mean(field: &Field, runs: &[&Metrics]) -> Option<(f64, Option<f64>)> {
    let values: Vec<f64> = runs
        .iter()
        .map(|run| (field.of)(run))
        .collect::<Option<_>>()?;
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt());
    (!values.is_empty()).then_some((mean, deviation))
}

fn mean_cell(field: &Field, runs: &[&Metrics]) -> String {
    let digits = field.digits;
    match mean(field, runs) {
        None => String::new(),
        Some((mean, None)) => format!("{mean:.digits$}"),
        Some((mean, Some(deviation))) => format!("{mean:.digits$} ± {deviation:.digits$}"),
    }
}

/// A row for each name, a column for each figure.
fn metrics_table(rows: &[(String, Vec<&Metrics>)]) -> String {
    let head: Vec<&str> = std::iter::once("")
        .chain(FIELDS.iter().map(|field| field.name))
        .collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(name, metrics)| {
            let cells = FIELDS.iter().map(|field| mean_cell(field, metrics));
            std::iter::once(name.clone()).chain(cells).collect()
        })
        .collect();
    markdown(&head, &rows)
}

/// A table in Markdown.
fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.to_vec());
    let rules = head
        .iter()
        .enumerate()
        .map(|(i, _)| if i == 0 { "---" } else { "---:" });
    text += &line(rules.collect());
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// Where Lr-LiVAE-GAN is better and where it loses, figure by figure, in the files.
fn verdicts(models: &[(ModelName, Vec<&Finished>)]) -> String {
    let of = |name: ModelName| -> Option<Vec<&Metrics>> {
        let (_, runs) = models.iter().find(|model| model.0 == name)?;
        Some(runs.iter().map(|run| &run.evaluation.quantized).collect())
    };
    let Some(ours) = of(ModelName::LrLivaeGan) else {
        return String::new();
    };
    let mut rows = Vec::new();
    for other in [ModelName::CvaeGan, ModelName::Cvae] {
        let Some(theirs) = of(other) else { continue };
        rows.extend(
            FIELDS
                .iter()
                .filter_map(|field| verdict(field, other, &ours, &theirs)),
        );
    }
    markdown(
        &["figure", "ours", "against", "theirs", "difference", ""],
        &rows,
    )
}

fn verdict(
    field: &Field,
    other: ModelName,
    ours: &[&Metrics],
    theirs: &[&Metrics],
) -> Option<Vec<String>> {
    let ((a, _), (b, _)) = (mean(field, ours)?, mean(field, theirs)?);
    let better = if field.less_is_better { a < b } else { a > b };
    let verdict = if better {
        "better"
    } else if a == b {
        "equal"
    } else {
        "loses"
    };
    Some(vec![
        field.name.to_string(),
        mean_cell(field, ours),
        other.to_string(),
        mean_cell(field, theirs),
        // A share may be 0.
        match b {
            0.0 => String::new(),
            _ => format!("{:+.1} %", 100.0 * (a / b - 1.0)),
        },
        verdict.to_string(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(accuracy: f64, distance: f64, leak: Option<f64>) -> Evaluation {
        let metrics = Metrics {
            conditional_accuracy: accuracy,
            frechet_distance: distance,
            z_u_leakage: leak,
            ..Metrics::default()
        };
        Evaluation {
            float: None,
            quantized: metrics.clone(),
            quantized_z_s_50: metrics.clone(),
            quantized_styled: None,
            real: metrics,
            factors: Vec::new(),
            judge_accuracy: 0.9,
            cautions: vec![],
            samples_per_class: 10,
            z_s_temperature_percent: 100,
        }
    }

    fn finished(model: ModelName, evaluation: Evaluation) -> Finished {
        Finished {
            config: Config::of_model(model.name()).unwrap(),
            steps: 10,
            training_seconds: 90.0,
            file_bytes: 32_000,
            evaluation,
        }
    }

    #[test]
    fn the_report_says_where_ours_loses() {
        let models = [
            finished(ModelName::CvaeGan, evaluation(0.95, 20.0, Some(0.7))),
            finished(ModelName::LrLivaeGan, evaluation(0.90, 15.0, Some(0.4))),
        ];
        let text = verdicts(&by_model(&models));
        let line = |name: &str| {
            text.lines()
                .find(|line| line.contains(name))
                .unwrap()
                .to_string()
        };
        assert!(
            line("conditional accuracy").contains("-5.3 % | loses"),
            "{text}"
        );
        assert!(
            line("Frechet distance (judge)").contains("-25.0 % | better"),
            "{text}"
        );
        assert!(line("class leakage").ends_with("better |"), "{text}");
        assert!(line("Inception Score").ends_with("equal |"), "{text}");
        assert!(
            !text.contains("swap accuracy"),
            "what one of them lacks is not compared: {text}"
        );
    }

    #[test]
    fn figures_that_are_not_to_be_relied_on_have_no_verdict() {
        let data = data::load(
            "strokes:digits,train=20,test=10",
            data::Format {
                width: 16,
                height: 16,
                channels: 1,
            },
        );
        let data = data.unwrap();
        let run = |model, cautions: &[&str]| Finished {
            evaluation: Evaluation {
                cautions: cautions.iter().map(ToString::to_string).collect(),
                ..evaluation(0.9, 15.0, None)
            },
            ..finished(model, evaluation(0.9, 15.0, None))
        };
        let text = |cautions: &[&str]| {
            let models = [ModelName::CvaeGan, ModelName::LrLivaeGan];
            report(&data, &models.map(|model| run(model, cautions)))
        };
        let cautious = text(&["10 test pictures are few"]);
        let once = "\nNot to be relied on: 10 test pictures are few.\n";
        assert_eq!(cautious.matches(once).count(), 1, "{cautious}");
        assert!(cautious.contains("No verdict") && !cautious.contains("| equal |"));
        let plain = text(&[]);
        assert!(
            plain.contains("| equal |") && !plain.contains("relied on"),
            "{plain}"
        );
    }

    #[test]
    fn several_seeds_have_a_mean_and_a_deviation() {
        let run = |model, accuracy| finished(model, evaluation(accuracy, 20.0, None));
        let runs = [
            run(ModelName::LrLivaeGan, 0.90),
            run(ModelName::CvaeGan, 0.91),
            run(ModelName::LrLivaeGan, 0.94),
            run(ModelName::CvaeGan, 0.91),
        ];
        let text = verdicts(&by_model(&runs));
        let row =
            "| conditional accuracy | 0.920 ± 0.028 | cvae-gan | 0.910 ± 0.000 | +1.1 % | better |";
        assert!(text.contains(row), "{text}");
    }
}
