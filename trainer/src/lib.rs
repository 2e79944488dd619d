//! Trains Lr-LiVAE models (Zheng and Sun, "Disentangling Latent Space for VAE by Label Relevant/Irrelevant
//! Dimensions", CVPR 2019), quantizes them and exports them for the `pixling` runtime.

pub mod commands;
pub mod data;
pub mod export;
pub mod figures;
pub mod files;
pub mod grid;
pub mod metrics;
pub mod model;
pub mod nn;
pub mod random;
pub mod report;
pub mod toy;
pub mod train;
