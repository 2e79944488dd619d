//! The boards, and their firmware in emulators that this project did not write.

use super::log::Log;
use crate::support::has;
use pixling_boards::{Catalog, Partition, intel_hex, uf2};
use pixling_sim::emulate::Firmware;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The display of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// 128x64 dots, a bit each.
    Oled,
    /// 240x240 dots, 16 bits each.
    Tft,
    /// A log, in letters.
    Log,
    /// 5x5 LEDs, each lit for a part of the time.
    Leds,
}

/// A board with an emulator.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) name: &'static str,
    target: &'static str,
    /// Of `boards/emulators`.
    script: &'static str,
    pub(crate) screen: Screen,
    /// Whether it has a second button; without, the first one is held.
    pub(crate) has_b: bool,
    elf: OnceLock<PathBuf>,
}

const fn board(
    name: &'static str,
    target: &'static str,
    script: &'static str,
    screen: Screen,
    has_b: bool,
) -> Board {
    Board {
        name,
        target,
        script,
        screen,
        has_b,
        elf: OnceLock::new(),
    }
}

pub(crate) static PICO: Board = board("pico", "thumbv6m-none-eabi", "pico.mjs", Screen::Oled, true);
pub(crate) static PICO_2: Board = board(
    "pico2",
    "thumbv8m.main-none-eabihf",
    "pico2.py",
    Screen::Oled,
    true,
);
pub(crate) static DISCOVERY: Board = board(
    "stm32f4-discovery",
    "thumbv7em-none-eabihf",
    "stm32f4_discovery.py",
    Screen::Tft,
    false,
);
pub(crate) static NUCLEO: Board = board(
    "nucleo-h743",
    "thumbv7em-none-eabihf",
    "nucleo_h743.py",
    Screen::Tft,
    false,
);
pub(crate) static DK: Board = board(
    "nrf52840-dk",
    "thumbv7em-none-eabihf",
    "nrf52840_dk.py",
    Screen::Log,
    true,
);
pub(crate) static ESP32_C3: Board = board(
    "esp32-c3",
    "riscv32imc-unknown-none-elf",
    "esp32_c3.py",
    Screen::Tft,
    false,
);

pub(crate) static MICROBIT: Board = board(
    "microbit",
    "thumbv6m-none-eabi",
    "microbit.py",
    Screen::Leds,
    true,
);

/// Where the firmware of an ESP32-C3 begins in its flash chip, by the table of partitions that espflash writes.
const ESP32_FIRMWARE: u64 = 0x10000;

/// A time at which a button is down, in milliseconds after power-on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Press {
    pub(crate) button: char,
    pub(crate) from_ms: u32,
    pub(crate) to_ms: u32,
}

/// The events of a run, from power-on to its end.
#[derive(Clone, Debug)]
pub(crate) struct Scenario<'f> {
    /// The model file in its flash.
    pub(crate) model: Option<&'f [u8]>,
    pub(crate) presses: Vec<Press>,
    pub(crate) end_ms: u32,
    /// How many times slower than it is the core is.
    pub(crate) slow: u32,
    /// When the display begins to answer, if ever. Only an OLED answers at all.
    pub(crate) display_from_ms: Option<u32>,
}

/// The frames, requests and words of a run, in order.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Each picture with the time at which all of it was there.
    pub(crate) frames: Vec<(f64, Vec<u8>)>,
    /// Pins, clocks and speeds that the firmware asked of the chip, and faults.
    pub(crate) report: Value,
    /// The lines of the log that are no picture.
    pub(crate) lines: Vec<String>,
}

fn emulators() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("boards/emulators")
}

fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/emulators/bin/python")
}

impl Board {
    /// Whether its emulator is here.
    pub(crate) fn can_run(&self) -> bool {
        // The OLED is a script for Node.js, whatever the board's emulator is.
        if self.screen == Screen::Oled && !has("node", "nodejs") {
            return false;
        }
        if self.script.ends_with(".mjs") {
            let package = emulators().join("node_modules/rp2040js");
            assert!(
                package.exists() || std::env::var_os("CI").is_none(),
                "rp2040js is missing: run tools/test"
            );
            package.exists()
        } else {
            has(
                &python().to_string_lossy(),
                "python3-venv, and run tools/test",
            )
        }
    }

