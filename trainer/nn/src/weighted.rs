//! The code that all layers with weights and biases have in common.

/// The names that [`weighted_layer`] uses where it defines a layer.
pub(super) mod names {
    pub(crate) use crate::backend::{Backend, Parameters, Wanted};
    pub(crate) use crate::build::Build;
    pub(crate) use crate::initialization::FanInUniform;
    pub(crate) use crate::layer::{Description, Layer};
    pub(crate) use crate::shapes::{flat, shaped};
    pub(crate) use crate::tensors::{AnyTensor, Tensors, joined, tensors};
    pub(crate) use dfdx::dtypes::Dtype;
    pub(crate) use dfdx::nn::{Module, NonMutableModule};
    pub(crate) use dfdx::shapes::{Const, Dim, HasShape};
    pub(crate) use dfdx::tensor::{Storage, Tape, Tensor};
}

/// Defines a layer with weights and biases: its builder, whose parameters are its sizes, the layer itself, and the traits
/// that dfdx and [`Layer`](crate::Layer) ask of it.
///
/// The layer maps batches of the axes before the arrow to batches of the axes after it, by an operation of
/// [`Backend`](crate::Backend), which is told the geometry if there is one.
macro_rules! weighted_layer {
    (
        $(#[$builder_doc:meta])*
        builder $layer:ident<$(const $size:ident: $kind:ident $(= $default:literal)?),+>;
        $(geometry: $geometry:expr;)?
        shape: $shape:expr;
        description: $description:expr;
        $(#[$layer_doc:meta])*
        layer {
            $(#[$weight_doc:meta])*
            weight: $weight:ty,
            $(#[$bias_doc:meta])*
            bias: $bias:ty,
        }
        fan_in: $fan_in:expr;
        input_gradient: $input_gradient:expr;
        ($($input:ident),+) -> ($($output:ident),+): $operation:ident;
    ) => {
        pub(super) mod builder {
            use super::*;

            $(#[$builder_doc])*
            #[derive(Clone, Copy, Debug, Default)]
            pub struct $layer<$(const $size: $kind $(= $default)?),+>;

            impl<$(const $size: $kind),+> $layer<$($size),+> {
                /// Evaluating this stops the build if the sizes do not agree. Running the layer evaluates it, in
                /// `cargo build` but not in `cargo check`; a `const _: ()` of this value is evaluated in both.
                pub const SHAPE: () = $shape;

                $(const GEOMETRY: Geometry = $geometry;)?
                pub(super) const DESCRIPTION: Description = $description;
            }
        }

        $(#[$layer_doc])*
        #[derive(Clone, Debug)]
        pub struct $layer<$(const $size: $kind,)+ E: Dtype, D: Storage<E>> {
            $(#[$weight_doc])*
            pub weight: Tensor<$weight, E, D>,
            $(#[$bias_doc])*
            pub bias: Tensor<$bias, E, D>,
            frozen: bool,
        }

        impl<$(const $size: $kind,)+ D: Backend> Build<D> for builder::$layer<$($size),+> {
            type Built = $layer<$($size,)+ f32, D>;

            fn build(device: &D) -> Result<Self::Built, D::Err> {
                let distribution = FanInUniform::new($fan_in);
                Ok($layer {
                    weight: device.try_sample(distribution)?,
                    bias: device.try_sample(distribution)?,
                    frozen: false,
                })
            }
        }

        tensors!([$(const $size: $kind),+] $layer<$($size,)+ f32, D> { weight: true, bias: true });

        impl<$(const $size: $kind,)+ E: Dtype, D: Storage<E>> NonMutableModule for $layer<$($size,)+ E, D> {}

        impl<$(const $size: $kind,)+ E: Dtype, D: Storage<E>> Layer for $layer<$($size,)+ E, D> {
            fn frozen(&self) -> Self {
                Self { frozen: true, ..self.clone() }
            }

            fn describe(&self, layers: &mut Vec<Description>) {
                layers.push(builder::$layer::<$($size),+>::DESCRIPTION);
            }
        }

        impl<B: Dim, $(const $size: $kind,)+ D: Backend, T: Tape<f32, D>>
            Module<Tensor<(B, $(Const<$input>),+), f32, D, T>> for $layer<$($size,)+ f32, D>
        {
            type Output = Tensor<(B, $(Const<$output>),+), f32, D, T>;
            type Error = D::Err;

            fn try_forward(
                &self,
                input: Tensor<(B, $(Const<$input>),+), f32, D, T>,
            ) -> Result<Self::Output, D::Err> {
                let () = builder::$layer::<$($size),+>::SHAPE;
                let shape = (input.shape().0, $(Const::<$output>),+);
                let parameters = Parameters {
                    weight: flat(self.weight.clone())?,
                    bias: flat(self.bias.clone())?,
                };
                let wanted = Wanted { input: $input_gradient, parameters: !self.frozen };
                shaped(D::$operation($(&$geometry,)? flat(input)?, parameters, wanted)?, shape)
            }
        }
    };
}
pub(super) use weighted_layer;
