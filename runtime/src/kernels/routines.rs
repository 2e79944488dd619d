//! What the routines in assembly of the DSP and of the vector extension have in common: a routine takes all channels of a
//! block of pixels, or four outputs of a dense layer.
#![allow(unsafe_code, reason = "calls the routines")]

use super::cell::Cell;
use super::run::{Run, Target, block_start};
use crate::index::{nth, product};

/// The requantization of an accumulator: `acc` becomes the next layer's value less its zero point. `positive` and
/// `negative` hold the multipliers.
macro_rules! requantize {
    () => {
        ".macro PIXLING_REQUANTIZE acc, positive, negative, zero_point\n\
         cmp \\acc, #0\n\
         ite mi\n\
         smmlarmi \\acc, \\acc, \\negative, \\zero_point\n\
         smmlarpl \\acc, \\acc, \\positive, \\zero_point\n\
         ssat \\acc, #8, \\acc\n\
         sub \\acc, \\acc, \\zero_point\n\
         .endm"
    };
}
pub(super) use requantize;

/// What a routine reads, and keeps up to date from channel to channel. The assembly knows the offsets.
#[repr(C)]
pub(super) struct Arguments {
    /// The filters, one after another, at any address.
    weights: *const u8,
    /// The first cell of the first window in each row; null behind the last.
    rows: [*const Cell; 4],
    /// Bytes from a plane of the input to the next.
    plane: u32,
    /// How many planes: as a number, or in bytes from the first to behind the last, as the routines count.
    planes: u32,
    /// The tables, at any address.
    biases: *const [u8; 4],
    multipliers: *const [u8; 8],
    zero_point: i32,
    /// The cell of the first output.
    out: *mut Cell,
    channel: u32,
    channels: u32,
    /// Bytes from the last lane of a cell to the first of the next plane.
    next: u32,
}

pub(super) type Routine = unsafe extern "C" fn(*mut Arguments);

/// A routine and the number of its pixels.
pub(super) type Block = (Routine, usize);

/// Computes a convolution block by block. `planes` is [`Arguments::planes`], `step` the cells from one output to the
/// next; `block` chooses by the pixels that are left, and none is larger than the run.
#[inline(always)]
pub(super) fn convolve(
    run: &Run<'_>,
    target: &mut Target<'_>,
    planes: u32,
    step: usize,
    block: impl Fn(usize) -> Block,
) {
    let mut arguments = Arguments {
        weights: core::ptr::null(),
        rows: [core::ptr::null(); 4],
        plane: product([run.source.plane, Cell::BYTES]) as u32,
        planes,
        biases: core::ptr::null(),
        multipliers: core::ptr::null(),
        zero_point: run.zero_point,
        out: core::ptr::null_mut(),
        channel: 0,
        channels: run.channels as u32,
        next: product([target.plane, Cell::BYTES]).wrapping_sub(6) as u32,
    };
    run.note_rows(run.source.first, &mut arguments.rows);
    let mut out = target.cells.as_mut_ptr().wrapping_add(target.first);
    let (mut at, mut x) = (0, 0);
    while x < run.count {
        let (routine, pixels) = block(run.count.wrapping_sub(x));
        let start = block_start(x, pixels, run.count);
        let moved = start.wrapping_sub(at);
        let rows = arguments.rows.iter_mut().take(run.filters.height);
        rows.for_each(|row| *row = row.wrapping_add(moved));
        out = out.wrapping_add(product([moved, step]));
        arguments.weights = run.tables.weights.as_ptr();
        arguments.biases = run.tables.biases.as_ptr();
        arguments.multipliers = run.tables.multipliers.as_ptr();
        arguments.out = out;
        arguments.channel = 0;
        // SAFETY: `check` has made sure that every window lies within its padded row, that the weights and tables are as
        // long as the shapes say, and `Schedule` that the target row holds all of the outputs; both are aligned cells.
        // The routine reads and writes nothing else and follows the calling convention.
        unsafe { routine(&raw mut arguments) };
        at = start;
        x = nth(start, 1, pixels);
    }
}

