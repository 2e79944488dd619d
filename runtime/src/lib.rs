//! Draws new images with a quantized, class-conditional generator: no heap, no operating system, and integers only
//! between latent and pixel, so that every core draws the same bytes.
//!
//! ```
//! # macro_rules! include_model { ($path:literal) => { pixling_include::include_model!("../../tests/golden/format-4.pxl"); } }
//! # use pixling::Request;
//! mod model { include_model!("model.pxl"); } // of `pixling-include`: a bad file does not compile
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let seed = 2024;
//! let generator = model::load()?; // borrows the bytes in flash
//! let mut arena = [0; model::ARENA]; // a `static` on a device
//! let picture = generator.generate(&Request::new(model::Class::Two.into(), seed), &mut arena)?;
//! assert_eq!(picture.pixels().len(), model::WIDTH * model::HEIGHT);
//! # Ok(())
//! # }
//! ```
//!
//! A file in a flash partition of its own is borrowed by [`Model::load`], which needs no alignment and ignores what follows
//! the file. With the feature `flash` a model is read through a driver where flash is not memory-mapped, and replaced in
//! one of two slots while a device runs.
//!
//! # The promise
//!
//! [`Model::load`] checks everything once: envelope, checksum, every shape, count and bound. It refuses a bad file with an
//! error that names the section and the offset, and never panics. The loaded model can be asked for any class, seed and
//! temperature, and answers with a picture or with an error; nothing in this crate panics, overflows or allocates. The
//! caller's arena is the only memory that it writes to.
//!
//! # Memory and time
//!
//! No feature map stands in memory as a whole: each layer keeps the few rows that the next row of its output needs.
//! [`Model::generate`] draws a picture into the arena, [`Model::rows`] hands it out row by row and needs less, and
//! [`Model::start`] and [`Rows::step`] advance the work in pieces of one row of one layer, so that a game loop or an
//! executor stays responsive. [`Model::arena_bytes`] and [`Model::rows_arena_bytes`] are exact: so many bytes at any
//! address are enough, and one fewer is refused.
//!
//! # Features
//!
//! - `dsp`, `mve`: kernels for a Cortex-M33 with the DSP extension and for a Cortex-M55, whose targets do not say that
//!   they have them. Cortex-M0, M4, M7, RISC-V and x86-64 get theirs without a feature.
//! - `portable`: only the portable kernels. All draw the same bytes.
//! - `flash`: a model behind a driver of `embedded-storage`, and two slots for updates.
//! - `signed`: with `flash`; updates are refused unless they have an Ed25519 signature by a key that the application gives.
//! - `graphics`: a [`Picture`] can be drawn on any `embedded-graphics` display, grey, RGB565 or dithered to one bit, and
//!   enlarged or shrunk.
//! - `defmt`: errors and a [`Request`] can be logged with `defmt`.
//! - `write`: the records of the file can be built and serialized, with `flash`. For exporters: it needs `alloc`.
#![cfg_attr(not(test), no_std)]
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::integer_division_remainder_used
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::integer_division_remainder_used
    )
)]

#[cfg(feature = "write")]
extern crate alloc;

mod check;
#[cfg(feature = "write")]
mod constants;
mod drawing;
mod envelope;
mod error;
mod fields;
mod filters;
#[cfg(feature = "flash")]
pub mod flash;
mod gaussian;
#[cfg(feature = "graphics")]
mod graphics;
mod index;
mod kernels;
mod layer;
pub mod limits;
mod load;
mod model;
#[cfg(feature = "write")]
mod pack;
mod picture;
mod plan;
mod prior;
mod record;
mod request;
mod schedule;
mod shape;
#[cfg(feature = "write")]
mod variants;
#[cfg(feature = "write")]
pub mod write;

pub use drawing::{Drawing, Rows, Step};
pub use envelope::{FORMAT_VERSION, HEADER_BYTES, MAGIC, OLDEST_FORMAT_VERSION};
pub use error::{GenerateError, LoadError, Rule, Section, SelfTestError};
pub use gaussian::Gaussian;
#[cfg(feature = "graphics")]
pub use graphics::{Artwork, Scale, Shade, luma};
pub use layer::{Activation, Coding, Head, Layer, Tables};
pub use model::{Layers, Model};
pub use picture::Picture;
pub use record::Golden;
pub use request::{Request, Temperature, Way};
pub use shape::{Geometry, Operator, Shape, Window};
