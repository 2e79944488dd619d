//! The exponential moving average of a module.

use super::backend::Backend;
use super::detach::detach_module;
use super::tensors::Tensors;

/// A module whose tensors, running statistics included, follow the tensors of a module in training.
///
/// Update `t`, counted from 0, keeps `min(decay, (1 + t) / (10 + t))` of the average: it starts warm, so that the
/// initial weights are soon forgotten.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::{Build, ExponentialMovingAverage, builders};
///
/// let device = Cpu::default();
/// let mut layer = builders::Linear::<1, 1>::build(&device).unwrap();
/// layer.weight.fill_with_zeros();
/// let mut average = ExponentialMovingAverage::new(&layer, 0.99);
/// layer.weight.fill_with_ones();
/// average.update(&layer);
/// assert_eq!(average.module().weight.array(), [[0.9]]);
/// ```
#[derive(Clone, Debug)]
pub struct ExponentialMovingAverage<M> {
    /// The largest share of the average that an update keeps.
    pub decay: f32,
    /// Updates so far: to be saved with the module's tensors.
    pub updates: u64,
    module: M,
}

impl<M> ExponentialMovingAverage<M> {
    /// Starts at the values of `module`, with tensors of its own.
    pub fn new<D: Backend>(module: &M, decay: f32) -> Self
    where
        M: Tensors<D> + Clone,
    {
        Self {
            decay,
            updates: 0,
            module: detach_module(module),
        }
    }

    /// Moves the average towards the current values of `module`.
    pub fn update<D: Backend>(&mut self, module: &M)
    where
        M: Tensors<D>,
    {
        let updates = self.updates as f32;
        let keep = self.decay.min((1.0 + updates) / (10.0 + updates));
        self.updates += 1;
        approach(&mut self.module, module, 1.0 - keep);
    }

    /// The averaged module.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The averaged module, for example to load saved tensors into.
    pub fn module_mut(&mut self) -> &mut M {
        &mut self.module
    }
}

/// Moves the tensors of `average` by a part of the way to the tensors of `module`.
fn approach<D: Backend>(average: &mut dyn Tensors<D>, module: &dyn Tensors<D>, step: f32) {
    let mut current = Vec::new();
    module.visit("", &mut |_, tensor| current.push(tensor.values()));
    let mut current = current.into_iter();
    average.visit_mut(&mut |_, tensor| {
        let mut values = tensor.values();
        let current = current.next().unwrap_or_default();
        for (average, current) in values.iter_mut().zip(current) {
            *average += step * (current - *average);
        }
        tensor.set(&values);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;
    use crate::builders::{BatchNorm2d, Conv2d};
    use dfdx::prelude::{AsArray, Cpu};

    #[test]
    fn follows_weights_and_statistics_from_a_warm_start() {
        let device = Cpu::default();
        let mut module =
            <(Conv2d<1, 1, 1, 1, 0, 1, 1, 1, 1>, BatchNorm2d<1>)>::build(&device).unwrap();
        module.0.weight.fill_with_zeros();
        let mut average = ExponentialMovingAverage::new(&module, 0.15);
        let mut expected = (0.0, 0.0);
        for (update, keep) in [0.1, 0.15, 0.15].into_iter().enumerate() {
            let value = update as f32 + 1.0;
            module.0.weight.copy_from(&[value]);
            module.1.running_mean.copy_from(&[-value]);
            average.update(&module);
            expected = (
                keep * expected.0 + (1.0 - keep) * value,
                keep * expected.1 - (1.0 - keep) * value,
            );
            assert!((average.module().0.weight.as_vec()[0] - expected.0).abs() < 1e-6);
            assert!((average.module().1.running_mean.array()[0] - expected.1).abs() < 1e-6);
        }
        assert_eq!(average.updates, 3);
        assert_eq!(module.0.weight.as_vec(), [3.0]);
    }

    #[test]
    fn a_saved_average_continues_where_it_stopped() {
        let device = Cpu::default();
        let mut module = BatchNorm2d::<2>::build(&device).unwrap();
        let mut average = ExponentialMovingAverage::new(&module, 0.9);
        average.update(&module);
        let mut resumed = ExponentialMovingAverage::new(&module, 0.9);
        crate::load_parameters(resumed.module_mut(), &crate::parameters(average.module())).unwrap();
        resumed.updates = average.updates;
        module.scale.fill_with_zeros();
        average.update(&module);
        resumed.update(&module);
        assert_eq!(
            average.module().scale.array(),
            resumed.module().scale.array()
        );
    }
}
