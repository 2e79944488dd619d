//! Training runs.

mod checkpoint;
mod fingerprint;
mod judge;
mod kept_judge;
mod lock;
mod log;
mod probe;
mod session;
mod tensor_file;

pub use checkpoint::Checkpoint;
pub use fingerprint::Fingerprint;
pub use judge::Judge;
pub use kept_judge::kept_judge;
pub use lock::Lock;
pub use log::{Epoch, read_log, training_seconds};
pub use probe::{Labelled, leakage};
pub(crate) use session::{LATENTS, STYLES};
pub use session::{Output, Progress, Resume, progress_bar, sample_grid, train};
