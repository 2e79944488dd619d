//! Labels of classes: how they are asked for, and how they are shown, whatever is in them.

use super::common::{done, pixling, refused};
use pixling_test_support::small;
use std::fs;
use tempfile::TempDir;

/// A folder with a model file of three classes, and the path of the file.
fn model(labels: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pxl");
    fs::write(&path, small::labelled(labels)).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

#[test]
fn a_label_is_taken_by_the_letter_and_a_number_after_a_colon() {
    let (folder, model) = model("1\n2\ncaf\u{e9}");
    let sheet = folder.path().join("sheet.png");
    let drawn = |class: &str| {
        let out = sheet.to_string_lossy();
        let told = done(&["sample", &model, "--class", class, "--out", &out]);
        (told, fs::read(&sheet).unwrap())
    };
    let (told, one) = drawn("1");
    assert!(told.ends_with("pictures of 1\n"), "{told}");
    assert!(drawn(":0").1 == one && drawn(":1").1 != one);
    assert!(drawn("cafe\u{301}") == drawn(":2"));
    let out = sheet.to_string_lossy();
    for class in ["0", "3", ":3", "#1"] {
        refused(
            &["sample", &model, "--class", class, "--out", &out],
            &[class, "1, 2, caf\u{e9}", ":0 to :2"],
        );
    }
}

#[test]
fn codes_in_labels_do_not_reach_the_terminal() {
    let (folder, model) = model("\u{1b}[31mred\n\u{9b}1m\n\u{202e}tac");
    let out = folder.path().join("x.png").to_string_lossy().into_owned();
    for arguments in [
        &["inspect", &model][..],
        &["inspect", &model, "--json"],
        &["sample", &model, "--out", &out],
        &["sample", &model, "--class", "\u{1b}", "--out", &out],
    ] {
        let output = pixling(arguments);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!told.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{told:?}");
        assert!(told.contains("\\u001b[31mred"), "{told}");
        assert!(
            told.contains("\\u009b1m") && told.contains("\\u202etac"),
            "{told}"
        );
    }
    let report = done(&["inspect", &model, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["classes"][1], "\u{9b}1m");
}

#[test]
fn codes_in_names_of_folders_are_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for class in ["\u{1b}[31mcat", "dog"] {
        let class = folder.path().join(class);
        fs::create_dir(&class).unwrap();
        let picture = image::GrayImage::from_pixel(28, 28, image::Luma([9]));
        picture.save(class.join("1.png")).unwrap();
    }
    let spec = format!("folder:{}", folder.path().display());
    let out = folder.path().join("run").to_string_lossy().into_owned();
    let arguments = ["train", "--data", &spec, "--out", &out];
    refused(
        &arguments,
        &["\\u001b[31mcat", "U+001B", "rename the folder"],
    );
    assert!(!pixling(&arguments).stderr.contains(&0x1b));
}
