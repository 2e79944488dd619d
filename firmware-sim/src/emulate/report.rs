//! The firmware's report, lines of words. `firmware-sim/emulated/device/src/lib.rs` lists them.

use super::Updated;
use crate::Error;
use pixling_app::FrameTooSmall;

/// The version that this host understands.
const VERSION: u64 = 2;

/// One boot.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// Whether the golden pictures of each file came out right.
    pub(crate) self_tests: Vec<bool>,
    pub(crate) pictures: Vec<Picture>,
    /// The frame buffer at each shot of the application's script.
    pub(crate) frames: Vec<Vec<u8>>,
    /// Bytes of stack that the application took, its own state among them.
    pub(crate) application_stack: u64,
    /// Updates without and with a key.
    pub(crate) updates: Vec<Updated>,
    /// Loops of known length: instructions and ticks.
    calibration: Vec<(u64, u64)>,
}

/// One picture.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Picture {
    ticks: u64,
    /// Bytes of the arena up to the last that was written.
    pub(crate) touched: u64,
    /// Bytes of stack below the caller of `generate`.
    pub(crate) stack: u64,
    /// Whether the same came out whatever the arena held before.
    pub(crate) repeated: bool,
    pub(crate) pixels: Vec<u8>,
    /// Steps and ticks of each layer.
    layers: Vec<(u64, u64)>,
}

impl Report {
    /// The instructions that a picture took, without the instructions of the measurement.
    ///
    /// Two loops give the ticks per instruction and the ticks of measuring nothing, both exact where a tick is not
    /// longer than an instruction.
    pub(crate) fn instructions(&self, picture: &Picture) -> Option<u64> {
        self.counted(1, picture.ticks)
    }

    /// The instructions that each layer took.
    pub(crate) fn layers(&self, picture: &Picture) -> Vec<u64> {
        let layers = picture.layers.iter();
        layers
            .filter_map(|&(steps, ticks)| self.counted(steps, ticks))
            .collect()
    }

    fn counted(&self, measurements: u64, ticks: u64) -> Option<u64> {
        let &[(short, short_ticks), (long, long_ticks)] = &self.calibration[..] else {
            return None;
        };
        let per_instruction =
            long_ticks.checked_sub(short_ticks)? as f64 / long.checked_sub(short)? as f64;
        let overhead = short_ticks as f64 - short as f64 * per_instruction;
        let instructions =
            ((ticks as f64 - measurements as f64 * overhead) / per_instruction).round();
        (per_instruction >= 1.0 && instructions >= 0.0).then_some(instructions as u64)
    }
}

/// Reads a report that ends with `done`.
pub(crate) fn parse(text: &str) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut done = false;
    let mut last = 0;
    for (line, text) in (1..).zip(text.lines()) {
        last = line;
        let mut words = text.split(' ');
        let name = words.next().unwrap_or_default();
        let words: Vec<&str> = words.collect();
        if name == "error" {
            return Err(stopped(&words, &report));
        }
        entry(&mut report, name, &words).map_err(|reason| Error::Report { line, reason })?;
        done |= name == "done";
    }
    let incomplete = |reason: &str| Error::Report {
        line: last,
        reason: reason.to_owned(),
    };
    if !done {
        return Err(incomplete("it breaks off"));
    }
    let measurable = |picture| report.instructions(picture).is_some();
    if !report.pictures.iter().all(measurable) {
        return Err(incomplete("its calibration makes no sense"));
    }
    Ok(report)
}

