//! Convolutions on Cortex-M4, M7 and M33: two multiply-accumulates per instruction.
//!
//! `SMLAD` adds two products of 16-bit lanes. The compiler does not find it in a dot product of bytes and would spill
//! most of eight accumulators, so the inner loop is written by hand: one word of four weights is unpacked by two
//! instructions and meets eight (or seven, or four) neighbouring pixels, each a cell read by one `LDRD`. For a tap of
//! four channels that is 27 instructions for 32 multiply-accumulates. `SMMLAR` is the whole requantization but for the
//! choice of the multiplier and the saturation.
#![allow(
    unsafe_code,
    reason = "assembly: the compiler offers no intrinsics for these instructions on stable"
)]

use super::cell::Cell;
use super::routines::{self, Arguments, Block, Dense, Depthwise, Routine, requantize};
use super::run::{Run, Target};
use crate::index::product;
use core::arch::global_asm;

// A routine for each width of kernel and number of pixels. Registers: the accumulators from r0 on, r8 weights, r9 input,
// r10 and r11 a word of weights unpacked, r12 and lr a cell. Stack: arguments, next row, end of row, plane.
global_asm!(
    requantize!(),
    ".macro PIXLING_TAP pixels, offset",
    "ldr r10, [r8], #4",
    "sxtb16 r11, r10, ror #8",
    "sxtb16 r10, r10",
    ".set PIXLING_AT, \\offset",
    ".irp acc, r0, r1, r2, r3, r4, r5, r6, r7",
    ".if PIXLING_AT < \\offset + 8 * \\pixels",
    "ldrd r12, lr, [r9, #PIXLING_AT]",
    "smlad \\acc, r12, r10, \\acc",
    "smlad \\acc, lr, r11, \\acc",
    ".set PIXLING_AT, PIXLING_AT + 8",
    ".endif",
    ".endr",
    ".endm",
    //
    ".macro PIXLING_STRIP name, taps, pixels, step",
    ".section .text.\\name, \"ax\", %progbits",
    ".global \\name",
    ".type \\name, %function",
    ".thumb_func",
    "\\name:",
    "push {{r4-r11, lr}}",
    "sub sp, #20",
    "str r0, [sp]",
    "mov r12, r0",
    "ldrd r8, r10, [r0, #20]", // plane, planes
    "strd r8, r10, [sp, #12]",
    "ldr r8, [r0]",
    "5:", // a channel
    "ldr r9, [r12, #28]",
    "ldr r0, [r9], #4",
    "str r9, [r12, #28]",
    "mov r1, r0",
    "mov r2, r0",
    "mov r3, r0",
    ".if \\pixels > 4",
    "mov r4, r0",
    "mov r5, r0",
    "mov r6, r0",
    ".endif",
    ".if \\pixels > 7",
    "mov r7, r0",
    ".endif",
    "ldr r9, [r12, #4]!",
    "2:", // a row
    "ldr r10, [sp, #16]",
    "add r10, r9",
    "strd r12, r10, [sp, #4]",
    "1:", // a plane
    ".set PIXLING_FROM, 0",
    ".rept \\taps",
    "PIXLING_TAP \\pixels, PIXLING_FROM",
    ".set PIXLING_FROM, PIXLING_FROM + 8",
    ".endr",
    "ldrd r12, lr, [sp, #8]",
    "add r9, lr",
    "cmp r9, r12",
    "bne 1b",
    "ldr r12, [sp, #4]",
    "ldr r9, [r12, #4]!",
    "cmp r9, #0",
    "bne 2b",
    "ldr r12, [sp]",
    "ldr r9, [r12, #32]",
    "ldr r10, [r9], #4",
    "ldr r11, [r9], #4",
    "str r9, [r12, #32]",
    "ldrd lr, r9, [r12, #36]", // zero point, out
    "cmp r10, r11",
    "beq 4f",
    ".set PIXLING_AT, 0",
    ".irp acc, r0, r1, r2, r3, r4, r5, r6, r7",
    ".if PIXLING_AT < \\pixels",
    "PIXLING_REQUANTIZE \\acc, r10, r11, lr",
    "strh \\acc, [r9, #(\\step * PIXLING_AT)]",
    ".set PIXLING_AT, PIXLING_AT + 1",
    ".endif",
    ".endr",
    "b 3f",
    "4:", // a linear layer
    ".set PIXLING_AT, 0",
    ".irp acc, r0, r1, r2, r3, r4, r5, r6, r7",
    ".if PIXLING_AT < \\pixels",
    "smmlar \\acc, \\acc, r10, lr",
    "ssat \\acc, #8, \\acc",
    "sub \\acc, \\acc, lr",
    "strh \\acc, [r9, #(\\step * PIXLING_AT)]",
    ".set PIXLING_AT, PIXLING_AT + 1",
    ".endif",
    ".endr",
    "3:", // the lanes stand in the order 0, 2, 1, 3
    "ldrd r10, r11, [r12, #44]",
    "adds r10, #1",
    "str r10, [r12, #44]",
    "cmp r10, r11",
    "beq 6f",
    "lsls r11, r10, #31",
    "itt mi", // odd
    "addmi r9, #4",
    "bmi 7f",
    "lsls r11, r10, #30",
    "ite mi",
    "submi r9, #2",
    "ldrpl r11, [r12, #52]",
    "it pl",
    "addpl r9, r11",
    "7:",
    "str r9, [r12, #40]",
    "b 5b",
    "6:",
    "add sp, #20",
    "pop {{r4-r11, pc}}",
    ".size \\name, . - \\name",
    ".endm",
    //
    ".syntax unified",
    ".thumb",
    // The name of an Armv8-M target does not say that the core has the extension.
    ".cpu cortex-m33",
    "PIXLING_STRIP pixling_strip_1x8, 1, 8, 8",
    "PIXLING_STRIP pixling_strip_1x7, 1, 7, 8",
    "PIXLING_STRIP pixling_strip_1x4, 1, 4, 8",
    "PIXLING_STRIP pixling_strip_2x8, 2, 8, 16",
    "PIXLING_STRIP pixling_strip_2x7, 2, 7, 16",
    "PIXLING_STRIP pixling_strip_2x4, 2, 4, 16",
    "PIXLING_STRIP pixling_strip_3x8, 3, 8, 8",
    "PIXLING_STRIP pixling_strip_3x7, 3, 7, 8",
    "PIXLING_STRIP pixling_strip_3x4, 3, 4, 8",
    // Four outputs of a dense layer, which share the words of the input. r0, r1, r3, r4 accumulators, r2 weights, r5
    // input, r6 and r7 a word of weights, r8 and r9 a cell, r10 and r11 one and three times the weights of an output,
    // r12 arguments, lr the end of the input.
    ".section .text.pixling_dense, \"ax\", %progbits",
    ".global pixling_dense",
    ".type pixling_dense, %function",
    ".thumb_func",
    "pixling_dense:",
    "push {{r4-r11, lr}}",
    "mov r12, r0",
    "ldr r9, [r12, #12]",
    "ldr r0, [r9], #4",
    "ldr r1, [r9], #4",
    "ldr r3, [r9], #4",
    "ldr r4, [r9], #4",
    "str r9, [r12, #12]",
    "ldr r2, [r12]",
    "ldr r5, [r12, #4]",
    "ldr r10, [r12, #8]",
    "add lr, r5, r10, lsl #1", // a weight of a byte for each value of two
    "add r11, r10, r10, lsl #1",
    "1:",
    "ldr r6, [r2, r10]",
    "ldrd r8, r9, [r5], #8",
    "sxtb16 r7, r6, ror #8",
    "sxtb16 r6, r6",
    "smlad r1, r8, r6, r1",
    "smlad r1, r9, r7, r1",
    "ldr r6, [r2, r10, lsl #1]",
    "sxtb16 r7, r6, ror #8",
    "sxtb16 r6, r6",
    "smlad r3, r8, r6, r3",
    "smlad r3, r9, r7, r3",
    "ldr r6, [r2, r11]",
    "sxtb16 r7, r6, ror #8",
    "sxtb16 r6, r6",
    "smlad r4, r8, r6, r4",
    "smlad r4, r9, r7, r4",
    "ldr r6, [r2], #4",
    "sxtb16 r7, r6, ror #8",
    "sxtb16 r6, r6",
    "smlad r0, r8, r6, r0",
    "smlad r0, r9, r7, r0",
    "cmp r5, lr",
    "bne 1b",
    "add r2, r11",
    "str r2, [r12]",
    "ldr r9, [r12, #16]",
    "ldr lr, [r12, #20]",
    ".irp acc, r0, r1, r3, r4",
    "ldr r10, [r9], #4",
    "ldr r11, [r9], #4",
    "PIXLING_REQUANTIZE \\acc, r10, r11, lr",
    ".endr",
    "pkhbt r0, r0, r3, lsl #16",
    "pkhbt r1, r1, r4, lsl #16",
    "ldr r9, [r12, #24]",
    "strd r0, r1, [r9]",
    "pop {{r4-r11, pc}}",
    ".size pixling_dense, . - pixling_dense",
    // Four channels of two pixels of a depthwise convolution, three columns wide. r0 to r3 the first pixel, r4 to r7
    // the second, in the order of the lanes.
    ".section .text.pixling_depthwise, \"ax\", %progbits",
    ".global pixling_depthwise",
    ".type pixling_depthwise, %function",
    ".thumb_func",
    "pixling_depthwise:",
    "push {{r4-r11, lr}}",
    "sub sp, #8",
    "str r0, [sp]",
    "ldr r8, [r0]",
    "ldr r9, [r0, #20]",
    "mov r12, r0",
    "ldr r0, [r9]",
    "ldr r1, [r9, #8]",
    "ldr r2, [r9, #4]",
    "ldr r3, [r9, #12]",
    "mov r4, r0",
    "mov r5, r1",
    "mov r6, r2",
    "mov r7, r3",
    "ldr r9, [r12, #4]!",
    "2:",
    "str r12, [sp, #4]",
    ".set PIXLING_FROM, 0",
    ".rept 3",
    "ldr r10, [r8], #4",
    "sxtb16 r11, r10, ror #8",
    "sxtb16 r10, r10",
    "ldrd r12, lr, [r9, #PIXLING_FROM]",
    "smlabb r0, r12, r10, r0",
    "smlatt r1, r12, r10, r1",
    "smlabb r2, lr, r11, r2",
    "smlatt r3, lr, r11, r3",
    "ldrd r12, lr, [r9, #PIXLING_FROM + 8]",
    "smlabb r4, r12, r10, r4",
    "smlatt r5, r12, r10, r5",
    "smlabb r6, lr, r11, r6",
    "smlatt r7, lr, r11, r7",
    ".set PIXLING_FROM, PIXLING_FROM + 8",
    ".endr",
    "ldr r12, [sp, #4]",
    "ldr r9, [r12, #4]!",
    "cmp r9, #0",
    "bne 2b",
    "ldr r12, [sp]",
    "ldr r9, [r12, #24]",
    "ldr lr, [r12, #28]",
    ".macro PIXLING_PAIR at, one, other",
    "ldr r10, [r9, #\\at]",
    "ldr r11, [r9, #(\\at + 4)]",
    ".irp acc, \\one, \\other",
    "PIXLING_REQUANTIZE \\acc, r10, r11, lr",
    ".endr",
    ".endm",
    "PIXLING_PAIR 0, r0, r4",
    "PIXLING_PAIR 16, r1, r5",
    "PIXLING_PAIR 8, r2, r6",
    "PIXLING_PAIR 24, r3, r7",
    ".purgem PIXLING_PAIR",
    "ldr r9, [r12, #32]",
    "pkhbt r0, r0, r1, lsl #16",
    "pkhbt r2, r2, r3, lsl #16",
    "strd r0, r2, [r9]",
    "pkhbt r4, r4, r5, lsl #16",
    "pkhbt r6, r6, r7, lsl #16",
    "strd r4, r6, [r9, #8]",
    "add sp, #8",
    "pop {{r4-r11, pc}}",
    ".size pixling_depthwise, . - pixling_depthwise",
    ".purgem PIXLING_STRIP",
    ".purgem PIXLING_TAP",
    ".purgem PIXLING_REQUANTIZE",
    ".text",
);

