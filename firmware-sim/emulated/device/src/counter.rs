//! Instructions, counted by a timer: under QEMU's `-icount` each instruction takes the same time.

use crate::Machine;
use crate::assembly::{SPIN_INSTRUCTIONS, spin};
use crate::report::Report;
use core::sync::atomic::{Ordering, compiler_fence};

/// The timer's ticks during some work.
pub(crate) fn measure<M: Machine, R>(work: impl FnOnce() -> R) -> (R, u32) {
    let start = M::ticks();
    // Keeps the compiler from moving work out of the measured stretch.
    compiler_fence(Ordering::SeqCst);
    let result = work();
    compiler_fence(Ordering::SeqCst);
    (result, M::ticks().wrapping_sub(start))
}

/// Reports the ticks of two loops of known length, from which the host computes the ticks per
/// instruction and what the measurement itself costs.
pub(crate) fn calibrate<M: Machine>(report: &mut Report) {
    for rounds in [1_000, 101_000] {
        report
            .entry("calibration")
            .number(SPIN_INSTRUCTIONS * rounds)
            .number(measure_spin::<M>(rounds))
            .end();
    }
}

/// Not inlined: loading one number of rounds must take as many instructions as loading the other.
#[inline(never)]
fn measure_spin<M: Machine>(rounds: u32) -> u32 {
    measure::<M, _>(|| spin(rounds)).1
}
