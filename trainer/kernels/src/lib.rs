//! Numeric kernels of the Pixling trainer, on slices.
//!
//! Each kernel splits its work over rayon's pool in parts of fixed size and adds partial sums in a fixed order: results do
//! not depend on the number of threads. The inner loops are compiled for several instruction sets and the widest one of
//! the processor runs; products and sums are never fused or reordered, so that all of them give the same bits.
//!
//! This is a crate of its own so that it alone is optimized in the development profile.
//!
//! Slices are row-major: batch x channels x height x width. Callers guarantee that lengths and sizes agree; a kernel
//! panics when they do not.

pub mod activation;
pub mod adam;
mod batches;
mod columns;
pub mod convolution;
pub mod deviation;
pub mod elementwise;
pub mod epilogue;
mod geometry;
pub mod linear;
mod matrix;
pub mod mixture;
pub mod normalization;
pub mod order;
pub mod pooling;
pub mod random;
pub mod window;

pub use geometry::{Extent, Geometry, Planes};
