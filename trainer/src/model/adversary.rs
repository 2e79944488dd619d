//! The adversarial classifier, which reads classes from `z_u`, and the loss by which `Encoder_U` removes them.

use super::classifier::Classifier;
use super::preset::Preset;
use super::state::State;
use super::tensors::{mean_of_rows, recorded};
use anyhow::Result;
use dfdx::prelude::{Axis, HasShape, Tensor, WithEmptyTape};
use pixling_nn::{Adam, Backend, Matrix, Recorded, detach};

/// Its name in a saved state.
const NAME: &str = "adversary";

/// A classifier of `z_u`.
pub(super) struct Adversary<D: Backend> {
    classifier: Classifier<D>,
}

impl<D: Backend> Adversary<D> {
    pub(super) fn new(
        preset: &dyn Preset<D>,
        device: &D,
        classes: usize,
        learning_rate: f32,
    ) -> Self {
        let adam = Adam::new(learning_rate).with_betas(0.5, 0.9);
        Adversary {
            classifier: Classifier::new(device, preset.adversary(device), classes, adam),
        }
    }

    /// `L_C^adv`: trains it to find the class in `z_u`, which is constant. Gives the loss.
    pub(super) fn teach(
        &mut self,
        z_u: &Recorded<Matrix, D>,
        labels: &Tensor<Matrix, f32, D>,
        rate: f32,
    ) -> Result<f32, D::Err> {
        let held = recorded(&detach(z_u));
        self.classifier.teach(held, labels.clone(), rate)
    }

    /// `L_E^adv`: the cross entropy of its answers against the uniform distribution, the classifier constant.
    pub(super) fn confusion(&self, z_u: &Recorded<Matrix, D>) -> Recorded<(), D> {
        let z_u = z_u.with_empty_tape();
        let answers = self.classifier.frozen().learn(z_u).log_softmax::<Axis<1>>();
        let (_, classes) = *answers.shape();
        mean_of_rows(answers * (-1.0 / classes as f32))
    }

    pub(super) fn save(&self, state: &mut State) {
        self.classifier.save(NAME, state);
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        self.classifier.load(NAME, state)
    }
}
