//! `pixling` as a person and a script use it.

use dfdx::prelude::Cpu;
use pixling_trainer::data::Format;
use pixling_trainer::model::{Micro, MicroPlain, MicroSmall, Milli, Mini, Nano, Preset};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn pixling(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
        .args(arguments)
        .output()
        .unwrap()
}

/// Expects exit code 2 and one line on standard error that has all parts.
fn refused(arguments: &[&str], parts: &[&str]) {
    let output = pixling(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    assert!(message.starts_with("error: "), "{message}");
    for part in parts {
        assert!(
            message.contains(part),
            "{arguments:?}: {part:?} is not in {message}"
        );
    }
}

/// A data set in the manner of MNIST with one picture per class.
fn idx_folder(folder: &Path, classes: &[u8]) {
    let count = (classes.len() as u32).to_be_bytes();
    for part in ["train", "t10k"] {
        let mut images = vec![0, 0, 8, 3];
        images.extend(count);
        images.extend([0, 0, 0, 28, 0, 0, 0, 28]);
        images.extend(vec![9u8; classes.len() * 784]);
        fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        let mut labels = vec![0, 0, 8, 1];
        labels.extend(count);
        labels.extend(classes);
        fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

const TINY: &str = "strokes:digits,train=200,test=100";

#[test]
fn a_run_is_trained_exported_inspected_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (run, model) = (path("run"), path("digits.pxl"));
    let output = pixling(&[
        "train", "--data", TINY, "--out", &run, "--set", "epochs=2", "--quiet",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for file in [
        "config.toml",
        "checkpoint.safetensors",
        "log.csv",
        "samples/epoch-002.png",
    ] {
        assert!(Path::new(&run).join(file).is_file(), "{file}");
    }
    let settings = fs::read_to_string(Path::new(&run).join("config.toml")).unwrap();
    assert!(
        settings.contains("model = \"lr-livae-gan\"\n"),
        "{settings}"
    );
    let log = fs::read_to_string(Path::new(&run).join("log.csv")).unwrap();
    assert_eq!(log.lines().count(), 3);
    assert!(
        log.starts_with("epoch,step,seconds,images_per_second,learning_rate,reconstruction,kl")
    );

    // A run is not overwritten by accident.
    refused(
        &["train", "--data", TINY, "--out", &run],
        &["holds a run", "--resume"],
    );

    let output = pixling(&["export", &run, "-o", &model]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let source = fs::read_to_string(path("digits.rs")).unwrap();
    assert!(
        source.contains("pub const ARENA: usize = ") && source.contains("Class7 = 7,"),
        "{source}"
    );

    let output = pixling(&["inspect", &model, "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["classes"].as_array().unwrap().len(), 10);
    assert_eq!(report["macs"], 2_029_728);
    assert_eq!(report["self_test"], true);
    assert!(report["file_bytes"].as_u64().unwrap() <= 32 * 1024);
    assert_eq!(
        report["file_bytes"].as_u64().unwrap(),
        fs::metadata(&model).unwrap().len()
    );
    assert_eq!(report["layers"].as_array().unwrap().len(), 6);
    assert!(
        String::from_utf8(pixling(&["inspect", &model]).stdout)
            .unwrap()
            .contains("self test passed")
    );

    for subject in [&run, &model] {
        let output = pixling(&[
            "eval",
            subject,
            "--data",
            TINY,
            "--json",
            "--quiet",
            "--samples",
            "500",
        ]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        for field in [
            "conditional_accuracy",
            "inception_score",
            "frechet_distance",
            "intra_class_diversity",
        ] {
            assert!(
                report["quantized"][field].is_number() && report["real"][field].is_number(),
                "{field}"
            );
        }
        let whole = subject == &run;
        for field in [
            "z_u_leakage",
            "z_s_accuracy",
            "swap_accuracy",
            "psnr",
            "ssim",
            "mi_bound_nats",
        ] {
            assert_eq!(report["float"][field].is_number(), whole, "{field}");
        }
        assert_eq!(report["factors"].is_array(), whole);
    }
}

#[test]
fn exporting_twice_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let run = path("run");
    assert!(
        pixling(&[
            "train", "--data", TINY, "--out", &run, "--set", "epochs=1", "--quiet"
        ])
        .status
        .success()
    );
    for name in ["a.pxl", "b.pxl"] {
        assert!(
            pixling(&["export", &run, "--output", &path(name), "--name", "same"])
                .status
                .success()
        );
    }
    assert_eq!(
        fs::read(path("a.pxl")).unwrap(),
        fs::read(path("b.pxl")).unwrap()
    );
}

#[test]
fn wrong_use_is_one_line_that_says_what_to_do() {
    refused(
        &["train", "--out", "x", "--epoch", "3"],
        &["--epoch", "--help"],
    );
    refused(&["trian"], &["trian", "train"]);
    refused(&["train"], &["--out"]);
    refused(
        &["train", "--out", "x", "--set", "batch=1"],
        &["batch is 1"],
    );
    refused(
        &["train", "--out", "x", "--set", "loss.kll=1"],
        &["kll", "kl"],
    );
    refused(
        &["train", "--out", "x", "--preset", "mikro"],
        &["mikro", "micro"],
    );
    refused(
        &["train", "--out", "x", "--device", "cuda:0"],
        &["--device cpu"],
    );
    refused(&["train", "--out", "x", "--device", "gpu"], &["gpu", "cpu"]);
    refused(
        &["train", "--out", "x", "--data", "strokez"],
        &["strokez", "strokes"],
    );
    refused(
        &["train", "--out", "x", "--data", "strokes:train=abc"],
        &["abc"],
    );
    refused(
        &["train", "--out", "x", "--data", "toy", "--model", "cvae"],
        &["two models of its own", "--set"],
    );
    refused(
        &[
            "train",
            "--out",
            "x",
            "--data",
            "toy",
            "--set",
            "loss.kll=1",
        ],
        &["`loss.kl`"],
    );
    refused(
        &[
            "train",
            "--out",
            "x",
            "--data",
            "toy",
            "--set",
            "model=cvae-gan",
        ],
        &["compares lr-livae-gan with cvae-gan"],
    );
    refused(&["eval", "x", "--z-s-temperature", "warm"], &["percent"]);
    assert!(!Path::new("x").exists(), "a refused command made a folder");
}

#[test]
fn missing_and_foreign_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder
        .path()
        .join("notes.txt")
        .to_string_lossy()
        .into_owned();
    fs::write(&file, "not a model, but long enough to be one").unwrap();
    let inside = format!("{file}/run");
    refused(&["inspect", "nowhere.pxl"], &["nowhere.pxl"]);
    refused(&["inspect", &file], &["notes.txt", "not a model file"]);
    refused(&["export", "nowhere"], &["nowhere", "pixling train"]);
    refused(
        &["train", "--config", "nowhere.toml", "--out", "x"],
        &["nowhere.toml"],
    );
    refused(&["eval", "nowhere.pxl", "--data", TINY], &["nowhere.pxl"]);
    // A folder that cannot be made, because a file is in its place.
    refused(
        &["train", "--data", TINY, "--out", &inside],
        &["notes.txt/run"],
    );
    refused(&["demo", "--out", &inside], &["notes.txt/run"]);
}

#[test]
fn a_model_of_another_version_is_told_apart_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder
        .path()
        .join("future.pxl")
        .to_string_lossy()
        .into_owned();
    let mut bytes = b"PXLG".to_vec();
    bytes.extend([99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    fs::write(&file, &bytes).unwrap();
    refused(&["inspect", &file], &["version 99"]);
    bytes[4] = pixling::FORMAT_VERSION as u8;
    bytes[8] = 200;
    fs::write(&file, &bytes).unwrap();
    refused(&["inspect", &file], &["cut off", "216", "16"]);
}

#[test]
fn data_with_one_class_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    idx_folder(folder.path(), &[0, 0, 0, 0]);
    let spec = format!("idx:{}", folder.path().display());
    let run = folder.path().join("run");
    refused(
        &["train", "--data", &spec, "--out", &run.to_string_lossy()],
        &["at least two"],
    );
    assert!(!run.exists(), "a refused training left a folder");
}

#[test]
fn fewer_pictures_than_a_batch_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    idx_folder(folder.path(), &[0, 1, 0, 1]);
    fs::write(folder.path().join("labels.txt"), "no\nyes\n").unwrap();
    let spec = format!("idx:{}", folder.path().display());
    let run = folder.path().join("run");
    refused(
        &["train", "--data", &spec, "--out", &run.to_string_lossy()],
        &["4", "batch"],
    );
}

#[test]
fn a_training_that_diverges_says_so_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let text = run.to_string_lossy().into_owned();
    let settings = ["--set", "optimizer.learning_rate=1e30", "--quiet"];
    let arguments = [&["train", "--data", TINY, "--out", &text][..], &settings].concat();
    refused(&arguments, &["diverged at step", "learning_rate"]);
    assert!(!run.join("checkpoint.safetensors").exists());
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run").to_string_lossy().into_owned();
    let model = folder.path().join("m.pxl").to_string_lossy().into_owned();
    let train = [
        "train", "--data", TINY, "--out", &run, "--set", "epochs=1", "--quiet",
    ];
    assert!(pixling(&train).status.success());
    assert!(pixling(&["export", &run, "-o", &model]).status.success());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_pixling"))
        .args(["inspect", &model])
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn help_says_the_size_of_each_preset_and_figures_are_explained() {
    let help = String::from_utf8(pixling(&["train", "--help"]).stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let presets: [&dyn Preset<Cpu>; 6] = [&Nano, &Micro, &MicroPlain, &MicroSmall, &Mini, &Milli];
    for preset in presets {
        let sizes = preset.sizes();
        let Format {
            width,
            height,
            channels,
        } = sizes.picture;
        let colour = if channels == 3 { "colour" } else { "grey" };
        let picture = format!("({colour} {width}x{height}, ");
        let (_, after) = help.split_once(preset.name()).unwrap();
        let (_, told) = after.split_once('(').unwrap();
        let told = format!("({}", told.split_once(')').unwrap().0);
        assert!(told.starts_with(&picture), "{}: {told}", preset.name());
        let kibibytes = format!("{} KiB", sizes.file_bytes / 1024);
        assert!(told.ends_with(&kibibytes), "{}: {told}", preset.name());
    }
    let told = String::from_utf8(pixling(&["eval", "--explain"]).stdout).unwrap();
    assert_eq!(told.matches(" is better: ").count(), 18, "{told}");
    let leakage = told
        .lines()
        .find(|line| line.starts_with("class leakage of z_u "));
    assert!(
        leakage.is_some_and(|line| line.contains(" less is better: ")),
        "{told}"
    );
    let help = pixling(&["help"]);
    assert!(help.status.success());
    assert_eq!(pixling(&["help", "--help"]), help);
    // A message of clap without its hint at the help, which the program gives itself.
    let output = pixling(&["train", "--seed", "x", "--out", "y"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!message.contains("For more information"), "{message}");
    assert!(
        message.trim_end().ends_with("; see pixling --help"),
        "{message}"
    );
}

/// Two Gaussians for each of many classes do not fit 8 KiB.
#[test]
fn a_file_larger_than_its_preset_s_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (data, run, file) = (path("data"), path("run"), path("model.pxl"));
    fs::create_dir(&data).unwrap();
    let count = 200u8;
    for split in ["train", "t10k"] {
        let header = |kind: u8, sizes: &[u32]| {
            let sizes = sizes.iter().flat_map(|size| size.to_be_bytes());
            [0, 0, 8, kind]
                .into_iter()
                .chain(sizes)
                .collect::<Vec<u8>>()
        };
        let pixels = (0..u32::from(count) * 256).map(|i| (i * 7 % 251) as u8);
        let pictures = [header(3, &[count.into(), 16, 16]), pixels.collect()].concat();
        fs::write(format!("{data}/{split}-images-idx3-ubyte"), pictures).unwrap();
        let labels = [header(1, &[count.into()]), (0..count).collect()].concat();
        fs::write(format!("{data}/{split}-labels-idx1-ubyte"), labels).unwrap();
    }
    let names: Vec<String> = (0..count).map(|class| format!("class {class}")).collect();
    fs::write(format!("{data}/labels.txt"), names.join("\n")).unwrap();
    let spec = format!("idx:{data}");
    let settings = [
        "--preset", "nano", "--set", "epochs=1", "--set", "batch=50", "--quiet",
    ];
    let train = [&["train", "--data", &spec, "--out", &run][..], &settings].concat();
    assert!(pixling(&train).status.success());
    let output = pixling(&["export", &run, "-o", &file, "--quiet", "--finetune", "0"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{message}");
    let bytes = fs::metadata(&file).unwrap().len();
    let warning = format!("warning: the file has {bytes} bytes, more than the 8192 of preset nano");
    assert!(message.contains(&warning), "{message}");
    let output = pixling(&["export", &run, "-o", &file, "--quiet", "--bits", "8"]);
    assert!(
        !String::from_utf8(output.stderr)
            .unwrap()
            .contains("more than the 8192")
    );
}
