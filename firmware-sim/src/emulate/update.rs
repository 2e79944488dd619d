//! An update with a signature on an emulated core.

use super::image::Firmware;
use super::{Machine, qemu, report};
use crate::Error;

/// `ModelWriter::finish` on a core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// `ok`, or why the update was refused: `unsigned`, `wrong-signature`, `failed`.
    pub outcome: String,
    /// Instructions, 0 where it was refused.
    pub instructions: u64,
    /// Bytes of stack, 0 where it was refused.
    pub stack_bytes: u64,
}

/// Updates two slots in a firmware of the flavour [`Signed`](super::Flavour::Signed): first without a key, so that the
/// signature does not matter, then with it. Gives both.
///
/// # Errors
///
/// When the machine does not run, or the firmware gives up.
pub fn update(
    file: &[u8],
    signature: &[u8; 64],
    public_key: &[u8; 32],
    firmware: &Firmware,
    machine: &Machine,
) -> Result<Vec<Updated>, Error> {
    let partition = [file, signature, public_key].concat();
    firmware.check_fits(partition.len() as u64)?;
    let profile = machine.core.profile();
    let words = ["update".to_owned()];
    let text = qemu::boot(machine, profile, firmware, &partition, &words)?;
    let updates = report::parse(&text)?.updates;
    machine.check_count("updates", updates.len(), 2)?;
    Ok(updates)
}
