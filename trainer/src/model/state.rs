//! The state of a training as named tensors.

use anyhow::{Context, Result, ensure};
use dfdx::prelude::{HasShape, Shape, Tensor};
use pixling_nn::{Adam, Backend, Moments, NamedTensor};

/// Named tensors, to be saved or loaded part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    tensors: Vec<NamedTensor>,
}

/// Bits of a number that fit the fraction of a 32-bit float.
const BITS: u32 = 16;

impl State {
    pub(super) fn new(tensors: &[NamedTensor]) -> State {
        State {
            tensors: tensors.to_vec(),
        }
    }

    pub(super) fn into_tensors(self) -> Vec<NamedTensor> {
        self.tensors
    }

    /// Adds tensors under a name.
    pub(super) fn add(&mut self, prefix: &str, tensors: Vec<NamedTensor>) {
        self.tensors
            .extend(tensors.into_iter().map(|tensor| NamedTensor {
                name: format!("{prefix}.{}", tensor.name),
                ..tensor
            }));
    }

    /// The tensors under a name.
    pub(super) fn part(&self, prefix: &str) -> Vec<NamedTensor> {
        let named = self.tensors.iter().filter_map(|tensor| {
            let name = tensor.name.strip_prefix(prefix)?.strip_prefix('.')?;
            Some(NamedTensor {
                name: name.into(),
                ..tensor.clone()
            })
        });
        named.collect()
    }

    /// Adds a whole number, 16 bits to an element.
    pub(super) fn add_number(&mut self, name: &str, number: u64) {
        let values = (0..4).map(|i| (number >> (BITS * i) & 0xffff) as f32);
        self.tensors.push(NamedTensor {
            name: name.into(),
            shape: vec![4],
            values: values.collect(),
        });
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<u64> {
        let values = self.values(name, 4)?;
        Ok(values
            .iter()
            .rev()
            .fold(0, |number, &value| number << BITS | value as u64))
    }

    /// The values of a tensor of that many elements.
    pub(super) fn values(&self, name: &str, count: usize) -> Result<&[f32]> {
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name);
        let values = &tensor.with_context(|| format!("{name} is missing"))?.values;
        ensure!(
            values.len() == count,
            "{name} has {} values, expected {count}",
            values.len()
        );
        Ok(values)
    }

    /// Adds the moments of an optimizer.
    pub(super) fn add_adam(&mut self, name: &str, adam: &Adam) {
        self.add_number(&format!("adam.{name}.step"), adam.state.step.into());
        for (index, moments) in adam.state.moments.iter().enumerate() {
            for (which, values) in [("first", &moments.first), ("second", &moments.second)] {
                self.tensors.push(NamedTensor {
                    name: format!("adam.{name}.{index}.{which}"),
                    shape: vec![values.len()],
                    values: values.clone(),
                });
            }
        }
    }

    /// Restores the moments of an optimizer.
    pub(super) fn load_adam(&self, name: &str, adam: &mut Adam) -> Result<()> {
        adam.state.step = u32::try_from(self.number(&format!("adam.{name}.step"))?)?;
        adam.state.moments.clear();
        let find = |index: usize, which: &str| {
            let name = format!("adam.{name}.{index}.{which}");
            self.tensors.iter().find(|tensor| tensor.name == name)
        };
        for index in 0.. {
            let (Some(first), Some(second)) = (find(index, "first"), find(index, "second")) else {
                break;
            };
            adam.state.moments.push(Moments {
                first: first.values.clone(),
                second: second.values.clone(),
            });
        }
        Ok(())
    }
}

/// A tensor of a shape known at run time, with its name.
pub(super) fn named<S: Shape, D: Backend>(name: &str, tensor: &Tensor<S, f32, D>) -> NamedTensor {
    NamedTensor {
        name: name.into(),
        shape: tensor.shape().concrete().into_iter().collect(),
        values: tensor.as_vec(),
    }
}

/// Sets a tensor to the saved values of that name.
pub(super) fn load_named<S: Shape, D: Backend>(
    name: &str,
    tensor: &mut Tensor<S, f32, D>,
    tensors: &[NamedTensor],
) -> Result<()> {
    let shape: Vec<usize> = tensor.shape().concrete().into_iter().collect();
    let found = tensors
        .iter()
        .find(|tensor| tensor.name == name)
        .with_context(|| format!("{name} is missing"))?;
    ensure!(
        found.shape == shape && found.values.len() == tensor.shape().num_elements(),
        "{name} has shape {:?}, expected {shape:?}",
        found.shape
    );
    tensor.copy_from(&found.values);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        let mut state = State::default();
        for number in [0, 1, 65_535, 65_536, 123_456_789_012, u64::MAX] {
            state.tensors.clear();
            state.add_number("n", number);
            assert_eq!(state.number("n").unwrap(), number);
        }
    }

    #[test]
    fn an_optimizer_survives() {
        let mut adam = Adam::new(1e-3);
        adam.state.step = 70_000;
        adam.state.moments = vec![
            Moments {
                first: vec![1.0, -2.0],
                second: vec![0.5, 0.25],
            };
            2
        ];
        let mut state = State::default();
        state.add_adam("x", &adam);
        let mut other = Adam::new(1e-3);
        state.load_adam("x", &mut other).unwrap();
        assert_eq!(other, adam);
    }
}
