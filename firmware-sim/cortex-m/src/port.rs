//! What the firmware needs of a Cortex-M.
#![allow(
    unsafe_code,
    reason = "calls to the host, the stack pointer and a loop of known length are instructions"
)]

#[cfg(feature = "application")]
pub(crate) use crate::board::FRAME_BYTES;
pub(crate) use crate::board::{ARENA_BYTES, start_counter, ticks};
use core::arch::asm;
use core::ptr::addr_of;

/// Instructions of a round of [`spin`].
pub(crate) const SPIN_INSTRUCTIONS: u32 = 2;

#[inline(never)]
pub(crate) fn spin(rounds: u32) {
    // SAFETY: counts a register down to zero; touches no memory and no stack.
    unsafe {
        asm!("1: subs {0}, {0}, #1", "bne 1b", inout(reg) rounds => _, options(nomem, nostack));
    }
}

/// Calls the host.
pub(crate) fn semihost(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the operations in use read and write only what their argument points to.
    unsafe {
        asm!("bkpt #0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack));
    }
    result
}

#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    cortex_m::register::msp::read() as usize
}

#[allow(missing_docs, reason = "private to this file, defined by cortex-m-rt")]
unsafe extern "C" {
    static __sheap: u32;
}

/// The end of the statics: the stack may grow down to here.
pub(crate) fn stack_limit() -> *mut u32 {
    addr_of!(__sheap).cast_mut()
}
