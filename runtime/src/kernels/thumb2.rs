//! Weights of four bits on Cortex-M4, M7, M33 and M55.
//!
//! Decoding takes an instruction for a weight and five for a scale; the compiler takes half as many again, for it checks
//! each step. A dense layer uses each weight once: with the DSP extension its nibbles go to the multiplier as they are,
//! two to a register, without being decoded first.
#![allow(
    unsafe_code,
    reason = "assembly: the compiler checks each step, and offers no intrinsics for the DSP extension on stable"
)]

#[cfg(kernels = "dsp")]
use super::cell::Cell;
#[cfg(kernels = "dsp")]
use super::routines::requantize;
use core::arch::global_asm;

/// What the decoder reads. The assembly knows the offsets.
#[repr(C)]
struct Decode {
    scales: *const u8,
    /// At any address.
    nibbles: *const u8,
    decoded: *mut u32,
    filters: u32,
    /// Groups of 32 weights in a filter, and words of four behind them.
    groups: u32,
    words: u32,
}

// Registers: r0 scales, r1 nibbles, r2 where the weights go, r3 filters left, r4 what is left of a filter, r5 and r6 masks,
// r7 the scales of a byte that are left and a one behind them, r8 scale, r9 offset, r10 and r11 weights, r12 arguments.
global_asm!(
    ".macro PIXLING_SCALE",
    "cmp r7, #1",
    "itt eq",
    "ldrbeq r7, [r0], #1",
    "orreq r7, r7, #0x100",
    "and r8, r7, #15",
    "lsr r7, r7, #4",
    "rsb r9, r8, #16",
    "mul r9, r9, r6",
    ".endm",
    ".macro PIXLING_EIGHT",
    "ldr r10, [r1], #4",
    "and r11, r5, r10, lsr #4",
    "and r10, r10, r5",
    "mla r11, r11, r8, r9",
    "mla r10, r10, r8, r9",
    "eor r11, r11, #0x80808080",
    "eor r10, r10, #0x80808080",
    "strd r10, r11, [r2], #8",
    ".endm",
    ".syntax unified",
    ".thumb",
    ".section .text.pixling_decode, \"ax\", %progbits",
    ".global pixling_decode",
    ".type pixling_decode, %function",
    ".thumb_func",
    "pixling_decode:",
    "push {{r4-r11, lr}}",
    "mov r12, r0",
    "ldrd r2, r3, [r12, #8]",
    "ldrd r0, r1, [r12]",
    "mov r5, #0x0f0f0f0f",
    "mov r6, #0x08080808",
    "movs r7, #1",
    "1:", // a filter
    "ldr r4, [r12, #16]",
    "cmp r4, #0",
    "beq 3f",
    "2:", // a group
    "PIXLING_SCALE",
    ".rept 4",
    "PIXLING_EIGHT",
    ".endr",
    "subs r4, #1",
    "bne 2b",
    "3:",
    "ldr r4, [r12, #20]",
    "cmp r4, #0",
    "beq 6f",
    "PIXLING_SCALE",
    "subs r4, #2",
    "bmi 5f",
    "4:",
    "PIXLING_EIGHT",
    "subs r4, #2",
    "bpl 4b",
    "5:",
    "adds r4, #2",
    "beq 6f",
    "ldr r10, [r1], #4", // of eight weights four
    "and r10, r10, r5",
    "mla r10, r10, r8, r9",
    "eor r10, r10, #0x80808080",
    "str r10, [r2], #4",
    "6:",
    "subs r3, #1",
    "bne 1b",
    "pop {{r4-r11, pc}}",
    ".size pixling_decode, . - pixling_decode",
    ".purgem PIXLING_SCALE",
    ".purgem PIXLING_EIGHT",
    ".text",
);

unsafe extern "C" {
    fn pixling_decode(arguments: *const Decode);
}

