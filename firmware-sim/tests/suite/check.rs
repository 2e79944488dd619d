//! `pixling-sim check`: recorded pictures against those of now.

use crate::support::{Workplace, has_emulator};
use pixling::write::seal;
use pixling_test_support::MICRO;

fn recorded() -> Workplace {
    let workplace = Workplace::new(&MICRO.file(0));
    let output = workplace.run(&[
        "check",
        "model.pxl",
        "--golden",
        "golden.json",
        "--update",
        "--class",
        "Bag",
        "--seed",
        "1",
        "--seed",
        "2",
        "--temperature",
        "100",
        "--temperature",
        "50",
    ]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    workplace
}

/// Changes one byte of the last layer's weights, under a checksum that fits again.
fn spoil(workplace: &Workplace) {
    let path = workplace.path("model.pxl");
    let mut payload = std::fs::read(&path)
        .unwrap()
        .split_off(pixling::HEADER_BYTES);
    let model = MICRO.file(0);
    let last = pixling::Model::load(&model)
        .unwrap()
        .layers()
        .last()
        .unwrap()
        .tables
        .weights
        .to_vec();
    let place = payload
        .windows(last.len())
        .position(|it| it == last)
        .unwrap();
    payload[place + 4] = payload[place + 4].wrapping_add(20);
    std::fs::write(&path, seal(&payload).unwrap()).unwrap();
}

const CHECK: [&str; 4] = ["check", "model.pxl", "--golden", "golden.json"];

#[test]
fn the_same_model_passes() {
    let workplace = recorded();
    let output = workplace.run(&CHECK);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, b"0 of 4 pictures changed\n");
    assert_eq!(workplace.files(), ["golden.json", "model.pxl"]);
}

#[test]
fn one_weight_byte_fails_names_the_samples_and_writes_the_pictures() {
    let workplace = recorded();
    spoil(&workplace);
    let output = workplace.run(&[&CHECK[..], &["--junit", "report.xml"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("class-8-Bag-seed-2-temperature-50"), "{text}");
    assert!(text.ends_with("4 of 4 pictures changed\n"), "{text}");
    let folder = workplace.path("golden.json.changes");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 12);
    let picture = |kind: &str| {
        let name = format!("desktop-class-8-Bag-seed-1-temperature-100.{kind}.png");
        image::open(folder.join(name)).unwrap().to_rgb8()
    };
    let (before, after) = (picture("before"), picture("after"));
    assert_eq!(before.dimensions(), (224, 224));
    assert!(before != after);
    assert!(picture("difference").pixels().any(|pixel| pixel[0] > 0));
    let report = std::fs::read_to_string(workplace.path("report.xml")).unwrap();
    assert!(
        report.contains("failures=\"4\"") && report.contains("seed-1"),
        "{report}"
    );

    // Accepting the change keeps the list of pictures.
    let output = workplace.run(&[&CHECK[..], &["--update"]].concat());
    assert!(output.stdout.starts_with(b"4 pictures recorded"));
    assert_eq!(workplace.run(&CHECK).status.code(), Some(0));
}

#[test]
fn json_lists_every_picture() {
    let workplace = recorded();
    let output = workplace.run(&[&CHECK[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 4);
    assert_eq!(json[0]["same"], true);
    assert_eq!(json[0]["place"], "desktop");
}

#[test]
fn bad_input_is_one_line_and_exit_code_two() {
    let workplace = recorded();
    let line = workplace.complaint(&["check", "model.pxl", "--golden", "absent.json"]);
    assert!(
        line.contains("absent.json") && line.contains("--update"),
        "{line}"
    );
    std::fs::write(workplace.path("text.json"), "no json").unwrap();
    let line = workplace.complaint(&["check", "model.pxl", "--golden", "text.json"]);
    assert!(line.contains("text.json"), "{line}");
    let line = workplace.complaint(&[&CHECK[..], &["--seed", "1"]].concat());
    assert!(line.contains("--update"), "{line}");
}

#[test]
fn emulated_cores_are_held_to_the_same_pictures() {
    if !has_emulator() {
        return;
    }
    let workplace = recorded();
    let cores = ["--core", "m4", "--core", "m0"];
    let output = workplace.run(&[&CHECK[..], &cores].concat());
    assert_eq!(output.stdout, b"0 of 12 pictures changed\n", "{output:?}");
    spoil(&workplace);
    let output = workplace.run(&[&CHECK[..], &cores].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("changed on m4") && text.contains("changed on m0"),
        "{text}"
    );
}
