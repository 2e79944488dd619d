//! From float to int8 and int4: what training sees is what the runtime computes, and a budget is kept.

use crate::common::{DATA, Trained, done, refused};
use dfdx::prelude::{Cache, Cpu};
use pixling::{Model, Request};
use pixling_nn::{Grid, detach_module, load_parameters};
use pixling_test_support::{ReferenceLayer, outputs_of_layers};
use pixling_trainer::config::Config;
use pixling_trainer::data::{self, Dataset, Format};
use pixling_trainer::export::{
    Card, Choice, Draft, FloatDecoder, Flow, Precision, Settings, finetune, raise,
};
use pixling_trainer::model::tensors::upload;
use pixling_trainer::model::{Autoencoder, Codes, Components, Micro, MicroPlain, Preset};
use pixling_trainer::train::{Output, train};
use serde_json::Value;

/// The pictures of `micro` and `micro-plain`.
const MICRO: Format = Format {
    width: 28,
    height: 28,
    channels: 1,
};

struct Subject {
    device: Cpu,
    config: Config,
    data: Dataset,
    model: Autoencoder<Cpu>,
    codes: Codes,
}

/// A model after two epochs; its average follows quickly. `micro-plain` takes half of the time of `micro`.
fn subject(preset: &dyn Preset<Cpu>, settings: &[&str]) -> Subject {
    let data = data::load("strokes:digits,train=1280,test=100", MICRO).unwrap();
    let always = ["epochs=2", "optimizer.average=0.9"];
    let settings: Vec<String> = settings
        .iter()
        .chain(&always)
        .map(ToString::to_string)
        .collect();
    let config = Config::load(None, &settings).unwrap();
    let device = Cpu::seed_from_u64(1);
    device.enable_cache();
    let output = Output {
        quiet: true,
        ..Output::default()
    };
    let save = |_: &_, _| Ok(());
    let (model, _) = train(preset, &device, &config, &data, &output, None, save).unwrap();
    let codes = model.encode_bytes(&data.train.pixels, None).unwrap();
    Subject {
        device,
        config,
        data,
        model,
        codes,
    }
}

impl Subject {
    fn draft(&self, choice: Choice) -> Draft {
        let card = Card {
            name: "test".into(),
            data: self.data.name.clone(),
            licence: self.data.licence.clone(),
            labels: self.data.labels.clone(),
        };
        let settings = Settings {
            choice,
            ..Settings::default()
        };
        Draft::new(&self.model, &self.codes, &card, settings).unwrap()
    }

    fn finetune(&mut self, draft: &mut Draft, steps: u32) {
        let Subject {
            device,
            config,
            data,
            model,
            codes,
        } = self;
        finetune(device, model, (config, data, codes), draft, steps, true).unwrap();
    }
}

