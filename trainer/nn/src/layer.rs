//! The trait of all layers, besides dfdx's traits.

use super::backend::Backend;
use super::build::Build;
use super::tensors::{AnyTensor, Tensors, joined, modules};
use pixling_kernels::activation::{Activation, Grid};
use pixling_kernels::{Extent, Geometry};

/// A layer, or a tuple of layers.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::{Build, Layer, builders};
///
/// type Network = (builders::Linear<3, 8>, builders::ReLU, builders::Linear<8, 1>);
/// let device = Cpu::seed_from_u64(0);
/// let network = Network::build(&device)?;
/// let input: Tensor<Rank2<4, 3>, f32, _> = device.sample_normal();
/// let gradients = network.frozen().forward(input.leaky_trace()).square().sum().backward();
/// assert_eq!(gradients.get(&input).array().len(), 4);
/// # Ok::<(), CpuError>(())
/// ```
pub trait Layer: Clone {
    /// A copy that shares the tensors and computes no gradients for them.
    ///
    /// Gradients flow through it to its input, but its backward pass skips the gradients of weights, which saves a third
    /// of the work when, for example, a classifier judges a generator's output.
    ///
    /// Drop the copy, and the tapes it recorded, before an optimizer updates the original: otherwise the original's
    /// buffers are copied, and the copy keeps the old weights. Run it with `forward`, not `forward_mut`: a batch
    /// normalization would update the copy's running statistics, which the original does not see.
    #[must_use]
    fn frozen(&self) -> Self {
        self.clone()
    }

    /// Appends the description of each layer, in order.
    fn describe(&self, layers: &mut Vec<Description>);

    /// Switches each [`Rounding`](crate::Rounding) on, with the next grid in the order of the layers; without a grid it is
    /// switched off.
    fn round(&mut self, _grids: &mut dyn Iterator<Item = Grid>) {}
}

/// The operation of a layer, with its sizes as numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Description {
    /// A dense layer. Tensors: weight, bias.
    Linear {
        /// Features of the input.
        inputs: usize,
        /// Features of the output.
        outputs: usize,
    },
    /// A convolution. Tensors: weight, bias.
    Conv2d(Geometry),
    /// A transposed convolution. Tensors: weight, bias.
    TransposedConv2d(Geometry),
    /// A normalization of features. Tensors: running mean, running variance.
    BatchNorm1d {
        /// Features.
        features: usize,
    },
    /// A normalization of feature maps. Tensors: scale, shift, running mean, running variance.
    BatchNorm2d {
        /// Feature maps.
        channels: usize,
        /// Added to variances.
        epsilon: f32,
    },
    /// A scale and a shift of each feature map by the latent. Tensors: weight and bias of the scale less 1, weight and
    /// bias of the shift.
    Modulation {
        /// Values of the latent.
        latent: usize,
        /// Feature maps.
        channels: usize,
    },
    /// An activation of each element.
    Activation(Activation),
    /// The largest of each 2 x 2 square of feature maps of this size.
    MaxPool2d(Extent),
    /// Feature maps as a vector.
    Flatten(Extent),
    /// A vector as feature maps.
    Unflatten(Extent),
    /// The deviation over the batch as one more feature.
    BatchDeviation {
        /// Features of the input.
        features: usize,
    },
    /// A rounding, which may be switched off.
    Rounding,
}

impl Description {
    /// The number of its tensors.
    pub fn tensors(&self) -> usize {
        match self {
            Description::Linear { .. }
            | Description::Conv2d(_)
            | Description::TransposedConv2d(_)
            | Description::BatchNorm1d { .. } => 2,
            Description::BatchNorm2d { .. } | Description::Modulation { .. } => 4,
            _ => 0,
        }
    }
}

/// Makes a layer without tensors its own builder.
macro_rules! without_tensors {
    ([$($generics:tt)*] $layer:ty) => {
        impl<D: Backend, $($generics)*> Build<D> for $layer {
            type Built = Self;

            fn build(_: &D) -> Result<Self, D::Err> {
                Ok(Self::default())
            }
        }

        tensors!([$($generics)*] $layer {});

        impl<$($generics)*> NonMutableModule for $layer {}
    };
}
pub(super) use without_tensors;

