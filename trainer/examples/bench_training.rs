//! Training speed of a plain autoencoder: pictures a second through forward, loss, backward and Adam.
//!
//! On two idle cores to expect 7,000 to 12,000 pictures a second; fewer while other programs run, so look at the best
//! round. Run it by `tools/bench training`.

use anyhow::{Context, Result, bail};
use dfdx::prelude::{
    AsArray, Backward, Cache, Const, Cpu, CpuError, DeviceBuildExt, MeanTo, Module, SampleTensor,
    Tensor, Trace, ZeroGrads,
};
use pixling_trainer::nn::{Adam, builders as nn};
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
type Autoencoder = (Encoder, Decoder);
type Pictures = Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu>;

const BATCH: usize = 128;
const USAGE: &str = "usage: bench_training [--json] [--rounds N] [--steps N]";

struct Options {
    json: bool,
    rounds: usize,
    steps: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            json: false,
            rounds: 7,
            steps: 40,
        };
        while let Some(argument) = arguments.next() {
            let target = match argument.as_str() {
                "--json" => {
                    options.json = true;
                    continue;
                }
                "--rounds" => &mut options.rounds,
                "--steps" => &mut options.steps,
                other => bail!("unknown argument {other}\n{USAGE}"),
            };
            let value = arguments
                .next()
                .with_context(|| format!("{argument} wants a number\n{USAGE}"))?;
            *target = value
                .parse()
                .with_context(|| format!("{argument} {value}\n{USAGE}"))?;
            if *target == 0 {
                bail!("{argument} must be at least 1\n{USAGE}");
            }
        }
        Ok(options)
    }
}

/// Trains for `rounds` of `steps` after a warm-up; gives each round's pictures a second, and the last loss.
fn measure(options: &Options) -> Result<(Vec<f64>, f32), CpuError> {
    let device = Cpu::seed_from_u64(0);
    device.enable_cache();
    let mut network = device.build_module::<Autoencoder, f32>();
    let mut input: Pictures = device.sample_uniform_like(&(BATCH, Const, Const, Const));
    let values = input.as_vec();
    let mut gradients = network.alloc_grads();
    let mut adam = Adam::new(1e-3);
    let mut loss_value = f32::NAN;
    let mut speeds = Vec::with_capacity(options.rounds);
    for round in 0..=options.rounds {
        let start = Instant::now();
        for _ in 0..options.steps {
            // What a training loop does with each new batch.
            input.copy_from(&values);
            let output = network.try_forward(input.trace(gradients))?;
            let loss = (output - input.clone()).square().mean();
            loss_value = loss.array();
            gradients = loss.backward();
            adam.update(&mut network, &mut gradients)?;
        }
        // The first round fills the caches.
        if round > 0 {
            speeds.push((BATCH * options.steps) as f64 / start.elapsed().as_secs_f64());
        }
    }
    Ok((speeds, loss_value))
}

fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let (mut speeds, loss) = measure(&options)?;
    speeds.sort_by(f64::total_cmp);
    let (median, best) = (speeds[speeds.len() / 2], speeds[speeds.len() - 1]);
    let threads = rayon::current_num_threads();
    if options.json {
        let report = serde_json::json!({
            "benchmark": "training",
            "batch": BATCH,
            "threads": threads,
            "rounds": options.rounds,
            "steps_per_round": options.steps,
            "images_per_second": { "median": median.round(), "best": best.round() },
            "final_loss": loss,
        });
        println!("{report:#}");
    } else {
        println!(
            "autoencoder training: {median:.0} images/s (median), {best:.0} images/s (best of {} rounds of {} steps), \
             batch {BATCH}, {threads} threads, loss {loss:.5}",
            options.rounds, options.steps,
        );
    }
    Ok(())
}