fn entry(report: &mut Report, name: &str, words: &[&str]) -> Result<(), String> {
    let number = |index: usize| -> Result<u64, String> {
        let word = words.get(index).copied().unwrap_or_default();
        word.parse()
            .map_err(|_| format!("`{name} {word}` should be a number"))
    };
    let is = |good: &str| words.first() == Some(&good);
    let picture = report.pictures.last_mut();
    match (name, picture) {
        ("firmware", _) if number(0)? != VERSION => Err(format!(
            "it is of version {}, this host reads version {VERSION}",
            number(0)?
        )),
        ("firmware" | "arena" | "done", _) => Ok(()),
        ("calibration", _) => {
            report.calibration.push((number(0)?, number(1)?));
            Ok(())
        }
        ("load", _) if is("ok") => Ok(()),
        ("load", _) => Err("the firmware refuses a model that this host accepts".to_owned()),
        ("self-test", _) => {
            report.self_tests.push(is("ok"));
            Ok(())
        }
        ("picture", _) => {
            report.pictures.push(Picture::default());
            Ok(())
        }
        ("ticks", Some(picture)) => number(0).map(|ticks| picture.ticks = ticks),
        ("touched", Some(picture)) => number(0).map(|bytes| picture.touched = bytes),
        ("stack", Some(picture)) => number(0).map(|bytes| picture.stack = bytes),
        ("repeated", Some(picture)) => {
            picture.repeated = is("same");
            Ok(())
        }
        ("layer", Some(picture)) => {
            picture.layers.push((number(0)?, number(1)?));
            Ok(())
        }
        ("pixels", Some(picture)) => {
            picture.pixels = unhex(words.first().copied().unwrap_or_default())
                .ok_or("its pixels are not hexadecimal")?;
            Ok(())
        }
        ("frame", _) => {
            let frame = unhex(words.first().copied().unwrap_or_default());
            report
                .frames
                .push(frame.ok_or("its frame is not hexadecimal")?);
            Ok(())
        }
        ("update", _) => {
            let (ticks, stack_bytes) = (number(1)?, number(2)?);
            let instructions = report.counted(1, ticks).unwrap_or(0);
            report.updates.push(Updated {
                outcome: words[0].to_owned(),
                instructions,
                stack_bytes,
            });
            Ok(())
        }
        ("application-stack", _) => number(0).map(|bytes| report.application_stack = bytes),
        _ => Err(format!("`{name}` is unknown here")),
    }
}

fn stopped(words: &[&str], report: &Report) -> Error {
    if let ["arena-too-small", needed, available] = words
        && let (Ok(needed), Ok(available)) = (needed.parse(), available.parse())
    {
        return Error::ArenaTooSmall { needed, available };
    }
    if let ["frame-too-small", needed, found] = words
        && let (Ok(needed), Ok(found)) = (needed.parse(), found.parse())
    {
        return Error::Frame(FrameTooSmall { needed, found });
    }
    Error::Stopped {
        place: format!("after {} pictures", report.pictures.len().saturating_sub(1)),
        reason: words.join(" "),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    };
    text.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "firmware 2\narena 65536\ncalibration 2000 6416\ncalibration 202000 646416\nload ok\n\
                          self-test ok\npicture 3 7\nticks 3216\ntouched 12\nstack 96\nrepeated same\nlayer 2 3232\npixels 00ff7f\ndone\n";

    #[test]
    fn reads_what_the_firmware_writes() {
        let report = parse(REPORT).unwrap();
        assert_eq!(report.self_tests, [true]);
        let [picture] = &report.pictures[..] else {
            panic!("one picture");
        };
        assert_eq!(picture.pixels, [0, 255, 127]);
        assert_eq!((picture.touched, picture.stack), (12, 96));
        assert!(picture.repeated);
        // 3.2 ticks per instruction, 16 for measuring nothing.
        assert_eq!(report.instructions(picture), Some(1000));
        assert_eq!(report.layers(picture), [1000]);
    }

    #[test]
    fn reads_updates() {
        let text = REPORT.replace(
            "done",
            "update ok 3216 1672\nupdate wrong-signature 0 0\ndone",
        );
        let update = |outcome: &str, instructions, stack_bytes| Updated {
            outcome: outcome.to_owned(),
            instructions,
            stack_bytes,
        };
        let expected = [update("ok", 1000, 1672), update("wrong-signature", 0, 0)];
        assert_eq!(parse(&text).unwrap().updates, expected);
    }

    #[test]
    fn names_both_sizes_of_an_arena_that_is_too_small() {
        let error = parse("firmware 2\nerror arena-too-small 70000 65536\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("70000") && text.contains("65536"), "{text}");
    }

    #[test]
    fn tells_what_stopped_the_firmware() {
        let error = parse("firmware 2\nerror panic src/main.rs 7\n").unwrap_err();
        assert!(error.to_string().contains("panic src/main.rs 7"), "{error}");
    }

    #[test]
    fn refuses_a_report_of_another_version_or_without_an_end() {
        for (text, reason) in [
            ("firmware 3\ndone\n", "version 3"),
            ("firmware 2\n", "breaks off"),
            ("", "breaks off"),
            ("firmware 2\nticks 3\ndone\n", "`ticks`"),
            ("firmware 2\ncalibration 1 x\ndone\n", "number"),
            (&REPORT.replace("646416", "1"), "calibration"),
            (&REPORT.replace("7f", "7"), "hexadecimal"),
            ("firmware 2\nupdate ok\n", "`update `"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
