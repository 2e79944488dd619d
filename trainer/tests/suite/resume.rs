//! A training that was killed, or stopped by Ctrl-C, and resumed ends in the bytes of one that never was.
#![cfg(unix)]

use crate::common::{done, refused};
use anyhow::{Result, bail};
use dfdx::prelude::Cpu;
use pixling_trainer::config::Config;
use pixling_trainer::data;
use pixling_trainer::model::{Autoencoder, Nano, Preset};
use pixling_trainer::train::{Checkpoint, Fingerprint, Output, Progress, Resume, read_log, train};
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

pub(crate) fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    kill.args([format!("-{name}"), child.id().to_string()]);
    assert!(kill.status().unwrap().success());
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
        child = start(&out, &[&new_run()[..], &["--resume"]].concat());
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
    signal(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
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

/// The settings of [`run`]: ten steps an epoch.
fn config() -> Config {
    let data = format!("data={DATA}");
    let settings = [&data, "preset=nano", "epochs=3", "batch=40"];
    Config::load(None, &settings.map(String::from)).unwrap()
}

/// Trains in a folder, or goes on in it, as the command does. Gives the steps of all saves. What happens from the save of
/// the step `killed` on never reaches the disk.
fn run(
    folder: &Path,
    config: &Config,
    save_every: Duration,
    killed: Option<u64>,
) -> Result<Vec<u64>> {
    let data = data::load(DATA, Preset::<Cpu>::sizes(&Nano).picture)?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("config.toml"), config.to_toml()?)?;
    let output = Output {
        folder: Some(folder.into()),
        quiet: true,
        save_every,
        ..Output::default()
    };
    let from = Checkpoint::load(folder).ok();
    let resume = from.as_ref().map(|checkpoint| Resume {
        state: &checkpoint.tensors,
        step: checkpoint.step,
    });
    let mut steps = Vec::new();
    let save = |model: &Autoencoder<Cpu>, progress: Progress| {
        if killed.is_some_and(|killed| progress.step >= killed) {
            bail!("killed");
        }
        steps.push(progress.step);
        let checkpoint = Checkpoint {
            config: config.clone(),
            step: progress.step,
            complete: progress.complete,
            labels: data.labels.clone(),
            data: Some(Fingerprint::of(&data)),
            tensors: model.state(),
        };
        checkpoint.save(folder)
    };
    let device = Cpu::seed_from_u64(config.seed);
    train(&Nano, &device, config, &data, &output, resume, save)?;
    Ok(steps)
}

#[test]
fn a_run_is_saved_inside_its_epochs_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let config = config();
    let saved = run(&whole, &config, Duration::MAX, None).unwrap();
    // At the end of each epoch, and when the prior is fitted.
    assert_eq!(saved, [10, 20, 30, 30]);
    let log = read_log(&whole).unwrap();
    // In the middle of the second epoch, and after its row was written but before its checkpoint.
    for killed in [14, 20] {
        let out = folder.path().join(killed.to_string());
        let error = run(&out, &config, Duration::ZERO, Some(killed)).unwrap_err();
        assert_eq!(error.to_string(), "killed");
        let rows = read_log(&out).unwrap().len() as u64;
        assert_eq!(rows, killed / 10, "the log at the kill");
        let saved = run(&out, &config, Duration::ZERO, None).unwrap();
        assert_eq!(saved, (killed..=30).chain([30]).collect::<Vec<u64>>());
        assert!(
            checkpoint(&out) == checkpoint(&whole),
            "killed at {killed}: the resumed run ends in other bytes"
        );
        let resumed = read_log(&out).unwrap();
        let steps: Vec<u64> = resumed.iter().map(|epoch| epoch.step).collect();
        assert_eq!(steps, [10, 20, 30]);
        for (epoch, (resumed, whole)) in resumed.iter().zip(&log).enumerate() {
            // The row of the epoch that was resumed is of its last steps.
            assert_eq!(resumed.losses == whole.losses, epoch != 1, "epoch {epoch}");
        }
    }
}

