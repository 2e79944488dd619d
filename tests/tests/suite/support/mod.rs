//! A model as a user gets one, and what is done with it.

pub(crate) mod microbit;
pub(crate) mod readers;

use dfdx::prelude::{Cache, Cpu};
use pixling_trainer::config::Config;
use pixling_trainer::data;
use pixling_trainer::export::{Card, Settings, export};
use pixling_trainer::files;
use pixling_trainer::model::Preset;
use pixling_trainer::train::{Output, train};
use std::path::Path;

/// Trains for one epoch on a few pictures and writes the model file.
pub(crate) fn train_to_file(preset: &dyn Preset<Cpu>, path: &Path, seed: u64) {
    let format = preset.sizes().picture;
    let data = data::load("strokes:digits,train=640,test=100", format).unwrap();
    let settings = [
        format!("preset={}", preset.name()),
        format!("seed={seed}"),
        "epochs=1".into(),
    ];
    let config = Config::load(None, &settings).unwrap();
    let device = Cpu::seed_from_u64(config.seed);
    device.enable_cache();
    let output = Output {
        folder: None,
        quiet: true,
        ..Output::default()
    };
    let model = train(
        preset,
        &device,
        &config,
        &data,
        &output,
        None,
        |_, _| Ok(()),
    )
    .unwrap()
    .0;
    let codes = model.encode_bytes(&data.train.pixels, None).unwrap();
    let card = Card {
        name: "whole path".into(),
        data: data.name.clone(),
        licence: data.licence.clone(),
        labels: data.labels.clone(),
    };
    let exported = export(&model, &codes, &card, Settings::default()).unwrap();
    files::write(path, &exported.bytes).unwrap();
}

/// Whether a program is here. Where tests must not be left out, as in CI, its absence is a failure.
pub(crate) fn has(program: impl AsRef<std::ffi::OsStr>) -> bool {
    let program = program.as_ref();
    let found = std::process::Command::new(program)
        .arg("--help")
        .output()
        .is_ok();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{program:?} is missing: run tools/test"
    );
    if !found {
        eprintln!("left out, because {program:?} is missing");
    }
    found
}
