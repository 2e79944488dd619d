//! What is measured of a model that was trained for a short while on digits.

use crate::common::{DATA, Trained, done};
use dfdx::prelude::Cpu;
use pixling_trainer::data::{Dataset, Split};
use pixling_trainer::model::Nano;
use pixling_trainer::train::Judge;
use serde_json::Value;
use std::process::Command;

/// Ten classes, all as frequent.
const ENTROPY: f64 = std::f64::consts::LN_10;

fn evaluate(trained: &Trained, percent: &str) -> Value {
    let run = trained.path("run");
    let arguments = [
        "eval",
        &run,
        "--json",
        "--quiet",
        "--bits",
        "8",
        "--samples",
        "2000",
        "--z-s-temperature",
        percent,
    ];
    serde_json::from_str(&done(&arguments)).unwrap()
}

fn figure(evaluation: &Value, of: &str, name: &str) -> f64 {
    evaluation[of][name]
        .as_f64()
        .unwrap_or_else(|| panic!("{of} has no {name}"))
}

fn within(value: f64, range: std::ops::RangeInclusive<f64>, what: &str) {
    assert!(
        range.contains(&value),
        "{what} is {value}, not in {range:?}"
    );
}

#[test]
fn figures_of_a_short_training_make_sense() {
    let trained = Trained::on(
        "strokes:digits,train=3000,test=400",
        // Light weights: so short a training learns little else with the defaults.
        &[
            "epochs=6",
            "model=lr-livae",
            "loss.kl=0.7",
            "loss.class_mean=2",
            "loss.adversarial=7",
            "loss.consistency=5",
        ],
    );
    let evaluation = evaluate(&trained, "100");
    quantized_is_close_to_float(&evaluation);
    figures_are_in_their_ranges(&evaluation);
    style_is_in_z_u(&evaluation);

    // Closer to the middle of the classes, pictures are more alike and not harder to tell.
    let cold = evaluate(&trained, "25");
    assert_eq!(cold["z_s_temperature_percent"], 25);
    for of in ["float", "quantized"] {
        let [warm, cold] = [&evaluation, &cold].map(|it| {
            ["intra_class_diversity", "conditional_accuracy"].map(|name| figure(it, of, name))
        });
        assert!(cold[0] < warm[0], "{of}: {cold:?} {warm:?}");
        assert!(cold[1] >= warm[1] - 0.005, "{of}: {cold:?} {warm:?}");
    }
    // The column at 0.5 is between them, whatever else is asked for.
    assert_eq!(cold["quantized_z_s_50"], evaluation["quantized_z_s_50"]);
    let diversity = |it: &Value, of: &str| figure(it, of, "intra_class_diversity");
    let half = diversity(&cold, "quantized_z_s_50");
    assert!(diversity(&cold, "quantized") < half && half < diversity(&evaluation, "quantized"));
    // Encoders and real pictures have no temperature.
    assert_eq!(cold["real"], evaluation["real"]);
    for name in ["psnr", "ssim", "swap_accuracy", "z_u_leakage"] {
        assert_eq!(cold["float"][name], evaluation["float"][name], "{name}");
    }
}

