//! Outputs that would destroy a file are refused before the work.

use super::common::{done, refused};
use pixling_test_support::small;
use std::fs;
use std::path::Path;

#[test]
fn an_export_has_three_files_with_names_of_their_own() {
    // There is no such run: the name of the output is looked at first.
    for output in ["model.rs", "m.json", "net-0.1", "net"] {
        refused(&["export", "no-run", "-o", output], &[output, ".pxl"]);
    }
    refused(
        &["export", "no-run", "-o", "no/where/model.pxl"],
        &["no/where/model.pxl", "folder"],
    );
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("model.rs")).unwrap();
    let model = folder.path().join("model.pxl");
    refused(
        &["export", "no-run", "-o", &model.to_string_lossy()],
        &["model.rs", "it is a folder"],
    );
}

#[test]
fn packed_models_have_names_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["net-0.1", "net-0.2", "net.pxl"] {
        let model = folder.path().join(name);
        fs::write(&model, small::file()).unwrap();
        let model = model.to_string_lossy();
        done(&["pack", &model, "--format", "hex", "--board", "pico"]);
    }
    for name in ["net-0.1.hex", "net-0.2.hex", "net.hex"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn an_input_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let bytes = small::file();
    let (model, link) = (path("model.png"), path("link.png"));
    fs::write(&model, &bytes).unwrap();
    fs::create_dir(path("run")).unwrap();
    let settings = "# mine\nepochs = 3\n";
    fs::write(path("run/config.toml"), settings).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("model.png", &link).unwrap();
    let pack = ["pack", &model, "--format", "bin", "--board", "pico", "-o"];
    let (run, config) = (path("run"), path("run/config.toml"));
    let mut commands = vec![
        vec!["sample", &model, "--out", &model],
        [&pack[..], &[&model]].concat(),
        vec!["train", "--config", &config, "--out", &run],
    ];
    if Path::new(&link).exists() {
        commands.push([&pack[..], &[&link]].concat());
    }
    for command in commands {
        refused(&command, &["is read by this command", "another name"]);
    }
    assert!(fs::read(&model).unwrap() == bytes);
    assert_eq!(fs::read_to_string(config).unwrap(), settings);
}
