//! Tensors and modules that share nothing with their originals.

use super::backend::Backend;
use super::tensors::Tensors;
use dfdx::shapes::Shape;
use dfdx::tensor::{NoneTape, Tensor};
use dfdx::tensor_ops::Device;

/// A copy of `tensor` as a constant: same values, an id of its own, no tape.
///
/// A clone is not a constant: gradients are kept by id, and a clone has the id of its original.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::detach;
///
/// let device = Cpu::default();
/// let x: Tensor<Rank1<2>, f32, _> = device.tensor([1.0, 2.0]);
/// let doubled = x.leaky_trace() * 2.0;
/// let constant = detach(&doubled);
/// let product = doubled * constant;
/// assert_eq!(product.sum().backward().get(&x).array(), [4.0, 8.0]);
/// ```
pub fn detach<S: Shape, D: Device<f32>, T>(tensor: &Tensor<S, f32, D, T>) -> Tensor<S, f32, D> {
    // An operation of dfdx gives its result a new id and a buffer that `retaped` keeps from being reused.
    tensor.retaped::<NoneTape>() * 1.0
}

/// A copy of `module` with tensors of its own: same values, other ids, other buffers.
///
/// A clone shares both with its original.
pub fn detach_module<D: Backend, M: Tensors<D> + Clone>(module: &M) -> M {
    let mut copy = module.clone();
    copy.visit_mut(&mut |_, tensor| tensor.separate());
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;
    use crate::builders;
    use dfdx::prelude::{AsArray, Backward, Cpu, Rank1, SumTo, TensorFrom, Trace};

    #[test]
    fn a_detached_tensor_is_a_constant_and_a_clone_is_not() {
        let device = Cpu::default();
        let x: Tensor<Rank1<3>, f32, _> = device.tensor([1.0, 2.0, 3.0]);
        let squared_slope = |factor: Tensor<Rank1<3>, f32, Cpu>,
                             doubled: Tensor<_, f32, Cpu, _>| {
            (doubled * 3.0 * factor).sum().backward().get(&x).array()
        };
        let doubled = x.leaky_trace() * 2.0;
        let constant = detach(&doubled);
        assert_eq!(squared_slope(constant, doubled), [12.0, 24.0, 36.0]);
        let doubled = x.leaky_trace() * 2.0;
        let clone = doubled.retaped::<NoneTape>();
        assert_eq!(squared_slope(clone, doubled), [24.0, 48.0, 72.0]);
    }

    #[test]
    fn a_detached_module_keeps_its_values_when_the_original_changes() {
        let device = Cpu::default();
        let mut original =
            <(builders::Linear<2, 2>, builders::BatchNorm1d<2>)>::build(&device).unwrap();
        let copy = detach_module(&original);
        let before = original.0.weight.array();
        original.0.weight.fill_with_zeros();
        original.1.running_mean.fill_with_ones();
        assert_eq!(copy.0.weight.array(), before);
        assert_eq!(copy.1.running_mean.array(), [0.0; 2]);
    }
}
