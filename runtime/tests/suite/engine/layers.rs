//! A layer of a model file, as another engine needs it, and what the runtime makes of its input.

use pixling::{Activation, Layer, Model, Operator, Shape, Window};
use pixling_test_support::{LayerParts, Numbers, Parts, Plan, same};

/// The weights of a layer as integers, in the order of ONNX: dense `[output][input]`, convolution
/// `[output channel][input channel][row][column]`, depthwise `[channel][row][column]`, transposed
/// `[input channel][output channel][row][column]` of the 4x4 kernel.
pub(crate) fn integer_weights(layer: &Layer<'_>) -> Vec<i8> {
    let (inputs, outputs) = (
        usize::from(layer.geometry.input.channels),
        usize::from(layer.geometry.output.channels),
    );
    let plain = layer.decoded().weights;
    let mut weights = Vec::new();
    match layer.geometry.operator {
        Operator::Dense | Operator::Modulation { .. } => weights = plain,
        Operator::Conv2d(window) => {
            let (rows, columns) = sides(window);
            for output in 0..outputs {
                for channel in 0..inputs {
                    for tap in 0..rows * columns {
                        weights.push(plain[(output * rows * columns + tap) * inputs + channel]);
                    }
                }
            }
        }
        Operator::Depthwise(window) => {
            let (rows, columns) = sides(window);
            for channel in 0..inputs {
                weights.extend((0..rows * columns).map(|tap| plain[tap * inputs + channel]));
            }
        }
        Operator::TransposedConv2d => {
            // Phase p and tap t hold row (or column) 3 - p - 2 t.
            let split = |side: usize| ((3 - side) % 2, (3 - side) / 2);
            for channel in 0..inputs {
                for output in 0..outputs {
                    for (row, column) in (0..16).map(|it| (it / 4, it % 4)) {
                        let ((phase_row, row), (phase_column, column)) =
                            (split(row), split(column));
                        let filter = (phase_row * 2 + phase_column) * outputs + output;
                        weights.push(plain[((filter * 2 + row) * 2 + column) * inputs + channel]);
                    }
                }
            }
        }
        other => panic!("no order for {other:?}"),
    }
    weights
}

fn sides(window: Window) -> (usize, usize) {
    (window.kernel_height.into(), window.kernel_width.into())
}

/// The biases: one for each output of a dense layer, else one for each output channel.
pub(crate) fn bias(layer: &Layer<'_>) -> Vec<i32> {
    layer.decoded().bias
}

/// Input scale * weight scale / output scale of each output channel: the multipliers of accumulators from 0 on.
pub(crate) fn ratios(layer: &Layer<'_>) -> Vec<f64> {
    let pairs = layer.decoded().multipliers.into_iter();
    let ratio = |[positive, _]: [i32; 2]| f64::from(positive) / 2f64.powi(32);
    pairs.map(ratio).collect()
}

/// What each layer writes for each latent: the values of a map row by row, the channels of a pixel side by side.
///
/// A model shows its last layer only, and of that one to three channels. So each layer becomes the last but one of
/// models of its own, whose last layer hands three of its channels on as they are. A modulation is a dense layer there, the
/// first one.
pub(crate) fn outputs(model: &Model<'_>, latents: &[Vec<i8>]) -> Vec<Vec<Vec<i8>>> {
    let layers: Vec<Layer<'_>> = model.layers().collect();
    (1..=layers.len())
        .map(|count| {
            let last = &layers[count - 1];
            let mut dense = *last;
            dense.geometry.operator = Operator::Dense;
            let layers = match last.geometry.operator {
                Operator::Modulation { .. } => std::slice::from_ref(&dense),
                _ => &layers[..count],
            };
            let channels = usize::from(last.geometry.output.channels);
            let mut maps = vec![vec![0; last.geometry.output.values() as usize]; latents.len()];
            for first in (0..channels).step_by(3) {
                let shown = channels.min(first + 3) - first;
                let bytes = shows(model, layers, first);
                let model = Model::load(&bytes).unwrap();
                let mut arena = vec![0; model.arena_bytes()];
                for (latent, map) in latents.iter().zip(&mut maps) {
                    let picture = model.decode(latent, &mut arena).unwrap();
                    let pixels = picture.pixels().chunks_exact(3);
                    for (pixel, values) in pixels.zip(map.chunks_exact_mut(channels)) {
                        for (value, shown) in values[first..].iter_mut().zip(&pixel[..shown]) {
                            *value = (i16::from(*shown) - 128) as i8;
                        }
                    }
                }
            }
            maps
        })
        .collect()
}

/// A file of these layers, and after them one that picks three channels, or what is left of them, from the first on.
fn shows(model: &Model<'_>, layers: &[Layer<'_>], first: usize) -> Vec<u8> {
    let last = layers[layers.len() - 1];
    let channels = usize::from(last.geometry.output.channels);
    let mut weights = vec![0; 3 * channels];
    for (index, channel) in (first..channels).take(3).enumerate() {
        weights[index * channels + channel] = 127;
    }
    // 127 of 2^32 / 127 is one: less than 2^-25 of it is lost in rounding, so that a difference of 255 stays whole.
    let numbers = Numbers::Int8 {
        weights,
        bias: vec![0; 3],
        multipliers: vec![33_818_641; 3],
    };
    let plan = Plan {
        operator: Operator::Conv2d(same(1)),
        output: Shape {
            channels: 3,
            ..last.geometry.output
        },
        activation: Activation::Linear,
        zero_point: last.head.zero_point,
    };
    let mut parts = bare(model.z_s() as u16, model.z_u() as u16);
    parts.packed = layers.iter().copied().map(LayerParts::from).collect();
    parts.push(plan, &numbers);
    parts.bytes(&[])
}

/// A model of one class, without layers, whose pixels are the values of the last layer, plus 128.
pub(crate) fn bare(z_s: u16, z_u: u16) -> Parts {
    Parts::new("", &["it"], z_s, z_u)
}
