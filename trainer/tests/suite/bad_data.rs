//! Data that cannot be read, as a person meets it at the command line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Tries to train. The data that these tests make is less than a batch, so what can be read is refused later.
fn train(command: &mut Command, spec: &str) -> Output {
    let arguments = [
        "train",
        "--data",
        spec,
        "--out",
        "/nonexistent/run",
        "--quiet",
    ];
    command.args(arguments).output().unwrap()
}

fn pixling() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
}

fn message(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn pictures(folder: &Path, class: &str, count: u8) {
    fs::create_dir_all(folder.join(class)).unwrap();
    for index in 0..count {
        let image = image::GrayImage::from_pixel(30, 20, image::Luma([index]));
        image
            .save(folder.join(class).join(format!("{index}.png")))
            .unwrap();
    }
}

#[test]
fn an_error_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), "cat", 3);
    fs::create_dir(folder.path().join("dog")).unwrap();
    for kind in ["folder", "fonts"] {
        let spec = format!("{kind}:{}", folder.path().display());
        let message = message(&train(&mut pixling(), &spec));
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.starts_with("error: "), "{message}");
    }
}

#[test]
fn what_is_skipped_is_counted_and_listed_in_short() {
    let folder = tempfile::tempdir().unwrap();
    pictures(folder.path(), "cat", 3);
    pictures(folder.path(), "dog", 3);
    for index in 10..25 {
        fs::write(folder.path().join(format!("cat/{index}.png")), "no picture").unwrap();
    }
    let spec = format!("folder:{}", folder.path().display());
    let message = message(&train(&mut pixling(), &spec));
    assert!(
        message.contains("skipped 15:\n  cat/10.png: not a PNG"),
        "{message}"
    );
    assert!(message.contains("\n  and 5 more; "), "{message}");
    assert!(!message.contains("cat/24.png"), "{message}");
}

#[test]
fn a_data_set_that_is_not_prepared_says_how() {
    let folder = tempfile::tempdir().unwrap();
    for (spec, tool) in [
        ("avatars", "avatars"),
        ("emoji", "emoji"),
        ("glyphs:capitals", "fonts"),
        ("silhouettes", "silhouettes"),
    ] {
        let message = message(&train(pixling().env("PIXLING_DATA", folder.path()), spec));
        assert!(
            message.contains(&format!("run `tools/data {tool}`")),
            "{message}"
        );
    }
}

/// Runs as somebody who is kept out by the permissions: whoever runs the tests, or nobody in root's place.
#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let allow =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    allow(folder.path(), 0o755);
    // Where root's programs are, others may not look.
    let program = folder.path().join("pixling");
    // By another process: a program that this one has open for writing, while another test starts a process, is busy.
    let mut copy = Command::new("cp");
    copy.arg(env!("CARGO_BIN_EXE_pixling")).arg(&program);
    assert!(copy.status().unwrap().success());
    allow(&program, 0o755);
    let pixling = || {
        let mut command = Command::new(&program);
        command.current_dir(folder.path());
        let locked = folder.path().join("locked");
        if fs::read_dir(&locked).is_ok() {
            command.uid(65534).gid(65534);
        }
        command
    };
    fs::create_dir(folder.path().join("locked")).unwrap();
    allow(&folder.path().join("locked"), 0o000);
    for kind in ["folder", "fonts"] {
        let message = message(&train(&mut pixling(), &format!("{kind}:locked")));
        assert!(
            message.contains("locked: cannot read: Permission denied"),
            "{message}"
        );
        assert_eq!(message.matches("denied").count(), 1, "{message}");
    }

    let data = folder.path().join("data");
    pictures(&data, "cat", 3);
    pictures(&data, "dog", 3);
    allow(&data.join("cat/1.png"), 0o000);
    let skipped = message(&train(&mut pixling(), "folder:data"));
    assert!(
        skipped.contains("skipped 1:\n  cat/1.png: cannot read: Permission denied"),
        "{skipped}"
    );
    allow(&data.join("dog"), 0o000);
    let refused = message(&train(&mut pixling(), "folder:data"));
    assert!(
        refused.contains("data/dog: cannot read: Permission denied"),
        "{refused}"
    );
    // So that the folder can be removed.
    allow(&data.join("dog"), 0o755);
    allow(&folder.path().join("locked"), 0o755);
}
