//! Ctrl-C and termination, outside of a training's steps.
#![cfg(unix)]

use crate::common::{TestPictures, done};
use crate::resume::signal;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Far more time than a program needs to end, and far less than it needs to load the data.
const SOON: Duration = Duration::from_secs(10);
/// Far more time than a program needs until it watches for signals.
const STARTED: Duration = Duration::from_secs(2);

#[test]
fn a_command_ends_while_it_loads_data() {
    let pictures = TestPictures::new();
    let large = pictures.path("large.png");
    let side = 3000;
    let image = image::GrayImage::from_fn(side, side, |x, y| image::Luma([(x * y) as u8]));
    image.save(&large).unwrap();
    for class in ["cat", "dog"] {
        std::fs::create_dir_all(pictures.inside(class)).unwrap();
        for index in 0..2000 {
            symlink(&large, pictures.inside(&format!("{class}/{index}.png"))).unwrap();
        }
    }
    let out = pictures.path("run");
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pixling"));
        command.args([
            "train",
            "--quiet",
            "--data",
            &pictures.spec(),
            "--out",
            &out,
        ]);
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(STARTED);
        let begin = Instant::now();
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{name}: {output:?}");
        assert!(begin.elapsed() < SOON, "{name}: {:?}", begin.elapsed());
        assert!(!std::path::Path::new(&out).exists(), "nothing was trained");
    }
}

/// The prior is fitted, figures are measured and files are written: whenever the signal comes, no file is half there.
#[test]
fn an_export_leaves_whole_files_or_none() {
    let trained = crate::common::Trained::new();
    let run = trained.path("run");
    let whole = trained.path("whole.pxl");
    // So that most of the signals come before the end.
    let long = ["--name", "same", "--bits", "4", "--finetune", "20"];
    let begin = Instant::now();
    done(&[&["export", &run, "-o", &whole][..], &long].concat());
    let duration = begin.elapsed();
    let mut interrupted = 0;
    let expected = std::fs::read(&whole).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("model.pxl");
    for part in [0.2, 0.6, 0.9, 0.97] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pixling"));
        command.args(["export", &run, "-o"]).arg(&out).args(long);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(duration.mul_f64(part).max(STARTED));
        let begin = Instant::now();
        signal(&child, "INT");
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(130 | 0)), "{output:?}");
        assert!(begin.elapsed() < SOON);
        interrupted += u32::from(output.status.code() == Some(130));
        let written = std::fs::read(&out).ok();
        assert!(written.is_none_or(|bytes| bytes == expected), "half a file");
        let names = std::fs::read_dir(&folder).unwrap();
        let names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert!(
            names.iter().all(|name| name.starts_with("model.")),
            "{names:?}"
        );
    }
    assert!(interrupted >= 2, "{interrupted} of four, in {duration:?}");
}
