//! Transposed convolutions.

use super::backend::{Backend, Parameters, Wanted};
use super::initialization::FanInUniform;
use super::layer::{Description, Layer};
use super::shapes::{flat, shaped};
use dfdx::dtypes::Dtype;
use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions};
use dfdx::nn::{BuildOnDevice, Module, NonMutableModule};
use dfdx::shapes::{Const, Dim, HasShape, Rank1, Rank4};
use dfdx::tensor::{Storage, Tape, Tensor};
use dfdx::tensor_ops::Device;
use pixling_kernels::{Extent, Geometry};

pub(super) mod builder {
    use super::{Extent, Geometry};

    /// Builds a transposed convolution from `CI` channels of `H` x `W` to `CO` channels of `OH` x `OW`: each input
    /// element adds `K` x `K` elements to the output, `S` apart from the next element's, and `P` rows and columns are
    /// cut off on each side.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct TransposedConv2d<
        const CI: usize,
        const CO: usize,
        const K: usize,
        const S: usize,
        const P: usize,
        const H: usize,
        const W: usize,
        const OH: usize,
        const OW: usize,
    >;

    impl<
        const CI: usize,
        const CO: usize,
        const K: usize,
        const S: usize,
        const P: usize,
        const H: usize,
        const W: usize,
        const OH: usize,
        const OW: usize,
    > TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW>
    {
        /// Evaluating this stops the build if the sizes do not agree. Running the layer evaluates it, in `cargo build`
        /// but not in `cargo check`; `const _: () = TransposedConv2d::<...>::SHAPE;` is evaluated in both.
        pub const SHAPE: () = {
            assert!(
                CI > 0 && CO > 0 && K > 0 && S > 0,
                "TransposedConv2d: channels, kernel or stride of zero"
            );
            assert!(
                H > 0 && W > 0,
                "TransposedConv2d: features without elements"
            );
            assert!(
                (H - 1) * S + K > 2 * P && (W - 1) * S + K > 2 * P,
                "TransposedConv2d: the padding leaves nothing of the output"
            );
            assert!(
                OH == (H - 1) * S + K - 2 * P,
                "TransposedConv2d: OH is not (H - 1) S + K - 2 P"
            );
            assert!(
                OW == (W - 1) * S + K - 2 * P,
                "TransposedConv2d: OW is not (W - 1) S + K - 2 P"
            );
        };

        pub(crate) const GEOMETRY: Geometry = Geometry {
            picture: Extent {
                channels: CO,
                height: OH,
                width: OW,
            },
            features: Extent {
                channels: CI,
                height: H,
                width: W,
            },
            kernel: K,
            stride: S,
            padding: P,
        };
    }
}

/// A transposed convolution: batch x `CI` x `H` x `W` to batch x `CO` x `OH` x `OW`, where `OH` must be
/// `(H - 1) S + K - 2 P`.
///
/// ```
/// use dfdx::prelude::*;
/// use pixling_nn::builders;
///
/// let device = Cpu::default();
/// let mut layer = device.build_module::<builders::TransposedConv2d<1, 1, 2, 2, 0, 1, 2, 2, 4>, f32>();
/// layer.weight = device.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]);
/// layer.bias = device.tensor([0.5]);
/// let input: Tensor<Rank4<1, 1, 1, 2>, f32, _> = device.tensor([[[[1.0, 10.0]]]]);
/// assert_eq!(layer.forward(input).array(), [[[[1.5, 2.5, 10.5, 20.5], [3.5, 4.5, 30.5, 40.5]]]]);
/// ```
#[derive(Clone, Debug)]
pub struct TransposedConv2d<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    E: Dtype,
    D: Storage<E>,
> {
    /// Input channels x output channels x kernel rows x kernel columns.
    pub weight: Tensor<Rank4<CI, CO, K, K>, E, D>,
    /// One value for each output channel.
    pub bias: Tensor<Rank1<CO>, E, D>,
    frozen: bool,
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    D: Device<f32>,
> BuildOnDevice<D, f32> for builder::TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW>
{
    type Built = TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, f32, D>;
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    E: Dtype,
    D: Device<E>,
> TensorCollection<E, D> for TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, E, D>
{
    type To<E2: Dtype, D2: Device<E2>> = TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor(
                    "weight",
                    |layer| &layer.weight,
                    |layer| &mut layer.weight,
                    TensorOptions::reset_with(|weight| {
                        weight.try_fill_with_distr(FanInUniform::new(
                            (CI * K * K) as f64 / (S * S) as f64,
                        ))
                    }),
                ),
                Self::tensor(
                    "bias",
                    |layer| &layer.bias,
                    |layer| &mut layer.bias,
                    TensorOptions::reset_with(|bias| {
                        bias.try_fill_with_distr(FanInUniform::new(
                            (CI * K * K) as f64 / (S * S) as f64,
                        ))
                    }),
                ),
            ),
            |(weight, bias)| TransposedConv2d {
                weight,
                bias,
                frozen: false,
            },
        )
    }
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    E: Dtype,
    D: Storage<E>,
> NonMutableModule for TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, E, D>
{
}

impl<
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    E: Dtype,
    D: Storage<E>,
> Layer for TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, E, D>
{
    fn frozen(&self) -> Self {
        Self {
            frozen: true,
            ..self.clone()
        }
    }

    fn describe(&self, layers: &mut Vec<Description>) {
        let geometry = builder::TransposedConv2d::<CI, CO, K, S, P, H, W, OH, OW>::GEOMETRY;
        layers.push(Description::TransposedConv2d(geometry));
    }
}

