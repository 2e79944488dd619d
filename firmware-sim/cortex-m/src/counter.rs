//! Instructions, counted by a timer: under QEMU's `-icount` each instruction takes the same time.
#![allow(
    unsafe_code,
    reason = "a loop of a known number of instructions is written in assembly"
)]

use crate::board;
use crate::report::Report;
use core::arch::asm;
use core::sync::atomic::{Ordering, compiler_fence};

/// The timer's ticks during some work.
pub(crate) fn measure<R>(work: impl FnOnce() -> R) -> (R, u32) {
    let start = board::ticks();
    // Keeps the compiler from moving work out of the measured stretch.
    compiler_fence(Ordering::SeqCst);
    let result = work();
    compiler_fence(Ordering::SeqCst);
    (result, board::ticks().wrapping_sub(start))
}

/// Starts the counter and reports the ticks of two loops of known length, from which the host computes the ticks per
/// instruction and what the measurement itself costs.
pub(crate) fn calibrate(report: &mut Report) {
    board::start_counter();
    for rounds in [1_000, 101_000] {
        report
            .entry("calibration")
            .number(INSTRUCTIONS_PER_ROUND * rounds)
            .number(measure_spin(rounds))
            .end();
    }
}

const INSTRUCTIONS_PER_ROUND: u32 = 2;

/// Not inlined: loading one number of rounds must take as many instructions as loading the other.
#[inline(never)]
fn measure_spin(rounds: u32) -> u32 {
    measure(|| spin(rounds)).1
}

#[inline(never)]
fn spin(rounds: u32) {
    // SAFETY: counts a register down to zero; touches no memory and no stack.
    unsafe {
        asm!("1: subs {0}, {0}, #1", "bne 1b", inout(reg) rounds => _, options(nomem, nostack));
    }
}
