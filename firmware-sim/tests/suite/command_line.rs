//! The command line: results, exit codes, and errors of one line.

use crate::support::{Workplace, has_emulator};
use pixling_test_support::{MICRO, Sketch, small};

#[test]
fn run_writes_a_png_of_each_display() {
    let workplace = Workplace::new(&MICRO.file(0));
    for (display, size) in [("oled", (767, 383)), ("tft", (480, 480))] {
        let output = workplace.run(&[
            "run",
            "model.pxl",
            "--class",
            "Ankle boot",
            "--display",
            display,
            "--png",
            "shown.png",
        ]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(output.stdout, b"shown.png\n");
        let png = image::open(workplace.path("shown.png")).unwrap();
        assert_eq!((png.width(), png.height()), size);
    }
    assert_eq!(workplace.files(), ["model.pxl", "shown.png"]);
}

#[test]
fn a_label_and_its_number_are_the_same_class() {
    let workplace = Workplace::new(&MICRO.file(0));
    let png = |class: &str| {
        workplace.run(&["run", "model.pxl", "--class", class, "--png", "shown.png"]);
        std::fs::read(workplace.path("shown.png")).unwrap()
    };
    assert_eq!(png(":8"), png("Bag"));
    assert_ne!(png(":8"), png(":7"));
    // A label of digits is a label.
    let workplace = Workplace::new(&small::labelled("1\n2\n3"));
    let png = |class: &[&str]| {
        let arguments = [&["run", "model.pxl", "--png", "shown.png"], class].concat();
        let output = workplace.run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        std::fs::read(workplace.path("shown.png")).unwrap()
    };
    assert_eq!(png(&["--class", "1"]), png(&["--class", ":0"]));
    assert_eq!(png(&["--class", "1"]), png(&[]));
    assert_ne!(png(&["--class", "1"]), png(&["--class", "2"]));
}

#[test]
fn codes_in_labels_are_shown() {
    let workplace = Workplace::new(&small::labelled("\u{1b}[31mred\n\u{9b}1m\n\u{202e}tac"));
    let line = workplace.complaint(&["run", "model.pxl", "--class", "red", "--png", "a.png"]);
    assert!(
        line.contains("\\u001b[31mred, \\u009b1m, \\u202etac"),
        "{line}"
    );
    assert!(!line.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{line}");
}

#[test]
fn outputs_that_would_destroy_a_file_are_refused_before_the_work() {
    let file = MICRO.file(0);
    let workplace = Workplace::new(&file);
    let shots = "shot a.png; wait 1; shot ./a.png";
    for (arguments, words) in [
        (
            &["run", "model.pxl", "--png", "model.pxl"][..],
            "model.pxl is read",
        ),
        (
            &["run", "model.pxl", "--png", "a", "--gif", "a"],
            "a is written twice",
        ),
        (
            &["run", "model.pxl", "--script", shots],
            "a.png is written twice",
        ),
        (
            &["run", "model.pxl", "--gif", "."],
            "cannot write .: it is a folder",
        ),
        (
            &["check", "model.pxl", "--golden", "model.pxl", "--update"],
            "model.pxl is read",
        ),
        (
            &[
                "check",
                "model.pxl",
                "--golden",
                "a.json",
                "--junit",
                "model.pxl",
            ],
            "model.pxl is read",
        ),
        (
            &["emulate", "model.pxl", "--png", "model.pxl"],
            "model.pxl is read",
        ),
    ] {
        let line = workplace.complaint(arguments);
        assert!(line.contains(words), "`{words}` is not in: {line}");
    }
    assert_eq!(workplace.files(), ["model.pxl"]);
    assert_eq!(std::fs::read(workplace.path("model.pxl")).unwrap(), file);
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_and_links_stay_what_they_are() {
    use std::io::Read;
    use std::os::unix::fs::FileTypeExt;
    let workplace = Workplace::new(&MICRO.file(0));
    let pipe = workplace.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    // Open at both ends, so that nobody waits; a pipe holds more than the picture.
    let mut options = std::fs::OpenOptions::new();
    let mut reader = options.read(true).write(true).open(&pipe).unwrap();
    let output = workplace.run(&["run", "model.pxl", "--png", "pipe"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    let mut start = [0; 4];
    reader.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"\x89PNG");
    std::os::unix::fs::symlink("target.png", workplace.path("link.png")).unwrap();
    let output = workplace.run(&["run", "model.pxl", "--png", "link.png"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(workplace.path("link.png").is_symlink());
    image::open(workplace.path("target.png")).unwrap();
}

#[test]
fn complaints_say_what_where_and_what_to_do() {
    let workplace = Workplace::new(&MICRO.file(0));
    std::fs::write(workplace.path("cut.pxl"), &MICRO.file(0)[..1000]).unwrap();
    std::fs::write(
        workplace.path("text.pxl"),
        "This is no model.\nIt has two lines.\n",
    )
    .unwrap();
    for (arguments, words) in [
        (
            &["run", "absent.pxl", "--png", "a.png"][..],
            &["absent.pxl", "cannot be read", ".pxl file"][..],
        ),
        (
            &["run", "cut.pxl", "--png", "a.png"],
            &["cut.pxl", "1000 found", "export"],
        ),
        (
            &["run", "text.pxl", "--png", "a.png"],
            &["text.pxl", "not a model file"],
        ),
        (
            &["run", "model.pxl", "--class", "Hat", "--png", "a.png"],
            &["`Hat`", "Ankle boot", ":0 to :9"],
        ),
        (
            &["run", "model.pxl", "--class", "10", "--png", "a.png"],
            &["`10`", "Ankle boot"],
        ),
        (
            &["run", "model.pxl", "--png", "no/where/a.png"],
            &["no/where/a.png", "folder"],
        ),
        (&["run", "model.pxl"], &["--png", "--terminal", "--help"]),
        (
            &["run", "model.pxl", "--png", "a.png", "--display", "wall"],
            &["`wall`", "oled"],
        ),
        (
            &["run", "model.pxl", "--png", "a.png", "--board", "abacus"],
            &["`abacus`", "microbit"],
        ),
        (
            &[
                "run",
                "model.pxl",
                "--board",
                "microbit",
                "--display",
                "tft",
                "--png",
                "a.png",
            ],
            &["microbit", "more than its 16384", "--display e-paper"],
        ),
        (
            &["run", "model.pxl", "--script", "wait 1; dance"],
            &["step 2", "`dance`", "press"],
        ),
        (
            &[
                "run",
                "model.pxl",
                "--gif",
                "a.gif",
                "--script",
                "press A; wait x",
            ],
            &["step 2", "`wait x`"],
        ),
        (
            &["run", "model.pxl", "--boards", "text.pxl", "--png", "a.png"],
            &["text.pxl", "correct the file"],
        ),
        (
            &["boards", "model.pxl", "--boards", "absent.toml"],
            &["absent.toml"],
        ),
        (&["run", "model.pxl", "--terminal"], &["terminal", "--png"]),
        (
            &[
                "run",
                "model.pxl",
                "--png",
                "a.png",
                "--z-s-temperature",
                "70000",
            ],
            &["70000"],
        ),
        (&["emulate", "model.pxl", "--core", "m99"], &["m99", "m4"]),
        (
            &["emulate", "model.pxl", "--firmware", "absent.elf"],
            &["absent.elf", "build it again"],
        ),
        (
            &["emulate", "model.pxl", "--firmware", "model.pxl"],
            &["model.pxl", "build it again"],
        ),
        (&["emulate", "model.pxl", "--timeout", "0"], &["timeout"]),
        (&["paint"], &["paint", "--help"]),
        (&[], &["--help"]),
    ] {
        let line = workplace.complaint(arguments);
        for word in words {
            assert!(line.contains(word), "`{word}` is not in: {line}");
        }
    }
    assert_eq!(workplace.files(), ["cut.pxl", "model.pxl", "text.pxl"]);
}

#[test]
fn a_picture_larger_than_the_display_is_shrunk_and_not_cropped() {
    let sketch = Sketch {
        side: 128,
        channels: 3,
        features: 4,
    };
    let workplace = Workplace::new(&sketch.file(0));
    let output = workplace.run(&["run", "model.pxl", "--display", "oled", "--png", "a.png"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let png = image::open(workplace.path("a.png")).unwrap().to_rgb8();
    // The 64x64 dots of the shrunk picture are in the middle, the rest is dark.
    let lit = |x: u32| (0..64).any(|y| png.get_pixel(x * 6, y * 6)[1] > 128);
    assert!((32..96).any(lit) && !(0..32).chain(96..128).any(lit));
}

#[cfg(not(feature = "window"))]
#[test]
fn without_the_feature_a_window_names_it_and_the_package() {
    let workplace = Workplace::new(&MICRO.file(0));
    let line = workplace.complaint(&["run", "model.pxl", "--window"]);
    for word in ["--features window", "libsdl2-dev", "--terminal"] {
        assert!(line.contains(word), "`{word}` is not in: {line}");
    }
}

#[test]
fn a_gif_shows_a_walk_or_a_script() {
    use image::AnimationDecoder;

    let workplace = Workplace::new(&MICRO.file(0));
    for (board, more, seconds) in [
        ("blue-pill", &["--seconds", "3"][..], 3),
        ("badger", &["--script", "press A; wait 3.8"], 4),
    ] {
        let mut arguments = vec!["run", "model.pxl", "--board", board, "--gif", "a.gif"];
        arguments.extend(more);
        let output = workplace.run(&arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let file = std::io::BufReader::new(std::fs::File::open(workplace.path("a.gif")).unwrap());
        let frames = image::codecs::gif::GifDecoder::new(file)
            .unwrap()
            .into_frames();
        let frames = frames.collect_frames().unwrap();
        assert!(frames.len() >= 4, "{} frames", frames.len());
        let all: u32 = frames.iter().map(|it| it.delay().numer_denom_ms().0).sum();
        assert_eq!(all, seconds * 1000);
    }
}

#[test]
fn help_and_version_are_answers() {
    let workplace = Workplace::new(&[]);
    for argument in ["--help", "--version", "help"] {
        let output = workplace.run(&[argument]);
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn a_missing_emulator_is_named_with_its_package() {
    let workplace = Workplace::new(&MICRO.file(0));
    let firmware = pixling_sim::emulate::build(
        pixling_sim::emulate::Core::M4,
        pixling_sim::emulate::Flavour::Runtime,
    )
    .unwrap();
    let line = workplace.complaint(&[
        "emulate",
        "model.pxl",
        "--firmware",
        firmware.to_str().unwrap(),
        "--qemu",
        "no-such-emulator",
    ]);
    assert!(line.contains("apt-get install qemu-system-arm"), "{line}");
}

#[cfg(unix)]
#[test]
fn an_emulator_that_hangs_or_fails_is_reported() {
    use std::os::unix::fs::PermissionsExt;

    let workplace = Workplace::new(&MICRO.file(0));
    let firmware = pixling_sim::emulate::build(
        pixling_sim::emulate::Core::M4,
        pixling_sim::emulate::Flavour::Runtime,
    )
    .unwrap();
    for (name, script, words) in [
        ("hangs", "exec sleep 60", ["after 1 seconds", "--timeout"]),
        (
            "fails",
            "echo no such board >&2; exit 3",
            ["mps2-an386", "no such board"],
        ),
        (
            "babbles",
            "echo firmware 2; echo nonsense",
            ["line 2", "`nonsense`"],
        ),
    ] {
        let path = workplace.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let line = workplace.complaint(&[
            "emulate",
            "model.pxl",
            "--firmware",
            firmware.to_str().unwrap(),
            "--qemu",
            path.to_str().unwrap(),
            "--timeout",
            "1",
        ]);
        for word in words {
            assert!(line.contains(word), "`{word}` is not in: {line}");
        }
    }
}

#[test]
fn emulate_prints_a_table_or_json_and_writes_a_png() {
    if !has_emulator() {
        return;
    }
    let workplace = Workplace::new(&MICRO.file(0));
    let output = workplace.run(&["emulate", "model.pxl", "--core", "m4", "--png", "core.png"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.lines().count(), 11);
    let png = image::open(workplace.path("core.png")).unwrap();
    assert_eq!((png.width(), png.height()), (10 * 28 * 4, 28 * 4));

    let output = workplace.run(&[
        "emulate",
        "model.pxl",
        "--class",
        "Bag",
        "--seed",
        "3",
        "--json",
    ]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let [entry] = &json.as_array().unwrap()[..] else {
        panic!("one entry: {json}");
    };
    assert_eq!(entry["core"], "m4");
    assert_eq!(entry["identical"], true);
    assert_eq!(entry["class"], 8);
    for name in ["instructions", "arena_bytes", "stack_bytes"] {
        assert!(entry[name].as_u64().unwrap() > 0, "{name}");
    }
}

#[test]
fn a_failed_comparison_has_an_exit_code_of_its_own() {
    if !has_emulator() {
        return;
    }
    let workplace = Workplace::new(&MICRO.file(1));
    let output = workplace.run(&["emulate", "model.pxl", "--class", ":0"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("self test fails"), "{text}");
}
