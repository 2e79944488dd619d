//! A short training: repeatable, whatever the number of threads, and quantized without loss.

use dfdx::prelude::{Cache, Cpu};
use pixling::{Model, Request};
use pixling_trainer::config::Config;
use pixling_trainer::data::{self, Dataset, Format};
use pixling_trainer::export::{Card, Exported, Settings, export};
use pixling_trainer::metrics::psnr;
use pixling_trainer::model::{Components, MicroPlain};
use pixling_trainer::train::{Output, train};

fn dataset() -> Dataset {
    let format = Format {
        width: 28,
        height: 28,
        channels: 1,
    };
    data::load("strokes:digits,train=640,test=100", format).unwrap()
}

/// Trains two epochs; gives the file and the pictures of the float model for the requests.
fn run(data: &Dataset, seed: u64, threads: usize, requests: &[Request]) -> (Exported, Vec<u8>) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let settings = [format!("seed={seed}"), "epochs=2".into()];
        let config = Config::load(None, &settings).unwrap();
        let device = Cpu::seed_from_u64(seed);
        device.enable_cache();
        let output = Output {
            folder: None,
            quiet: true,
            ..Output::default()
        };
        let model = train(
            &MicroPlain,
            &device,
            &config,
            data,
            &output,
            None,
            |_, _| Ok(()),
        )
        .unwrap()
        .0;
        let codes = model.encode_bytes(&data.train.pixels, None).unwrap();
        let card = Card {
            name: "test".into(),
            data: data.name.clone(),
            licence: data.licence.clone(),
            labels: data.labels.clone(),
        };
        let exported = export(&model, &codes, &card, Settings::default()).unwrap();
        (exported, model.decode_to_bytes(&model.latents_of(requests)))
    })
}

#[test]
fn the_same_seed_gives_the_same_file_whatever_the_number_of_threads() {
    let data = dataset();
    let (one, _) = run(&data, 3, 1, &[]);
    let (three, _) = run(&data, 3, 3, &[]);
    assert!(one.bytes == three.bytes, "the files differ");
    let (other, _) = run(&data, 4, 3, &[]);
    assert!(one.bytes != other.bytes, "another seed gives the same file");
}

/// The prior of a trained model is the one of the codes that it gives now, whose latents were changed at the end.
#[test]
fn the_prior_is_of_the_codes_of_the_trained_model() {
    let data = dataset();
    let config = Config::load(None, &["epochs=1".into()]).unwrap();
    let device = Cpu::seed_from_u64(1);
    let output = Output {
        quiet: true,
        ..Output::default()
    };
    let save = |_: &_, _| Ok(());
    let (mut model, _) = train(&MicroPlain, &device, &config, &data, &output, None, save).unwrap();
    let prior = model.mixture().cloned().unwrap();
    let codes = model.encode_bytes(&data.train.pixels, None).unwrap();
    let numbers = [prior.components[0].len(), prior.styles.len()].map(Components::Exactly);
    model.fit_prior(&codes, &data.train.classes, numbers, 8000);
    assert!(model.mixture() == Some(&prior));
}

#[test]
fn the_file_draws_what_the_float_model_draws() {
    let data = dataset();
    let requests: Vec<Request> = (0..100)
        .map(|i| Request::new(i % 10, u64::from(i)))
        .collect();
    let (exported, float) = run(&data, 5, 2, &requests);
    let model = Model::load(&exported.bytes).unwrap();
    let mut arena = vec![0; model.arena_bytes()];
    let mut quantized = Vec::new();
    for request in &requests {
        quantized.extend_from_slice(model.generate(request, &mut arena).unwrap().pixels());
    }
    let similarity = psnr(&float, &quantized);
    assert!(similarity > 32.0, "{similarity} dB");
    // Of the prior, a byte for each Gaussian, and one and a half for each dimension.
    let normal = |dimensions: usize| 1 + dimensions + dimensions.div_ceil(2);
    let components = 10 * usize::from(model.components());
    let prior = components * normal(model.z_s() + model.z_u())
        + usize::from(model.styles()) * normal(model.z_u());
    let decoder = exported.bytes.len() - prior;
    assert!(decoder <= 32 * 1024, "{decoder} bytes without the prior");
    assert!(
        model.arena_bytes() <= 8 * 1024,
        "{} bytes of arena",
        model.arena_bytes()
    );
}
