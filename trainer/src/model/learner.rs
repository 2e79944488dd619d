//! A network with the optimizer that teaches it.

use super::state::State;
use crate::nn::{Adam, Backend, load_parameters, parameters};
use crate::train::OptimizerConfig;
use anyhow::{Context, Result};
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::Gradients;

/// An optimizer of the merged backward pass.
pub(super) fn adam(settings: &OptimizerConfig) -> Adam {
    Adam::new(settings.learning_rate).with_betas(settings.betas[0], settings.betas[1])
}

/// A network and its optimizer, saved under a name.
#[derive(Debug)]
pub(super) struct Learner<N> {
    name: &'static str,
    pub(super) network: N,
    adam: Adam,
}

impl<N> Learner<N> {
    pub(super) fn new(name: &'static str, network: N, settings: &OptimizerConfig) -> Self {
        Learner {
            name,
            network,
            adam: adam(settings),
        }
    }

    /// One step at a learning rate.
    pub(super) fn update<D: Backend>(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> Result<(), D::Err>
    where
        N: TensorCollection<f32, D>,
    {
        self.adam.learning_rate = rate;
        self.adam.update(&mut self.network, gradients)
    }

    pub(super) fn save<D: Backend>(&self, state: &mut State)
    where
        N: TensorCollection<f32, D>,
    {
        state.add(self.name, parameters(&self.network));
        state.add_adam(self.name, &self.adam);
    }

    pub(super) fn load<D: Backend>(&mut self, state: &State) -> Result<()>
    where
        N: TensorCollection<f32, D>,
    {
        load_parameters(&mut self.network, &state.part(self.name)).context(self.name)?;
        state.load_adam(self.name, &mut self.adam)
    }
}