/// Decodes filters of so many words, as `int4::decode` does.
pub(super) fn decode(
    scales: &[u8],
    nibbles: &[u8],
    filter: usize,
    filters: usize,
    decoded: &mut [u32],
) {
    let groups = filter.wrapping_add(7) >> 3;
    let eights = filter.wrapping_add(1) >> 1;
    let enough = scales.len().wrapping_mul(2) >= groups.wrapping_mul(filters)
        && nibbles.len() >= eights.wrapping_mul(4).wrapping_mul(filters)
        && decoded.len() >= filter.wrapping_mul(filters);
    if !enough || filters == 0 {
        return;
    }
    let arguments = Decode {
        scales: scales.as_ptr(),
        nibbles: nibbles.as_ptr(),
        decoded: decoded.as_mut_ptr(),
        filters: filters as u32,
        groups: (filter >> 3) as u32,
        words: (filter & 7) as u32,
    };
    // SAFETY: the slices were just found to be as long as the routine reads and writes, which follows the calling
    // convention and touches nothing else.
    unsafe { pixling_decode(&raw const arguments) };
}

/// What the routine of the dense layers reads. It moves scales, biases and multipliers on.
#[cfg(kernels = "dsp")]
#[repr(C)]
pub(super) struct Dense {
    /// The next block, at any address.
    pub(super) scales: *const u8,
    pub(super) scale_bytes: u32,
    /// Bytes of a filter of four bits, a multiple of four.
    pub(super) filter: u32,
    pub(super) input: *const Cell,
    pub(super) biases: *const u8,
    pub(super) multipliers: *const [u8; 4],
    pub(super) bias_shift: u32,
    pub(super) multiplier_shift: u32,
    pub(super) zero_point: i32,
    pub(super) out: *mut Cell,
    /// For each group of the input minus eight times the sum of its values; behind them, room for the block's scales.
    pub(super) offsets: *mut u32,
    /// Groups of 32 weights in a filter, eights behind them, and groups in all.
    pub(super) groups: u32,
    pub(super) eights: u32,
    pub(super) all_groups: u32,
}

