//! The flash partition of the model. The linker script of the firmware places it between `_model_start` and `_model_end`.
#![no_std]
#![allow(
    unsafe_code,
    reason = "flash that the linker script sets aside is memory outside of Rust's objects"
)]

use core::ptr::addr_of;

#[allow(
    missing_docs,
    reason = "private to this file, defined in the memory map"
)]
unsafe extern "C" {
    static _model_start: u8;
    static _model_end: u8;
}

/// All bytes of the partition; the model's own header says how many are the file's.
pub fn partition() -> &'static [u8] {
    let start = addr_of!(_model_start);
    let bytes = addr_of!(_model_end) as usize - start as usize;
    // SAFETY: the memory map keeps the partition apart from code and RAM, and nothing writes to it while this runs.
    unsafe { core::slice::from_raw_parts(start, bytes) }
}
