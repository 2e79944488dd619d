//! Networks and losses.

mod adversary;
mod autoencoder;
mod class_means;
mod classifier;
mod cvae;
mod discriminator;
pub mod feed;
mod gaussian;
mod label_encoder;
mod latents;
mod learner;
mod losses;
mod lr_livae;
pub mod mixture;
mod pictures;
mod preset;
mod presets;
mod prior;
mod refinement;
mod standardize;
mod state;
pub mod tensors;
mod vae;

pub use autoencoder::Autoencoder;
pub use classifier::Classifier;
pub use discriminator::{Discriminator, Fakes};
pub use latents::{ClassSource, Codes};
pub use losses::{LOSSES, Losses};
pub use mixture::{HostMixture, Mixture};
pub use preset::{Preset, Sizes};
pub use presets::{Adversary, Micro, MicroPlain, MicroSmall, Milli, Mini, Nano, Toy};
pub use prior::{Components, MixturePrior, Normal};
pub use refinement::RefinementBatch;