/// What the routine of the dense layers reads. It moves weights and biases on.
#[repr(C)]
pub(super) struct Dense {
    weights: *const u8,
    input: *const Cell,
    /// Bytes of the weights of an output, as many as there are values of the input.
    bytes: u32,
    biases: *const [u8; 4],
    multipliers: *const [u8; 8],
    zero_point: i32,
    out: *mut Cell,
}

/// Pixels of a dense layer whose channels fill their cells; others are left to the portable kernel.
pub(super) fn dense(
    run: &Run<'_>,
    target: &mut Target<'_>,
    routine: unsafe extern "C" fn(*mut Dense),
) -> bool {
    let input = run.input();
    if run.channels & 3 != 0 || input.is_empty() {
        return false;
    }
    let mut arguments = Dense {
        weights: run.tables.weights.as_ptr(),
        input: input.as_ptr(),
        bytes: product([input.len(), 4]) as u32,
        biases: run.tables.biases.as_ptr(),
        multipliers: run.tables.multipliers.as_ptr(),
        zero_point: run.zero_point,
        out: core::ptr::null_mut(),
    };
    for x in 0..run.count {
        let mut at = nth(target.first, x, target.pixel);
        arguments.multipliers = run.tables.multipliers.as_ptr();
        for _ in 0..run.channels >> 2 {
            arguments.out = target.cells.as_mut_ptr().wrapping_add(at);
            // SAFETY: as in `convolve`; the routine stays within weights and input.
            unsafe { routine(&raw mut arguments) };
            arguments.multipliers = arguments.multipliers.wrapping_add(4);
            at = nth(at, 1, target.plane);
        }
    }
    true
}

/// What the routines of the depthwise convolutions read: four channels.
#[repr(C)]
pub(super) struct Depthwise {
    weights: *const u8,
    /// The first cell of the first window in each row; null behind the last.
    rows: [*const Cell; 4],
    biases: *const [u8; 4],
    multipliers: *const [u8; 8],
    zero_point: i32,
    out: *mut Cell,
    count: u32,
}

/// A row of a depthwise convolution, three columns wide, whose channels fill their cells, in blocks of so many pixels;
/// others are left to the portable kernel.
#[inline(always)]
pub(super) fn depthwise(
    run: &Run<'_>,
    target: &mut Target<'_>,
    block: usize,
    routine: unsafe extern "C" fn(*const Depthwise),
) -> bool {
    let full = run.channels & 3 == 0;
    let served = run.filters.width == 3 && run.filters.height <= 3 && run.source.stride == 1;
    if !full || !served || run.count < block || target.pixel != 1 {
        return false;
    }
    let mut arguments = Depthwise {
        weights: run.tables.weights.as_ptr(),
        rows: [core::ptr::null(); 4],
        biases: run.tables.biases.as_ptr(),
        multipliers: run.tables.multipliers.as_ptr(),
        zero_point: run.zero_point,
        out: core::ptr::null_mut(),
        count: block as u32,
    };
    for quad in 0..run.channels >> 2 {
        let first = nth(run.source.first, quad, run.source.plane);
        run.note_rows(first, &mut arguments.rows);
        let out = nth(target.first, quad, target.plane);
        arguments.out = target.cells.as_mut_ptr().wrapping_add(out);
        let (mut at, mut x) = (0, 0);
        while x < run.count {
            let start = block_start(x, block, run.count);
            let moved = start.wrapping_sub(at);
            let rows = arguments.rows.iter_mut().take(run.filters.height);
            rows.for_each(|row| *row = row.wrapping_add(moved));
            arguments.out = arguments.out.wrapping_add(moved);
            // SAFETY: as in `convolve`.
            unsafe { routine(&raw const arguments) };
            (at, x) = (start, nth(start, 1, block));
        }
        arguments.weights = arguments.weights.wrapping_add(run.filters.length());
        arguments.biases = arguments.biases.wrapping_add(4);
        arguments.multipliers = arguments.multipliers.wrapping_add(4);
    }
    true
}
