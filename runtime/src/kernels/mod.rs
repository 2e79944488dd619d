//! The integer arithmetic between latent and pixel, a row of a feature map at a time. `docs/arithmetic.md` defines it.
//!
//! `parameters` divides a row of a layer into runs, which the kernels compute. `convolution`, `depthwise` and `dense`
//! are the definition, in portable Rust. `build.rs` chooses the faster kernels of a target. `int4`
//! decodes weights of four bits for them.

pub(crate) mod cell;
mod convolution;
#[cfg(not(kernels = "pairs"))]
mod dense;
mod depthwise;
#[cfg(kernels = "dsp")]
mod dsp;
pub(crate) mod int4;
pub(crate) mod modulation;
#[cfg(kernels = "mve")]
mod mve;
#[cfg(any(feature = "write", not(any(kernels = "dsp", kernels = "mve"))))]
pub(crate) mod nibbles;
#[cfg(kernels = "pairs")]
mod pairs;
pub(crate) mod parameters;
#[cfg(all(test, feature = "write"))]
mod reference;
pub(crate) mod requantize;
#[cfg(any(kernels = "dsp", kernels = "mve"))]
mod routines;
pub(crate) mod run;
#[cfg(kernels = "rv32")]
mod rv32;
pub(crate) mod stage;
#[cfg(any(kernels = "rv32", kernels = "thumb1"))]
mod sums;
mod tables;
#[cfg(kernels = "thumb1")]
mod thumb1;
#[cfg(any(kernels = "dsp", kernels = "mve"))]
mod thumb2;

use run::{Run, Target};

/// Computes a run. Each of the three has a stack of its own.
#[inline(always)]
fn kernel(run: &Run<'_>, target: &mut Target<'_>) {
    if run.filters.dense {
        dense(run, target);
    } else if run.filters.shared {
        depthwise(run, target);
    } else {
        convolution(run, target);
    }
}

/// Computes a decoded block: one piece of code in the loop over them.
#[inline(never)]
fn block_kernel(run: &Run<'_>, target: &mut Target<'_>) {
    kernel(run, target);
}

/// A convolution by the build's kernel where it serves the shape, else by the portable one.
#[inline(never)]
fn convolution(run: &Run<'_>, target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if dsp::convolve(run, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if mve::convolve(run, target) {
        return;
    }
    #[cfg(kernels = "pairs")]
    if pairs::convolve(run, target) {
        return;
    }
    #[cfg(any(kernels = "rv32", kernels = "thumb1"))]
    if sums::convolve(run, target) {
        return;
    }
    convolution::convolve(run, target);
}

/// A depthwise convolution, likewise.
#[inline(never)]
fn depthwise(run: &Run<'_>, target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if dsp::depthwise(run, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if mve::depthwise(run, target) {
        return;
    }
    depthwise::convolve(run, target);
}

/// A dense layer, likewise.
#[inline(never)]
fn dense(run: &Run<'_>, target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if dsp::dense(run, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if mve::dense(run, target) {
        return;
    }
    #[cfg(kernels = "pairs")]
    pairs::dense(run, target);
    #[cfg(not(kernels = "pairs"))]
    dense::multiply(run, target);
}