/// The network whose numbers and activations are rounded, which fine-tuning teaches, and the decoder that the integers
/// stand for, against the file in the runtime, on latents of the prior. Hardly any pixel of the decoder's differs. More of
/// the network's do, whose slope of a tenth is not the slope of the file, 6554 / 65536.
fn the_rounded_network_is_the_file(subject: &Subject, draft: &Draft) {
    let mut network = detach_module(subject.model.average.module());
    network.round(&mut draft.quantizer.grids());
    let exact = draft.quantizer.dequantized(&draft.decoder);
    let tensors = raise(&exact, &network);
    load_parameters(&mut network, &tensors).unwrap();

    let requests: Vec<Request> = (0..60)
        .map(|i| Request::new(i % 10, u64::from(i)))
        .collect();
    let latents = subject.model.latents_of(&requests);
    let quantization = &draft.quantizer.latent;
    let rounded: Vec<f32> = latents
        .chunks_exact(24)
        .flat_map(|latent| quantization.rounded(latent))
        .collect();
    let shape = (60, 24);
    let trained = network
        .infer(upload(&subject.device, shape, &rounded))
        .as_vec();

    let exported = draft.clone().finish(&subject.model).unwrap();
    let file = Model::load(&exported.bytes).unwrap();
    let packed = draft.quantizer.pack(&draft.decoder);
    let integers: Vec<ReferenceLayer> = packed
        .layers
        .iter()
        .map(|layer| ReferenceLayer::of(&layer.record()))
        .collect();
    // Pixels of values from 0 on; values below mirror them.
    let pixel = |value: i32| match value {
        0.. => packed.pixels[value as usize],
        _ => 255 - packed.pixels[-value as usize],
    };
    let mut arena = vec![0; file.arena_bytes()];
    let (mut of_networks, mut far, mut of_layers, mut all) = (0, 0, 0, 0);
    for (latent, trained) in latents.chunks_exact(24).zip(trained.chunks_exact(784)) {
        let steps = quantization.quantize(latent);
        let drawn = file.decode(&steps, &mut arena).unwrap();
        let steps: Vec<i32> = steps.iter().map(|step| (*step).into()).collect();
        let outputs = outputs_of_layers(&integers, &steps);
        let last = outputs.last().unwrap();
        let expected: Vec<u8> = last.iter().map(|value| pixel(*value)).collect();
        assert_eq!(drawn.pixels(), expected);
        each_layer_is_next_to_its_integers(draft, &exact, latent, &outputs);

        // From the latent on: a half that is rounded to the other side in one layer is passed on to the next ones.
        let grids: Vec<Grid> = draft.quantizer.grids().collect();
        let layers = draft.quantizer.run(&exact, latent);
        for ((value, trained), of_layer) in last.iter().zip(trained).zip(&layers[layers.len() - 1])
        {
            let of_network = (trained * 255.0).round() as u8;
            let near = (value - 1).max(-128)..=(value + 1).min(127);
            of_networks += usize::from(of_network != pixel(*value));
            far += usize::from(!near.map(pixel).any(|it| it == of_network));
            of_layers += usize::from(level(*of_layer, grids.last().unwrap()) != *value);
            all += 1;
        }
    }
    let share = |different: usize| different as f64 / all as f64;
    let (of_networks, of_layers) = (share(of_networks), share(of_layers));
    println!(
        "of the pixels differ {of_networks:.6} of the network's, {far} of {all} by more than a level, {of_layers:.6} of the \
         decoder's"
    );
    assert!(of_networks < 0.01, "{of_networks}");
    assert!(share(far) < 1e-4, "{far} of {all}");
    // Of a layer of four bits the multipliers below zero are rounded to 16, and so is its slope.
    let four = draft.precisions().contains(&Precision::Int4);
    assert!(of_layers < if four { 0.01 } else { 1e-3 }, "{of_layers}");
    let drawn: std::collections::BTreeSet<u8> = trained.iter().map(|p| (p * 255.0) as u8).collect();
    assert!(drawn.len() > 50, "flat pictures show nothing");
}

/// The integer of a value on a grid.
fn level(value: f32, grid: &Grid) -> i32 {
    ((value / grid.step).round() - grid.range[0]) as i32 - 128
}

/// Each layer of the decoder writes, of the integers that the layer before wrote, the integers of this layer or neighbours.
fn each_layer_is_next_to_its_integers(
    draft: &Draft,
    exact: &FloatDecoder,
    latent: &[f32],
    outputs: &[Vec<i32>],
) {
    let mut grids = draft.quantizer.grids();
    let mut flow = Flow::new(draft.quantizer.latent.rounded(latent));
    for (index, (layer, integers)) in exact.layers.iter().zip(outputs).enumerate() {
        let count = if layer.is_modulation() {
            integers.len()
        } else {
            1
        };
        let of_layer: Vec<Grid> = grids.by_ref().take(count).collect();
        let with_grids = || integers.iter().zip(of_layer.iter().cycle());
        let found = flow.run(layer);
        for (output, (value, (integer, grid))) in found.iter().zip(with_grids()).enumerate() {
            let found = level(grid.round(*value), grid);
            assert!(
                found.abs_diff(*integer) <= 1,
                "layer {index}, output {output}: {found} and {integer}"
            );
        }
        let real =
            |(integer, grid): (&i32, &Grid)| ((integer + 128) as f32 + grid.range[0]) * grid.step;
        flow.write(layer, with_grids().map(real).collect());
    }
    assert!(grids.next().is_none());
}

#[test]
fn what_training_sees_is_what_the_runtime_draws() {
    let mut subject = subject(&Micro, &["model=lr-livae-gan"]);
    for choice in [
        Choice::All(Precision::Int8),
        Choice::All(Precision::Int4),
        Choice::Budget(40 * 1024),
    ] {
        the_rounded_network_is_the_file(&subject, &subject.draft(choice));
    }
    // And again when the weights have moved.
    let mut draft = subject.draft(Choice::All(Precision::Int4));
    let before = draft.decoder.layers[1].weights.clone();
    subject.finetune(&mut draft, 20);
    assert_ne!(draft.decoder.layers[1].weights, before);
    the_rounded_network_is_the_file(&subject, &draft);
}

