//! Types that describe networks, to be built on a device, as in `dfdx::nn::builders`.
//!
//! ```
//! use dfdx::prelude::DeviceBuildExt;
//! use pixling_nn::Build;
//! use pixling_nn::builders::{Conv2d, Flatten, LeakyReLU, Linear};
//!
//! type Classifier = (
//!     (Conv2d<1, 8, 4, 2, 1, 28, 28, 14, 14, false>, LeakyReLU<10>),
//!     (Flatten<8, 14, 14, 1568>, Linear<1568, 10>),
//! );
//! let network = Classifier::build(&dfdx::tensor::Cpu::default()).unwrap();
//! ```

pub use super::activations::{LeakyReLU, ReLU, Sigmoid, Tanh};
pub use super::batch_deviation::BatchDeviation;
pub use super::batch_norm1d::builder::BatchNorm1d;
pub use super::batch_norm2d::builder::BatchNorm2d;
pub use super::conv2d::builder::Conv2d;
pub use super::flatten::{Flatten, Unflatten};
pub use super::linear::builder::Linear;
pub use super::max_pool2d::MaxPool2d;
pub use super::modulation::builder::Modulation;
pub use super::modulation::{Modulated, Unmodulated};
pub use super::rounding::Rounding;
pub use super::transposed_conv2d::builder::TransposedConv2d;
