//! The tensors of a module, visited without knowing their shapes.

use super::backend::Backend;
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Gradients, Tensor};
use pixling_kernels::adam::AdamStep;

/// A tensor of any shape.
pub trait AnyTensor<D: Backend> {
    /// Elements along each axis.
    fn sizes(&self) -> Vec<usize>;

    /// The elements, row-major.
    fn values(&self) -> Vec<f32>;

    /// Overwrites all elements.
    ///
    /// # Panics
    ///
    /// If there are more or fewer values than elements.
    fn set(&mut self, values: &[f32]);

    /// Gives the tensor an identity and a buffer of its own.
    fn separate(&mut self);

    /// Its gradient; zeros if there is none.
    #[cfg(test)]
    fn gradient(&self, gradients: &mut Gradients<f32, D>) -> Vec<f32>;

    /// [`Backend::adam`] on this tensor.
    ///
    /// # Errors
    ///
    /// If the device has no memory for the gradient.
    fn adam(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        moments: [&mut [f32]; 2],
        step: &AdamStep,
    ) -> Result<(), D::Err>;
}

impl<S: Shape, D: Backend> AnyTensor<D> for Tensor<S, f32, D> {
    fn sizes(&self) -> Vec<usize> {
        self.shape().concrete().into()
    }

    fn values(&self) -> Vec<f32> {
        self.as_vec()
    }

    fn set(&mut self, values: &[f32]) {
        self.copy_from(values);
    }

    fn separate(&mut self) {
        let mut copy = self.device().zeros_like(self.shape());
        copy.copy_from(&self.as_vec());
        *self = copy;
    }

    #[cfg(test)]
    fn gradient(&self, gradients: &mut Gradients<f32, D>) -> Vec<f32> {
        gradients.get_or_alloc_mut(self).unwrap();
        gradients.get(self).as_vec()
    }

    fn adam(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        [first, second]: [&mut [f32]; 2],
        step: &AdamStep,
    ) -> Result<(), D::Err> {
        D::adam(self, gradients, first, second, step)
    }
}

/// A module whose tensors can be visited: a layer, a tuple of layers, a [`Network`](super::Network), or a trained tensor
/// alone.
pub trait Tensors<D: Backend> {
    /// Visits each tensor with its name: the path of the module, empty for the outermost, and the fields that lead to
    /// the tensor, joined by dots.
    fn visit(&self, path: &str, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>));

    /// Visits each tensor in the same order, and tells whether it is trained.
    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>));
}

impl<S: Shape, D: Backend> Tensors<D> for Tensor<S, f32, D> {
    fn visit(&self, path: &str, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
        visit(path, self);
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
        visit(true, self);
    }
}

/// The path of a field of the module at a path.
pub(super) fn joined(path: &str, field: &str) -> String {
    match path {
        "" => field.into(),
        path => format!("{path}.{field}"),
    }
}

/// Visits the fields of a layer that are tensors, each with whether it is trained.
macro_rules! tensors {
    ([$($generics:tt)*] $layer:ty { $($field:ident: $trained:literal),* }) => {
        impl<D: Backend, $($generics)*> Tensors<D> for $layer {
            fn visit(&self, _path: &str, _visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
                $(_visit(&joined(_path, stringify!($field)), &self.$field);)*
            }

            fn visit_mut(&mut self, _visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
                $(_visit($trained, &mut self.$field);)*
            }
        }
    };
}
pub(super) use tensors;

/// Visits the fields of a module that are modules.
macro_rules! modules {
    ([$($generics:tt)*] $module:ty { $($field:tt),+ }) => {
        impl<D: Backend, $($generics)*> Tensors<D> for $module {
            fn visit(&self, path: &str, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
                $(self.$field.visit(&joined(path, stringify!($field)), visit);)+
            }

            fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
                $(self.$field.visit_mut(visit);)+
            }
        }
    };
}
pub(super) use modules;
