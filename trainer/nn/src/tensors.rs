//! The tensors of a module, visited without knowing their shapes.

use super::backend::Backend;
use super::layer::Layer;
use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorViewer, TensorVisitor, ViewTensorMut,
};
use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::{Gradients, Tensor};
use pixling_kernels::adam::AdamStep;
use std::convert::Infallible;

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

    fn adam(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        [first, second]: [&mut [f32]; 2],
        step: &AdamStep,
    ) -> Result<(), D::Err> {
        D::adam(self, gradients, first, second, step)
    }
}

/// A module whose tensors can be visited: every dfdx module of our layers, and a [`Network`](super::Network).
pub trait Tensors<D: Backend> {
    /// Visits each tensor with its name: the fields that lead to it, joined by dots.
    fn visit(&self, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>));

    /// Visits each tensor in the same order, and tells whether it is trained.
    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>));
}

impl<D: Backend, M: Layer + TensorCollection<f32, D>> Tensors<D> for M {
    fn visit(&self, visit: &mut dyn FnMut(&str, &dyn AnyTensor<D>)) {
        let Ok(_) = M::iter_tensors(&mut RecursiveWalker {
            m: (self, String::new()),
            f: &mut Reader(visit),
        });
    }

    fn visit_mut(&mut self, visit: &mut dyn FnMut(bool, &mut dyn AnyTensor<D>)) {
        let Ok(_) = M::iter_tensors(&mut RecursiveWalker {
            m: self,
            f: &mut Writer(visit),
        });
    }
}

/// A tensor with its name. dfdx's `ViewTensorName` formats names in every instance of its code.
enum Named {}

impl TensorViewer for Named {
    type View<'a, Module: 'a> = (&'a Module, String);

    fn view_field<'a, Module, Field, GetRef, GetMut>(
        (module, path): &'a mut (&Module, String),
        name: &str,
        get_ref: &mut GetRef,
        _: &mut GetMut,
    ) -> (&'a Field, String)
    where
        GetRef: FnMut(&Module) -> &Field,
        GetMut: FnMut(&mut Module) -> &mut Field,
    {
        (get_ref(module), joined(path, name))
    }
}

fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.into(),
        path => format!("{path}.{name}"),
    }
}

struct Reader<'a, D: Backend>(&'a mut dyn FnMut(&str, &dyn AnyTensor<D>));

impl<D: Backend> TensorVisitor<f32, D> for Reader<'_, D> {
    type Viewer = Named;
    type Err = Infallible;
    type E2 = f32;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f32, D>,
        (tensor, name): (&Tensor<S, f32, D>, String),
    ) -> Result<Option<Tensor<S, f32, D>>, Infallible> {
        self.0(&name, tensor);
        Ok(None)
    }
}

struct Writer<'a, D: Backend>(&'a mut dyn FnMut(bool, &mut dyn AnyTensor<D>));

impl<D: Backend> TensorVisitor<f32, D> for Writer<'_, D> {
    type Viewer = ViewTensorMut;
    type Err = Infallible;
    type E2 = f32;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, f32, D>,
        tensor: &mut Tensor<S, f32, D>,
    ) -> Result<Option<Tensor<S, f32, D>>, Infallible> {
        self.0(options.do_gradient_update, tensor);
        Ok(None)
    }
}
