//! A network with its optimizer.

use super::state::State;
use crate::config::OptimizerConfig;
use anyhow::{Context, Result};
use dfdx::prelude::Gradients;
use pixling_nn::{Adam, Backend, Network, load_parameters, parameters};

/// An optimizer of the merged backward pass.
pub(super) fn adam(settings: &OptimizerConfig) -> Adam {
    Adam::new(settings.learning_rate).with_betas(settings.betas[0], settings.betas[1])
}

/// A network and its optimizer, saved under a name.
#[derive(Debug)]
pub(super) struct Learner<D: Backend> {
    name: &'static str,
    pub(super) network: Network<D>,
    adam: Adam,
}

impl<D: Backend> Learner<D> {
    pub(super) fn new(name: &'static str, network: Network<D>, settings: &OptimizerConfig) -> Self {
        Learner {
            name,
            network,
            adam: adam(settings),
        }
    }

    /// One step at a learning rate.
    pub(super) fn update(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> Result<(), D::Err> {
        self.adam.learning_rate = rate;
        self.adam.update(&mut self.network, gradients)
    }

    pub(super) fn save(&self, state: &mut State) {
        state.add(self.name, parameters(&self.network));
        state.add_adam(self.name, &self.adam);
    }

    pub(super) fn load(&mut self, state: &State) -> Result<()> {
        load_parameters(&mut self.network, &state.part(self.name)).context(self.name)?;
        state.load_adam(self.name, &mut self.adam)
    }
}
