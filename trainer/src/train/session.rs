//! One training run, from pictures to a trained model, with its log, samples and progress.

use super::log::{Log, Row};
use crate::config::Config;
use crate::data::Dataset;
use crate::files;
use crate::grid::Grid;
use crate::model::feed::{self, Feed};
use crate::model::{Autoencoder, ClassSource, Components, LOSSES, Losses, Preset};
use crate::random::{Purpose, generator};
use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pixling::Request;
use pixling_nn::{Backend, NamedTensor};
use rand::seq::SliceRandom;
use rand::seq::index::sample;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Columns of the sample grid of an epoch.
const GRID_COLUMNS: usize = 12;
/// Sample grids of a training at most: of many epochs not each has one.
const GRIDS: u32 = 50;

/// Gaussians of a class, and of styles, at most.
pub(crate) const COMPONENTS: usize = 12;
pub(crate) const STYLES: usize = 32;
/// Latents that they are fitted to at least, at the end.
pub(crate) const LATENTS: usize = 8000;
/// Steps from a fit in training to the next, and its pictures.
const REFIT_EVERY: u64 = 300;
const REFIT_PICTURES: usize = 6000;
const REFIT_STYLES: usize = 16;

/// The outputs of a run.
#[derive(Clone, Debug)]
pub struct Output {
    /// The run's folder: `log.csv` and `samples/`. Without it nothing is written.
    pub folder: Option<PathBuf>,
    /// No progress bar.
    pub quiet: bool,
    /// A flag that, when set, makes the training save its state and end after the current step.
    pub interrupted: Arc<AtomicBool>,
    /// Time after which the state is saved inside an epoch; an epoch of a large data set takes longer than anyone wants
    /// to lose. Zero saves after each step.
    pub save_every: Duration,
}

impl Default for Output {
    fn default() -> Self {
        Output {
            folder: None,
            quiet: false,
            interrupted: Arc::default(),
            save_every: Duration::from_secs(60),
        }
    }
}

/// A bar for work whose length is known.
pub fn progress_bar(length: u64, label: &'static str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(length).with_prefix(label);
    if quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = "{prefix:>12} [{bar:30}] {percent:>3} % {elapsed} + {eta}  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// Sums of losses over steps.
#[derive(Default)]
struct Mean {
    sums: [f64; LOSSES],
    count: u32,
}

impl Mean {
    fn add(&mut self, losses: &Losses) {
        for (sum, (_, loss)) in self.sums.iter_mut().zip(losses.named()) {
            *sum += f64::from(loss);
        }
        self.count += 1;
    }

    fn take(&mut self) -> [f32; LOSSES] {
        let count = f64::from(self.count.max(1));
        let mean = self.sums.map(|sum| (sum / count) as f32);
        *self = Mean::default();
        mean
    }
}

/// The state of an interrupted training.
#[derive(Clone, Copy, Debug)]
pub struct Resume<'a> {
    /// A state of [`Autoencoder::state`].
    pub state: &'a [NamedTensor],
    /// Steps that were trained.
    pub step: u64,
}

/// The progress of a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps that were trained.
    pub step: u64,
    /// Whether the training is complete.
    pub complete: bool,
}

