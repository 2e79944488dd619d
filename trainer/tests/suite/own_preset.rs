//! The example of a preset of one's own is trained for a few steps, exported and drawn with.

#[path = "../../examples/own_preset.rs"]
#[allow(dead_code, unreachable_pub)]
mod example;

use dfdx::prelude::Cpu;
use pixling::{Model, Request};
use pixling_trainer::config::Config;
use pixling_trainer::data;
use pixling_trainer::export::{Card, Settings, export};
use pixling_trainer::model::Preset;
use pixling_trainer::train::{Output, train};

#[test]
fn a_preset_of_ones_own_becomes_a_file_that_draws() {
    let preset: &dyn Preset<Cpu> = &example::Icons;
    let sizes = preset.sizes();
    let data = data::load("strokes:digits,train=160,test=40", sizes.picture).unwrap();
    let settings = ["preset=icons", "epochs=1", "batch=32", "model=lr-livae-gan"];
    let config = Config::load(None, &settings.map(String::from)).unwrap();
    let device = Cpu::seed_from_u64(1);
    let output = Output {
        quiet: true,
        ..Output::default()
    };
    let (model, complete) = train(
        preset,
        &device,
        &config,
        &data,
        &output,
        None,
        |_, _| Ok(()),
    )
    .unwrap();
    assert!(complete);
    let codes = model.encode_bytes(&data.train.pixels, None).unwrap();
    let card = Card {
        name: "icons".into(),
        data: data.name.clone(),
        licence: data.licence.clone(),
        labels: data.labels.clone(),
    };
    let exported = export(&model, &codes, &card, Settings::default()).unwrap();
    // The example's documentation says so.
    assert!(
        (12_000..14_500).contains(&exported.bytes.len()),
        "{} bytes",
        exported.bytes.len()
    );
    let file = Model::load(&exported.bytes).unwrap();
    let mut arena = vec![0; file.arena_bytes()];
    let picture = file.generate(&Request::new(3, 1), &mut arena).unwrap();
    assert_eq!(picture.pixels().len(), 24 * 24);
}
