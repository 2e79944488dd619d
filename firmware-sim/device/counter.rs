//! Instructions, counted by a timer: under QEMU's `-icount` each instruction takes the same time.

use super::report::Report;
use crate::port;
use core::sync::atomic::{Ordering, compiler_fence};

/// The timer's ticks during some work.
pub(crate) fn measure<R>(work: impl FnOnce() -> R) -> (R, u32) {
    let start = port::ticks();
    // Keeps the compiler from moving work out of the measured stretch.
    compiler_fence(Ordering::SeqCst);
    let result = work();
    compiler_fence(Ordering::SeqCst);
    (result, port::ticks().wrapping_sub(start))
}

/// Reports the ticks of two loops of known length, from which the host computes the ticks per
/// instruction and what the measurement itself costs.
pub(crate) fn calibrate(report: &mut Report) {
    for rounds in [1_000, 101_000] {
        report
            .entry("calibration")
            .number(port::SPIN_INSTRUCTIONS * rounds)
            .number(measure_spin(rounds))
            .end();
    }
}

/// Not inlined: loading one number of rounds must take as many instructions as loading the other.
#[inline(never)]
fn measure_spin(rounds: u32) -> u32 {
    measure(|| port::spin(rounds)).1
}
