//! The log of a board without a display, decoded by `boards/emulators/log`.

use std::path::Path;
use std::process::Command;

/// Lines of a picture, the one with its numbers among them.
const PICTURE_LINES: usize = 33;

/// The messages of a board.
pub(crate) struct Log {
    /// Pictures in letters, each with the time at which its last line was read.
    pub(crate) frames: Vec<(f64, Vec<u8>)>,
    /// All other lines.
    pub(crate) lines: Vec<String>,
}

impl Log {
    /// Decodes the log in a folder. Nothing of it may be damaged.
    pub(crate) fn read(firmware: &Path, folder: &Path) -> Log {
        let decoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards/emulators/log");
        let output = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--locked", "--manifest-path"])
            .arg(decoder.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(decoder.join("target"))
            .arg("--")
            .args([firmware, &folder.join("log"), &folder.join("report.json")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let all: Vec<(f64, String)> = serde_json::from_slice(&output.stdout).unwrap();
        let mut log = Log {
            frames: Vec::new(),
            lines: Vec::new(),
        };
        let mut rest = all.as_slice();
        while let Some((_, line)) = rest.first() {
            if line.contains(": seed ") && rest.len() >= PICTURE_LINES {
                let (picture, after) = rest.split_at(PICTURE_LINES);
                let text: Vec<&str> = picture.iter().map(|(_, line)| &**line).collect();
                let time = picture[PICTURE_LINES - 1].0;
                log.frames.push((time, text.join("\n").into_bytes()));
                rest = after;
            } else {
                log.lines.push(line.clone());
                rest = &rest[1..];
            }
        }
        log
    }
}