#[test]
fn a_judge_is_kept_and_a_damaged_one_is_replaced() {
    let trained = Trained::on(DATA, &["epochs=1", "preset=nano"]);
    let (run, cache) = (trained.path("run"), trained.path("cache"));
    let evaluate = || {
        let output = Command::new(env!("CARGO_BIN_EXE_pixling"))
            .args(["eval", &run, "--json", "--quiet", "--samples", "500"])
            .env("XDG_CACHE_HOME", &cache)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let figures = evaluate();
    let mut files = std::fs::read_dir(format!("{cache}/pixling/judges")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    let judge = std::fs::read(&file).unwrap();

    let changed = || std::fs::metadata(&file).unwrap().modified().unwrap();
    let before = changed();
    assert_eq!(evaluate(), figures);
    assert_eq!(changed(), before, "it was trained again");

    std::fs::write(&file, &judge[..judge.len() / 2]).unwrap();
    assert_eq!(evaluate(), figures);
    assert_eq!(std::fs::read(&file).unwrap(), judge);
    // Without a folder to keep it in, it is trained each time.
    std::fs::remove_dir_all(&cache).unwrap();
    std::fs::write(&cache, "a file").unwrap();
    assert_eq!(evaluate(), figures);
}

/// A hundred pictures in three classes that differ in many pixels: once, two passes over them left the judge at chance.
#[test]
fn a_judge_of_few_pictures_tells_them_apart() {
    let split = |count: u16| {
        let mut split = Split::default();
        for index in 0..count {
            let class = index % 3;
            let pixel = |at: u16| {
                let lit = [at % 16 < 8, at / 16 < 8, at.is_multiple_of(2)][usize::from(class)];
                // The brightness is another one in each picture.
                if lit { 90 + index } else { index / 2 }
            };
            split.pixels.extend((0..256).map(|at| pixel(at) as u8));
            split.classes.push(class);
        }
        split
    };
    let data = Dataset {
        name: "shapes".into(),
        licence: "unknown".into(),
        width: 16,
        height: 16,
        channels: 1,
        labels: ["left", "top", "stripes"].map(String::from).to_vec(),
        train: split(102),
        test: split(30),
        factor_names: Vec::new(),
        skipped: Vec::new(),
    };
    let device = Cpu::seed_from_u64(7);
    let judge = Judge::train(&Nano, &device, &data, 7, |_| {}).unwrap();
    let accuracy = judge.judge(&data.test.pixels).accuracy(&data.test.classes);
    assert!(accuracy > 0.95, "{accuracy}");
}

fn quantized_is_close_to_float(evaluation: &Value) {
    for (name, most) in [
        ("conditional_accuracy", 0.02),
        ("inception_score", 0.15),
        ("intra_class_diversity", 0.01),
        ("swap_accuracy", 0.02),
        ("psnr", 0.3),
        ("ssim", 0.015),
    ] {
        let [float, quantized] = ["float", "quantized"].map(|of| figure(evaluation, of, name));
        let difference = (float - quantized).abs();
        assert!(difference <= most, "{name}: {float} and {quantized}");
    }
    let [float, quantized] =
        ["float", "quantized"].map(|of| figure(evaluation, of, "frechet_distance"));
    within(
        quantized / float,
        0.95..=1.05,
        "the ratio of Frechet distances",
    );
    // The pictures are close, not the same: the file was really run.
    assert_ne!(evaluation["float"]["psnr"], evaluation["quantized"]["psnr"]);
    // A swap takes z_u of another picture.
    for of in ["float", "quantized"] {
        let [swap, own] = ["swap_frechet_distance", "reconstruction_frechet_distance"]
            .map(|name| figure(evaluation, of, name));
        assert_ne!(swap, own, "{of}");
    }
    // They have the same encoders.
    for name in ["z_u_leakage", "z_s_accuracy", "mi_bound_nats"] {
        assert_eq!(
            evaluation["float"][name], evaluation["quantized"][name],
            "{name}"
        );
    }
}

fn figures_are_in_their_ranges(evaluation: &Value) {
    let float = |name| figure(evaluation, "float", name);
    let real = |name| figure(evaluation, "real", name);
    within(
        evaluation["judge_accuracy"].as_f64().unwrap(),
        0.97..=1.0,
        "judge",
    );
    within(
        real("conditional_accuracy"),
        0.97..=1.0,
        "accuracy of real pictures",
    );
    within(
        real("inception_score"),
        9.0..=10.0,
        "score of real pictures",
    );
    within(
        real("intra_class_diversity"),
        0.4..=0.7,
        "diversity of real pictures",
    );
    within(
        float("conditional_accuracy"),
        0.6..=1.0,
        "conditional accuracy",
    );
    within(float("inception_score"), 5.0..=10.0, "Inception Score");
    within(float("intra_class_diversity"), 0.2..=0.6, "diversity");
    assert!(float("frechet_distance") > 5.0 * real("frechet_distance"));
    assert!(real("frechet_distance") > 0.0);
    broken_pictures_are_seen(evaluation);
    within(float("z_s_accuracy"), 0.95..=1.0, "accuracy of z_s");
    within(
        float("mi_bound_nats"),
        2.0..=ENTROPY + 1e-9,
        "the bound of I(z_s; c)",
    );
    let entropy = float("class_entropy_nats");
    assert!((entropy - ENTROPY).abs() < 1e-9, "{entropy}");
    // Above chance, and far below what z_s knows.
    within(float("z_u_leakage"), 0.1..=0.6, "leakage of z_u");
    within(float("swap_accuracy"), 0.8..=1.0, "swap accuracy");
    within(float("psnr"), 13.0..=25.0, "PSNR");
    within(float("ssim"), 0.4..=0.95, "SSIM");
    assert_eq!(evaluation["samples_per_class"], 200);
}

/// Real pictures are the ideal, in each figure.
fn broken_pictures_are_seen(evaluation: &Value) {
    for name in ["precision", "recall"] {
        let [float, real] = ["float", "real"].map(|of| figure(evaluation, of, name));
        within(real, 0.7..=1.0, &format!("{name} of real pictures"));
        within(float, 0.3..=real - 0.01, name);
    }
    for name in ["patch_distance", "mean_class_frechet_distance"] {
        let [float, real] = ["float", "real"].map(|of| figure(evaluation, of, name));
        assert!(0.0 < real && 2.0 * real < float, "{name}: {real} {float}");
    }
    for of in ["float", "quantized", "quantized_z_s_50", "real"] {
        let classes = evaluation[of]["class_frechet_distances"].as_array();
        let labels = classes.unwrap().iter().map(|it| &it["class"]);
        assert!(labels.eq(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]));
        let distances = classes.unwrap().iter();
        let distances = distances.map(|it| it["frechet_distance"].as_f64().unwrap());
        let (sum, mean) = (
            distances.sum::<f64>(),
            figure(evaluation, of, "mean_class_frechet_distance"),
        );
        assert!((sum / 10.0 - mean).abs() < 1e-9, "{of}: {sum} {mean}");
    }
}

/// The style that the digits were drawn with follows from `z_u` and not from `z_s`.
fn style_is_in_z_u(evaluation: &Value) {
    let factors = evaluation["factors"].as_array().unwrap();
    for name in ["slant", "weight", "position x", "position y"] {
        let factor = factors.iter().find(|factor| factor["factor"] == name);
        let factor = factor.unwrap_or_else(|| panic!("no factor {name}"));
        let [z_u, z_s] = ["z_u", "z_s"].map(|of| factor[of].as_f64().unwrap());
        within(z_u, 0.3..=1.0, &format!("R^2 of {name} from z_u"));
        within(z_s, -0.2..=0.2, &format!("R^2 of {name} from z_s"));
    }
}
