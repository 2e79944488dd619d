//! The losses of a training step, as numbers.

/// The losses of a step, unweighted; 0 where a model has no such loss, or gives it no weight.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Losses {
    /// Squared error, summed over pixels.
    pub reconstruction: f32,
    /// Divergence of the Gaussian latents from N(0, I), summed over dimensions.
    pub kl: f32,
    /// `L_cls`.
    pub classification: f32,
    /// `L_lkd`.
    pub likelihood: f32,
    /// Cross entropy of the adversarial classifier on `z_u` against the class: it cannot tell when this is `ln classes`.
    pub adversary: f32,
    /// Cross entropy of its answer against the uniform distribution.
    pub confusion: f32,
    /// The product of codes of `z_u` with the mean code of their class, less the mean of all classes.
    pub class_mean: f32,
    /// `L_con`.
    pub consistency: f32,
    /// `L_cls` on draws of the mixture.
    pub overlap: f32,
    /// `L_D`.
    pub discriminator: f32,
    /// `L_GD`.
    pub gan: f32,
}

/// The number of losses.
pub const LOSSES: usize = 11;

impl Losses {
    /// Each loss with its name, in the order of `log.csv`.
    pub fn named(&self) -> [(&'static str, f32); LOSSES] {
        [
            ("reconstruction", self.reconstruction),
            ("kl", self.kl),
            ("classification", self.classification),
            ("likelihood", self.likelihood),
            ("adversary", self.adversary),
            ("confusion", self.confusion),
            ("class_mean", self.class_mean),
            ("consistency", self.consistency),
            ("overlap", self.overlap),
            ("discriminator", self.discriminator),
            ("gan", self.gan),
        ]
    }

    /// The losses that are no numbers, in words; `None` if all are.
    pub fn diverged(&self) -> Option<String> {
        let named = self.named();
        let bad = named.iter().filter(|(_, loss)| !loss.is_finite());
        let told: Vec<String> = bad
            .map(|(name, loss)| format!("{name} is {loss}"))
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}
