//! Training runs.

mod checkpoint;
mod config;
pub mod feed;
mod finetune;
mod judge;
mod log;
mod probe;
mod session;
mod settings;

pub use checkpoint::Checkpoint;
pub use config::{Config, LossConfig, ModelName, OptimizerConfig, Schedule};
pub use finetune::finetune;
pub use judge::{Judge, Verdict};
pub use log::{Epoch, read_log, training_seconds};
pub use probe::{Labelled, leakage};
pub use session::{
    Output, Progress, Resume, decode_to_bytes, encode, progress_bar, sample_grid, sample_latents,
    train,
};
