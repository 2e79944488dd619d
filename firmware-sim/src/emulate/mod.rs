//! The real firmware on an emulated core.
//!
//! QEMU counts one instruction as one unit of time (`-icount`), the firmware reads a timer around each picture, and two
//! loops of known length calibrate the timer at every boot. Instructions are not cycles: wait states of the flash and
//! dual issue are absent.

mod application;
mod core;
mod firmware;
mod image;
mod outcome;
mod qemu;
mod report;
mod update;

pub use self::core::Core;
pub use application::{Played, play};
pub use firmware::{Flavour, build, build_without_installing};
pub use image::Firmware;
pub use outcome::{Outcome, table};
pub(crate) use qemu::check as check_qemu;
pub use update::{Updated, update};

use crate::model_file::draw;
use crate::{Error, ModelFile, PictureRequest};
use std::path::PathBuf;
use std::time::Duration;

/// Where and for how long to emulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The core.
    pub core: Core,
    /// The emulator, if not the one of the core that is on the path.
    pub qemu: Option<PathBuf>,
    /// The limit of one boot.
    pub timeout: Duration,
}

impl Machine {
    /// A core with the emulator that is on the path, and five minutes for a boot.
    pub fn new(core: Core) -> Machine {
        Machine {
            core,
            qemu: None,
            timeout: Duration::from_secs(300),
        }
    }

    /// Fails when the firmware drew another number of pictures or frames than it was asked for.
    fn check_count(&self, kind: &str, drawn: usize, asked: usize) -> Result<(), Error> {
        if drawn == asked {
            return Ok(());
        }
        Err(Error::Stopped {
            place: format!("core {}", self.core.name()),
            reason: format!("{drawn} {kind} of {asked} were drawn, build the firmware again"),
        })
    }
}

/// Draws the requests on the emulated core and on this machine.
///
/// # Errors
///
/// When there is nothing to compare: the machine does not run or the firmware gives up. A picture that differs is no
/// error but an [`Outcome`].
pub fn emulate(
    file: &ModelFile,
    requests: &[PictureRequest],
    firmware: &Firmware,
    machine: &Machine,
) -> Result<Vec<Outcome>, Error> {
    let model = file.model()?;
    firmware.check_fits(file.bytes().len() as u64)?;
    let mut outcomes = Vec::with_capacity(requests.len());
    let profile = machine.core.profile();
    for batch in requests.chunks(self::core::REQUESTS) {
        let words: Vec<String> = batch.iter().map(ToString::to_string).collect();
        let text = qemu::boot(machine, profile, firmware, file.bytes(), &words)?;
        let report = report::parse(&text)?;
        machine.check_count("pictures", report.pictures.len(), batch.len())?;
        for (request, picture) in batch.iter().zip(&report.pictures) {
            let expected = draw(&model, &request.to_request())?;
            let outcome = Outcome::new(&model, machine.core, request, &expected, &report, picture);
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}
