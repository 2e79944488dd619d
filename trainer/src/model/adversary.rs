//! The adversarial classifier, which reads classes from `z_u`, and what `Encoder_U` learns from it.

use super::classifier::Classifier;
use super::network::Recorded;
use super::preset::Preset;
use super::state::State;
use super::tensors::{Matrix, mean_of_rows, recorded, value};
use crate::nn::{Adam, Backend, detach};
use anyhow::{Context, Result};
use dfdx::prelude::{Axis, Backward, HasShape, ReshapeTo, Tensor, WithEmptyTape};

/// Names of the optimizers in a saved state.
const OPTIMIZERS: [&str; 3] = [
    "adversary.features",
    "adversary.head.weight",
    "adversary.head.bias",
];

/// Tells classes by `z_u`.
pub(super) struct Adversary<P: Preset<D>, D: Backend> {
    classifier: Classifier<P::Adversary, P::Features, D>,
    optimizers: [Adam; 3],
}

impl<P: Preset<D>, D: Backend> Adversary<P, D> {
    pub(super) fn new(device: &D, classes: usize, learning_rate: f32) -> Self {
        let adam = || Adam::new(learning_rate).with_betas(0.5, 0.9);
        Adversary {
            classifier: Classifier::new(device, P::adversary(device), classes),
            optimizers: [adam(), adam(), adam()],
        }
    }

    /// `L_C^adv`: it learns to tell classes by `z_u`, which is held. Gives the loss.
    pub(super) fn teach(
        &mut self,
        z_u: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
        rate: f32,
    ) -> Result<f32, D::Err> {
        let rows = labels.shape().0;
        let held = recorded(&detach(z_u)).reshape_like(&(rows, P::StyleLatent::default()));
        let answers = self.classifier.learn(held).log_softmax::<Axis<1>>();
        let told = mean_of_rows(answers * labels.clone() * -1.0, rows);
        let loss = value(&told);
        let mut gradients = told.backward();
        for optimizer in &mut self.optimizers {
            optimizer.learning_rate = rate;
        }
        self.classifier
            .update(&mut self.optimizers, &mut gradients)?;
        Ok(loss)
    }

    /// `L_E^adv`: the cross entropy of its answers, itself held, against the uniform distribution.
    pub(super) fn confusion(&self, z_u: &Recorded<Matrix, D>) -> Recorded<(), D> {
        let (rows, _) = *z_u.shape();
        let z_u = z_u
            .with_empty_tape()
            .reshape_like(&(rows, P::StyleLatent::default()));
        let answers = self.classifier.frozen().learn(z_u).log_softmax::<Axis<1>>();
        let (_, classes) = *answers.shape();
        mean_of_rows(answers * (-1.0 / classes as f32), rows)
    }

    pub(super) fn save(&self, state: &mut State) {
        state.add("adversary", self.classifier.tensors());
        for (name, adam) in OPTIMIZERS.iter().zip(&self.optimizers) {
            state.add_adam(name, adam);
        }
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        self.classifier
            .load(&state.part("adversary"))
            .context("adversary")?;
        for (name, adam) in OPTIMIZERS.iter().zip(&mut self.optimizers) {
            state.load_adam(name, adam)?;
        }
        Ok(())
    }
}
