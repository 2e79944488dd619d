//! Strips by a routine in assembly that adds up the products of one channel and several pixels; requantization and
//! stores stay in Rust. For cores that multiply one value at a time.
#![allow(unsafe_code, reason = "calls the routines")]

use super::cell::{BIAS, Cell};
use super::requantize::requantize;
use super::run::{Run, Target, block_start};
#[cfg(kernels = "rv32")]
use super::rv32::{pixling_sums_4, pixling_sums_7, pixling_sums_8};
#[cfg(kernels = "thumb1")]
use super::thumb1::{pixling_sums_4, pixling_sums_7, pixling_sums_8};
use crate::index::{nth, product};

/// What a routine reads. The assembly knows the offsets.
#[repr(C)]
pub(super) struct Arguments {
    /// The filter, at any address.
    weights: *const u8,
    /// The first cell of the first window in each row; null behind the last.
    rows: [*const Cell; 4],
    /// Bytes from behind a window's row to its start in the next plane.
    skip: u32,
    planes: u32,
    bias: i32,
    /// Where the sums go.
    sums: *mut i32,
    columns: u32,
}

type Routine = unsafe extern "C" fn(*const Arguments);

/// A run that the routines serve; others are left to the portable kernel.
pub(super) fn convolve(run: &Run<'_>, target: &mut Target<'_>) -> bool {
    let served = run.source.stride == 1 && run.filters.height <= 3 && run.count >= 4;
    if !served {
        return false;
    }
    // Multiples of 7 are as common as multiples of 8.
    let (pixels, routine): (usize, Routine) = match run.count {
        7 | 14 | 21 | 28 | 56 => (7, pixling_sums_7),
        4..7 => (4, pixling_sums_4),
        _ => (8, pixling_sums_8),
    };
    let columns = run.filters.width;
    let plane = run.source.plane.wrapping_sub(columns);
    let mut sums = [0; 8];
    let mut arguments = Arguments {
        weights: run.tables.weights.as_ptr(),
        rows: [core::ptr::null(); 4],
        skip: product([plane, Cell::BYTES]) as u32,
        planes: run.filters.quads as u32,
        bias: 0,
        sums: sums.as_mut_ptr(),
        columns: columns as u32,
    };
    let filter = run.filters.length();
    let mut x = 0;
    while x < run.count {
        let (pixels, routine) = if run.count.wrapping_sub(x) > 4 {
            (pixels, routine)
        } else {
            (4, pixling_sums_4 as Routine)
        };
        let start = block_start(x, pixels, run.count);
        x = nth(start, 1, pixels);
        run.note_rows(nth(run.source.first, 1, start), &mut arguments.rows);
        arguments.weights = run.tables.weights.as_ptr();
        let first = nth(target.first, start, target.pixel);
        for channel in 0..run.channels {
            arguments.bias = run.tables.bias(channel);
            // SAFETY: `check` has made sure that every window lies within its padded row and that the weights are as
            // long as the shapes say; there is room for eight sums. The routine reads and writes nothing else and
            // follows the calling convention.
            unsafe { routine(&raw const arguments) };
            arguments.weights = arguments.weights.wrapping_add(filter);
            let multipliers = run.tables.multipliers(channel);
            // SAFETY: the routine has written them.
            let sums = unsafe { core::slice::from_raw_parts(arguments.sums, pixels) };
            let mut at = nth(first, channel >> 2, target.plane);
            for sum in sums {
                let value = requantize(*sum, multipliers, run.zero_point);
                let place = target
                    .cells
                    .get_mut(at)
                    .and_then(|cell| cell.0.get_mut(channel & 3));
                if let Some(place) = place {
                    *place = value.wrapping_add(BIAS);
                }
                at = nth(at, 1, target.pixel);
            }
        }
    }
    true
}