unsafe extern "C" {
    fn pixling_strip_1x8(arguments: *mut Arguments);
    fn pixling_strip_1x7(arguments: *mut Arguments);
    fn pixling_strip_1x4(arguments: *mut Arguments);
    fn pixling_strip_2x8(arguments: *mut Arguments);
    fn pixling_strip_2x7(arguments: *mut Arguments);
    fn pixling_strip_2x4(arguments: *mut Arguments);
    fn pixling_strip_3x8(arguments: *mut Arguments);
    fn pixling_strip_3x7(arguments: *mut Arguments);
    fn pixling_strip_3x4(arguments: *mut Arguments);
    fn pixling_dense(arguments: *mut Dense);
    fn pixling_depthwise(arguments: *const Depthwise);
}

/// For 8, 7 and 4 pixels, and the cells from one output to the next.
fn routines(kernel_width: usize) -> Option<([Routine; 3], usize)> {
    match kernel_width {
        1 => Some(([pixling_strip_1x8, pixling_strip_1x7, pixling_strip_1x4], 1)),
        2 => Some(([pixling_strip_2x8, pixling_strip_2x7, pixling_strip_2x4], 2)),
        3 => Some(([pixling_strip_3x8, pixling_strip_3x7, pixling_strip_3x4], 1)),
        _ => None,
    }
}

/// A row of a dense layer.
pub(super) fn dense(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    routines::dense(run, target, pixling_dense)
}

/// A row of a depthwise convolution, two pixels at a time.
pub(super) fn depthwise(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    routines::depthwise(run, target, 2, pixling_depthwise)
}

/// A run that the routines serve; others are left to the portable kernel.
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    let Some(([eight, seven, four], step)) = routines(run.filters.width) else {
        return false;
    };
    let served = run.source.stride == 1 && run.filters.height <= 3 && run.count >= 4;
    if !served || target.pixel != step {
        return false;
    }
    // The number of pixels in each block, and in the last one. Multiples of 7 are as common as multiples of 8.
    let (block, last): (Block, Block) = match run.count {
        7 | 14 | 21 | 28 | 56 => ((seven, 7), (seven, 7)),
        4..7 => ((four, 4), (four, 4)),
        count if count.wrapping_sub(1) & 7 < 4 => ((eight, 8), (four, 4)),
        _ => ((eight, 8), (eight, 8)),
    };
    let planes = product([run.source.plane, Cell::BYTES, run.filters.quads]) as u32;
    routines::convolve(run, target, planes, step, |left| {
        if left >= block.1 { block } else { last }
    });
    true
}
