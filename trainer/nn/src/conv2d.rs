//! Convolutions.

use super::weighted::{names::*, weighted_layer};
use dfdx::shapes::{Rank1, Rank4};
use pixling_kernels::{Extent, Geometry};

weighted_layer! {
    /// Builds a convolution from `CI` channels of `H` x `W` to `CO` channels of `OH` x `OW`, with kernels of `K` x `K`
    /// at a stride of `S` on a picture padded by `P` zeros on each side.
    ///
    /// With `INPUT_GRADIENT` false the backward pass skips the gradient of the input: for a network's first layer.
    builder Conv2d<
        const CI: usize, const CO: usize, const K: usize, const S: usize, const P: usize,
        const H: usize, const W: usize, const OH: usize, const OW: usize, const INPUT_GRADIENT: bool = true
    >;
    geometry: Geometry {
        picture: Extent { channels: CI, height: H, width: W },
        features: Extent { channels: CO, height: OH, width: OW },
        kernel: K,
        stride: S,
        padding: P,
    };
    shape: check(&Self::GEOMETRY);
    description: Description::Conv2d(Self::GEOMETRY);

    /// A convolution: batch x `CI` x `H` x `W` to batch x `CO` x `OH` x `OW`, where `OH` must be
    /// `(H + 2 P - K) / S + 1`.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use pixling_nn::{Build, builders};
    ///
    /// let device = Cpu::default();
    /// let mut layer = builders::Conv2d::<1, 1, 2, 1, 0, 2, 3, 1, 2>::build(&device).unwrap();
    /// layer.weight = device.tensor([[[[1.0, 10.0], [100.0, 1000.0]]]]);
    /// layer.bias = device.tensor([0.5]);
    /// let input: Tensor<Rank4<1, 1, 2, 3>, f32, _> = device.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]);
    /// assert_eq!(layer.forward(input).array(), [[[[5421.5, 6532.5]]]]);
    /// ```
    layer {
        /// Output channels x input channels x kernel rows x kernel columns.
        weight: Rank4<CO, CI, K, K>,
        /// One value for each output channel.
        bias: Rank1<CO>,
    }
    fan_in: (CI * K * K) as f64;
    input_gradient: INPUT_GRADIENT;
    (CI, H, W) -> (CO, OH, OW): convolution;
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
        picture.channels > 0 && features.channels > 0 && kernel > 0 && stride > 0,
        "Conv2d: channels, kernel or stride of zero"
    );
    assert!(
        picture.height > 0 && picture.width > 0,
        "Conv2d: a picture without elements"
    );
    let (height, width) = (picture.height + 2 * padding, picture.width + 2 * padding);
    assert!(
        kernel <= height && kernel <= width,
        "Conv2d: the kernel is larger than the padded picture"
    );
    assert!(
        features.height == (height - kernel) / stride + 1,
        "Conv2d: OH is not (H + 2 P - K) / S + 1"
    );
    assert!(
        features.width == (width - kernel) / stride + 1,
        "Conv2d: OW is not (W + 2 P - K) / S + 1"
    );
}

#[cfg(test)]
mod tests {
    use crate::Build;
    use crate::builders::Conv2d;
    use crate::gradient_check::{assert_all_near, check, normal, run};
    use dfdx::prelude::{Const, Cpu, HasShape, Module};

    /// Element by element, from the definition; `sizes` are batch, input channels, kernel, stride, padding.
    fn naive(
        sizes: [usize; 5],
        [height, width]: [usize; 2],
        input: &[f32],
        weight: &[f32],
        bias: &[f32],
    ) -> Vec<f32> {
        let [batch, inputs, kernel, stride, padding] = sizes;
        let mut result = Vec::new();
        for sample in 0..batch {
            for (output, bias) in bias.iter().enumerate() {
                for y in (0..=height + 2 * padding - kernel).step_by(stride) {
                    for x in (0..=width + 2 * padding - kernel).step_by(stride) {
                        let mut sum = f64::from(*bias);
                        for channel in 0..inputs {
                            for (row, column) in (0..kernel * kernel)
                                .map(|offset| (offset / kernel, offset % kernel))
                            {
                                let (source_y, source_x) = (y + row, x + column);
                                if (padding..padding + height).contains(&source_y)
                                    && (padding..padding + width).contains(&source_x)
                                {
                                    let plane = (sample * inputs + channel) * height;
                                    let pixel =
                                        (plane + source_y - padding) * width + source_x - padding;
                                    let tap = ((output * inputs + channel) * kernel + row) * kernel
                                        + column;
                                    sum += f64::from(input[pixel]) * f64::from(weight[tap]);
                                }
                            }
                        }
                        result.push(sum as f32);
                    }
                }
            }
        }
        result
    }