/// Without a discriminator and a classifier, which have wishes of their own.
#[test]
fn a_finetuned_file_draws_more_like_the_float_model() {
    let mut subject = subject(&MicroPlain, &["model=lr-livae", "loss.consistency=0"]);
    let mut draft = subject.draft(Choice::All(Precision::Int4));
    let before = draft.clone();
    subject.finetune(&mut draft, 100);
    let [before, after] = [before, draft].map(|draft| draft.finish(&subject.model).unwrap().psnr);
    println!("{before:.2} dB before, {after:.2} after");
    assert!(after > before + 0.3, "{before} {after}");
}

#[test]
fn int4_loses_little_and_each_layer_says_how_much() {
    let subject = subject(&MicroPlain, &["model=lr-livae-gan"]);
    let [eight, four] = [Precision::Int8, Precision::Int4].map(|precision| {
        let draft = subject.draft(Choice::All(precision));
        assert_eq!(draft.precisions(), [precision; 4]);
        draft.finish(&subject.model).unwrap()
    });
    assert!(
        eight.psnr > 34.0 && four.psnr > 22.0,
        "{} {}",
        eight.psnr,
        four.psnr
    );
    assert!(four.bytes.len() < 20 * 1024, "{}", four.bytes.len());
    for (eight, four) in eight.layers.iter().zip(&four.layers) {
        assert!(eight.signal_to_noise > four.signal_to_noise + 3.0);
        assert!(four.bytes < eight.bytes);
        for layer in [eight, four] {
            assert!((0.0..0.5).contains(&layer.saturated) && layer.levels > 100);
            assert!((0.0..1.0).contains(&layer.at_zero_point));
        }
    }

    // Between them, and what loses most by 4 bits keeps 8.
    let draft = subject.draft(Choice::Budget(24 * 1024));
    let chosen = draft.precisions();
    let mixed = draft.finish(&subject.model).unwrap();
    assert!(mixed.bytes.len() <= 24 * 1024);
    assert!(
        (four.psnr..=eight.psnr).contains(&mixed.psnr),
        "{}",
        mixed.psnr
    );
    assert!(chosen.contains(&Precision::Int8) && chosen.contains(&Precision::Int4));
    let cost = |index: usize| mixed.sensitivities[index].int4;
    let most = (0..4).max_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap();
    assert_eq!(chosen[most], Precision::Int8, "{:?}", mixed.sensitivities);
    assert!(mixed.sensitivities.iter().all(|cost| cost.int8 < cost.int4));
}

/// Of a preset's own size int8 is taken where it fits, and 4 bits everywhere where nothing does.
#[test]
fn a_preferred_size_is_kept_where_it_can_be() {
    let subject = subject(&MicroPlain, &["epochs=1"]);
    let precisions = |bytes| subject.draft(Choice::Preferred(bytes)).precisions();
    assert_eq!(precisions(1 << 20), [Precision::Int8; 4]);
    assert_eq!(precisions(1 << 10), [Precision::Int4; 4]);
    let mixed = precisions(24 * 1024);
    assert!(mixed.contains(&Precision::Int8) && mixed.contains(&Precision::Int4));
}

/// Components and styles are chosen, and latents drawn, by the runtime as in floating point.
#[test]
fn a_fitted_mixture_goes_into_the_file() {
    let mut subject = subject(&MicroPlain, &[]);
    let plain = subject.draft(Choice::default()).finish(&subject.model);
    let plain = plain.unwrap();
    let classes = subject.data.train.classes.clone();
    subject
        .model
        .fit_prior(&subject.codes, &classes, [Components::Exactly(3); 2], 1000);
    let exported = subject.draft(Choice::default()).finish(&subject.model);
    let exported = exported.unwrap();
    let (before, file) = (plain.model().unwrap(), exported.model().unwrap());
    // The training fits a prior, whose number of Gaussians is the likeliest of these.
    assert!([1, 2, 4, 8, 12].contains(&before.components()));
    assert_eq!((file.components(), file.styles()), (3, 3));
    // Other pictures than before, and still the pictures of the float model.
    let mut arena = vec![0; file.arena_bytes()];
    let mut draw = |model: &Model<'_>| {
        let picture = model.generate(&Request::new(3, 1), &mut arena);
        picture.unwrap().pixels().to_vec()
    };
    assert_ne!(draw(&before), draw(&file));
    assert!(exported.psnr > 34.0, "{}", exported.psnr);
    // Weights, means and deviations of the Gaussians are all of the difference.
    let prior = |file: &Model<'_>| {
        let normal = |dimensions: usize| 1 + dimensions + dimensions.div_ceil(2);
        let components = 10 * usize::from(file.components());
        components * normal(file.z_s() + file.z_u())
            + usize::from(file.styles()) * normal(file.z_u())
    };
    let found = exported.bytes.len() as i64 - plain.bytes.len() as i64;
    let expected = prior(&file) as i64 - prior(&before) as i64;
    assert!(
        (found - expected).abs() < 12,
        "{found}, expected {expected}"
    );
}

