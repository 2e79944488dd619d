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
use super::strip::{Strip, Target};
use core::arch::global_asm;

/// What a routine reads. The assembly knows the offsets.
#[repr(C)]
struct Arguments {
    /// The filter, at any address.
    weights: *const u8,
    /// The first cell of the first window in each row; null behind the last.
    rows: [*const Cell; 4],
    /// Bytes from a plane of the input to the next.
    plane: u32,
    /// Bytes from the first plane to behind the last.
    planes: u32,
    bias: i32,
    /// From zero on, and below zero.
    multipliers: [i32; 2],
    zero_point: i32,
    /// The first output's lane.
    out: *mut i16,
}

// A routine for each width of kernel and number of pixels. Registers: the accumulators from r0 on, r8 weights, r9 input,
// r10 and r11 a word of weights unpacked, r12 and lr a cell. Stack: arguments, next row, end of row, plane.
global_asm!(
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
    "mov r12, r0",
    "add r9, r0, #4",
    "strd r12, r9, [sp]",
    "ldrd r8, r10, [r0, #20]", // plane, planes
    "strd r8, r10, [sp, #12]",
    "ldr r8, [r0]",
    "ldr r0, [r0, #28]",
    "mov r1, r0",
    "mov r2, r0",
    "mov r3, r0",
    ".if \\pixels > 4",
    "mov r4, r0",
    "mov r5, r0",
    "mov r6, r0",
    "mov r7, r0",
    ".endif",
    "2:", // a row
    "ldr r12, [sp, #4]",
    "ldr r9, [r12], #4",
    "cmp r9, #0",
    "beq 3f",
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
    "b 2b",
    "3:",
    "ldr r12, [sp]",
    "ldrd r10, r11, [r12, #32]", // multipliers
    "ldrd lr, r9, [r12, #40]",   // zero point, out
    "cmp r10, r11",
    "beq 4f",
    ".set PIXLING_AT, 0",
    ".irp acc, r0, r1, r2, r3, r4, r5, r6, r7",
    ".if PIXLING_AT < \\pixels",
    "cmp \\acc, #0",
    "ite mi",
    "smmlarmi \\acc, \\acc, r11, lr",
    "smmlarpl \\acc, \\acc, r10, lr",
    "ssat \\acc, #8, \\acc",
    "strh \\acc, [r9, #(\\step * PIXLING_AT)]",
    ".set PIXLING_AT, PIXLING_AT + 1",
    ".endif",
    ".endr",
    "add sp, #20",
    "pop {{r4-r11, pc}}",
    "4:", // a linear layer
    ".set PIXLING_AT, 0",
    ".irp acc, r0, r1, r2, r3, r4, r5, r6, r7",
    ".if PIXLING_AT < \\pixels",
    "smmlar \\acc, \\acc, r10, lr",
    "ssat \\acc, #8, \\acc",
    "strh \\acc, [r9, #(\\step * PIXLING_AT)]",
    ".set PIXLING_AT, PIXLING_AT + 1",
    ".endif",
    ".endr",
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
    ".purgem PIXLING_STRIP",
    ".purgem PIXLING_TAP",
    ".text",
);

type Routine = unsafe extern "C" fn(*const Arguments);

unsafe extern "C" {
    fn pixling_strip_1x8(arguments: *const Arguments);
    fn pixling_strip_1x7(arguments: *const Arguments);
    fn pixling_strip_1x4(arguments: *const Arguments);
    fn pixling_strip_2x8(arguments: *const Arguments);
    fn pixling_strip_2x7(arguments: *const Arguments);
    fn pixling_strip_2x4(arguments: *const Arguments);
    fn pixling_strip_3x8(arguments: *const Arguments);
    fn pixling_strip_3x7(arguments: *const Arguments);
    fn pixling_strip_3x4(arguments: *const Arguments);
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

/// Runs a strip that the routines serve; others are left to the portable kernel.
pub(super) fn run(strip: &Strip<'_>, target: &mut Target<'_>) -> bool {
    let Some(([eight, seven, four], step)) = routines(strip.kernel_width) else {
        return false;
    };
    if strip.stride != 1 || strip.kernel_height > 3 || strip.count < 4 || target.pixel != step {
        return false;
    }
    // Multiples of 7 are as common as those of 8.
    let pixels = match strip.count {
        7 | 14 | 21 | 28 | 56 => 7,
        4..7 => 4,
        _ => 8,
    };
    let plane = strip.source.plane.wrapping_mul(Cell::BYTES);
    let mut arguments = Arguments {
        weights: strip.tables.weights.as_ptr(),
        rows: [core::ptr::null(); 4],
        plane: plane as u32,
        planes: plane.wrapping_mul(strip.quads) as u32,
        bias: 0,
        multipliers: [0; 2],
        zero_point: strip.zero_point,
        out: core::ptr::null_mut(),
    };
    let filter = strip.filter();
    let mut x = 0;
    while x < strip.count {
        let left = strip.count.wrapping_sub(x);
        let (routine, pixels) = if left >= pixels {
            (if pixels == 7 { seven } else if pixels == 8 { eight } else { four }, pixels)
        } else {
            (if left > 4 && strip.count >= 8 { eight } else { four }, if left > 4 && strip.count >= 8 { 8 } else { 4 })
        };
        // A last block that would reach beyond the row starts earlier: the overlap is computed twice.
        let start = x.min(strip.count.wrapping_sub(pixels));
        x = start.wrapping_add(pixels);
        let column = strip.column.wrapping_add(start);
        for (k, row) in (0..strip.kernel_height).zip(&mut arguments.rows) {
            let at = strip.source.offset(k).wrapping_add(column);
            *row = strip.source.cells.as_ptr().wrapping_add(at);
        }
        arguments.weights = strip.tables.weights.as_ptr();
        let out = target.first.wrapping_add(start.wrapping_mul(step));
        let out = target.cells.as_mut_ptr().wrapping_add(out);
        for channel in 0..strip.channels {
            arguments.bias = strip.tables.bias(channel);
            arguments.multipliers = strip.tables.multipliers(channel);
            let cell = out.wrapping_add((channel >> 2).wrapping_mul(target.plane));
            let lane = ((channel & 1) << 1) | ((channel & 2) >> 1);
            arguments.out = cell.cast::<i16>().wrapping_add(lane);
            // SAFETY: `check` has made sure that every window lies within its padded row, that the weights and tables
            // are as long as the shapes say, and `Schedule` that the target row holds all of the outputs; both are
            // aligned cells. The routine reads and writes nothing else and follows the calling convention.
            unsafe { routine(&arguments) };
            arguments.weights = arguments.weights.wrapping_add(filter);
        }
    }
    true
}