impl<
    B: Dim,
    const CI: usize,
    const CO: usize,
    const K: usize,
    const S: usize,
    const P: usize,
    const H: usize,
    const W: usize,
    const OH: usize,
    const OW: usize,
    D: Backend,
    T: Tape<f32, D>,
> Module<Tensor<(B, Const<CI>, Const<H>, Const<W>), f32, D, T>>
    for TransposedConv2d<CI, CO, K, S, P, H, W, OH, OW, f32, D>
{
    type Output = Tensor<(B, Const<CO>, Const<OH>, Const<OW>), f32, D, T>;
    type Error = D::Err;

    fn try_forward(
        &self,
        input: Tensor<(B, Const<CI>, Const<H>, Const<W>), f32, D, T>,
    ) -> Result<Self::Output, D::Err> {
        let () = builder::TransposedConv2d::<CI, CO, K, S, P, H, W, OH, OW>::SHAPE;
        let batch = input.shape().0;
        let parameters = Parameters {
            weight: flat(self.weight.clone())?,
            bias: flat(self.bias.clone())?,
        };
        let wanted = Wanted {
            input: true,
            parameters: !self.frozen,
        };
        let geometry = builder::TransposedConv2d::<CI, CO, K, S, P, H, W, OH, OW>::GEOMETRY;
        let output = D::transposed_convolution(&geometry, flat(input)?, parameters, wanted)?;
        shaped(output, (batch, Const, Const, Const))
    }
}

#[cfg(test)]
mod tests {
    use crate::builders::{Conv2d, TransposedConv2d};
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{Const, Cpu, DeviceBuildExt, Module, TensorFromVec};

    /// Compares with the input gradient of the convolution it transposes, and with differences of the loss.
    macro_rules! case {
        ($name:ident, $batch:expr, <$ci:literal, $co:literal, $k:literal, $s:literal, $p:literal, $h:literal, $w:literal, $oh:literal, $ow:literal>) => {
            #[test]
            fn $name() {
                let device = Cpu::seed_from_u64(3);
                let layer = device
                    .build_module::<TransposedConv2d<$ci, $co, $k, $s, $p, $h, $w, $oh, $ow>, f32>(
                    );
                let input = normal(1, &($batch, Const::<$ci>, Const::<$h>, Const::<$w>));
                check(&layer, &input, true, |layer, input| layer.forward(input));

                let mut convolution =
                    device.build_module::<Conv2d<$co, $ci, $k, $s, $p, $oh, $ow, $h, $w>, f32>();
                convolution.weight = layer.weight.clone();
                convolution.bias.fill_with_zeros();
                let mut unbiased = layer.clone();
                unbiased.bias.fill_with_zeros();
                // The transposed layer's output is the convolution's gradient, and the other way round.
                let output = unbiased.forward(input.clone());
                let picture = normal(2, &($batch, Const::<$co>, Const::<$oh>, Const::<$ow>));
                let features = convolution.forward(picture.clone()).as_vec();
                let dot =
                    |a: Vec<f32>, b: Vec<f32>| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                let left = dot(output.as_vec(), picture.as_vec());
                assert_all_near("the product", &[left], &[dot(input.as_vec(), features)]);
            }
        };
    }

    case!(kernel_4_stride_2, 5, <3, 2, 4, 2, 1, 3, 4, 6, 8>);
    case!(kernel_3_stride_1_in_two_groups, 11, <2, 1, 3, 1, 1, 3, 2, 3, 2>);
    case!(kernel_5_stride_3, 2, <1, 2, 5, 3, 2, 2, 3, 4, 7>);
    case!(kernel_2_stride_2_without_overlap, 9, <2, 2, 2, 2, 0, 2, 2, 4, 4>);
    case!(padding_that_cuts_most_of_the_output, 1, <2, 1, 4, 1, 3, 4, 5, 1, 2>);

    #[test]
    fn every_channel_gets_its_bias() {
        let device = Cpu::default();
        let mut layer = device.build_module::<TransposedConv2d<1, 2, 2, 3, 0, 2, 2, 5, 5>, f32>();
        layer.weight.fill_with_zeros();
        layer.bias = device.tensor_from_vec(vec![1.0, 2.0], (Const::<2>,));
        let output = layer
            .forward(normal(1, &(3, Const::<1>, Const::<2>, Const::<2>)))
            .as_vec();
        for (index, value) in output.iter().enumerate() {
            assert_eq!(*value, (index / 25 % 2 + 1) as f32);
        }
    }

    #[test]
    fn an_empty_batch_has_an_empty_output() {
        let mut layer =
            Cpu::default().build_module::<TransposedConv2d<1, 2, 4, 2, 1, 2, 2, 4, 4>, f32>();
        let input = normal(1, &(0, Const::<1>, Const::<2>, Const::<2>));
        let run = run(&mut layer, &input, |layer, input| layer.forward(input));
        assert!(run.output.is_empty() && run.input_gradient.is_empty());
    }

    #[test]
    fn initial_values_count_the_inputs_of_an_output() {
        let layer = Cpu::seed_from_u64(0)
            .build_module::<TransposedConv2d<16, 32, 4, 2, 1, 2, 2, 4, 4>, f32>();
        let bound = 1.0 / 8.0;
        for values in [layer.weight.as_vec(), layer.bias.as_vec()] {
            let largest = values
                .iter()
                .fold(0.0f32, |largest, value| largest.max(value.abs()));
            assert!((0.9 * bound..=bound).contains(&largest), "{largest}");
        }
    }
}
