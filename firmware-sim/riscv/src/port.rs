//! What the firmware needs of a RISC-V core.
#![allow(
    unsafe_code,
    reason = "calls to the host, the stack pointer and the counter are instructions"
)]

use core::arch::asm;
use core::ptr::addr_of;

/// The most that a model may need.
pub(crate) const ARENA_BYTES: usize = 64 * 1024;
/// Behind the arena, for the frame of a display of 320x240 pixels of 16 bits.
#[cfg(feature = "application")]
pub(crate) const FRAME_BYTES: usize = 150 * 1024;
/// Room for the requests of one boot. The host boots again for more.
pub(crate) const COMMAND_LINE_BYTES: usize = 1024;

/// The counter of instructions always runs.
pub(crate) fn start_counter() {}

/// Ticks since some moment: QEMU's counter advances by 128 per instruction, a sixteenth of which is kept so that 32 bits
/// last for 268 million.
pub(crate) fn ticks() -> u32 {
    let (low, high, again): (u32, u32, u32);
    // SAFETY: reads a counter.
    unsafe {
        asm!(
            "2:",
            "csrr {1}, minstreth",
            "csrr {0}, minstret",
            "csrr {2}, minstreth",
            "bne {1}, {2}, 2b",
            out(reg) low,
            out(reg) high,
            out(reg) again,
            options(nomem, nostack)
        );
    }
    let _ = again;
    (high << 28) | (low >> 4)
}

/// Instructions of a round of [`spin`].
pub(crate) const SPIN_INSTRUCTIONS: u32 = 2;

#[inline(never)]
pub(crate) fn spin(rounds: u32) {
    // SAFETY: counts a register down to zero; touches no memory and no stack.
    unsafe {
        asm!("1: addi {0}, {0}, -1", "bnez {0}, 1b", inout(reg) rounds => _, options(nomem, nostack));
    }
}

/// Calls the host.
pub(crate) fn semihost(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the operations in use read and write only what their argument points to. The three instructions must not
    // be compressed and must lie in one page.
    unsafe {
        asm!(
            ".option push",
            ".option norvc",
            ".balign 16",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inlateout("a0") operation => result,
            in("a1") argument,
            options(nostack)
        );
    }
    result
}

#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: copies a register.
    unsafe { asm!("mv {0}, sp", out(reg) pointer, options(nomem, nostack)) };
    pointer
}

#[allow(
    missing_docs,
    reason = "private to this file, defined in the memory map"
)]
unsafe extern "C" {
    static _bss_end: u32;
}

/// The end of the statics: the stack may grow down to here.
pub(crate) fn stack_limit() -> *mut u32 {
    addr_of!(_bss_end).cast_mut()
}