// Four outputs of a dense layer, two at a time. Registers: r0 and r1 words of weights, r2 and r3 sums of a group, r4 and r5
// a cell, r6 two weights, r7 mask, r8 input, r9 weights, r10 bytes of a filter, r11 offsets, r12 and lr accumulators. Stack:
// arguments, whether it is the second pair, what is left, scales, the first pair's outputs.
#[cfg(kernels = "dsp")]
global_asm!(
    requantize!(),
    ".macro PIXLING_FOUR low, high",
    "ldrd r4, r5, [r8], #8",
    "and r6, r7, r0, lsr #\\low",
    "smlad r2, r4, r6, r2",
    "and r6, r7, r0, lsr #\\high",
    "smlad r2, r5, r6, r2",
    "and r6, r7, r1, lsr #\\low",
    "smlad r3, r4, r6, r3",
    "and r6, r7, r1, lsr #\\high",
    "smlad r3, r5, r6, r3",
    ".endm",
    ".macro PIXLING_EIGHT",
    "ldr r1, [r9, r10]",
    "ldr r0, [r9], #4",
    "ldrd r4, r5, [r8], #8",
    "and r6, r7, r0",
    "smlad r2, r4, r6, r2",
    "and r6, r7, r0, lsr #8",
    "smlad r2, r5, r6, r2",
    "and r6, r7, r1",
    "smlad r3, r4, r6, r3",
    "and r6, r7, r1, lsr #8",
    "smlad r3, r5, r6, r3",
    "PIXLING_FOUR 4, 12",
    ".endm",
    ".macro PIXLING_GROUP_END",
    "ldr r6, [sp, #12]",
    "ldr r0, [sp]",
    "ldr r0, [r0, #52]",
    "ldr r1, [r6, r0, lsl #2]",
    "ldr r0, [r6], #4",
    "str r6, [sp, #12]",
    "mla r12, r2, r0, r12",
    "mla lr, r3, r1, lr",
    ".endm",
    ".syntax unified",
    ".thumb",
    ".cpu cortex-m33",
    ".section .text.pixling_dense_int4, \"ax\", %progbits",
    ".global pixling_dense_int4",
    ".type pixling_dense_int4, %function",
    ".thumb_func",
    "pixling_dense_int4:",
    "push {{r4-r11, lr}}",
    "sub sp, #24",
    "str r0, [sp]",
    "ldrd r9, r2, [r0]",
    "ldr r10, [r0, #8]",
    "ldr r3, [r0, #40]",
    "ldr r4, [r0, #52]",
    "add r3, r3, r4, lsl #2",
    "str r3, [sp, #12]",
    "add r2, r9",
    "1:", // the scales of two groups
    "ldrb r5, [r9], #1",
    "and r4, r5, #15",
    "lsrs r5, r5, #4",
    "strd r4, r5, [r3], #8",
    "cmp r9, r2",
    "bne 1b",
    "mov r7, #0x000f000f",
    "movs r1, #0",
    "5:", // two outputs
    "str r1, [sp, #4]",
    "ldr r3, [r0, #16]",
    "ldrsb r12, [r3], #1",
    "ldrsb lr, [r3], #1",
    "str r3, [r0, #16]",
    "ldr r2, [r0, #24]",
    "lsl r12, r12, r2",
    "lsl lr, lr, r2",
    "ldr r8, [r0, #12]",
    "ldr r11, [r0, #40]",
    "ldr r1, [r0, #44]",
    "cmp r1, #0",
    "beq 3f",
    "2:", // a group
    "str r1, [sp, #8]",
    "ldr r2, [r11], #4",
    "mov r3, r2",
    ".rept 4",
    "PIXLING_EIGHT",
    ".endr",
    "PIXLING_GROUP_END",
    "ldr r1, [sp, #8]",
    "subs r1, #1",
    "bne 2b",
    "ldr r0, [sp]",
    "3:",
    "ldr r1, [r0, #48]",
    "cmp r1, #0",
    "beq 6f",
    "ldr r2, [r11]",
    "mov r3, r2",
    "mov r11, r1",
    "4:",
    "PIXLING_EIGHT",
    "subs r11, #1",
    "bne 4b",
    "PIXLING_GROUP_END",
    "ldr r0, [sp]",
    "6:",
    "ldr r1, [r0, #20]",
    "ldrh r2, [r1], #2",
    "ldrh r3, [r1], #2",
    "ldrh r4, [r1], #2",
    "ldrh r5, [r1], #2",
    "str r1, [r0, #20]",
    "ldrd r6, r8, [r0, #28]",
    "lsls r2, r6",
    "lsls r3, r6",
    "lsls r4, r6",
    "lsls r5, r6",
    "PIXLING_REQUANTIZE r12, r2, r3, r8",
    "PIXLING_REQUANTIZE lr, r4, r5, r8",
    "add r9, r10",
    "ldr r1, [sp, #4]",
    "cmp r1, #0",
    "bne 7f",
    "strd r12, lr, [sp, #16]",
    "ldr r2, [r0, #52]",
    "ldr r3, [sp, #12]",
    "add r3, r3, r2, lsl #2",
    "str r3, [sp, #12]",
    "movs r1, #1",
    "b 5b",
    "7:", // the lanes stand in the order 0, 2, 1, 3
    "ldrd r2, r3, [sp, #16]",
    "pkhbt r2, r2, r12, lsl #16",
    "pkhbt r3, r3, lr, lsl #16",
    "ldr r4, [r0, #36]",
    "strd r2, r3, [r4]",
    "str r9, [r0]",
    "add sp, #24",
    "pop {{r4-r11, pc}}",
    ".size pixling_dense_int4, . - pixling_dense_int4",
    ".purgem PIXLING_FOUR",
    ".purgem PIXLING_EIGHT",
    ".purgem PIXLING_GROUP_END",
    ".purgem PIXLING_REQUANTIZE",
    ".text",
);

#[cfg(kernels = "dsp")]
unsafe extern "C" {
    pub(super) fn pixling_dense_int4(arguments: *mut Dense);
}
