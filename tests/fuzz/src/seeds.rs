//! Model files to start from, a few KB in all.

use crate::simulated_model::model;
use pixling::write::{Contents, Plain, Plain4, groups, pack, pack4, to_bytes};
use pixling::{Activation, Coding, Geometry, Head, Layer, Operator, Shape, Window};

/// Every operator, three classes, golden pictures.
const GOLDEN_FILE: &[u8] = include_bytes!("../../golden/format-3.pxl");
/// The same of the format before, with weights of eight bits.
const FORMAT_2: &[u8] = include_bytes!("../../golden/format-2.pxl");

/// That, one with a single dense layer, one in colour with uneven windows, that with weights of four bits, and one of the
/// format before.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let [int8, int4] = [false, true].map(colours);
    vec![GOLDEN_FILE.to_vec(), model(), int8, int4, FORMAT_2.to_vec()]
}

const fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

const fn window(kernel_height: u8, kernel_width: u8, stride: u8, top: u8, left: u8) -> Window {
    Window {
        kernel_height,
        kernel_width,
        stride,
        padding_top: top,
        padding_left: left,
    }
}

/// 3x3 pixels in colour without `z_s`: a dense map of 5 channels, a depthwise layer, a doubling, and a convolution with a
/// stride of 2; the activations differ.
fn colours(four_bits: bool) -> Vec<u8> {
    let plan = [
        (
            Operator::Dense,
            shape(1, 1, 2),
            shape(2, 3, 5),
            Activation::Relu,
        ),
        (
            Operator::Depthwise(window(2, 3, 1, 1, 1)),
            shape(2, 3, 5),
            shape(2, 3, 5),
            Activation::LeakyRelu { slope: 20_000 },
        ),
        (
            Operator::TransposedConv2d,
            shape(2, 3, 5),
            shape(4, 6, 2),
            Activation::Linear,
        ),
        (
            Operator::Conv2d(window(3, 1, 2, 2, 0)),
            shape(4, 6, 2),
            shape(3, 3, 3),
            Activation::Linear,
        ),
    ];
    let weights: Vec<i8> = (0..200i32)
        .map(|index| (index * 89 % 255 - 127) as i8)
        .collect();
    let bias: Vec<i32> = (0..30).map(|index| index * 301 - 4000).collect();
    // More than four channels, and all different: through a driver they are computed in blocks.
    let multipliers = [1, 2, 3, 4, 5].map(|channel| channel * 11_000_000);
    let plan = plan.map(|(operator, input, output, activation)| {
        let geometry = Geometry {
            operator,
            input,
            output,
        };
        (geometry, activation)
    });
    let packed = plan.map(|(geometry, activation)| {
        let output = geometry.output;
        let biases = match geometry.operator {
            Operator::Dense => output.values() as usize,
            _ => output.channels.into(),
        };
        if four_bits {
            let weights: Vec<i8> = weights.iter().map(|weight| weight >> 4).collect();
            let groups = groups(&geometry);
            let scales: Vec<u8> = groups
                .iter()
                .map(|group| (group * 5 + 7) as u8 % 16)
                .collect();
            let bias: Vec<i8> = (0..biases)
                .map(|index| (index as i32 * 9 - 100) as i8)
                .collect();
            let plain = Plain4 {
                weights: &weights,
                scales: &scales,
                bias: &bias,
                multipliers: &[41_000, 42_000, 43_000, 44_000, 65_535][..output.channels.into()],
            };
            return pack4(&geometry, activation, plain);
        }
        let plain = Plain {
            weights: &weights,
            bias: &bias[..biases],
            multipliers: &multipliers[..output.channels.into()],
        };
        pack(&geometry, activation, plain)
    });
    let coding = if four_bits {
        Coding::Int4 {
            bias_shift: 4,
            multiplier_shift: 10,
        }
    } else {
        Coding::Int8
    };
    let layers: Vec<Layer<'_>> = std::iter::zip(plan, &packed)
        .map(|((geometry, activation), packed)| Layer {
            geometry,
            head: Head {
                zero_point: -7,
                activation,
                coding,
            },
            tables: packed.tables(),
        })
        .collect();
    let pixels: [u8; 256] = std::array::from_fn(|index| 255 - index as u8);
    let contents = Contents {
        name: "colours",
        data: "made by hand",
        licence: "MIT OR Apache-2.0",
        labels: "one",
        z_s: 0,
        z_u: 2,
        mu: &[],
        sigma: &[],
        z_u_sigma: 9000,
        // Whole, or mirrored.
        pixels: &pixels[if four_bits { 127 } else { 0 }..],
        golden: &[],
        layers: &layers,
    };
    to_bytes(&contents).expect("less than a file can hold")
}
