//! `pixling pack` on the command line. What other programs make of its files is in the tests that cross crates.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/format-2.pxl");

fn pack(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pixling"))
        .arg("pack")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn packed(folder: &Path, arguments: &[&str]) -> String {
    let output = pack(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Expects exit code 2, one line with all parts on standard error, and no file.
fn refused(arguments: &[&str], parts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--output", "packed"]);
    let output = pack(folder.path(), &arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn raw_bytes_are_the_model_without_what_stands_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = fs::read(MODEL).unwrap();
    let mut longer = model.clone();
    longer.extend([0xff; 999]);
    fs::write(folder.path().join("longer.pxl"), longer).unwrap();
    let told = packed(
        folder.path(),
        &["longer.pxl", "--format", "bin", "--board", "pico"],
    );
    assert_eq!(
        told,
        format!(
            "longer.bin: {} bytes of model for 0x10100000 of rp2040\n",
            model.len()
        )
    );
    assert!(fs::read(folder.path().join("longer.bin")).unwrap() == model);
}

#[test]
fn a_board_stands_for_its_address_and_family() {
    let folder = tempfile::tempdir().unwrap();
    let place = ["--address", "0x10100000", "--family", "rp2040"];
    for format in ["hex", "uf2"] {
        let by_board = [MODEL, "--format", format, "-o", "a", "--board", "pico"];
        packed(folder.path(), &by_board);
        let mut by_address = vec![MODEL, "--format", format, "-o", "b"];
        by_address.extend(place);
        packed(folder.path(), &by_address);
        let read = |name| fs::read(folder.path().join(name)).unwrap();
        assert!(read("a") == read("b"), "{format}");
    }
}

#[test]
fn what_is_no_model_is_not_packed() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (cut, other) = (place("cut.pxl"), place("other.pxl"));
    fs::write(&cut, &fs::read(MODEL).unwrap()[..500]).unwrap();
    fs::write(&other, [7; 500]).unwrap();
    let board = ["--format", "hex", "--board", "pico"];
    let with = |model| [&[model], &board[..]].concat();
    refused(&with(&cut), &["cut.pxl", "cut off", "500"]);
    refused(&with(&other), &["other.pxl", "PXLG"]);
    refused(&with("missing.pxl"), &["cannot read missing.pxl"]);
}

#[test]
fn places_that_will_not_do_are_refused_with_what_would() {
    let at = |address, family| {
        [
            MODEL,
            "--format",
            "hex",
            "--address",
            address,
            "--family",
            family,
        ]
    };
    refused(
        &at("0x20000000", "rp2040"),
        &["0x20000000", "rp2040", "0x10000000 to 0x10ffffff"],
    );
    refused(
        &at("0x080c4000", "stm32f4"),
        &["131072 bytes", "0x080c0000 or 0x080e0000"],
    );
    refused(
        &at("0x3fc00", "nrf51"),
        &["1135 bytes", "0x0003ffff", "room for 1024"],
    );
    refused(
        &at("0x1010000000", "rp2040"),
        &["0x1010000000", "eight digits"],
    );
    refused(&at("0x10100000", "rp2041"), &["rp2041", "nrf52840"]);
}

#[test]
fn uses_that_make_no_sense_are_refused() {
    refused(
        &[MODEL, "--format", "uf2", "--board", "microbit"],
        &["no UF2 boot loader for nrf51", "hex or bin"],
    );
    refused(&[MODEL, "--format", "uf2"], &["--address", "--family"]);
    refused(
        &[MODEL, "--format", "hex", "--address", "0x10100000"],
        &["--family"],
    );
    refused(
        &[
            MODEL,
            "--format",
            "hex",
            "--board",
            "pico",
            "--address",
            "0",
        ],
        &["--board", "--address"],
    );
    refused(
        &[MODEL, "--format", "elf", "--board", "pico"],
        &["bin, hex, uf2"],
    );
    refused(&[MODEL, "--format", "hex", "--board", "piko"], &["pico"]);
}
