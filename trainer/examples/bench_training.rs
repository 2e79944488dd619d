//! Training speed: pictures a second through whole steps, forward, losses, backward and optimizers, at batch 128.
//!
//! Measured are a plain autoencoder and the steps of the `micro-plain` models. Look at the best round: others suffer from
//! other programs. Run it by `tools/bench training`; `tools/bench training --peer pytorch` times the same networks in
//! PyTorch in turns.

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use dfdx::prelude::{
    AsArray, Backward, Cache, Const, Cpu, Gradients, MeanTo, Module, SampleTensor, Tensor, Trace,
};
use pixling_nn::{Adam, Build, builders as nn};
use pixling_trainer::config::Config;
use pixling_trainer::model::{Autoencoder, MicroPlain};
use std::io::{BufRead, Write};
use std::num::NonZeroUsize;
use std::time::Instant;

type Encoder = (
    (
        nn::Conv2d<1, 16, 4, 2, 1, 28, 28, 14, 14, false>,
        nn::LeakyReLU<10>,
    ),
    (nn::Conv2d<16, 32, 4, 2, 1, 14, 14, 7, 7>, nn::LeakyReLU<10>),
    (nn::Flatten<32, 7, 7, 1568>, nn::Linear<1568, 128>),
);
type Decoder = (
    (
        nn::Linear<128, 1568>,
        nn::LeakyReLU<10>,
        nn::Unflatten<1568, 32, 7, 7>,
    ),
    (
        nn::TransposedConv2d<32, 16, 4, 2, 1, 7, 7, 14, 14>,
        nn::LeakyReLU<10>,
    ),
    nn::TransposedConv2d<16, 1, 4, 2, 1, 14, 14, 28, 28>,
);
type Autoencoding = (Encoder, Decoder);
type Pictures = Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu>;

const BATCH: usize = 128;
const CLASSES: usize = 10;

/// The steps that are timed: a name, the model, and its weight of `L_con`.
const STEPS: [(&str, Option<(&str, f32)>); 6] = [
    ("plain", None),
    ("cvae", Some(("cvae", 0.0))),
    ("lr-livae", Some(("lr-livae", 0.0))),
    ("lr-livae, L_con", Some(("lr-livae", 5.0))),
    ("lr-livae-gan, L_con", Some(("lr-livae-gan", 5.0))),
    ("cvae-gan, L_con", Some(("cvae-gan", 5.0))),
];

#[derive(Parser)]
struct Options {
    /// One JSON object instead of lines of text.
    #[arg(long)]
    json: bool,
    /// Times the steps whose names are on the lines of standard input.
    #[arg(long)]
    serve: bool,
    /// Measurements of each kind of step.
    #[arg(long, default_value = "5")]
    rounds: NonZeroUsize,
    /// Steps of a measurement.
    #[arg(long, default_value = "16")]
    steps: NonZeroUsize,
}

/// A training that makes one step after another.
type Training = Box<dyn FnMut() -> Result<()>>;

fn device() -> Cpu {
    let device = Cpu::seed_from_u64(0);
    device.enable_cache();
    device
}

fn plain() -> Training {
    let device = device();
    let mut network = Autoencoding::build(&device).unwrap();
    let mut input: Pictures = device.sample_uniform_like(&(BATCH, Const, Const, Const));
    let values = input.as_vec();
    let mut gradients = Some(Gradients::leaky());
    let mut adam = Adam::new(1e-3);
    Box::new(move || {
        // As a training loop fills each new batch.
        input.copy_from(&values);
        let kept = gradients.take().context("a step failed before")?;
        let output = network.forward(input.trace(kept));
        let loss = (output - input.clone()).square().mean();
        let value: f32 = loss.array();
        if !value.is_finite() {
            bail!("the autoencoder diverged");
        }
        let mut found: Gradients<f32, Cpu> = loss.backward();
        adam.update(&mut network, &mut found)
            .map_err(|error| anyhow!("{error:?}"))?;
        gradients = Some(found);
        Ok(())
    })
}

fn model(name: &str, consistency: f32) -> Result<Training> {
    let mut config = Config::of_model(name)?;
    config.loss.consistency = consistency;
    config.loss.consistency_from = 0.0;
    let device = device();
    let mut model = Autoencoder::new(&MicroPlain, &device, &config, CLASSES);
    let mut input: Tensor<(usize, usize), f32, Cpu> = device.sample_uniform_like(&(BATCH, 784));
    let values = input.as_vec();
    let classes: Vec<u16> = (0..BATCH).map(|i| (i % CLASSES) as u16).collect();
    // From a part of the training on at which all losses are there.
    let mut step = 8_000;
    Ok(Box::new(move || {
        input.copy_from(&values);
        let losses = model
            .step(&input, &classes, step, 16_000)
            .map_err(|error| anyhow!("{error:?}"))?;
        step += 1;
        match losses.diverged() {
            Some(told) => bail!("diverged: {told}"),
            None => Ok(()),
        }
    }))
}

fn training(name: &str) -> Result<Training> {
    let found = STEPS.iter().find(|(step, _)| *step == name);
    match found
        .with_context(|| format!("there is no step {name:?}"))?
        .1
    {
        None => Ok(plain()),
        Some((name, consistency)) => model(name, consistency),
    }
}

/// Pictures a second over a number of steps.
fn time(training: &mut Training, steps: usize) -> Result<f64> {
    let start = Instant::now();
    for _ in 0..steps {
        training()?;
    }
    Ok((BATCH * steps) as f64 / start.elapsed().as_secs_f64())
}

/// For each name on a line of standard input, times its steps and answers with pictures a second.
fn serve(steps: usize) -> Result<()> {
    let mut trainings: Vec<(String, Training)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let name = line?;
        let place = trainings.iter().position(|(known, _)| *known == name);
        let place = match place {
            Some(place) => place,
            None => {
                let mut new = training(&name)?;
                // The first steps fill the caches; 8 of them are one of each kind.
                time(&mut new, 8)?;
                trainings.push((name, new));
                trainings.len() - 1
            }
        };
        let speed = time(&mut trainings[place].1, steps)?;
        writeln!(std::io::stdout(), "{speed}")?;
    }
    Ok(())
}

fn main() -> Result<()> {
    // In the pool, as the commands run.
    rayon::scope(|_| run())
}

fn run() -> Result<()> {
    let options = Options::parse();
    let steps = options.steps.get();
    if options.serve {
        return serve(steps);
    }
    let mut report = serde_json::Map::new();
    for (name, _) in STEPS {
        let mut training = training(name)?;
        time(&mut training, 8)?;
        let mut speeds = (0..options.rounds.get())
            .map(|_| time(&mut training, steps))
            .collect::<Result<Vec<f64>>>()?;
        speeds.sort_by(f64::total_cmp);
        let (median, best) = (speeds[speeds.len() / 2], speeds[speeds.len() - 1]);
        if options.json {
            report.insert(
                name.into(),
                serde_json::json!({ "median": median.round(), "best": best.round() }),
            );
        } else {
            println!("{name:<20} {median:>6.0} images/s (median), {best:>6.0} (best)");
        }
    }
    if options.json {
        let report = serde_json::json!({
            "benchmark": "training",
            "batch": BATCH,
            "threads": rayon::current_num_threads(),
            "rounds": options.rounds,
            "steps_per_round": steps,
            "images_per_second": report,
        });
        println!("{report:#}");
    }
    Ok(())
}
