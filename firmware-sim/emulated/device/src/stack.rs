//! How deep the stack grew.
#![allow(
    unsafe_code,
    reason = "memory below the stack pointer belongs to no Rust object, and the linker script says where it ends"
)]

use crate::assembly::stack_pointer;
use core::ptr::addr_of;

/// A word that code is unlikely to leave behind.
const COLOR: u32 = 0xc0de_57ac;

#[allow(
    missing_docs,
    reason = "private to this file, defined by cortex-m-rt and riscv-rt"
)]
unsafe extern "C" {
    static __sheap: u32;
}

/// The end of the statics: the stack may grow down to here.
#[inline(always)]
fn limit() -> *mut u32 {
    addr_of!(__sheap).cast_mut()
}

/// Paints all memory below the caller's frame and returns the address where that frame ends.
#[inline(always)]
pub(crate) fn paint() -> usize {
    let top = stack_pointer();
    let mut address = limit();
    while (address as usize) < top {
        // SAFETY: nothing lives below the stack pointer: this is inlined, calls nothing, and no interrupt keeps
        // anything there.
        unsafe { address.write_volatile(COLOR) };
        address = address.wrapping_add(1);
    }
    top
}

/// The bytes below `top` that are no longer as painted.
#[inline(always)]
pub(crate) fn used(top: usize) -> usize {
    let mut lowest = limit();
    // SAFETY: every address up to `top` is RAM, and reading it changes nothing.
    while (lowest as usize) < top && unsafe { lowest.read_volatile() } == COLOR {
        lowest = lowest.wrapping_add(1);
    }
    top - lowest as usize
}
