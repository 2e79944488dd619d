//! Convolutions on Cortex-M55: eight multiply-accumulates per instruction.
//!
//! `VMLAVA` adds the products of two vectors to a register. Two neighbouring cells are a vector of 16-bit lanes, eight
//! weights are extended to another while they are loaded, and every even register is an accumulator, so that a vector of
//! weights meets seven pixels: 17 instructions for 56 multiply-accumulates. The compiler finds such a loop for one dot
//! product of unknown length, but not for seven that share their weights. Requantization is that of the DSP extension,
//! which this core has as well.
#![allow(
    unsafe_code,
    reason = "assembly: the compiler offers no intrinsics for these instructions on stable"
)]

use super::routines::{self, Arguments, Dense, Depthwise, Routine, requantize};
use super::run::{Run, Target};
use core::arch::global_asm;

// Registers: the even ones but lr accumulators, r1 weights, r3 input, r5 plane, r7 planes, r9 next row, r11 arguments.
global_asm!(
    requantize!(),
    // Two cells of each pixel.
    ".macro PIXLING_TWO pixels, offset",
    "vldrb.s16 q0, [r1], #8",
    ".set PIXLING_AT, \\offset",
    ".irp acc, r0, r2, r4, r6, r8, r10, r12",
    ".if PIXLING_AT < \\offset + 8 * \\pixels",
    "vldrh.u16 q1, [r3, #PIXLING_AT]",
    "vmlava.s16 \\acc, q0, q1",
    ".set PIXLING_AT, PIXLING_AT + 8",
    ".endif",
    ".endr",
    ".endm",
    // One cell of each pixel.
    ".macro PIXLING_ONE pixels, offset",
    "vldrb.s32 q0, [r1], #4",
    ".set PIXLING_AT, \\offset",
    ".irp acc, r0, r2, r4, r6, r8, r10, r12",
    ".if PIXLING_AT < \\offset + 8 * \\pixels",
    "vldrh.s32 q1, [r3, #PIXLING_AT]",
    "vmlava.s32 \\acc, q0, q1",
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
    "mov r11, r0",
    "ldr r1, [r0]",
    "ldrd r5, r7, [r0, #20]",
    "5:", // a channel
    "ldr r9, [r11, #28]",
    "ldr r0, [r9], #4",
    "str r9, [r11, #28]",
    "mov r2, r0",
    "mov r4, r0",
    "mov r6, r0",
    ".if \\pixels > 4",
    "mov r8, r0",
    "mov r10, r0",
    "mov r12, r0",
    ".endif",
    "add r9, r11, #4",
    "2:", // a row
    "ldr r3, [r9], #4",
    "cmp r3, #0",
    "beq 3f",
    "dls lr, r7",
    "1:", // a plane
    ".if \\taps == 1",
    "PIXLING_ONE \\pixels, 0",
    ".else",
    "PIXLING_TWO \\pixels, 0",
    ".if \\taps == 3",
    "PIXLING_ONE \\pixels, 16",
    ".endif",
    ".endif",
    "add r3, r5",
    "le lr, 1b",
    "b 2b",
    "3:",
    "ldr r9, [r11, #32]",
    "ldr r3, [r9], #4",
    "ldr lr, [r9], #4",
    "str r9, [r11, #32]",
    "ldr r9, [r11, #36]", // zero point
    "ldr r7, [r11, #40]", // out
    ".set PIXLING_AT, 0",
    ".irp acc, r0, r2, r4, r6, r8, r10, r12",
    ".if PIXLING_AT < \\pixels",
    "PIXLING_REQUANTIZE \\acc, r3, lr, r9",
    "strh \\acc, [r7, #(\\step * PIXLING_AT)]",
    ".set PIXLING_AT, PIXLING_AT + 1",
    ".endif",
    ".endr",
    "ldrd r0, r2, [r11, #44]",
    "adds r0, #1",
    "str r0, [r11, #44]",
    "cmp r0, r2",
    "beq 6f",
    "tst r0, #3",
    "ite ne",
    "movne r0, #2",
    "ldreq r0, [r11, #52]",
    "add r7, r0",
    "str r7, [r11, #40]",
    "ldr r7, [r11, #24]",
    "b 5b",
    "6:",
    "pop {{r4-r11, pc}}",
    ".size \\name, . - \\name",
    ".endm",
    //
    ".syntax unified",
    ".thumb",
    ".cpu cortex-m55",
    "PIXLING_STRIP pixling_strip_1x7, 1, 7, 8",
    "PIXLING_STRIP pixling_strip_1x4, 1, 4, 8",
    "PIXLING_STRIP pixling_strip_2x7, 2, 7, 16",
    "PIXLING_STRIP pixling_strip_2x4, 2, 4, 16",
    "PIXLING_STRIP pixling_strip_3x7, 3, 7, 8",
    "PIXLING_STRIP pixling_strip_3x4, 3, 4, 8",
    ".purgem PIXLING_STRIP",
    ".purgem PIXLING_TWO",
    ".purgem PIXLING_ONE",
    // Four outputs of a dense layer, which share the input. The last vector may be half of one: the loop is one with a
    // predicated tail.
    ".section .text.pixling_dense, \"ax\", %progbits",
    ".global pixling_dense",
    ".type pixling_dense, %function",
    ".thumb_func",
    "pixling_dense:",
    "push {{r4-r11, lr}}",
    "mov r12, r0",
    "ldr r9, [r12, #12]",
    "ldr r0, [r9], #4",
    "ldr r2, [r9], #4",
    "ldr r4, [r9], #4",
    "ldr r6, [r9], #4",
    "str r9, [r12, #12]",
    "ldr r1, [r12]",
    "ldrd r8, r10, [r12, #4]", // input, bytes
    "add r3, r1, r10",
    "add r5, r3, r10",
    "add r7, r5, r10",
    "add r9, r7, r10",
    "str r9, [r12]",
    "dlstp.16 lr, r10",
    "1:",
    "vldrh.u16 q0, [r8], #16",
    "vldrb.s16 q1, [r1], #8",
    "vmlava.s16 r0, q0, q1",
    "vldrb.s16 q1, [r3], #8",
    "vmlava.s16 r2, q0, q1",
    "vldrb.s16 q1, [r5], #8",
    "vmlava.s16 r4, q0, q1",
    "vldrb.s16 q1, [r7], #8",
    "vmlava.s16 r6, q0, q1",
    "letp lr, 1b",
    "ldr r9, [r12, #16]",
    "ldr lr, [r12, #20]",
    ".irp acc, r0, r2, r4, r6",
    "ldr r10, [r9], #4",
    "ldr r11, [r9], #4",
    "PIXLING_REQUANTIZE \\acc, r10, r11, lr",
    ".endr",
    "pkhbt r0, r0, r2, lsl #16",
    "pkhbt r4, r4, r6, lsl #16",
    "ldr r9, [r12, #24]",
    "strd r0, r4, [r9]",
    "pop {{r4-r11, pc}}",
    ".size pixling_dense, . - pixling_dense",
    // Four channels of all pixels of a row of a depthwise convolution, three columns wide: a lane for each channel.
    // `VRMULH` is the requantization, `VQSHL` and `VSHR` saturate. Tables stand at any address: they are loaded as bytes or
    // word by word. q0 sums, q1 and q2 a tap, q3 biases, q4 and q5 multipliers, q6 zero point; r1 weights, r4 to r6 input,
    // r7 output.
    ".macro PIXLING_DEPTHWISE name, rows",
    ".section .text.\\name, \"ax\", %progbits",
    ".global \\name",
    ".type \\name, %function",
    ".thumb_func",
    "\\name:",
    "push {{r4-r8, lr}}",
    "vpush {{d8-d13}}",
    "ldrd r1, r4, [r0]",
    "ldrd r5, r6, [r0, #8]",
    "ldrd r2, r3, [r0, #20]",
    "vldrb.u8 q3, [r2]",
    "ldr r7, [r3]",
    "ldr r8, [r3, #16]",
    "vmov q4[2], q4[0], r7, r8",
    "ldr r7, [r3, #8]",
    "ldr r8, [r3, #24]",
    "vmov q4[3], q4[1], r7, r8",
    "ldr r7, [r3, #4]",
    "ldr r8, [r3, #20]",
    "vmov q5[2], q5[0], r7, r8",
    "ldr r7, [r3, #12]",
    "ldr r8, [r3, #28]",
    "vmov q5[3], q5[1], r7, r8",
    "ldrd r2, r7, [r0, #28]",
    "vdup.32 q6, r2",
    "ldr r8, [r0, #36]",
    "dls lr, r8",
    "1:", // a pixel
    "vmov q0, q3",
    ".set PIXLING_WEIGHT, 0",
    ".irp row, r4, r5, r6",
    ".if PIXLING_WEIGHT < 12 * \\rows",
    ".set PIXLING_AT, 0",
    ".rept 3",
    "vldrb.s32 q2, [r1, #PIXLING_WEIGHT]",
    "vldrh.s32 q1, [\\row, #PIXLING_AT]",
    "vmul.i32 q1, q1, q2",
    "vadd.i32 q0, q0, q1",
    ".set PIXLING_WEIGHT, PIXLING_WEIGHT + 4",
    ".set PIXLING_AT, PIXLING_AT + 8",
    ".endr",
    "adds \\row, #8",
    ".endif",
    ".endr",
    "vrmulh.s32 q1, q0, q4",
    "vpt.s32 lt, q0, zr",
    "vrmulht.s32 q1, q0, q5",
    "vadd.i32 q0, q1, q6",
    "vqshl.s32 q0, q0, #24",
    "vshr.s32 q0, q0, #24",
    "vsub.i32 q0, q0, q6",
    "vstrh.32 q0, [r7], #8",
    "le lr, 1b",
    "vpop {{d8-d13}}",
    "pop {{r4-r8, pc}}",
    ".size \\name, . - \\name",
    ".endm",
    "PIXLING_DEPTHWISE pixling_depthwise_1, 1",
    "PIXLING_DEPTHWISE pixling_depthwise_2, 2",
    "PIXLING_DEPTHWISE pixling_depthwise_3, 3",
    ".purgem PIXLING_DEPTHWISE",
    ".purgem PIXLING_REQUANTIZE",
    ".text",
);

