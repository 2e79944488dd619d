//! A model in colour without `z_s`, whose windows are uneven.

use crate::{Counts, Numbers, Parts, Plan, shape};
use pixling::write::groups;
use pixling::{Activation, Geometry, Operator, Window};

const fn window(kernel_height: u8, kernel_width: u8, stride: u8, top: u8, left: u8) -> Window {
    Window {
        kernel_height,
        kernel_width,
        stride,
        padding_top: top,
        padding_left: left,
    }
}

/// A file of 3x3 pixels in colour without golden pictures: a dense map of 5 channels, a depthwise layer, a doubling, and a
/// convolution with a stride of 2; the activations differ. With weights of four bits its table of pixels is mirrored.
pub fn file(four_bits: bool) -> Vec<u8> {
    let mut parts = Parts::new("colours", &["one"], 0, 2);
    parts.z_u_sigma = 9000;
    let pixels: Vec<u8> = (0..=255).rev().collect();
    parts.pixels = pixels[if four_bits { 127 } else { 0 }..].to_vec();
    for (operator, output, activation) in [
        (Operator::Dense, shape(2, 3, 5), Activation::Relu),
        (
            Operator::Depthwise(window(2, 3, 1, 1, 1)),
            shape(2, 3, 5),
            Activation::LeakyRelu { slope: 20_000 },
        ),
        (
            Operator::TransposedConv2d,
            shape(4, 6, 2),
            Activation::Linear,
        ),
        (
            Operator::Conv2d(window(3, 1, 2, 2, 0)),
            shape(3, 3, 3),
            Activation::Linear,
        ),
    ] {
        let input = parts.output();
        let counts = Counts::of(operator, input, output);
        let weights = (0..counts.weights as i32).map(|index| (index * 89 % 255 - 127) as i8);
        let biases = 0..counts.biases as i32;
        let channels = usize::from(output.channels);
        let numbers = if four_bits {
            let groups = groups(&Geometry {
                operator,
                input,
                output,
            });
            Numbers::Int4 {
                weights: weights.map(|weight| weight >> 4).collect(),
                scales: groups.iter().map(|it| (it * 5 + 7) as u8 % 16).collect(),
                bias: biases.map(|index| (index * 9 - 100) as i8).collect(),
                multipliers: [41_000, 42_000, 43_000, 44_000, 65_535][..channels].to_vec(),
                bias_shift: 4,
                multiplier_shift: 10,
            }
        } else {
            Numbers::Int8 {
                weights: weights.collect(),
                bias: biases.map(|index| index * 301 - 4000).collect(),
                // More than four channels, and all different: through a driver they are computed in blocks.
                multipliers: (1..=channels as i32).map(|it| it * 11_000_000).collect(),
            }
        };
        let plan = Plan {
            operator,
            output,
            activation,
            zero_point: -7,
        };
        parts.push(plan, &numbers);
    }
    parts.bytes(&[])
}
