//! Trains Lr-LiVAE models (Zheng and Sun, "Disentangling Latent Space for VAE by Label Relevant/Irrelevant
//! Dimensions", CVPR 2019), quantizes them and exports them for the `pixling` runtime.
//!
//! Modules, from the bottom; a module uses those above it in this list only: [`nn`], [`data`] and [`config`]; [`model`];
//! [`train`]; [`metrics`]; [`export`]; [`figures`] and [`report`]; [`commands`].
//!
//! A preset of one's own is described with [`preset!`], and [`run`] gives it the whole command line.

pub mod commands;
pub mod config;
pub mod export;
pub mod figures;
pub mod files;
pub mod grid;
mod interruption;
pub mod metrics;
pub mod model;
pub mod report;
pub mod toy;
pub mod train;

pub use commands::run;
pub use pixling_data as data;
pub use pixling_kernels::random;
pub use pixling_nn as nn;
