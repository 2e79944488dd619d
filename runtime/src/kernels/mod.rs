//! The integer arithmetic between latent and pixel, a row of a feature map at a time. `docs/arithmetic.md` defines it.
//!
//! `strip`, `dense` and `depthwise` are the definition, in portable Rust. `build.rs` chooses what runs besides them.
//! `int4` decodes weights of four bits for them.

pub(crate) mod cell;
mod dense;
mod depthwise;
#[cfg(kernels = "dsp")]
mod dsp;
pub(crate) mod int4;
#[cfg(kernels = "mve")]
mod mve;
#[cfg(any(feature = "write", not(any(kernels = "dsp", kernels = "mve"))))]
pub(crate) mod nibbles;
#[cfg(kernels = "pairs")]
mod pairs;
#[cfg(all(test, feature = "write"))]
mod reference;
pub(crate) mod requantize;
#[cfg(any(kernels = "dsp", kernels = "mve"))]
mod routines;
#[cfg(kernels = "rv32")]
mod rv32;
pub(crate) mod strip;
#[cfg(any(kernels = "rv32", kernels = "thumb1"))]
mod sums;
mod tables;
#[cfg(kernels = "thumb1")]
mod thumb1;
#[cfg(any(kernels = "dsp", kernels = "mve"))]
mod thumb2;

use crate::layer::{Layer, Operator, Window};
use strip::{Source, Strip, Target};

/// The window of each phase of a transposed convolution.
pub(crate) const PHASE: Window = Window {
    kernel_height: 2,
    kernel_width: 2,
    stride: 1,
    padding_top: 1,
    padding_left: 1,
};

/// Computes row `y` of a checked layer. The scratch ends in [cells](int4::scratch_cells) for what the layer decodes.
#[cfg(any(feature = "flash", test))]
pub(crate) fn row(
    layer: &Layer<'_>,
    y: usize,
    source: Source<'_>,
    target: Target<'_>,
    scratch: &mut [cell::Cell],
) {
    match layer.coding {
        crate::Coding::Int8 => int8(layer, y, source, target),
        crate::Coding::Int4 { .. } => int4::row(layer, y, source, target, scratch),
    }
}

/// Computes row `y` of a checked layer with weights of eight bits.
#[inline(always)]
pub(crate) fn int8(layer: &Layer<'_>, y: usize, source: Source<'_>, mut target: Target<'_>) {
    match layer.operator {
        Operator::Dense => dense::run(layer, y, source.cells, &mut target),
        Operator::Conv2d(window) => convolve(&Strip::new(layer, window, source), &mut target),
        Operator::Depthwise(window) => {
            depthwise::run(&Strip::new(layer, window, source), &mut target)
        }
        Operator::TransposedConv2d => {
            let mut strip = Strip::new(layer, PHASE, source);
            strip.count = layer.input.width.into();
            // The phases of even and odd columns.
            let all = strip.tables;
            let (first, pixel) = (target.first, target.pixel);
            target.pixel = pixel.wrapping_mul(2);
            for column in 0..2 {
                let phase = ((y & 1) << 1) | column;
                strip.source.first = column;
                let filters = phase.wrapping_mul(strip.channels);
                strip.tables.weights = all.weights(filters.wrapping_mul(strip.filter()));
                target.first = first.wrapping_add(pixel.wrapping_mul(column));
                convolve(&strip, &mut target);
            }
        }
    }
}

/// By the build's kernel where it serves the shape, else by the portable one.
#[inline(never)] // As dense and depthwise layers: the stack of one is not that of the others.
fn convolve(strip: &Strip<'_>, target: &mut Target<'_>) {
    #[cfg(kernels = "dsp")]
    if dsp::run(strip, target) {
        return;
    }
    #[cfg(kernels = "pairs")]
    if pairs::run(strip, target) {
        return;
    }
    #[cfg(kernels = "mve")]
    if mve::run(strip, target) {
        return;
    }
    #[cfg(any(kernels = "rv32", kernels = "thumb1"))]
    if sums::run(strip, target) {
        return;
    }
    strip.run(target);
}
