//! Randomness keyed by seed, purpose and step, so that a run can be repeated and resumed from anywhere.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The purposes of random numbers. Each has a sequence of its own.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// The order of the training pictures in an epoch.
    Order = 1,
    /// Noise on `z_s` and on `z_u`, and all other draws of a training step.
    Step = 2,
    /// Pairs, permutations, latents, choices and directions of an evaluation.
    Evaluation = 3,
    /// The order of the judge's training pictures.
    Judge = 4,
    /// The order and the noise of a probe's training.
    Probe = 5,
    /// The latents that activation ranges are calibrated on.
    Calibration = 6,
    /// The first values of the mixture.
    Mixture = 7,
    /// The test pictures of a figure, and the first places of the points of a view.
    Figures = 8,
    /// Batches of a fine-tuning, and their draws.
    Finetuning = 9,
    /// Noise on the codes that the mixture is fitted to at the end.
    Refit = 10,
    /// Noise on the codes that a mixture prior is fitted to, and the first places of its Gaussians.
    Prior = 11,
    /// Points of the toy experiment.
    Toy = 20,
}

/// The generator of a seed, a purpose and a step.
pub fn generator(seed: u64, purpose: Purpose, step: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
    key[16..24].copy_from_slice(&step.to_le_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Draws from N(0, 1).
pub fn normal(generator: &mut impl Rng, count: usize) -> Vec<f32> {
    StandardNormal.sample_iter(generator).take(count).collect()
}