/// Trains a model; gives whether it was completed or interrupted. At the end mean and variance of each class are taken
/// from the codes of the training pictures. `save` is called after each epoch that has a sample grid, before each fit of the
/// prior, when [`Output::save_every`] has passed since the last time, and when the training is interrupted.
///
/// Every random number is keyed by seed and step: a training that is resumed from a saved state ends in the same bytes
/// as one that was never interrupted, whenever it was saved.
///
/// # Errors
///
/// When the data does not fit, a file cannot be written, the training diverges, or the state to go on from is of more steps
/// than the training has.
pub fn train<D: Backend>(
    preset: &dyn Preset<D>,
    device: &D,
    config: &Config,
    data: &Dataset,
    output: &Output,
    resume: Option<Resume<'_>>,
    mut save: impl FnMut(&Autoencoder<D>, Progress) -> Result<()>,
) -> Result<(Autoencoder<D>, bool)> {
    feed::check(data, config.batch)?;
    ensure!(
        config.epochs > 0,
        "epochs is 0: choose a number, or take the one of Config::for_pictures"
    );
    let mut model = Autoencoder::new(preset, device, config, data.labels.len());
    let per_epoch = (data.train.len() / config.batch) as u64;
    let steps = per_epoch * u64::from(config.epochs);
    // Of few pictures there are many short epochs.
    let epochs_of_grid = u64::from(config.epochs.div_ceil(GRIDS));
    let mut step = 0;
    if let Some(resume) = resume {
        model
            .load_state(resume.state)
            .context("the checkpoint does not fit this version: train again")?;
        step = resume.step;
        ensure!(
            step <= steps,
            "the checkpoint is of step {step}, but {} epochs of this data are {steps} steps: train again",
            config.epochs
        );
    }
    let bar = progress_bar(steps, "training", output.quiet);
    bar.set_position(step);
    let mut log = Log::new(output.folder.as_deref(), step)?;
    let mut feed = Feed::new(device, preset.sizes().picture, config.batch);
    let start = Instant::now();
    let mut saved_at = start;
    let mut saved_step = resume.map(|resume| resume.step);
    let mut mean = Mean::default();
    let interrupted = || output.interrupted.load(Ordering::Relaxed);
    while step < steps {
        let epoch = step / per_epoch;
        let (epoch_start, first) = (Instant::now(), step);
        let mut order: Vec<usize> = (0..data.train.len()).collect();
        order.shuffle(&mut generator(config.seed, Purpose::Order, epoch));
        let done = (step % per_epoch) as usize;
        for rows in order.chunks_exact(config.batch).skip(done) {
            if refits_prior(step, steps) {
                refit_prior(&mut model, config.seed, data, step)?;
            }
            feed.fill(&data.train, rows);
            let classes: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
            let losses = model
                .step(&feed.pictures, &classes, step, steps)
                .map_err(|error| anyhow!("the training ran out of memory: {error:?}"))?;
            if let Some(told) = losses.diverged() {
                bar.abandon();
                let kept = match (&output.folder, saved_step) {
                    (Some(_), Some(saved)) => format!("the checkpoint of step {saved} is kept; "),
                    _ => String::new(),
                };
                bail!(
                    "the training diverged at step {step}: {told}; {kept}lower optimizer.learning_rate"
                );
            }
            mean.add(&losses);
            step += 1;
            bar.inc(1);
            let rate =
                ((step - first) * config.batch as u64) as f64 / epoch_start.elapsed().as_secs_f64();
            if step.is_multiple_of(10) {
                bar.set_message(message(&losses, epoch + 1, config.epochs, rate));
            }
            let end_of_epoch = step.is_multiple_of(per_epoch);
            if end_of_epoch {
                let learning_rate =
                    config.optimizer.learning_rate * config.optimizer.schedule(step - 1, steps);
                log.write(
                    Row {
                        epoch: epoch + 1,
                        step,
                        seconds: start.elapsed().as_secs_f64(),
                        images_per_second: rate,
                        learning_rate,
                    },
                    mean.take(),
                )?;
            }
            let shown =
                end_of_epoch && ((epoch + 1).is_multiple_of(epochs_of_grid) || step == steps);
            if shown {
                // Where no bar is drawn, a line tells of the progress.
                if bar.is_hidden() && !output.quiet {
                    eprintln!("{}", message(&losses, epoch + 1, config.epochs, rate));
                }
                if let Some(folder) = &output.folder {
                    let samples = folder.join("samples");
                    files::folder(&samples)?;
                    sample_grid(&model, GRID_COLUMNS)
                        .save(&samples.join(format!("epoch-{:03}.png", epoch + 1)), 2)
                        .context("the sample grid of an epoch")?;
                }
            }
            // A fit of the prior takes longer than an interrupted program has.
            let before_fit = refits_prior(step, steps) || step == steps;
            if shown || before_fit || interrupted() || saved_at.elapsed() >= output.save_every {
                let complete = false;
                save(&model, Progress { step, complete })?;
                (saved_at, saved_step) = (Instant::now(), Some(step));
                if interrupted() {
                    bar.abandon();
                    return Ok((model, false));
                }
            }
        }
    }
    let codes = model.encode_bytes(&data.train.pixels, Some(&data.train.classes))?;
    model.refit(&codes, &data.train.classes)?;
    // The latents have changed, and the pictures of them have not.
    let codes = model.encode_bytes(&data.train.pixels, Some(&data.train.classes))?;
    let numbers = [Components::AtMost(COMPONENTS), Components::AtMost(STYLES)];
    model.fit_prior(&codes, &data.train.classes, numbers, LATENTS);
    let complete = true;
    save(&model, Progress { step, complete })?;
    bar.finish();
    Ok((model, true))
}

/// Whether the prior is fitted again before a step: not while the codes move far between two fits.
fn refits_prior(step: u64, steps: u64) -> bool {
    4 * step >= steps && step > 0 && step.is_multiple_of(REFIT_EVERY)
}

/// Fits the prior to some of the training pictures, for the pictures that are drawn in training.
fn refit_prior<D: Backend>(
    model: &mut Autoencoder<D>,
    seed: u64,
    data: &Dataset,
    step: u64,
) -> Result<()> {
    if model.class_source() == ClassSource::None {
        return Ok(());
    }
    let mut random = generator(seed, Purpose::Prior, step);
    let count = data.train.len();
    let rows = sample(&mut random, count, count.min(REFIT_PICTURES)).into_vec();
    let bytes = model.sizes().pixels();
    let pictures: Vec<u8> = rows
        .iter()
        .flat_map(|&row| data.train.picture(row, bytes))
        .copied()
        .collect();
    let classes: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
    let codes = model.encode_bytes(&pictures, Some(&classes))?;
    let numbers = [
        Components::Exactly(COMPONENTS),
        Components::Exactly(REFIT_STYLES),
    ];
    model.fit_prior(&codes, &classes, numbers, REFIT_PICTURES);
    Ok(())
}

fn message(losses: &Losses, epoch: u64, epochs: u32, rate: f64) -> String {
    let gan = if losses.gan > 0.0 {
        format!("  D {:.2}  G {:.2}", losses.discriminator, losses.gan)
    } else {
        String::new()
    };
    format!(
        "epoch {epoch}/{epochs}  rec {:.1}  kl {:.1}  cls {:.2}  adv {:.2}  con {:.2}{gan}  {rate:.0} images/s",
        losses.reconstruction,
        losses.kl,
        losses.classification,
        losses.adversary,
        losses.consistency,
    )
}

/// A row of samples for each class, the same style in each column.
pub fn sample_grid<D: Backend>(model: &Autoencoder<D>, columns: usize) -> Grid {
    let classes = 0..model.classes().min(40) as u16;
    let requests: Vec<Request> = classes
        .flat_map(|class| (0..columns as u64).map(move |seed| Request::new(class, seed + 1)))
        .collect();
    let mut grid = Grid::new(model.sizes().picture, columns);
    grid.push_all(&model.decode_to_bytes(&model.latents_of(&requests)));
    grid
}
