//! `pixling-bench-host pixling PRESET SECONDS` or `pixling-bench-host tract FILE.onnx SECONDS`: draws pictures one by one
//! and prints how many a second. `../bench.py` alternates between engines.

use anyhow::{Context, Result, bail};
use pixling::{Model, Request};
use pixling_test_support::Network;
use std::time::{Duration, Instant};
use tract_onnx::prelude::*;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, subject, seconds] = &arguments[..] else {
        bail!("give an engine, what it runs, and seconds");
    };
    let limit = Duration::from_secs_f64(seconds.parse().context("seconds are a number")?);
    let rate = match engine.as_str() {
        "pixling" => pixling(subject, limit)?,
        "tract" => tract(subject, limit)?,
        _ => bail!("the engines are pixling and tract, not {engine}"),
    };
    println!("{rate}");
    Ok(())
}

/// Calls until the time is over, in groups so that the clock costs nothing.
fn rate(limit: Duration, mut draw: impl FnMut(u64) -> Result<()>) -> Result<f64> {
    const GROUP: u64 = 50;
    let (start, mut pictures) = (Instant::now(), 0);
    while start.elapsed() < limit {
        for index in pictures..pictures + GROUP {
            draw(index)?;
        }
        pictures += GROUP;
    }
    Ok(pictures as f64 / start.elapsed().as_secs_f64())
}

/// From class and seed to pixels.
fn pixling(preset: &str, limit: Duration) -> Result<f64> {
    let network = match preset {
        "nano" => Network::nano(),
        "micro" => Network::micro(),
        "micro-plain" => Network::micro_plain(),
        "mini" => Network::mini(),
        "milli" => Network::milli(),
        _ => bail!("the presets are nano, micro, micro-plain, mini and milli, not {preset}"),
    };
    let file = network.file(1);
    let model = Model::load(&file)?;
    let mut arena = vec![0; model.arena_bytes()];
    rate(limit, |seed| {
        let class = (seed % u64::from(model.classes())) as u16;
        let picture = model.generate(&Request::new(class, seed), &mut arena)?;
        std::hint::black_box(picture.pixels());
        Ok(())
    })
}

/// From a latent to pixels.
fn tract(path: &str, limit: Duration) -> Result<f64> {
    let model = tract_onnx::onnx()
        .model_for_path(path)?
        .into_optimized()?
        .into_runnable()?;
    rate(limit, |seed| {
        let latent: Tensor = tract_ndarray::Array2::from_shape_fn((1, 24), |(_, i)| {
            ((seed + i as u64) % 7) as f32 / 3.0
        })
        .into();
        std::hint::black_box(model.run(tvec!(latent.into()))?);
        Ok(())
    })
}
