//! Transposed convolutions.

use super::weighted::{names::*, weighted_layer};
use dfdx::shapes::{Rank1, Rank4};
use pixling_kernels::{Extent, Geometry};

weighted_layer! {
    /// Builds a transposed convolution from `CI` channels of `H` x `W` to `CO` channels of `OH` x `OW`: each input
    /// element adds `K` x `K` elements to the output, `S` apart from the next element's, and `P` rows and columns are
    /// cut off on each side.
    builder TransposedConv2d<
        const CI: usize, const CO: usize, const K: usize, const S: usize, const P: usize,
        const H: usize, const W: usize, const OH: usize, const OW: usize
    >;
    geometry: Geometry {
        picture: Extent { channels: CO, height: OH, width: OW },
        features: Extent { channels: CI, height: H, width: W },
        kernel: K,
        stride: S,
        padding: P,
    };
    shape: check(&Self::GEOMETRY);
    description: Description::TransposedConv2d(Self::GEOMETRY);

    /// A transposed convolution: batch x `CI` x `H` x `W` to batch x `CO` x `OH` x `OW`, where `OH` must be
    /// `(H - 1) S + K - 2 P`.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use pixling_nn::{Build, builders};
    ///
    /// let device = Cpu::default();
    /// let mut layer = builders::TransposedConv2d::<1, 1, 2, 2, 0, 1, 2, 2, 4>::build(&device).unwrap();
    /// layer.weight = device.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]);
    /// layer.bias = device.tensor([0.5]);
    /// let input: Tensor<Rank4<1, 1, 1, 2>, f32, _> = device.tensor([[[[1.0, 10.0]]]]);
    /// assert_eq!(layer.forward(input).array(), [[[[1.5, 2.5, 10.5, 20.5], [3.5, 4.5, 30.5, 40.5]]]]);
    /// ```
    layer {
        /// Input channels x output channels x kernel rows x kernel columns.
        weight: Rank4<CI, CO, K, K>,
        /// One value for each output channel.
        bias: Rank1<CO>,
    }
    fan_in: (CI * K * K) as f64 / (S * S) as f64;
    input_gradient: true;
    (CI, H, W) -> (CO, OH, OW): transposed_convolution;
}

/// Stops the build if the sizes do not agree.
const fn check(geometry: &Geometry) {
    let Geometry {
        picture,
        features,
        kernel,
        stride,
        padding,
    } = *geometry;
    assert!(
        features.channels > 0 && picture.channels > 0 && kernel > 0 && stride > 0,
        "TransposedConv2d: channels, kernel or stride of zero"
    );
    assert!(
        features.height > 0 && features.width > 0,
        "TransposedConv2d: features without elements"
    );
    let height = (features.height - 1) * stride + kernel;
    let width = (features.width - 1) * stride + kernel;
    assert!(
        height > 2 * padding && width > 2 * padding,
        "TransposedConv2d: the padding leaves nothing of the output"
    );
    assert!(
        picture.height == height - 2 * padding,
        "TransposedConv2d: OH is not (H - 1) S + K - 2 P"
    );
    assert!(
        picture.width == width - 2 * padding,
        "TransposedConv2d: OW is not (W - 1) S + K - 2 P"
    );
}

#[cfg(test)]
mod tests {
    use crate::Build;
    use crate::builders::{Conv2d, TransposedConv2d};
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{Const, Cpu, Module, TensorFromVec};

    /// Compares with the input gradient of the convolution it transposes, and with differences of the loss.
    macro_rules! case {
        ($name:ident, $batch:expr, <$ci:literal, $co:literal, $k:literal, $s:literal, $p:literal, $h:literal, $w:literal, $oh:literal, $ow:literal>) => {
            #[test]
            fn $name() {
                let device = Cpu::seed_from_u64(3);
                let layer =
                    TransposedConv2d::<$ci, $co, $k, $s, $p, $h, $w, $oh, $ow>::build(&device)
                        .unwrap();
                let input = normal(1, &($batch, Const::<$ci>, Const::<$h>, Const::<$w>));
                check(&layer, &input, true, |layer, input| layer.forward(input));

                let mut convolution =
                    Conv2d::<$co, $ci, $k, $s, $p, $oh, $ow, $h, $w>::build(&device).unwrap();
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
        let mut layer = TransposedConv2d::<1, 2, 2, 3, 0, 2, 2, 5, 5>::build(&device).unwrap();
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
            TransposedConv2d::<1, 2, 4, 2, 1, 2, 2, 4, 4>::build(&Cpu::default()).unwrap();
        let input = normal(1, &(0, Const::<1>, Const::<2>, Const::<2>));
        let run = run(&mut layer, &input, |layer, input| layer.forward(input));
        assert!(run.output.is_empty() && run.input_gradient.is_empty());
    }

    #[test]
    fn initial_values_count_the_inputs_of_an_output() {
        let layer =
            TransposedConv2d::<16, 32, 4, 2, 1, 2, 2, 4, 4>::build(&Cpu::seed_from_u64(0)).unwrap();
        let bound = 1.0 / 8.0;
        for values in [layer.weight.as_vec(), layer.bias.as_vec()] {
            let largest = values
                .iter()
                .fold(0.0f32, |largest, value| largest.max(value.abs()));
            assert!((0.9 * bound..=bound).contains(&largest), "{largest}");
        }
    }
}