    /// The part of its flash that is the model's.
    pub(crate) fn partition(&self) -> &'static Partition {
        let board = Catalog::embedded().board(self.name).unwrap();
        board.partition.as_ref().unwrap()
    }

    /// Its firmware, which is built once.
    fn elf(&self) -> &Path {
        self.elf.get_or_init(|| {
            let folder = emulators().join("..").join(self.name);
            let target_folder = folder.join("../target");
            let status = Command::new(folder.join("../../../tools/cross"))
                .args(["build", "--quiet", "--release", "--target", self.target])
                .arg("--target-dir")
                .arg(&target_folder)
                .current_dir(&folder)
                .status()
                .unwrap();
            assert!(status.success());
            let program = format!("release/pixling-{}", self.name);
            target_folder.join(self.target).join(program)
        })
    }

    /// Bytes of flash that its firmware takes without the model.
    pub(crate) fn flash_bytes(&self) -> u64 {
        Firmware::read(self.elf()).unwrap().flash_bytes()
    }

    /// The firmware as it lies in flash: files, and their addresses.
    fn images(&self, folder: &Path) -> Vec<Value> {
        let elf = self.elf();
        if self.name == ESP32_C3.name {
            let image = folder.join("firmware");
            let output = Command::new(python())
                .args(["-m", "esptool", "--chip", "esp32c3", "elf2image"])
                .args(["--flash-mode", "dio", "--flash-size", "4MB", "-o"])
                .args([&*image, elf])
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            return vec![json!({"address": ESP32_FIRMWARE, "file": image})];
        }
        let bytes = std::fs::read(elf).unwrap();
        load_segments(&bytes)
            .into_iter()
            .map(|(address, content)| {
                let file = folder.join(format!("{address:08x}"));
                std::fs::write(&file, content).unwrap();
                json!({"address": address, "file": file})
            })
            .collect()
    }

    /// The model as `pixling pack` brings it to the board.
    fn pack(&self, model: &[u8], folder: &Path) -> PathBuf {
        let Partition {
            family, address, ..
        } = self.partition();
        self.partition().check(self.name, model.len()).unwrap();
        let content = match self.name {
            "pico" | "pico2" => uf2(model, *address, family.uf2.unwrap()),
            "esp32-c3" => model.to_vec(),
            _ => intel_hex(model, *address).unwrap().into_bytes(),
        };
        let path = folder.join("model");
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs its firmware.
    pub(crate) fn run(&self, scenario: &Scenario<'_>) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let presses = scenario.presses.iter().map(|press| {
            json!({
                "button": press.button.to_string(),
                "from_ms": press.from_ms,
                "to_ms": press.to_ms,
            })
        });
        let content = json!({
            "images": self.images(folder.path()),
            "model": scenario.model.map(|model| self.pack(model, folder.path())),
            "model_address": self.partition().address,
            "presses": presses.collect::<Vec<_>>(),
            "end_ms": scenario.end_ms,
            "slow": scenario.slow,
            "display_from_ms": scenario.display_from_ms,
        });
        std::fs::write(path("scenario.json"), content.to_string()).unwrap();
        let program = if self.script.ends_with(".mjs") {
            "node".into()
        } else {
            python()
        };
        let output = Command::new(program)
            .arg(emulators().join(self.script))
            .args([path("scenario.json"), folder.path().to_owned()])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", self.name);
        let report = std::fs::read(path("report.json")).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        if self.screen == Screen::Log {
            let Log { frames, lines } = Log::read(self.elf(), folder.path());
            return Outcome {
                frames,
                report,
                lines,
            };
        }
        let bytes = std::fs::read(path("frames")).unwrap();
        let times = report["frames"].as_array().unwrap();
        let size = match self.screen {
            Screen::Oled => 1024,
            Screen::Tft => 240 * 240 * 2,
            Screen::Leds => 25 * 2,
            Screen::Log => unreachable!("its pictures are lines"),
        };
        assert_eq!(bytes.len(), size * times.len());
        let frames = times.iter().zip(bytes.chunks_exact(size));
        // Nobody sees a frame that is sent to a display that is off.
        let frames = frames.filter(|(time, _)| time["lit"] == true);
        Outcome {
            frames: frames
                .map(|(time, frame)| (time["ms"].as_f64().unwrap(), frame.to_vec()))
                .collect(),
            report,
            lines: Vec::new(),
        }
    }
}

/// The parts of an ELF file that go into flash, with their physical addresses.
fn load_segments(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    use object::read::elf::{FileHeader, ProgramHeader};
    type Header = object::elf::FileHeader32<object::Endianness>;
    let header = Header::parse(bytes).unwrap();
    let endian = header.endian().unwrap();
    let segments = header.program_headers(endian, bytes).unwrap();
    let loaded = segments
        .iter()
        .filter(|it| it.p_type(endian) == object::elf::PT_LOAD && it.p_filesz(endian) > 0);
    loaded
        .map(|it| {
            let content = it.data(endian, bytes).unwrap();
            (it.p_paddr(endian).into(), content)
        })
        .collect()
}