#[test]
fn the_command_keeps_a_budget_or_says_what_is_missing() {
    let trained = Trained::on(DATA, &["epochs=2", "batch=10"]);
    let (run, file) = (trained.path("run"), trained.path("small.pxl"));
    let export = |more: &[&str]| {
        let fixed = ["export", &run, "-o", &file, "--quiet", "--samples", "300"];
        let arguments = [&fixed[..], more].concat();
        done(&arguments)
    };
    let json: Value = serde_json::from_str(&export(&["--budget", "20KiB", "--json"])).unwrap();
    let bytes = json["file_bytes"].as_u64().unwrap();
    assert!(bytes <= 20 * 1024 && bytes > 16 * 1024, "{bytes}");
    assert_eq!(std::fs::metadata(&file).unwrap().len(), bytes);
    assert_eq!(json["budget"], 20 * 1024);
    // A tenth of the training's 40 steps, for some layers have 4 bits.
    assert_eq!(json["finetuned_steps"], 4);
    for (options, steps) in [
        (&["--bits", "8"][..], 0),
        (&["--bits", "4", "--finetune", "1"], 1),
    ] {
        let json = export(&[options, &["--json"]].concat());
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["finetuned_steps"], steps, "{options:?}");
    }
    assert_eq!(json["sensitivities"].as_array().unwrap().len(), 4);
    for of in ["float", "quantized"] {
        assert!(json["metrics"][of]["frechet_distance"].is_number());
    }
    let text = export(&["--bits", "4", "--components", "2"]);
    let inspected = done(&["inspect", &file]);
    assert!(
        inspected.contains("2 Gaussians for each class"),
        "{inspected}"
    );
    assert!(
        text.contains("int4") && text.contains("dB between"),
        "{text}"
    );
    assert!(
        !text.contains("Frechet"),
        "only a budget is measured unasked"
    );
    // The lower of the two; a board of 256 KiB leaves more.
    let text = export(&[
        "--board",
        "microbit",
        "--budget",
        "18KiB",
        "--finetune",
        "2",
    ]);
    assert!(
        text.contains("budget 18432 bytes") && text.contains("Frechet"),
        "{text}"
    );

    let other = trained.path("other.pxl");
    done(&[
        "export",
        &run,
        "-o",
        &other,
        "--quiet",
        "--calibration",
        "percentile",
        "--bits",
        "4",
    ]);
    export(&["--bits", "4"]);
    let bytes = |path: &str| std::fs::read(path).unwrap();
    assert!(
        bytes(&other) != bytes(&file),
        "another calibration is the same file"
    );
    refused(
        &["eval", &file, "--data", "strokes:digits", "--bits", "4"],
        &["is quantized already"],
    );
    let page = trained.path("page.html");
    done(&[
        "report",
        &run,
        "--out",
        &page,
        "--quiet",
        "--bits",
        "4",
        "--samples",
        "500",
    ]);
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.contains("quantized to four bits"));
    assert_eq!(page.matches("<td>int4</td>").count(), 4);

    let before = std::fs::read(&file).unwrap();
    for (more, told) in [
        (
            &["--budget", "9KiB"][..],
            "a budget of 9216 bytes cannot be kept",
        ),
        (&["--budget", "much"], "much"),
        // 8 KiB are left on that board.
        (
            &["--board", "blue-pill"],
            "a budget of 8192 bytes cannot be kept",
        ),
        (&["--board", "arduino"], "there is no board `arduino`"),
        (&["--bits", "3"], "8 or 4"),
        (&["--bits", "4", "--budget", "1KiB"], "cannot be used with"),
    ] {
        let arguments = [&["export", &run, "-o", &file, "--quiet"][..], more].concat();
        refused(&arguments, &[told]);
    }
    assert!(
        std::fs::read(&file).unwrap() == before,
        "a failure wrote the file"
    );
}
