//! The values of a module's tensors by name, to be saved and loaded.

use super::backend::Backend;
use super::tensors::Tensors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// One tensor of a module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedTensor {
    /// Names of the fields that lead to the tensor, joined by dots, such as `0.1.weight` in a tuple of tuples.
    pub name: String,
    /// Elements along each axis.
    pub shape: Vec<usize>,
    /// Elements in row-major order.
    pub values: Vec<f32>,
}

/// The reason why tensors could not be loaded into a module, which is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// A tensor of the module is not among those to be loaded.
    #[error("loading parameters: expected a tensor {expected}, got none of that name")]
    Missing {
        /// The name of the module's tensor.
        expected: String,
    },
    /// A tensor to be loaded is not part of the module.
    #[error("loading parameters: got a tensor {got}, expected none of that name")]
    Unexpected {
        /// The name of the tensor to be loaded.
        got: String,
    },
    /// Two tensors to be loaded have the same name.
    #[error("loading parameters: got two tensors {got}, expected one")]
    Repeated {
        /// The name of both.
        got: String,
    },
    /// A tensor has another shape than the module's tensor of that name.
    #[error("loading parameters: expected a tensor {name} of shape {expected:?}, got {got:?}")]
    Shape {
        /// The tensor's name.
        name: String,
        /// The shape in the module.
        expected: Vec<usize>,
        /// The shape of the tensor to be loaded.
        got: Vec<usize>,
    },
    /// A tensor's number of values does not follow from its shape.
    #[error("loading parameters: expected {expected} values of tensor {name}, got {got}")]
    Length {
        /// The tensor's name.
        name: String,
        /// The product of its shape.
        expected: usize,
        /// The number of its values.
        got: usize,
    },
}

/// The tensors of `module` in visiting order, running statistics included.
///
/// ```
/// use dfdx::prelude::{Cpu};
/// use pixling_nn::{Build, builders, load_parameters, parameters};
///
/// let device = Cpu::default();
/// let trained = <(builders::Linear<2, 3>, builders::Tanh)>::build(&device).unwrap();
/// let saved = parameters(&trained);
/// assert_eq!((saved[0].name.as_str(), &saved[0].shape[..]), ("0.weight", &[3, 2][..]));
/// let mut other = <(builders::Linear<2, 3>, builders::Tanh)>::build(&device).unwrap();
/// load_parameters(&mut other, &saved)?;
/// assert_eq!(parameters(&other), saved);
/// # Ok::<(), pixling_nn::ParametersError>(())
/// ```
pub fn parameters<D: Backend>(module: &dyn Tensors<D>) -> Vec<NamedTensor> {
    let mut tensors = Vec::new();
    module.visit("", &mut |name, tensor| {
        tensors.push(NamedTensor {
            name: name.into(),
            shape: tensor.sizes(),
            values: tensor.values(),
        });
    });
    tensors
}

/// Writes `tensors`, in any order, to the tensors of `module` that have the same names.
///
/// # Errors
///
/// If names, shapes or lengths do not agree; then nothing is written.
pub fn load_parameters<D: Backend>(
    module: &mut dyn Tensors<D>,
    tensors: &[NamedTensor],
) -> Result<(), ParametersError> {
    let mut by_name = BTreeMap::new();
    for tensor in tensors {
        if by_name.insert(tensor.name.as_str(), tensor).is_some() {
            return Err(ParametersError::Repeated {
                got: tensor.name.clone(),
            });
        }
    }
    let (mut unused, mut result) = (by_name, Ok(()));
    let mut in_order = Vec::new();
    module.visit("", &mut |name, tensor| {
        let loaded = unused.remove(name);
        if result.is_ok() {
            result = check(name, &tensor.sizes(), loaded);
        }
        in_order.extend(loaded);
    });
    result?;
    if let Some(name) = unused.into_keys().next() {
        return Err(ParametersError::Unexpected {
            got: name.to_owned(),
        });
    }
    let mut in_order = in_order.into_iter();
    module.visit_mut(&mut |_, tensor| {
        if let Some(loaded) = in_order.next() {
            tensor.set(&loaded.values);
        }
    });
    Ok(())
}

fn check(
    name: &str,
    expected: &[usize],
    loaded: Option<&NamedTensor>,
) -> Result<(), ParametersError> {
    let Some(loaded) = loaded else {
        return Err(ParametersError::Missing {
            expected: name.into(),
        });
    };
    if loaded.shape != expected {
        return Err(ParametersError::Shape {
            name: name.into(),
            expected: expected.into(),
            got: loaded.shape.clone(),
        });
    }
    let elements = expected.iter().product();
    if loaded.values.len() != elements {
        return Err(ParametersError::Length {
            name: name.into(),
            expected: elements,
            got: loaded.values.len(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;
    use crate::builders::{BatchNorm2d, Conv2d, Flatten, Linear, ReLU};
    use dfdx::prelude::Cpu;

    type Network = (
        (Conv2d<1, 2, 3, 1, 1, 4, 4, 4, 4>, BatchNorm2d<2>),
        ReLU,
        (Flatten<2, 4, 4, 32>, Linear<32, 3>),
    );

    fn network(seed: u64) -> <Network as Build<Cpu>>::Built {
        Network::build(&Cpu::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn names_and_shapes_follow_the_module() {
        let tensors = parameters(&network(0));
        let names: Vec<_> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "0.0.weight",
                "0.0.bias",
                "0.1.scale",
                "0.1.shift",
                "0.1.running_mean",
                "0.1.running_variance",
                "2.1.weight",
                "2.1.bias"
            ]
        );
        assert_eq!(tensors[0].shape, [2, 1, 3, 3]);
        assert_eq!(tensors[6].shape, [3, 32]);
    }

    #[test]
    fn tensors_come_back_in_any_order() {
        let (mut trained, mut other) = (network(1), network(2));
        trained.0.1.running_mean.fill_with_ones();
        let mut saved = parameters(&trained);
        saved.reverse();
        assert_ne!(parameters(&other), parameters(&trained));
        load_parameters(&mut other, &saved).unwrap();
        assert_eq!(parameters(&other), parameters(&trained));
    }

    #[test]
    fn what_does_not_fit_is_named_and_changes_nothing() {
        let mut module = network(3);
        let before = parameters(&module);
        let good = parameters(&network(4));
        let attempt = |change: fn(&mut Vec<NamedTensor>)| {
            let mut tensors = good.clone();
            change(&mut tensors);
            tensors
        };
        let cases = [
            (
                attempt(|tensors| drop(tensors.remove(7))),
                "loading parameters: expected a tensor 2.1.bias, got none of that name",
            ),
            (
                attempt(|tensors| {
                    tensors.push(NamedTensor {
                        name: "3.weight".into(),
                        shape: vec![0],
                        values: vec![],
                    });
                }),
                "loading parameters: got a tensor 3.weight, expected none of that name",
            ),
            (
                attempt(|tensors| tensors.push(tensors[1].clone())),
                "loading parameters: got two tensors 0.0.bias, expected one",
            ),
            (
                attempt(|tensors| tensors[6].shape = vec![32, 3]),
                "loading parameters: expected a tensor 2.1.weight of shape [3, 32], got [32, 3]",
            ),
            (
                attempt(|tensors| tensors[2].values.truncate(1)),
                "loading parameters: expected 2 values of tensor 0.1.scale, got 1",
            ),
        ];
        for (tensors, message) in cases {
            let error = load_parameters(&mut module, &tensors).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(parameters(&module), before);
        }
    }
}