    /// Compares with the definition and with differences of the loss.
    macro_rules! case {
        ($name:ident, $batch:expr, <$ci:literal, $co:literal, $k:literal, $s:literal, $p:literal, $h:literal, $w:literal, $oh:literal, $ow:literal>) => {
            #[test]
            fn $name() {
                let device = Cpu::seed_from_u64(3);
                let layer =
                    Conv2d::<$ci, $co, $k, $s, $p, $h, $w, $oh, $ow>::build(&device).unwrap();
                let input = normal(1, &($batch, Const::<$ci>, Const::<$h>, Const::<$w>));
                let expected = naive(
                    [$batch, $ci, $k, $s, $p],
                    [$h, $w],
                    &input.as_vec(),
                    &layer.weight.as_vec(),
                    &layer.bias.as_vec(),
                );
                assert_all_near(
                    "the output",
                    &layer.forward(input.clone()).as_vec(),
                    &expected,
                );
                check(&layer, &input, true, |layer, input| layer.forward(input));
            }
        };
    }

    case!(kernel_4_stride_2, 5, <2, 3, 4, 2, 1, 8, 6, 4, 3>);
    case!(kernel_3_stride_1_same_size, 2, <2, 2, 3, 1, 1, 5, 4, 5, 4>);
    case!(kernel_3_stride_2_in_more_than_two_groups, 18, <3, 2, 3, 2, 1, 5, 5, 3, 3>);
    case!(kernel_2_stride_3_leaves_pixels_out, 9, <1, 2, 2, 3, 0, 6, 7, 2, 2>);
    case!(padding_larger_than_the_kernel, 3, <1, 1, 2, 1, 3, 2, 1, 7, 6>);
    case!(kernel_offsets_that_only_meet_padding, 1, <2, 1, 5, 1, 2, 1, 2, 1, 2>);
    case!(one_by_one, 1, <3, 2, 1, 1, 0, 2, 2, 2, 2>);

    #[test]
    fn without_an_input_gradient_the_parameters_gradients_are_the_same() {
        let device = Cpu::seed_from_u64(3);
        let with = Conv2d::<1, 2, 4, 2, 1, 6, 6, 3, 3, true>::build(&device).unwrap();
        let mut without = Conv2d::<1, 2, 4, 2, 1, 6, 6, 3, 3, false>::build(&device).unwrap();
        without.weight = with.weight.clone();
        without.bias = with.bias.clone();
        let input = normal(1, &(11, Const::<1>, Const::<6>, Const::<6>));
        let with = run(&mut with.clone(), &input, |layer, input| {
            layer.forward(input)
        });
        let without = run(&mut without, &input, |layer, input| layer.forward(input));
        assert_eq!(with.output, without.output);
        assert_eq!(with.parameter_gradients, without.parameter_gradients);
        assert!(
            without
                .input_gradient
                .iter()
                .all(|gradient| *gradient == 0.0)
        );
    }

    #[test]
    fn an_empty_batch_has_an_empty_output() {
        let mut layer = Conv2d::<1, 2, 3, 1, 1, 4, 4, 4, 4>::build(&Cpu::default()).unwrap();
        let input = normal(1, &(0, Const::<1>, Const::<4>, Const::<4>));
        let run = run(&mut layer, &input, |layer, input| layer.forward(input));
        assert!(run.output.is_empty() && run.input_gradient.is_empty());
    }

    #[test]
    fn batches_of_constant_size_keep_their_type() {
        let layer = Conv2d::<1, 2, 3, 1, 1, 4, 4, 4, 4>::build(&Cpu::default()).unwrap();
        let output = layer.forward(normal(1, &(Const::<3>, Const::<1>, Const::<4>, Const::<4>)));
        let _: &(Const<3>, Const<2>, Const<4>, Const<4>) = output.shape();
    }

    #[test]
    fn initial_values_fill_their_range() {
        let layer = Conv2d::<4, 32, 4, 1, 0, 4, 4, 1, 1>::build(&Cpu::seed_from_u64(0)).unwrap();
        let bound = 1.0 / 8.0;
        for values in [layer.weight.as_vec(), layer.bias.as_vec()] {
            let largest = values
                .iter()
                .fold(0.0f32, |largest, value| largest.max(value.abs()));
            assert!((0.9 * bound..=bound).contains(&largest), "{largest}");
        }
    }
}
