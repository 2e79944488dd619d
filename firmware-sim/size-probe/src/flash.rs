//! A model that is replaced in its slots and drawn from there, through a driver of which nothing is known here.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use pixling::Request;
use pixling::flash::{SlotError, Slots};

/// A driver's functions; each returns 0 when it has done its work.
#[repr(C)]
pub struct Driver {
    read: extern "C" fn(offset: u32, bytes: *mut u8, count: usize) -> i32,
    write: extern "C" fn(offset: u32, bytes: *const u8, count: usize) -> i32,
    erase: extern "C" fn(from: u32, to: u32) -> i32,
    capacity: usize,
    #[cfg(feature = "signed")]
    public_key: [u8; 32],
}

/// The result of a driver's function.
#[derive(Debug)]
pub struct Code(#[allow(dead_code, reason = "a debugger shows it")] i32);

impl NorFlashError for Code {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

fn done(code: i32) -> Result<(), Code> {
    if code == 0 { Ok(()) } else { Err(Code(code)) }
}

impl ErrorType for Driver {
    type Error = Code;
}

impl ReadNorFlash for Driver {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Code> {
        done((self.read)(offset, bytes.as_mut_ptr(), bytes.len()))
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}

impl NorFlash for Driver {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Code> {
        done((self.erase)(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Code> {
        done((self.write)(offset, bytes.as_ptr(), bytes.len()))
    }
}

/// Writes a model to the older of two slots in the first `end` bytes of the flash, and draws a picture with the newest
/// one. Returns its first pixel, or a negative number.
///
/// # Safety
///
/// All pointers must be good for as many bytes.
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "three buffers from a language that has no slices"
)]
pub unsafe extern "C" fn replace(
    driver: &mut Driver,
    end: u32,
    file: *const u8,
    bytes: usize,
    buffer: *mut u8,
    buffer_bytes: usize,
    arena: *mut u8,
    arena_bytes: usize,
) -> i32 {
    // SAFETY: the caller's promise.
    let (file, buffer, arena) = unsafe {
        (
            core::slice::from_raw_parts(file, bytes),
            core::slice::from_raw_parts_mut(buffer, buffer_bytes),
            core::slice::from_raw_parts_mut(arena, arena_bytes),
        )
    };
    draw(driver, end, file, buffer, arena).unwrap_or(-1)
}

fn draw(
    driver: &mut Driver,
    end: u32,
    file: &[u8],
    buffer: &mut [u8],
    arena: &mut [u8],
) -> Result<i32, SlotError<Code>> {
    #[cfg(feature = "signed")]
    let public_key = driver.public_key;
    let slots = Slots::new(driver, 0..end)?;
    #[cfg(feature = "signed")]
    let slots = slots.signed_by(public_key);
    let mut slots = slots;
    let mut writer = slots.update(buffer)?;
    writer.write(file)?;
    writer.finish(buffer, arena)?;
    let (_, mut model) = slots.load(buffer)?;
    let request = Request::new(0, 1);
    let mut rows = model.rows(&request, arena)?;
    while rows.next_row()?.is_some() {}
    let picture = model.generate(&request, arena)?;
    Ok(picture.pixels().first().map_or(-2, |it| i32::from(*it)))
}
