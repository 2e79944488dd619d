//! The firmware's ELF file.

use crate::Error;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags};
use std::path::{Path, PathBuf};

/// A built firmware. It says itself where the model goes.
#[derive(Clone, Debug)]
pub struct Firmware {
    path: PathBuf,
    /// The flash partition of the model.
    partition: std::ops::Range<u64>,
    /// Bytes of code and constants in flash.
    flash_bytes: u64,
}

impl Firmware {
    /// Reads an ELF file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or names no partition for a model.
    pub fn read(path: &Path) -> Result<Firmware, Error> {
        let failed = |reason: String| Error::Firmware {
            path: path.to_owned(),
            reason,
        };
        let path = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let elf = object::File::parse(&*bytes).map_err(|error| failed(error.to_string()))?;
        let address = |name: &str| {
            elf.symbol_by_name(name)
                .map(|symbol| symbol.address())
                .ok_or_else(|| failed(format!("it has no symbol `{name}`")))
        };
        let flash_bytes = elf.sections().filter(is_in_flash).map(|it| it.size()).sum();
        Ok(Firmware {
            partition: address("_model_start")?..address("_model_end")?,
            path,
            flash_bytes,
        })
    }

    /// Fails when a model of that size does not fit its partition.
    pub(crate) fn check_fits(&self, model: u64) -> Result<(), Error> {
        let partition = self.partition.end.saturating_sub(self.partition.start);
        if model > partition {
            return Err(Error::PartitionTooSmall { model, partition });
        }
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The flash partition of the model.
    pub fn partition(&self) -> std::ops::Range<u64> {
        self.partition.clone()
    }

    /// Bytes that code and constants take in flash, without the model.
    pub fn flash_bytes(&self) -> u64 {
        self.flash_bytes
    }
}

/// Loaded and with contents: not `.bss`, not debug information.
fn is_in_flash(section: &object::Section<'_, '_>) -> bool {
    let allocated = match section.flags() {
        SectionFlags::Elf { sh_flags } => sh_flags & u64::from(object::elf::SHF_ALLOC) != 0,
        _ => false,
    };
    allocated && section.file_range().is_some()
}
