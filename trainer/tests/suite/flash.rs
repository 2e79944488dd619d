//! `tools/flash`: the commands that it would run, and a drive that it finds and copies to.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// All that the script needs of the system.
const PROGRAMS: [&str; 5] = ["bash", "cp", "dirname", "sed", "tr"];

/// A folder with a model, a folder `programs` in which none is that flashes, and an empty one, `drives`.
struct Workplace(tempfile::TempDir);

impl Workplace {
    fn new() -> Workplace {
        let folder = tempfile::tempdir().unwrap();
        let golden = Path::new(ROOT).join("tests/golden/format-2.pxl");
        fs::copy(golden, folder.path().join("model.pxl")).unwrap();
        fs::create_dir(folder.path().join("drives")).unwrap();
        let programs = folder.path().join("programs");
        fs::create_dir(&programs).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for name in PROGRAMS {
            let found = std::env::split_paths(&path)
                .map(|folder| folder.join(name))
                .find(|program| program.is_file());
            std::os::unix::fs::symlink(found.unwrap(), programs.join(name)).unwrap();
        }
        Workplace(folder)
    }

    /// A drive as the boot loader of a board makes it.
    fn drive(&self, name: &str, board_id: &str) -> PathBuf {
        let folder = self.0.path().join("drives").join(name);
        fs::create_dir_all(&folder).unwrap();
        let text = format!("UF2 Bootloader v3.0\r\nModel: Some Board\r\nBoard-ID: {board_id}\r\n");
        fs::write(folder.join("INFO_UF2.TXT"), text).unwrap();
        folder
    }

    fn entries(&self) -> usize {
        fs::read_dir(self.0.path()).unwrap().count()
    }

    /// Runs it where no program that flashes is installed.
    fn flash(&self, arguments: &[&str]) -> Output {
        Command::new(Path::new(ROOT).join("tools/flash"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("PIXLING", env!("CARGO_BIN_EXE_pixling"))
            .env("PIXLING_DRIVES", self.0.path().join("drives"))
            .env("PATH", self.0.path().join("programs"))
            .output()
            .unwrap()
    }

    /// The commands of a run that does well, without the one that packs.
    fn commands(&self, arguments: &[&str]) -> String {
        let output = self.flash(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (pack, rest) = text.split_once('\n').unwrap();
        assert!(
            pack.starts_with(concat!(
                env!("CARGO_BIN_EXE_pixling"),
                " pack model.pxl --format "
            )),
            "{pack}"
        );
        rest.to_owned()
    }

    fn refused(&self, arguments: &[&str], parts: &[&str]) {
        let output = self.flash(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
        assert_eq!(self.entries(), 3);
    }
}

#[test]
fn the_commands_are_those_of_the_board() {
    let place = Workplace::new();
    for (arguments, expected) in [
        (
            &["nrf52840-dk"][..],
            "probe-rs download --chip nRF52840_xxAA --binary-format hex --verify model.hex\n\
             probe-rs reset --chip nRF52840_xxAA\n",
        ),
        (
            &["stm32f4-discovery"],
            "probe-rs download --chip STM32F407VGTx --binary-format hex --verify model.hex\n\
             probe-rs reset --chip STM32F407VGTx\n",
        ),
        (
            &["nucleo-h743"],
            "probe-rs download --chip STM32H743ZITx --binary-format hex --verify model.hex\n\
             probe-rs reset --chip STM32H743ZITx\n",
        ),
        (
            &["microbit"],
            "probe-rs download --chip nRF51822_xxAA --binary-format hex --verify model.hex\n\
             probe-rs reset --chip nRF51822_xxAA\n",
        ),
        (
            &["esp32-c3"],
            "espflash write-bin --chip esp32c3 0x00300000 model.bin\n",
        ),
        (
            &["pico", "--with", "picotool"],
            "picotool load --verify model.uf2\npicotool reboot\n",
        ),
        (
            &["pico", "--with", "probe-rs"],
            "probe-rs download --chip RP2040 --binary-format hex --verify model.hex\n\
             probe-rs reset --chip RP2040\n",
        ),
        (
            &["pico2", "--with", "picotool"],
            "picotool load --verify model.uf2\npicotool reboot\n",
        ),
        (
            &["pico2", "--with", "probe-rs"],
            "probe-rs download --chip RP235x --binary-format hex --verify model.hex\n\
             probe-rs reset --chip RP235x\n",
        ),
    ] {
        let arguments = [arguments, &["model.pxl", "--dry-run"]].concat();
        assert_eq!(place.commands(&arguments), expected);
    }
    // None of them ran, and nothing was packed.
    assert_eq!(place.entries(), 3);
}

#[test]
fn a_drive_is_found_by_what_its_boot_loader_says() {
    let place = Workplace::new();
    place.drive("someone/FEATHERBOOT", "nRF52840-Feather-revD");
    let drive = place.drive("someone/RPI RP2", "RPI-RP2");
    let commands = place.commands(&["pico", "model.pxl"]);
    assert!(commands.contains("RPI\\ RP2/"), "{commands}");
    let copied = fs::read(drive.join("model.uf2")).unwrap();
    assert!(copied == fs::read(place.0.path().join("model.uf2")).unwrap());
    assert!(copied.starts_with(b"UF2\n") && copied.len().is_multiple_of(512));
}

#[test]
fn a_drive_that_is_named_must_be_that_of_the_board() {
    let place = Workplace::new();
    let other = place.drive("FEATHERBOOT", "nRF52840-Feather-revD");
    let other = other.to_str().unwrap();
    let with = |drive| ["pico", "model.pxl", "--drive", drive];
    place.refused(&with(other), &["another board", "nRF52840-Feather-revD"]);
    place.refused(&with("drives"), &["drives", "INFO_UF2.TXT"]);
    place.drive("first", "RPI-RP2");
    place.drive("second", "RPI-RP2");
    place.refused(
        &["pico", "model.pxl"],
        &["several", "first", "second", "--drive"],
    );
}

#[test]
fn what_is_missing_is_told_with_how_to_get_it() {
    let place = Workplace::new();
    place.refused(
        &["pico", "model.pxl"],
        &[
            "BOOTSEL",
            "install picotool",
            "cargo install probe-rs-tools",
        ],
    );
    place.refused(&["esp32-c3", "model.pxl"], &["cargo install espflash"]);
    place.refused(
        &["pico", "model.pxl", "--with", "picotool"],
        &["picotool is missing"],
    );
}

#[test]
fn mistakes_are_told() {
    let place = Workplace::new();
    place.refused(&["pico"], &["a board and a model"]);
    place.refused(&["piko", "model.pxl"], &["piko", "choose pico"]);
    place.refused(&["pico", "other.pxl"], &["other.pxl"]);
    place.refused(&["--fast", "pico", "model.pxl"], &["--fast"]);
    place.refused(
        &["microbit", "model.pxl", "--with", "drive"],
        &["no way 'drive'", "choose probe-rs"],
    );
    place.refused(&["pico", "model.pxl", "--with"], &["--with wants a value"]);
}

#[test]
fn what_does_not_pack_is_not_flashed() {
    let place = Workplace::new();
    fs::write(place.0.path().join("model.pxl"), "no model").unwrap();
    let drive = place.drive("RPI-RP2", "RPI-RP2");
    let output = place.flash(&["pico", "model.pxl"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(drive).unwrap().count(), 1);
}
