//! A flash that is only read.

use embedded_storage::nor_flash::{
    ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_read,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A driver's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl NorFlashError for Broken {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

/// Flash that is only read, in words of `READ` bytes.
pub(crate) struct Rom<const READ: usize> {
    pub(crate) bytes: Rc<RefCell<Vec<u8>>>,
    /// How many reads succeed before one fails.
    pub(crate) fails: Rc<Cell<Option<u32>>>,
}

impl<const READ: usize> Rom<READ> {
    /// Filled up to whole words.
    pub(crate) fn new(bytes: &[u8]) -> Rom<READ> {
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(READ), 0xff);
        Rom {
            bytes: Rc::new(RefCell::new(bytes)),
            fails: Rc::default(),
        }
    }
}

impl<const READ: usize> ErrorType for Rom<READ> {
    type Error = Broken;
}

impl<const READ: usize> ReadNorFlash for Rom<READ> {
    const READ_SIZE: usize = READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Broken> {
        check_read(self, offset, bytes.len()).expect("within the flash, in whole words");
        match self.fails.get() {
            Some(0) => return Err(Broken),
            left => self.fails.set(left.map(|left| left - 1)),
        }
        bytes.copy_from_slice(&self.bytes.borrow()[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.borrow().len()
    }
}
