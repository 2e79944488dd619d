//! A flash whose driver fails at some of its calls.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// The one error of a [`FaultyFlash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverFault;

impl NorFlashError for DriverFault {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// The work of a call that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    NotDone,
    /// All that was asked for.
    Done,
}

/// A driver that fails at some of its calls, and works at all others.
#[derive(Clone, Debug)]
pub struct FaultyFlash<F> {
    /// The flash.
    pub flash: F,
    /// Calls so far.
    pub calls: u64,
    /// The calls that fail, and their work.
    pub faults: Vec<(u64, Fault)>,
}

impl<F> FaultyFlash<F> {
    /// A driver without faults.
    pub fn new(flash: F) -> Self {
        FaultyFlash {
            flash,
            calls: 0,
            faults: Vec::new(),
        }
    }

    /// Lets a call fail, besides others: 0 is the next one.
    pub fn fail_after(&mut self, calls: u64, fault: Fault) {
        self.faults.push((self.calls + calls, fault));
    }

    fn call(&mut self, work: impl FnOnce(&mut F)) -> Result<(), DriverFault> {
        let mut faults = self.faults.iter();
        let fault = faults.find(|(at, _)| *at == self.calls).copied();
        self.calls += 1;
        if fault.is_none_or(|(_, fault)| fault == Fault::Done) {
            work(&mut self.flash);
        }
        match fault {
            None => Ok(()),
            Some(_) => Err(DriverFault),
        }
    }
}

impl<F> ErrorType for FaultyFlash<F> {
    type Error = DriverFault;
}

/// # Panics
///
/// When the flash itself fails.
impl<F: ReadNorFlash> ReadNorFlash for FaultyFlash<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), DriverFault> {
        self.call(|flash| flash.read(offset, bytes).expect("a flash that works"))
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

/// # Panics
///
/// When the flash itself fails.
impl<F: NorFlash> NorFlash for FaultyFlash<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), DriverFault> {
        self.call(|flash| flash.erase(from, to).expect("a flash that works"))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), DriverFault> {
        self.call(|flash| flash.write(offset, bytes).expect("a flash that works"))
    }
}