/// The prior that is fitted after 300 steps is drawn from in the steps after it.
#[test]
fn a_run_goes_on_with_the_prior_that_was_fitted_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, out] = ["whole", "out"].map(|name| folder.path().join(name));
    let mut config = config();
    (config.batch, config.epochs) = (5, 5);
    run(&whole, &config, Duration::MAX, None).unwrap();
    run(&out, &config, Duration::MAX, Some(400)).unwrap_err();
    let saved = Checkpoint::load(&out).unwrap();
    let fitted = saved.tensors.iter().any(|it| it.name == "prior.mean");
    assert!(saved.step == 320 && fitted, "{}", saved.step);
    assert_eq!(run(&out, &config, Duration::MAX, None).unwrap(), [400, 400]);
    assert!(checkpoint(&out) == checkpoint(&whole));
}

#[test]
fn a_training_that_diverges_names_the_checkpoint_that_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    run(folder.path(), &config, Duration::ZERO, Some(5)).unwrap_err();
    let before = checkpoint(folder.path());
    config.optimizer.learning_rate = 1e30;
    let error = run(folder.path(), &config, Duration::MAX, None).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("diverged at step")
            && message.contains("the checkpoint of step 4 is kept"),
        "{message}"
    );
    assert!(checkpoint(folder.path()) == before);
}

#[test]
fn a_whole_command_goes_on_and_other_settings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (whole, out, early) = (path("whole"), path("out"), path("early"));
    let config = config();
    run(&whole, &config, Duration::MAX, None).unwrap();
    run(&out, &config, Duration::ZERO, Some(5)).unwrap_err();
    // Killed before its first checkpoint.
    run(&early, &config, Duration::ZERO, Some(1)).unwrap_err();
    let file = path("settings.toml");
    std::fs::write(&file, "epochs = 4\n[optimizer]\nhold = 0.3\n").unwrap();
    let file = file.to_string_lossy();
    for run in [&out, &early] {
        let before = std::fs::read(run.join("checkpoint.safetensors")).ok();
        let run_text = run.to_string_lossy();
        let refused = |arguments: &[&str], parts: &[&str]| {
            let command = ["train", "--out", &run_text, "--resume", "--quiet"];
            let parts = [parts, &["other settings", "another folder"]].concat();
            refused(&[&command[..], arguments].concat(), &parts);
        };
        refused(
            &["--seed", "3"],
            &["seed is 1 in the run, the command says 3;"],
        );
        refused(
            &[
                "--model",
                "cvae",
                "--set",
                "loss.kl=0.35",
                "--set",
                "batch=40",
            ],
            &[
                "run with other settings: loss.kl is 0.5 in the run, the command says 0.35, model is \"lr-livae-gan\" in \
                 the run, the command says \"cvae\";",
            ],
        );
        refused(
            &["--config", &file],
            &["settings: epochs is 3 in the run, the command says 4;"],
        );
        assert!(std::fs::read(run.join("checkpoint.safetensors")).ok() == before);
    }
    let text = out.to_string_lossy();
    refused(&["train", "--out", &text], &["--resume"]);
    let finish = |run: &Path, more: &[&str]| {
        let run_text = run.to_string_lossy();
        let command = ["train", "--out", &run_text, "--resume", "--quiet"];
        let told = done(&[&command[..], more].concat());
        assert!(
            checkpoint(run) == checkpoint(&whole),
            "{run:?}: other bytes"
        );
        let afresh = told.contains("no checkpoint yet") && told.contains("from the start");
        assert_eq!(afresh, run != out, "{told}");
    };
    let command = [
        "--data", DATA, "--preset", "nano", "--set", "batch=40", "--set", "epochs=3", "--device",
        "cpu",
    ];
    finish(&out, &command);
    finish(&early, &[]);
    finish(&path("never started"), &command);
    let resume = ["train", "--out", &text, "--resume"];
    refused(&resume, &["is complete", "pixling export"]);
    refused(
        &[&resume[..], &["--set", "epochs=9"]].concat(),
        &["epochs is 3 in the run, the command says 9"],
    );
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
            save_every: Duration::ZERO,
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
        // In the middle of the second epoch of eight steps.
        let (step, state) = &saved[10];
        assert!(*state != expected, "{settings:?}: the training stood still");
        let (_, resumed) = run(Some(Resume { state, step: *step }));
        assert!(resumed == expected, "{settings:?}: another end");
    }
}
