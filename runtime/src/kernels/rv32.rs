//! Convolutions on RISC-V of 32 bits: eight sums in registers.
//!
//! Nothing here is beyond the compiler in principle: a weight meets eight pixels, each read by one load at a fixed
//! offset, 3.1 instructions for a multiply-accumulate. But it loads all 32 values of a tap before it multiplies the
//! first, runs out of registers and takes twice as many.
#![allow(
    unsafe_code,
    reason = "assembly: the compiler keeps the sums in memory"
)]

use super::sums::Arguments;
use core::arch::global_asm;

/// Instructions of 16 bits, where the target has them.
#[cfg(target_feature = "c")]
macro_rules! compressed {
    () => {
        ".option arch, +c"
    };
}
#[cfg(not(target_feature = "c"))]
macro_rules! compressed {
    () => {
        ""
    };
}

// Registers: t0 weights, t1 next row, t2 skip, t3 planes, t4 columns, t6 input, s0 planes left, s1 columns left, s2 a
// weight, s3 a value, the accumulators a1 to a7 and t5.
global_asm!(
    ".option push",
    // Assembly outside of functions starts with the base instructions only.
    ".option arch, +m",
    compressed!(),
    ".macro PIXLING_SUMS name, pixels",
    ".section .text.\\name, \"ax\", %progbits",
    ".global \\name",
    ".type \\name, @function",
    "\\name:",
    "addi sp, sp, -16",
    "sw s0, 0(sp)",
    "sw s1, 4(sp)",
    "sw s2, 8(sp)",
    "sw s3, 12(sp)",
    "lw t0, 0(a0)",
    "addi t1, a0, 4",
    "lw t2, 20(a0)",
    "lw t3, 24(a0)",
    "lw t4, 36(a0)",
    "lw a1, 28(a0)",
    "mv a2, a1",
    "mv a3, a1",
    "mv a4, a1",
    "mv a5, a1",
    "mv a6, a1",
    "mv a7, a1",
    "mv t5, a1",
    "2:", // a row
    "lw t6, 0(t1)",
    "addi t1, t1, 4",
    "beqz t6, 4f",
    "mv s0, t3",
    "1:", // a plane
    "mv s1, t4",
    "0:", // a column
    ".set PIXLING_WEIGHT, 0",
    ".rept 4",
    "lb s2, PIXLING_WEIGHT(t0)",
    ".set PIXLING_PIXEL, 0",
    ".irp acc, a1, a2, a3, a4, a5, a6, a7, t5",
    ".if PIXLING_PIXEL < \\pixels",
    "lh s3, (8 * PIXLING_PIXEL + 2 * PIXLING_WEIGHT)(t6)",
    "mul s3, s3, s2",
    "add \\acc, \\acc, s3",
    ".set PIXLING_PIXEL, PIXLING_PIXEL + 1",
    ".endif",
    ".endr",
    ".set PIXLING_WEIGHT, PIXLING_WEIGHT + 1",
    ".endr",
    "addi t0, t0, 4",
    "addi t6, t6, 8",
    "addi s1, s1, -1",
    "bnez s1, 0b",
    "add t6, t6, t2",
    "addi s0, s0, -1",
    "bnez s0, 1b",
    "j 2b",
    "4:",
    "lw t0, 32(a0)",
    ".set PIXLING_PIXEL, 0",
    ".irp acc, a1, a2, a3, a4, a5, a6, a7, t5",
    ".if PIXLING_PIXEL < \\pixels",
    "sw \\acc, (4 * PIXLING_PIXEL)(t0)",
    ".set PIXLING_PIXEL, PIXLING_PIXEL + 1",
    ".endif",
    ".endr",
    "lw s0, 0(sp)",
    "lw s1, 4(sp)",
    "lw s2, 8(sp)",
    "lw s3, 12(sp)",
    "addi sp, sp, 16",
    "ret",
    ".size \\name, . - \\name",
    ".endm",
    "PIXLING_SUMS pixling_sums_8, 8",
    "PIXLING_SUMS pixling_sums_7, 7",
    "PIXLING_SUMS pixling_sums_4, 4",
    ".purgem PIXLING_SUMS",
    ".option pop",
    ".text",
);

unsafe extern "C" {
    pub(super) fn pixling_sums_8(arguments: *const Arguments);
    pub(super) fn pixling_sums_7(arguments: *const Arguments);
    pub(super) fn pixling_sums_4(arguments: *const Arguments);
}
