//! The log of a board without a display, decoded by `defmt-decoder`.

use defmt_decoder::{DecodeError, Table};
use serde_json::Value;
use std::path::Path;

/// Lines of a picture, the one with its numbers among them.
const PICTURE_LINES: usize = 33;

/// What was logged.
pub(crate) struct Log {
    /// Pictures in letters, each with the time at which its last line was read.
    pub(crate) frames: Vec<(f64, Vec<u8>)>,
    /// All other lines.
    pub(crate) lines: Vec<String>,
}

impl Log {
    /// Decodes what a reader got, piece by piece. Nothing of it may be damaged.
    pub(crate) fn read(elf: &Path, bytes: &[u8], reads: &Value) -> Log {
        let elf = std::fs::read(elf).unwrap();
        let table = Table::parse(&elf).unwrap().unwrap();
        let mut decoder = table.new_stream_decoder();
        let (mut start, mut all) = (0, Vec::new());
        for read in reads.as_array().unwrap() {
            let end = read[1].as_u64().unwrap() as usize;
            decoder.received(&bytes[start..end]);
            start = end;
            loop {
                match decoder.decode() {
                    Ok(frame) => {
                        let line = frame.display_message().to_string();
                        all.push((read[0].as_f64().unwrap(), line));
                    }
                    Err(DecodeError::UnexpectedEof) => break,
                    Err(DecodeError::Malformed) => panic!("a message of the log is damaged"),
                }
            }
        }
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
