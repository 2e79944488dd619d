//! The whole path: pictures are drawn and learned from, the model is quantized into a file, the real firmware boots on
//! an emulated Cortex-M4 with that file in its flash, and its pixels are those of the desktop.

use dfdx::prelude::{Cache, Cpu};
use pixling_sim::emulate::{Core, Firmware, Flavour, Machine, build, emulate};
use pixling_sim::{ModelFile, PictureRequest};
use pixling_trainer::data;
use pixling_trainer::export::{Card, export};
use pixling_trainer::files;
use pixling_trainer::model::{Micro, Sizes};
use pixling_trainer::train::{Config, Output, encode, train};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Trains for one epoch on a few pictures and writes the model file.
fn train_to_file(path: &Path) {
    let data = data::load("strokes:digits,train=640,test=100", Micro::format()).unwrap();
    let config = Config::load(None, &["epochs=1".into()]).unwrap();
    let device = Cpu::seed_from_u64(config.seed);
    device.enable_cache();
    let output = Output {
        folder: None,
        quiet: true,
        ..Output::default()
    };
    let model = train::<Micro, Cpu>(&device, &config, &data, &output, None, |_, _| Ok(()))
        .unwrap()
        .0;
    let codes = encode(&device, &model, &data.train.pixels, None).unwrap();
    let card = Card {
        name: "whole path".into(),
        data: data.name.clone(),
        licence: data.licence.clone(),
        labels: data.labels.clone(),
    };
    let exported = export(&model, &codes, &card, config.seed, config.loss.z_s_noise).unwrap();
    files::write(path, &exported.bytes).unwrap();
}

#[test]
fn an_emulated_cortex_m4_draws_all_classes_as_the_desktop_does() {
    if Command::new("qemu-system-arm")
        .arg("--version")
        .output()
        .is_err()
    {
        assert!(
            std::env::var_os("CI").is_none(),
            "qemu-system-arm is missing: run tools/test"
        );
        eprintln!("skipped: qemu-system-arm is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pxl");
    train_to_file(&path);
    let file = ModelFile::read(&path).unwrap();
    let firmware = Firmware::read(&build(Core::M4, Flavour::Runtime).unwrap()).unwrap();
    let machine = Machine {
        core: Core::M4,
        qemu: None,
        timeout: Duration::from_secs(120),
    };
    let requests: Vec<PictureRequest> = (0..10)
        .map(|class| PictureRequest {
            class,
            seed: u64::from(class) * 1_000_003,
            style: u64::MAX - u64::from(class),
            z_s_percent: 50 + 20 * class,
            z_u_percent: 100,
        })
        .collect();
    let outcomes = emulate(&file, &requests, &firmware, &machine).unwrap();
    assert_eq!(outcomes.len(), 10);
    for outcome in &outcomes {
        assert!(
            outcome.is_good(),
            "class {}: {} bytes differ",
            outcome.class,
            outcome.different_bytes
        );
        assert!(outcome.arena_touched_bytes <= outcome.arena_bytes as u64);
        assert!(outcome.instructions > 100_000 && outcome.stack_bytes > 0);
    }
    assert_ne!(outcomes[0].pixels, outcomes[1].pixels);
}
