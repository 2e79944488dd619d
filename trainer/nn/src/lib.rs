//! Layers, optimizer and parameter access on dfdx 0.13, whose own layers for pictures need a nightly compiler.
//!
//! Networks are tuples of the types in [`builders`], built on a device. All layers are generic in the batch dimension
//! and in the tape; on the processor their results, gradients included, do not depend on the number of threads.
//!
//! ```
//! use dfdx::prelude::*;
//! use pixling_nn::{Adam, Build, builders as nn};
//!
//! type Network = (
//!     (nn::Conv2d<1, 4, 4, 2, 1, 8, 8, 4, 4, false>, nn::LeakyReLU<10>, nn::Flatten<4, 4, 4, 64>),
//!     nn::Linear<64, 3>,
//! );
//! let device = Cpu::seed_from_u64(0);
//! let mut network = Network::build(&device).unwrap();
//! let mut adam = Adam::new(1e-3);
//! let mut gradients = Gradients::leaky();
//! let input: Tensor<(usize, Const<1>, Const<8>, Const<8>), f32, _> =
//!     device.sample_normal_like(&(5, Const, Const, Const));
//! let loss = network.forward_mut(input.trace(gradients)).square().mean();
//! gradients = loss.backward();
//! adam.update(&mut network, &mut gradients)?;
//! # Ok::<(), CpuError>(())
//! ```
//!
//! # Sizes
//!
//! A convolution of 28 rows by a kernel of 4 at a stride of 2, padded by 1, has 14 rows; the transposed convolution makes
//! 14 rows of 7; 32 feature maps of 7 x 7 are 1568 features; and a layer takes as many channels as the layer before gives:
//!
//! ```
//! use dfdx::prelude::{Const, Cpu, Module, Tensor, ZerosTensor};
//! use pixling_nn::Build;
//! use pixling_nn::builders::{Conv2d, Flatten, TransposedConv2d};
//!
//! const _: () = Conv2d::<1, 16, 4, 2, 1, 28, 28, 14, 14>::SHAPE;
//! const _: () = TransposedConv2d::<32, 16, 4, 2, 1, 7, 7, 14, 14>::SHAPE;
//! const _: () = Flatten::<32, 7, 7, 1568>::SHAPE;
//!
//! let device = Cpu::default();
//! let first = Conv2d::<1, 16, 4, 2, 1, 28, 28, 14, 14>::build(&device).unwrap();
//! let second = Conv2d::<16, 8, 4, 2, 1, 14, 14, 7, 7>::build(&device).unwrap();
//! let input: Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu> =
//!     device.zeros_like(&(1, Const, Const, Const));
//! second.forward(first.forward(input));
//! ```
//!
//! Other sizes do not compile:
//!
//! ```compile_fail,E0080
//! const _: () = pixling_nn::builders::Conv2d::<1, 16, 4, 2, 1, 28, 28, 13, 14>::SHAPE;
//! ```
//!
//! ```compile_fail,E0080
//! const _: () = pixling_nn::builders::TransposedConv2d::<32, 16, 4, 2, 1, 7, 7, 14, 15>::SHAPE;
//! ```
//!
//! ```compile_fail,E0080
//! const _: () = pixling_nn::builders::Flatten::<32, 7, 7, 1586>::SHAPE;
//! ```
//!
//! ```compile_fail,E0308
//! # use dfdx::prelude::{Const, Cpu, Module, Tensor, ZerosTensor};
//! # use pixling_nn::Build;
//! # use pixling_nn::builders::Conv2d;
//! # let device = Cpu::default();
//! # let first = Conv2d::<1, 16, 4, 2, 1, 28, 28, 14, 14>::build(&device).unwrap();
//! let second = Conv2d::<32, 8, 4, 2, 1, 14, 14, 7, 7>::build(&device).unwrap();
//! # let input: Tensor<(usize, Const<1>, Const<28>, Const<28>), f32, Cpu> =
//! #     device.zeros_like(&(1, Const, Const, Const));
//! second.forward(first.forward(input));
//! ```
//!
//! # Traps
//!
//! - Gradients are kept by tensor id, and a clone has the id of its original. A clone is therefore no constant, and a
//!   binary operation on two tensors of the same id panics in the backward pass: use [`detach`]. A cloned module
//!   shares ids (and buffers) with the original as well.
//! - Drop clones, [frozen](Layer::frozen) ones included, before the optimizer updates the original. A shared buffer is copied
//!   when it is written, and the clone keeps the old values.
//! - `device.enable_cache()` saves the page faults that otherwise take a third of the time, but a cached `Cpu` shared
//!   between threads panics: make one device per thread. With the cache on `tensor_from_vec` leaks its buffer into the
//!   cache at every call: make input tensors once and refill them with `copy_from`.
//! - Merging two tapes keeps one copy of each gradient. Give the accumulated gradients to one input only, and an empty
//!   tape (`leaky_trace`, or `retaped`) to the others.
//! - dfdx's `sum` and `mean` over everything add one by one in 32 bits, 3 % wrong at 3 million elements. Reduce each
//!   sample first.
//! - dfdx's `as_vec` panics on a tensor without elements.
//! - A tensor assigned to a layer's field must be contiguous.
//! - A first layer with `INPUT_GRADIENT` false allocates no gradient for its input: `Gradients::get` of it panics.

mod activations;
mod adam;
mod backend;
mod batch_deviation;
mod batch_norm1d;
mod batch_norm2d;
mod build;
pub mod builders;
mod builtin;
mod conv2d;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod detach;
mod flatten;
#[cfg(test)]
mod gradient_check;
mod initialization;
mod layer;
mod linear;
mod max_pool2d;
mod modulation;
mod moving_average;
mod network;
mod parameters;
mod rounding;
mod shapes;
mod tensors;
mod transposed_conv2d;
mod weighted;

pub use activations::{LeakyReLU, ReLU, Sigmoid, Tanh};
pub use adam::{Adam, AdamState, Moments};
pub use backend::{Affine, Backend, BatchStatistics, Normalization, Parameters, Wanted};
pub use batch_deviation::BatchDeviation;
pub use batch_norm1d::BatchNorm1d;
pub use batch_norm2d::BatchNorm2d;
pub use build::Build;
pub use conv2d::Conv2d;
pub use detach::{detach, detach_module};
pub use dfdx::shapes::Const;
pub use flatten::{Flatten, Unflatten};
pub use layer::{Description, Layer};
pub use linear::Linear;
pub use max_pool2d::MaxPool2d;
pub use modulation::{Modulated, Modulation, Unmodulated};
pub use moving_average::ExponentialMovingAverage;
pub use network::{Network, Sample};
pub use parameters::{NamedTensor, ParametersError, load_parameters, parameters};
pub use pixling_kernels::activation::{Activation, Grid};
pub use pixling_kernels::adam::AdamStep;
pub use pixling_kernels::{Extent, Geometry, Planes};
pub use rounding::Rounding;
pub use shapes::{Batch, Erase, Flat, Matrix, Recorded, flat, shaped};
pub use tensors::{AnyTensor, Tensors};
pub use transposed_conv2d::TransposedConv2d;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
