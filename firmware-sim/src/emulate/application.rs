//! The application's script on an emulated core.

use super::image::Firmware;
use super::{Machine, qemu, report};
use crate::run::{Hardware, Script, Start};
use crate::{Error, ModelFile};
use pixling_app::COMMAND_LINE_BYTES;

/// The frames of a script on a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The frame buffer at each shot.
    pub frames: Vec<Vec<u8>>,
    /// Bytes of stack, with the application's state on it.
    pub stack_bytes: u64,
}

/// Plays a script in a firmware of the flavour [`Application`](super::Flavour::Application).
///
/// # Errors
///
/// When the machine does not run, the firmware gives up, or a frame is missing.
pub fn play(
    file: &ModelFile,
    hardware: &Hardware,
    start: &Start,
    script: &Script,
    firmware: &Firmware,
    machine: &Machine,
) -> Result<Played, Error> {
    firmware.check_fits(file.bytes().len() as u64)?;
    let word = format!("{}:{}", start.play_request(hardware), script.short());
    let profile = machine.core.profile();
    let room = COMMAND_LINE_BYTES - 1;
    if word.len() > room {
        return Err(Error::LongScript {
            bytes: word.len(),
            room,
        });
    }
    let text = qemu::boot(machine, profile, firmware, file.bytes(), &[word])?;
    let report = report::parse(&text)?;
    machine.check_count("frames", report.frames.len(), script.shots())?;
    Ok(Played {
        frames: report.frames,
        stack_bytes: report.application_stack,
    })
}
