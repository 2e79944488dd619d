//! How deep the stack grew.
#![allow(
    unsafe_code,
    reason = "memory below the stack pointer belongs to no Rust object"
)]

use core::arch::asm;
use core::ptr::addr_of;
use cortex_m::register::msp;

/// A word that code is unlikely to leave behind.
const COLOR: u32 = 0xc0de_57ac;

#[allow(missing_docs, reason = "private to this file, defined by cortex-m-rt")]
unsafe extern "C" {
    /// The end of the statics: the stack may grow down to here.
    static __sheap: u32;
}

fn bottom() -> *const u32 {
    addr_of!(__sheap)
}

/// Paints all memory below the caller's frame and returns the address where that frame ends.
#[inline(always)]
pub(crate) fn paint() -> u32 {
    let top = msp::read();
    // SAFETY: nothing lives below the stack pointer, and a loop of its own instructions uses no stack meanwhile. No
    // interrupt is enabled.
    unsafe {
        asm!(
            "2: cmp {address}, {top}",
            "bhs 3f",
            "str {color}, [{address}]",
            "adds {address}, #4",
            "b 2b",
            "3:",
            address = inout(reg) bottom() => _,
            top = in(reg) top,
            color = in(reg) COLOR,
            options(nostack)
        );
    }
    top
}

/// The bytes below `top` that are no longer as painted.
#[inline(always)]
pub(crate) fn used(top: u32) -> usize {
    let mut lowest = bottom();
    // SAFETY: every address up to `top` is RAM, and reading it changes nothing.
    while (lowest as u32) < top && unsafe { lowest.read_volatile() } == COLOR {
        lowest = lowest.wrapping_add(1);
    }
    (top - lowest as u32) as usize
}
