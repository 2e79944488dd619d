//! Convolutions on Cortex-M0: every register an accumulator that can be one.
//!
//! Thumb-1 has eight registers that most instructions reach, and the compiler keeps accumulators in memory when they are
//! used up. But additions reach the others, so that eight pixels' sums fit. It also has no load that extends a sign at a
//! fixed offset: cells hold values without one (`cell::BIAS`), and what that adds, 256 times the sum of the weights, is
//! summed up on the way and taken off at the end. A multiply-accumulate takes 3.4 instructions.
#![allow(
    unsafe_code,
    reason = "assembly: the compiler does not use the high registers for sums"
)]

use super::sums::Arguments;
use core::arch::global_asm;

// Registers: r0 weights, r1 input, r2 a weight, r3 a value, r4 the sum of the weights, r7 columns left, the others
// accumulators. Stack: skip, planes, columns, next row, planes left, arguments.
global_asm!(
    ".macro PIXLING_SUMS name, pixels",
    ".section .text.\\name, \"ax\", %progbits",
    ".global \\name",
    ".type \\name, %function",
    ".thumb_func",
    "\\name:",
    "push {{r4-r7, lr}}",
    "mov r4, r8",
    "mov r5, r9",
    "mov r6, r10",
    "mov r7, r11",
    "push {{r4-r7}}",
    "sub sp, #24",
    "str r0, [sp, #20]",
    "mov r7, r0",
    "ldr r0, [r7]",
    "ldr r1, [r7, #20]",
    "ldr r2, [r7, #24]",
    "ldr r3, [r7, #36]",
    "str r1, [sp]",
    "str r2, [sp, #4]",
    "str r3, [sp, #8]",
    "adds r1, r7, #4",
    "str r1, [sp, #12]",
    "ldr r5, [r7, #28]",
    "mov r6, r5",
    "mov r8, r5",
    "mov r9, r5",
    "mov r10, r5",
    "mov r11, r5",
    "mov r12, r5",
    "mov lr, r5",
    "movs r4, #0",
    "2:", // a row
    "ldr r3, [sp, #12]",
    "ldr r1, [r3]",
    "adds r3, #4",
    "str r3, [sp, #12]",
    "cmp r1, #0",
    "bne 3f",
    "b 4f",
    "3:",
    "ldr r3, [sp, #4]",
    "str r3, [sp, #16]",
    "1:", // a plane
    "ldr r7, [sp, #8]",
    "0:", // a column
    ".set PIXLING_WEIGHT, 0",
    ".rept 4",
    "ldrb r2, [r0, #PIXLING_WEIGHT]",
    "sxtb r2, r2",
    "adds r4, r2",
    ".set PIXLING_PIXEL, 0",
    ".irp acc, r5, r6, r8, r9, r10, r11, r12, lr",
    ".if PIXLING_PIXEL < \\pixels",
    "ldrh r3, [r1, #(8 * PIXLING_PIXEL + 2 * PIXLING_WEIGHT)]",
    "muls r3, r2, r3",
    "add \\acc, r3",
    ".set PIXLING_PIXEL, PIXLING_PIXEL + 1",
    ".endif",
    ".endr",
    ".set PIXLING_WEIGHT, PIXLING_WEIGHT + 1",
    ".endr",
    "adds r0, #4",
    "adds r1, #8",
    "subs r7, #1",
    "bne 0b",
    "ldr r3, [sp]",
    "adds r1, r3",
    "ldr r3, [sp, #16]",
    "subs r3, #1",
    "str r3, [sp, #16]",
    "beq 5f",
    "b 1b",
    "5:",
    "b 2b",
    "4:",
    "ldr r0, [sp, #20]",
    "ldr r0, [r0, #32]",
    "lsls r4, r4, #8",
    ".set PIXLING_PIXEL, 0",
    ".irp acc, r5, r6, r8, r9, r10, r11, r12, lr",
    ".if PIXLING_PIXEL < \\pixels",
    "mov r3, \\acc",
    "subs r3, r4",
    "str r3, [r0, #(4 * PIXLING_PIXEL)]",
    ".set PIXLING_PIXEL, PIXLING_PIXEL + 1",
    ".endif",
    ".endr",
    "add sp, #24",
    "pop {{r4-r7}}",
    "mov r8, r4",
    "mov r9, r5",
    "mov r10, r6",
    "mov r11, r7",
    "pop {{r4-r7, pc}}",
    ".size \\name, . - \\name",
    ".endm",
    ".syntax unified",
    ".thumb",
    "PIXLING_SUMS pixling_sums_8, 8",
    "PIXLING_SUMS pixling_sums_7, 7",
    "PIXLING_SUMS pixling_sums_4, 4",
    ".purgem PIXLING_SUMS",
    ".text",
);

unsafe extern "C" {
    pub(super) fn pixling_sums_8(arguments: *const Arguments);
    pub(super) fn pixling_sums_7(arguments: *const Arguments);
    pub(super) fn pixling_sums_4(arguments: *const Arguments);
}