/// Makes a type without tensors a layer: from batches of the axes before the arrow to batches of the axes after it, by a
/// function of flat tensors.
macro_rules! stateless_layer {
    (
        [$($sizes:tt)*] $layer:ty: ($($input:ident),+) -> ($($output:ident),+),
        $description:expr,
        |$elements:ident, $device:ident| $operation:expr
    ) => {
        without_tensors!([$($sizes)*] $layer);

        impl<$($sizes)*> Layer for $layer {
            fn describe(&self, layers: &mut Vec<Description>) {
                layers.push($description);
            }
        }

        impl<B: Dim, $($sizes)*, $device: Backend, T: Tape<f32, $device>>
            Module<Tensor<(B, $(Const<$input>),+), f32, $device, T>> for $layer
        {
            type Output = Tensor<(B, $(Const<$output>),+), f32, $device, T>;
            type Error = $device::Err;

            fn try_forward(
                &self,
                input: Tensor<(B, $(Const<$input>),+), f32, $device, T>,
            ) -> Result<Self::Output, $device::Err> {
                let () = Self::SHAPE;
                let shape = (input.shape().0, $(Const::<$output>),+);
                let $elements = flat(input)?;
                shaped($operation?, shape)
            }
        }
    };
}
pub(super) use stateless_layer;

macro_rules! tuples {
    ($($name:ident $index:tt)+) => {
        impl<D: Backend, $($name: Build<D>),+> Build<D> for ($($name,)+) {
            type Built = ($($name::Built,)+);

            fn build(device: &D) -> Result<Self::Built, D::Err> {
                Ok(($($name::build(device)?,)+))
            }
        }

        modules!([$($name: Tensors<D>),+] ($($name,)+) { $($index),+ });

        impl<$($name: Layer),+> Layer for ($($name,)+) {
            #[allow(non_snake_case)]
            fn frozen(&self) -> Self {
                let ($($name,)+) = self;
                ($($name.frozen(),)+)
            }

            #[allow(non_snake_case)]
            fn describe(&self, layers: &mut Vec<Description>) {
                let ($($name,)+) = self;
                $($name.describe(layers);)+
            }

            #[allow(non_snake_case)]
            fn round(&mut self, grids: &mut dyn Iterator<Item = Grid>) {
                let ($($name,)+) = self;
                $($name.round(grids);)+
            }
        }
    };
}

// dfdx runs tuples of up to six modules.
tuples!(M0 0);
tuples!(M0 0 M1 1);
tuples!(M0 0 M1 1 M2 2);
tuples!(M0 0 M1 1 M2 2 M3 3);
tuples!(M0 0 M1 1 M2 2 M3 3 M4 4);
tuples!(M0 0 M1 1 M2 2 M3 3 M4 4 M5 5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{
        BatchNorm1d, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, ReLU, Sigmoid,
        Tanh, TransposedConv2d, Unflatten,
    };
    use crate::gradient_check::{normal, run};
    use dfdx::prelude::{AsArray, Const, Cpu, Module};

    type Network = (
        (
            Conv2d<1, 3, 3, 1, 1, 4, 4, 4, 4>,
            BatchNorm2d<3>,
            LeakyReLU<10>,
            MaxPool2d<3, 4, 4, 2, 2>,
        ),
        (Flatten<3, 2, 2, 12>, Linear<12, 8>, BatchNorm1d<8>, ReLU),
        (
            Unflatten<8, 2, 2, 2>,
            TransposedConv2d<2, 1, 4, 2, 1, 2, 2, 4, 4>,
            Tanh,
            Sigmoid,
        ),
    );

    #[test]
    fn the_input_gets_the_same_gradient_and_parameters_none() {
        let mut network = Network::build(&Cpu::seed_from_u64(1)).unwrap();
        let input = normal(2, &(10, Const::<1>, Const::<4>, Const::<4>));
        let trained = run(&mut network, &input, |network, input| {
            network.forward(input)
        });
        let frozen = run(&mut network.frozen(), &input, |network, input| {
            network.forward(input)
        });
        assert_eq!(trained.output, frozen.output);
        assert_eq!(trained.input_gradient, frozen.input_gradient);
        for ((name, is_trained, gradient), (_, _, frozen)) in trained
            .parameter_gradients
            .iter()
            .zip(&frozen.parameter_gradients)
        {
            assert_eq!(
                gradient.iter().any(|value| *value != 0.0),
                *is_trained,
                "{name}"
            );
            assert!(frozen.iter().all(|value| *value == 0.0), "{name}");
        }
    }

    #[test]
    fn tensors_are_shared_until_one_is_written() {
        let device = Cpu::default();
        let mut layer = Linear::<2, 2>::build(&device).unwrap();
        let address =
            |layer: &crate::Linear<2, 2, f32, Cpu>| std::ptr::from_ref(&layer.weight[[0, 0]]);
        let frozen = layer.frozen();
        assert_eq!(address(&layer), address(&frozen));
        let before = layer.weight.array();
        layer.weight.fill_with_ones();
        assert_eq!(frozen.weight.array(), before);
    }
}
