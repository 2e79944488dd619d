//! A run and its data, which may have moved or changed since.

use crate::common::{TestPictures, done, pixling, refused};
use std::path::Path;
use std::process::Command;

const SETTINGS: [&str; 8] = [
    "--preset",
    "nano",
    "--set",
    "epochs=2",
    "--set",
    "batch=10",
    "--set",
    "model=lr-livae",
];

fn train(pictures: &TestPictures, out: &str, more: &[&str]) {
    let spec = pictures.spec();
    let command = ["train", "--quiet", "--data", &spec, "--out", out];
    done(&[&command[..], &SETTINGS, more].concat());
}

/// A run that stopped before its end: its checkpoint says so.
fn stopped(pictures: &TestPictures) -> String {
    let out = pictures.path("run");
    train(pictures, &out, &[]);
    let path = Path::new(&out).join("checkpoint.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let (from, to) = (br#"\"complete\":true"#, br#"\"complete\":null"#);
    let at = bytes
        .windows(from.len())
        .position(|part| part == from)
        .unwrap();
    let to = [&to[..to.len() - 4], b"false"].concat();
    bytes.splice(at..at + from.len(), to);
    // The header is a byte longer.
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) + 1;
    bytes[..8].copy_from_slice(&length.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    out
}

#[test]
fn other_data_in_the_place_of_a_run_s_is_noticed() {
    let pictures = TestPictures::new();
    for class in ["cat", "dog"] {
        pictures.add(class, 0..20);
    }
    let out = stopped(&pictures);
    let file = pictures.path("model.pxl");
    let spec = pictures.spec();
    let resume = ["train", "--resume", "--quiet", "--out", &out];
    let check = |parts: &[&str]| {
        let parts = [parts, &["was trained on other data", "--data"]].concat();
        refused(&resume, &parts);
        refused(&[&resume[..], &["--data", &spec]].concat(), &parts);
    };
    std::fs::rename(pictures.inside("dog"), pictures.inside("lion")).unwrap();
    check(&["no class \"dog\"; new class \"lion\""]);
    std::fs::rename(pictures.inside("lion"), pictures.inside("dog")).unwrap();
    // Fewer, so that the training would have ended before the step that was reached.
    for index in 10..20 {
        std::fs::remove_file(pictures.inside(&format!("cat/{index}.png"))).unwrap();
    }
    check(&["\"cat\" has ", "it had "]);
    // As many, of other pixels.
    pictures.add("cat", 30..40);
    for (from, to) in (30..40).zip(10..20) {
        let path = |index| pictures.inside(&format!("cat/{index}.png"));
        std::fs::rename(path(from), path(to)).unwrap();
    }
    check(&["their pixels are not"]);
    pictures.add("cat", 10..20);
    done(&resume);
    // The same is checked when the run is used.
    std::fs::rename(pictures.inside("dog"), pictures.inside("lion")).unwrap();
    for arguments in [
        &["export", &out, "-o", &file][..],
        &["report", &out, "--out", &pictures.path("a.html")],
        &["eval", &out],
        &["swap", &out, "--out", &pictures.path("a.png")],
    ] {
        refused(arguments, &["no class \"dog\"; new class \"lion\""]);
    }
}

#[test]
fn a_run_finds_its_data_from_everywhere_and_after_a_move() {
    let pictures = TestPictures::new();
    for class in ["cat", "dog"] {
        pictures.add(class, 0..20);
    }
    let out = pictures.path("run");
    let program = env!("CARGO_BIN_EXE_pixling");
    let mut command = Command::new(program);
    command
        .args(["train", "--quiet", "--out", &out, "--data", "folder:data"])
        .args(SETTINGS)
        .current_dir(pictures.path(""));
    assert!(command.status().unwrap().success());
    // From another folder, in which a folder of that name holds something else.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(elsewhere.path().join("data")).unwrap();
    let export = |more: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(["export", &out, "-o", "model.pxl", "--quiet"])
            .args(more);
        command.current_dir(&elsewhere).output().unwrap()
    };
    let output = export(&[]);
    assert!(output.status.success(), "{output:?}");
    let expected = std::fs::read(elsewhere.path().join("model.pxl")).unwrap();
    std::fs::rename(pictures.inside(""), pictures.path("moved")).unwrap();
    let output = export(&[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = export(&["--data", &format!("folder:{}", pictures.path("moved"))]);
    assert!(output.status.success(), "{output:?}");
    let found = std::fs::read(elsewhere.path().join("model.pxl")).unwrap();
    // The card has the name of the data's folder.
    assert_eq!(found.len(), expected.len() + "moved".len() - "data".len());
}

#[test]
fn files_that_are_skipped_are_all_listed_beside_the_run() {
    let pictures = TestPictures::new();
    for class in ["cat", "dog"] {
        pictures.add(class, 0..20);
    }
    for index in 0..15 {
        std::fs::write(pictures.inside(&format!("cat/no{index}.png")), "no picture").unwrap();
    }
    let out = pictures.path("run");
    train(&pictures, &out, &[]);
    let listed = std::fs::read_to_string(Path::new(&out).join("skipped.txt")).unwrap();
    assert_eq!(listed.matches("cat/no").count(), 15, "{listed}");
}

#[test]
fn a_training_tells_its_length_and_a_line_for_each_epoch_without_a_terminal() {
    let pictures = TestPictures::new();
    for class in ["cat", "dog"] {
        pictures.add(class, 0..20);
    }
    let (spec, out) = (pictures.spec(), pictures.path("run"));
    let command = ["train", "--data", &spec, "--out", &out];
    let output = pixling(&[&command[..], &SETTINGS].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("; 2 epochs of 3 steps, 6 together\n"),
        "{told}"
    );
    assert!(
        told.contains("warning: 6 steps are few") && told.contains("epochs=334"),
        "{told}"
    );
    for epoch in ["epoch 1/2  rec ", "epoch 2/2  rec "] {
        assert_eq!(told.matches(epoch).count(), 1, "{told}");
    }
}

#[test]
fn few_pictures_get_figures_with_a_caution_and_a_whole_report() {
    let pictures = TestPictures::new();
    for class in ["cat", "dog"] {
        pictures.add(class, 0..12);
    }
    let (out, page) = (pictures.path("run"), pictures.path("report.html"));
    train(&pictures, &out, &[]);
    let told = done(&["eval", &out, "--samples", "40"]);
    assert!(told.starts_with("not to be relied on: "), "{told}");
    assert!(
        told.contains("4 test pictures of 2 classes are few"),
        "{told}"
    );
    done(&["report", &out, "--out", &page, "--samples", "40", "--quiet"]);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("There are 4 test pictures: too few for a view."));
    assert!(text.contains("Not to be relied on: 4 test pictures of 2 classes are few."));
    assert_eq!(text.matches("<h2>").count(), 10);
}
