//! Networks and losses.

mod classifier;
mod discriminator;
mod lr_livae;
pub mod mixture;
mod network;
mod preset;
mod presets;
mod state;
pub mod tensors;

pub use classifier::{ClassHead, Classifier};
pub use discriminator::{Discriminator, Pair, Slope};
pub use lr_livae::{Codes, LOSSES, Losses, LrLivae};
pub use mixture::{HostMixture, Mixture};
pub use network::{Network, Recorded};
pub use preset::{Pictures, Preset, Sizes};
pub use presets::{Micro, Milli, Mini, Nano};
