//! QEMU's micro:bit with the firmware of `firmware-sim/boards/microbit`: its memory and its pins are looked at while it
//! runs.

use object::{Object, ObjectSymbol};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The register of the output levels of all pins.
const OUT: u32 = 0x5000_0504;

/// The LEDs of the three rows, by column of the matrix, as `(x, y)`: BBC micro:bit hardware documentation, LED matrix.
const ROWS: [[Option<(usize, usize)>; 9]; 3] = {
    const fn at(x: usize, y: usize) -> Option<(usize, usize)> {
        Some((x, y))
    }
    [
        [
            at(0, 0),
            at(2, 0),
            at(4, 0),
            at(4, 3),
            at(3, 3),
            at(2, 3),
            at(1, 3),
            at(0, 3),
            at(1, 2),
        ],
        [
            at(4, 2),
            at(0, 2),
            at(2, 2),
            at(1, 0),
            at(3, 0),
            at(3, 4),
            at(1, 4),
            None,
            None,
        ],
        [
            at(2, 4),
            at(4, 4),
            at(0, 4),
            at(0, 1),
            at(1, 1),
            at(2, 1),
            at(3, 1),
            at(4, 1),
            at(3, 2),
        ],
    ]
};
const FIRST_COLUMN_PIN: u32 = 4;
const FIRST_ROW_PIN: u32 = 13;

/// Builds the firmware, if it has changed.
pub(crate) fn build_firmware() -> std::path::PathBuf {
    let folder = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../firmware-sim/boards/microbit"
    ));
    const TARGET: &str = "thumbv6m-none-eabi";
    let target_folder = folder.join("../target");
    let status = Command::new(folder.join("../../../tools/cross"))
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target_folder)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success());
    target_folder.join(TARGET).join("release/pixling-microbit")
}

/// A running micro:bit.
pub(crate) struct MicroBit {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// Where the firmware draws.
    frame: u64,
    /// Where its statics end: the stack grows down to here.
    statics_end: u64,
}

impl MicroBit {
    /// Boots the firmware, with a file in Intel HEX beside it in flash, or without.
    pub(crate) fn boot(firmware: &Path, hex: Option<&Path>) -> MicroBit {
        let bytes = std::fs::read(firmware).unwrap();
        let elf = object::File::parse(&*bytes).unwrap();
        let mut symbols = elf.symbols();
        let frame = symbols.find(|it| it.name().is_ok_and(|name| name.contains("FRAME")));
        let statics_end = elf.symbol_by_name("__sheap").expect("cortex-m-rt's");
        let mut command = Command::new("qemu-system-arm");
        command
            .args(["-machine", "microbit", "-bios", "none", "-nodefaults"])
            .args(["-display", "none", "-serial", "none", "-monitor", "none"])
            .args(["-qmp", "stdio", "-kernel"])
            .arg(firmware);
        if let Some(hex) = hex {
            command
                .arg("-device")
                .arg(format!("loader,file={}", hex.display()));
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut bit = MicroBit {
            to: child.stdin.take().unwrap(),
            from: BufReader::new(child.stdout.take().unwrap()),
            child,
            frame: frame.expect("the firmware has a frame").address(),
            statics_end: statics_end.address(),
        };
        bit.answer(); // a greeting
        bit.ask(json!({"execute": "qmp_capabilities"}));
        bit
    }

    /// The next line that is no event.
    fn answer(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).unwrap() > 0, "QEMU ended");
            let value: Value = serde_json::from_str(&line).unwrap();
            if value.get("event").is_none() {
                return value;
            }
        }
    }

    fn ask(&mut self, request: Value) -> Value {
        writeln!(self.to, "{request}").unwrap();
        let answer = self.answer();
        assert!(answer.get("error").is_none(), "{request}: {answer}");
        answer["return"].clone()
    }

    /// Numbers in memory, each after the address and a colon, or after another.
    fn memory(&mut self, what: &str, address: u64) -> Vec<u32> {
        let line = format!("xp /{what} {address:#x}");
        let told = self
            .ask(json!({"execute": "human-monitor-command", "arguments": {"command-line": line}}));
        let words = told.as_str().unwrap().split_whitespace();
        words
            .filter_map(|word| u32::from_str_radix(word.strip_prefix("0x")?, 16).ok())
            .collect()
    }

    /// What the firmware has drawn: 5x5 greys.
    pub(crate) fn frame(&mut self) -> Vec<u8> {
        let bytes = self.memory("25xb", self.frame);
        bytes.into_iter().map(|byte| byte as u8).collect()
    }

    /// Whether the stack has left as many bytes above the statics untouched: QEMU's memory is zero at first.
    pub(crate) fn has_spare_stack(&mut self, bytes: u64) -> bool {
        let words = self.memory(&format!("{}xw", bytes / 4), self.statics_end);
        assert_eq!(words.len() as u64, bytes / 4);
        words.iter().all(|word| *word == 0)
    }

    /// The LEDs that are lit right now.
    pub(crate) fn lit(&mut self) -> Vec<(usize, usize)> {
        let levels = self.memory("1xw", OUT.into())[0];
        let mut lit = Vec::new();
        for (row, leds) in (FIRST_ROW_PIN..).zip(&ROWS) {
            for (column, led) in (FIRST_COLUMN_PIN..).zip(leds) {
                // Current flows from the row to the column.
                let on = levels >> row & 1 == 1 && levels >> column & 1 == 0;
                lit.extend(led.filter(|_| on));
            }
        }
        lit
    }
}

impl Drop for MicroBit {
    fn drop(&mut self) {
        // It may have ended; either way it is gone after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
