//! A training that was killed, or stopped by Ctrl-C, and resumed ends in the bytes of one that never was.
#![cfg(unix)]

use dfdx::prelude::Cpu;
use pixling_trainer::config::Config;
use pixling_trainer::data;
use pixling_trainer::model::{Autoencoder, Nano, Preset};
use pixling_trainer::train::{Output, Progress, Resume, train};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const DATA: &str = "strokes:digits,train=400,test=100";
const SETTINGS: [&str; 6] = [
    "--set",
    "epochs=5",
    "--set",
    "batch=40",
    "--model",
    "lr-livae-gan",
];

fn start(out: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
        .args(["train", "--quiet", "--out"])
        .arg(out)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn checkpoint(out: &Path) -> Vec<u8> {
    std::fs::read(out.join("checkpoint.safetensors")).unwrap()
}

fn new_run() -> Vec<&'static str> {
    [&["--data", DATA], &SETTINGS[..]].concat()
}

/// The bytes of an uninterrupted run, and how long it took.
fn uninterrupted(folder: &Path) -> (Vec<u8>, Duration) {
    let out = folder.join("whole");
    let begin = std::time::Instant::now();
    finish(start(&out, &new_run()));
    (checkpoint(&out), begin.elapsed())
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, duration) = uninterrupted(folder.path());
    let out = folder.path().join("killed");
    let mut child = start(&out, &new_run());
    for part in [0.31, 0.47, 0.23] {
        std::thread::sleep(duration.mul_f64(part));
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        assert!(
            out.join("config.toml").is_file(),
            "killed before the run folder was made"
        );
        if checkpoint_is_complete(&out) {
            break;
        }
        child = start(&out, &["--resume"]);
    }
    let _ = child.wait();
    assert!(
        checkpoint(&out) == expected,
        "the resumed run ends in other bytes"
    );
    let log = std::fs::read_to_string(out.join("log.csv")).unwrap();
    let steps: Vec<&str> = log
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
        .collect();
    assert_eq!(steps, ["10", "20", "30", "40", "50"]);
}

fn checkpoint_is_complete(out: &Path) -> bool {
    let path = out.join("checkpoint.safetensors");
    path.exists()
        && String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains("\\\"complete\\\":true")
}

#[test]
fn ctrl_c_saves_in_the_middle_of_an_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, duration) = uninterrupted(folder.path());
    let out = folder.path().join("stopped");
    let child = start(&out, &new_run());
    std::thread::sleep(duration.mul_f64(0.5));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    finish(child);
    if !checkpoint_is_complete(&out) {
        // What is not complete is not exported.
        let output = Command::new(env!("CARGO_BIN_EXE_pixling"))
            .arg("export")
            .arg(&out)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("--resume"));
        finish(start(&out, &["--resume"]));
    }
    assert!(
        checkpoint(&out) == expected,
        "the resumed run ends in other bytes"
    );
}

#[test]
fn resuming_takes_no_other_settings() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, part) in [
        (&["--resume", "--seed", "3"][..], "settings of the run"),
        (&["--resume"][..], "a run that was started"),
    ] {
        let output = start(&folder.path().join("none"), arguments)
            .wait_with_output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            message.contains(part) && message.lines().count() == 1,
            "{message}"
        );
    }
}

/// Every model, and the reference's schedule, goes on from what it saved to where it would have come anyway.
#[test]
fn every_model_resumes_to_the_same_state() {
    let data = data::load(DATA, Preset::<Cpu>::sizes(&Nano).picture).unwrap();
    for settings in [
        &["model=vae", "loss.consistency=0"][..],
        &["model=cvae"],
        &["model=cvae-gan"],
        &["model=lr-livae"],
        &["model=lr-livae-gan", "optimizer.schedule=reference"],
    ] {
        let settings: Vec<String> = settings
            .iter()
            .chain(&["preset=nano", "epochs=3", "batch=50"])
            .map(ToString::to_string)
            .collect();
        let config = Config::load(None, &settings).unwrap();
        let output = Output {
            quiet: true,
            ..Output::default()
        };
        let run = |resume: Option<Resume<'_>>| {
            let mut saved = Vec::new();
            let device = Cpu::seed_from_u64(config.seed);
            let save = |model: &Autoencoder<Cpu>, progress: Progress| {
                saved.push((progress.step, model.state()));
                Ok(())
            };
            let (model, complete) =
                train(&Nano, &device, &config, &data, &output, resume, save).unwrap();
            assert!(complete);
            (saved, model.state())
        };
        let (saved, expected) = run(None);
        let (step, state) = &saved[0];
        assert!(*state != expected, "{settings:?}: the training stood still");
        let (_, resumed) = run(Some(Resume { state, step: *step }));
        assert!(resumed == expected, "{settings:?}: another end");
    }
}
