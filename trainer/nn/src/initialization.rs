//! Initial values of weights.

use dfdx::dtypes::Dtype;
use rand::Rng;
use rand_distr::Distribution;

/// The uniform distribution on `[-bound, bound)` with `bound = 1 / sqrt(fan_in)`: PyTorch's default for weights and
/// biases.
#[derive(Clone, Copy, Debug)]
pub(super) struct FanInUniform {
    bound: f64,
}

impl FanInUniform {
    /// `fan_in` is the number of inputs that an output depends on, on average.
    pub(super) fn new(fan_in: f64) -> Self {
        Self {
            bound: 1.0 / fan_in.sqrt(),
        }
    }
}

impl<E: Dtype> Distribution<E> for FanInUniform {
    fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> E {
        E::from_f64(random.gen_range(-self.bound..self.bound)).unwrap_or_default()
    }
}
