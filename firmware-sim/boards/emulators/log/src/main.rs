//! Decodes a log of defmt: `pixling-board-log FIRMWARE LOG REPORT`. REPORT has the pieces in which a reader got the log, each
//! with its time and its end. Prints each message with the time of the piece that completed it, as JSON.

use defmt_decoder::{DecodeError, Table};
use serde_json::{Value, json};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, firmware, log, report] = arguments.as_slice() else {
        return Err("three files are needed: FIRMWARE LOG REPORT".into());
    };
    let (firmware, log) = (std::fs::read(firmware)?, std::fs::read(log)?);
    let report: Value = serde_json::from_slice(&std::fs::read(report)?)?;
    let table = Table::parse(&firmware)?.ok_or("the firmware has no table of messages")?;
    let mut decoder = table.new_stream_decoder();
    let (mut start, mut messages) = (0, Vec::new());
    for read in report["reads"]
        .as_array()
        .ok_or("the report has no reads")?
    {
        let end = read[1].as_u64().ok_or("a read without an end")? as usize;
        decoder.received(log.get(start..end).ok_or("the log is too short")?);
        start = end;
        loop {
            match decoder.decode() {
                Ok(frame) => messages.push(json!([read[0], frame.display_message().to_string()])),
                Err(DecodeError::UnexpectedEof) => break,
                Err(DecodeError::Malformed) => return Err("a message of the log is damaged".into()),
            }
        }
    }
    println!("{}", Value::Array(messages));
    Ok(())
}