unsafe extern "C" {
    fn pixling_strip_1x7(arguments: *mut Arguments);
    fn pixling_strip_1x4(arguments: *mut Arguments);
    fn pixling_strip_2x7(arguments: *mut Arguments);
    fn pixling_strip_2x4(arguments: *mut Arguments);
    fn pixling_strip_3x7(arguments: *mut Arguments);
    fn pixling_strip_3x4(arguments: *mut Arguments);
    fn pixling_dense(arguments: *mut Dense);
    fn pixling_depthwise_1(arguments: *const Depthwise);
    fn pixling_depthwise_2(arguments: *const Depthwise);
    fn pixling_depthwise_3(arguments: *const Depthwise);
}

/// For 7 and 4 pixels, and the cells from one output to the next.
fn routines(kernel_width: usize) -> Option<([Routine; 2], usize)> {
    match kernel_width {
        1 => Some(([pixling_strip_1x7, pixling_strip_1x4], 1)),
        2 => Some(([pixling_strip_2x7, pixling_strip_2x4], 2)),
        3 => Some(([pixling_strip_3x7, pixling_strip_3x4], 1)),
        _ => None,
    }
}

/// A row of a dense layer. The routine's predicated tail keeps it within weights and input.
pub(super) fn dense(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    routines::dense(run, target, pixling_dense)
}

/// A row of a depthwise convolution, three columns wide.
pub(super) fn depthwise(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    let routine = match run.filters.height {
        1 => pixling_depthwise_1,
        2 => pixling_depthwise_2,
        _ => pixling_depthwise_3,
    };
    // One block for all of the row.
    routines::depthwise(run, target, run.count, routine)
}

/// A run that the routines serve; others are left to the portable kernel.
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    let Some(([seven, four], step)) = routines(run.filters.width) else {
        return false;
    };
    let served = run.source.stride == 1 && run.filters.height <= 3 && run.count >= 4;
    if !served || target.pixel != step {
        return false;
    }
    routines::convolve(run, target, run.filters.quads as u32, step, |left| {
        // Blocks of 4 where they are enough; 8 is twice 4.
        if left <= 4 || left == 8 || run.count < 7 {
            (four, 4)
        } else {
            (seven, 7)
        }
    });
    true
}
