//! Strips by a routine in assembly that adds up the products of one channel and several pixels; requantization and
//! stores stay in Rust. For cores that multiply one value at a time.
#![allow(unsafe_code, reason = "calls the routines")]

use super::cell::{BIAS, Cell};
use super::requantize::requantize;
#[cfg(kernels = "rv32")]
use super::rv32::{pixling_sums_4, pixling_sums_7, pixling_sums_8};
use super::strip::{Strip, Target};
#[cfg(kernels = "thumb1")]
use super::thumb1::{pixling_sums_4, pixling_sums_7, pixling_sums_8};

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

/// Runs a strip that the routines serve; others are left to the portable kernel.
pub(super) fn run(strip: &Strip<'_>, target: &mut Target<'_>) -> bool {
    if strip.stride != 1 || strip.kernel_height > 3 || strip.count < 4 {
        return false;
    }
    // Multiples of 7 are as common as those of 8.
    let (pixels, routine): (usize, Routine) = match strip.count {
        7 | 14 | 21 | 28 | 56 => (7, pixling_sums_7),
        4..7 => (4, pixling_sums_4),
        _ => (8, pixling_sums_8),
    };
    let columns = strip.kernel_width;
    let plane = strip.source.plane.wrapping_sub(columns);
    let mut sums = [0; 8];
    let mut arguments = Arguments {
        weights: strip.tables.weights.as_ptr(),
        rows: [core::ptr::null(); 4],
        skip: plane.wrapping_mul(Cell::BYTES) as u32,
        planes: strip.quads as u32,
        bias: 0,
        sums: sums.as_mut_ptr(),
        columns: columns as u32,
    };
    let filter = strip.filter();
    let mut x = 0;
    while x < strip.count {
        let left = strip.count.wrapping_sub(x);
        let (pixels, routine) = if left > 4 {
            (pixels, routine)
        } else {
            (4, pixling_sums_4 as Routine)
        };
        // A last block that would reach beyond the row starts earlier: the overlap is computed twice.
        let start = x.min(strip.count.wrapping_sub(pixels));
        x = start.wrapping_add(pixels);
        strip.note_rows(strip.source.first.wrapping_add(start), &mut arguments.rows);
        arguments.weights = strip.tables.weights.as_ptr();
        let first = target.first.wrapping_add(start.wrapping_mul(target.pixel));
        for channel in 0..strip.channels {
            arguments.bias = strip.tables.bias(channel);
            // SAFETY: `check` has made sure that every window lies within its padded row and that the weights are as
            // long as the shapes say; there is room for eight sums. The routine reads and writes nothing else and
            // follows the calling convention.
            unsafe { routine(&raw const arguments) };
            arguments.weights = arguments.weights.wrapping_add(filter);
            let multipliers = strip.tables.multipliers(channel);
            let at = first.wrapping_add((channel >> 2).wrapping_mul(target.plane));
            // SAFETY: the routine has written them.
            let sums = unsafe { core::slice::from_raw_parts(arguments.sums, pixels) };
            let mut at = at;
            for sum in sums {
                let value = requantize(*sum, multipliers, strip.zero_point);
                let place = target
                    .cells
                    .get_mut(at)
                    .and_then(|cell| cell.0.get_mut(channel & 3));
                if let Some(place) = place {
                    *place = value.wrapping_add(BIAS);
                }
                at = at.wrapping_add(target.pixel);
            }
        }
    }
    true
}
