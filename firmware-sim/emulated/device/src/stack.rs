//! How deep the stack grew.
#![allow(
    unsafe_code,
    reason = "memory below the stack pointer belongs to no Rust object"
)]

use crate::Machine;
use crate::assembly::stack_pointer;

/// A word that code is unlikely to leave behind.
const COLOR: u32 = 0xc0de_57ac;

/// Paints all memory below the caller's frame and returns the address where that frame ends.
#[inline(always)]
pub(crate) fn paint<M: Machine>() -> usize {
    let top = stack_pointer();
    let mut address = M::stack_limit();
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
pub(crate) fn used<M: Machine>(top: usize) -> usize {
    let mut lowest = M::stack_limit();
    // SAFETY: every address up to `top` is RAM, and reading it changes nothing.
    while (lowest as usize) < top && unsafe { lowest.read_volatile() } == COLOR {
        lowest = lowest.wrapping_add(1);
    }
    top - lowest as usize
}
