//! The values of a module's tensors by name, to be saved and loaded.

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName,
    ViewTensorRef,
};
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::convert::Infallible;
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

/// Why tensors could not be loaded into a module. The module is unchanged.
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
    /// A tensor has another shape than that of the module.
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
/// use dfdx::prelude::{Cpu, DeviceBuildExt};
/// use pixling_trainer::nn::{builders, load_parameters, parameters};
///
/// let device = Cpu::default();
/// let trained = device.build_module::<(builders::Linear<2, 3>, builders::Tanh), f32>();
/// let saved = parameters(&trained);
/// assert_eq!((saved[0].name.as_str(), &saved[0].shape[..]), ("0.weight", &[3, 2][..]));
/// let mut other = device.build_module::<(builders::Linear<2, 3>, builders::Tanh), f32>();
/// load_parameters(&mut other, &saved)?;
/// assert_eq!(parameters(&other), saved);
/// # Ok::<(), pixling_trainer::nn::ParametersError>(())
/// ```
pub fn parameters<D: Device<f32>, M: TensorCollection<f32, D>>(module: &M) -> Vec<NamedTensor> {
    let mut reader = Reader {
        tensors: Vec::new(),
    };
    let Ok(_) = M::iter_tensors(&mut RecursiveWalker {
        m: (module, String::new()),
        f: &mut reader,
    });
    reader.tensors
}

/// Writes `tensors`, in any order, to the tensors of `module` that have the same names.
///
/// # Errors
///
/// If names, shapes or lengths do not agree; then nothing is written.
pub fn load_parameters<D: Device<f32>, M: TensorCollection<f32, D>>(
    module: &mut M,
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
    let mut checker = Checker {
        unused: by_name.clone(),
    };
    M::iter_tensors(&mut RecursiveWalker {
        m: (&*module, String::new()),
        f: &mut checker,
    })?;
    if let Some(name) = checker.unused.into_keys().next() {
        return Err(ParametersError::Unexpected {
            got: name.to_owned(),
        });
    }
    let mut writer = Writer { tensors: by_name };
    let Ok(_) = M::iter_tensors(&mut RecursiveWalker {
        m: (module, String::new()),
        f: &mut writer,
    });
    Ok(())
}

fn sizes<S: Shape>(shape: &S) -> Vec<usize> {
    shape.concrete().into_iter().collect()
}

struct Reader {
    tensors: Vec<NamedTensor>,
}

impl<D: Device<f32>> TensorVisitor<f32, D> for Reader {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = Infallible;
    type E2 = f32;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f32, D>,
        (tensor, name): (&Tensor<S, f32, D>, String),
    ) -> Result<Option<Tensor<S, f32, D>>, Infallible> {
        self.tensors.push(NamedTensor {
            name,
            shape: sizes(tensor.shape()),
            values: tensor.as_vec(),
        });
        Ok(None)
    }
}

struct Checker<'a> {
    unused: BTreeMap<&'a str, &'a NamedTensor>,
}

impl<D: Device<f32>> TensorVisitor<f32, D> for Checker<'_> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = ParametersError;
    type E2 = f32;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f32, D>,
        (tensor, name): (&Tensor<S, f32, D>, String),
    ) -> Result<Option<Tensor<S, f32, D>>, ParametersError> {
        let Some(loaded) = self.unused.remove(name.as_str()) else {
            return Err(ParametersError::Missing { expected: name });
        };
        let expected = sizes(tensor.shape());
        if loaded.shape != expected {
            return Err(ParametersError::Shape {
                name,
                expected,
                got: loaded.shape.clone(),
            });
        }
        let expected = tensor.shape().num_elements();
        if loaded.values.len() != expected {
            return Err(ParametersError::Length {
                name,
                expected,
                got: loaded.values.len(),
            });
        }
        Ok(None)
    }
}

/// Writes what [`Checker`] has found to fit.
struct Writer<'a> {
    tensors: BTreeMap<&'a str, &'a NamedTensor>,
}

impl<D: Device<f32>> TensorVisitor<f32, D> for Writer<'_> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = Infallible;
    type E2 = f32;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f32, D>,
        (tensor, name): (&mut Tensor<S, f32, D>, String),
    ) -> Result<Option<Tensor<S, f32, D>>, Infallible> {
        if let Some(loaded) = self.tensors.get(name.as_str()) {
            tensor.copy_from(&loaded.values);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::builders::{BatchNorm2d, Conv2d, Flatten, Linear, ReLU};
    use dfdx::prelude::{BuildOnDevice, Cpu, DeviceBuildExt};

    type Network = (
        (Conv2d<1, 2, 3, 1, 1, 4, 4, 4, 4>, BatchNorm2d<2>),
        ReLU,
        (Flatten<2, 4, 4, 32>, Linear<32, 3>),
    );

    fn network(seed: u64) -> <Network as BuildOnDevice<Cpu, f32>>::Built {
        Cpu::seed_from_u64(seed).build_module::<Network, f32>()
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
