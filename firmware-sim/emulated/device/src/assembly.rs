//! The instructions of a core that the firmware needs by themselves.
#![allow(
    unsafe_code,
    reason = "calls to the host, the stack pointer and a loop of known length are instructions"
)]

use core::arch::asm;

/// Instructions of a round of [`spin`].
pub(crate) const SPIN_INSTRUCTIONS: u32 = 2;

/// Counts down.
#[inline(never)]
pub(crate) fn spin(rounds: u32) {
    // SAFETY: counts a register down to zero; touches no memory and no stack.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("1: subs {0}, {0}, #1", "bne 1b", inout(reg) rounds => _, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        asm!("1: addi {0}, {0}, -1", "bnez {0}, 1b", inout(reg) rounds => _, options(nomem, nostack));
    }
}

/// Calls the host.
pub(crate) fn semihost(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the operations in use read and write only what their argument points to. The three instructions of RISC-V
    // must not be compressed and must lie in one page.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("bkpt #0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack));
        #[cfg(target_arch = "riscv32")]
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

/// The address up to which the stack is in use.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let pointer;
    // SAFETY: copies a register.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("mov {0}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(target_arch = "riscv32")]
        asm!("mv {0}, sp", out(reg) pointer, options(nomem, nostack));
    }
    pointer
}
