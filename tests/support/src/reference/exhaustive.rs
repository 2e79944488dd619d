//! Models that try all of a small space.

use super::random::layer;
use super::{ReferenceLayer, ReferenceModel, ReferencePrior};
use crate::{Noise, same, shape};
use pixling::{Activation, Coding, Operator, Shape, Window};

/// Dimensions of a latent that selects a weight of each filter: the weights of a group.
const LATENT: u16 = 32;
/// Filters, each with a scale of its own.
const FILTERS: u16 = 64;
/// `2^32 / 127`: a selected weight times 127 becomes the weight.
const ONE_IN_127: u32 = 33_818_641;

/// The way in which [`every_scale_and_byte`](ReferenceModel::every_scale_and_byte) reads its weights.
pub const WAYS_OF_WEIGHTS: [Operator; 2] = [Operator::Dense, Operator::Conv2d(same(1))];

impl ReferenceModel {
    /// Models for an operator whose weights of four bits are each scale together with each byte, at each place of a word. The latent of a class
    /// selects a weight of each filter, which becomes a pixel.
    pub fn every_scale_and_byte(operator: Operator) -> impl Iterator<Item = ReferenceModel> {
        (0..16).map(move |part| {
            let latent = shape(1, 1, LATENT);
            let filters = shape(1, 1, FILTERS);
            let picture = shape(8, 8, 1);
            // Blocks of four filters: two bytes of scales, and sixteen bytes of each filter.
            let blocks = (0..FILTERS / 4).flat_map(|block| {
                let number = move |index: u16| part * FILTERS + block * 4 + index;
                let scale = |index: u16| ReferenceModel::scale_and_byte(number(index), 0).0;
                let scales = [0, 2].map(|index| scale(index) | scale(index + 1) << 4);
                let bytes = (0..4).flat_map(move |index| {
                    (0..16).map(move |it| ReferenceModel::scale_and_byte(number(index), it).1)
                });
                scales.into_iter().chain(bytes)
            });
            let selected = ReferenceLayer {
                operator,
                input: latent,
                output: filters,
                zero_point: 0,
                activation: Activation::Linear,
                coding: Coding::Int4 {
                    bias_shift: 0,
                    multiplier_shift: 10,
                },
                weights: blocks.collect(),
                bias: vec![0; FILTERS.into()],
                multipliers: vec![ONE_IN_127.div_ceil(1 << 10); FILTERS.into()],
            };
            let one = |row: u16, column: u16| if row == column { 127 } else { 0 };
            let rows = (0..FILTERS).flat_map(|row| (0..FILTERS).map(move |it| one(row, it)));
            let copied = ReferenceLayer {
                operator: Operator::Dense,
                input: filters,
                output: picture,
                zero_point: 0,
                activation: Activation::Linear,
                coding: Coding::Int8,
                weights: rows.collect(),
                bias: vec![0; FILTERS.into()],
                multipliers: vec![ONE_IN_127],
            };
            let rows = (0..LATENT)
                .flat_map(|row| (0..LATENT).map(move |it| if row == it { 127 * 256 } else { 0 }));
            ReferenceModel {
                classes: LATENT,
                z_s: LATENT,
                z_u: 0,
                prior: ReferencePrior::Gaussians {
                    mu: rows.collect(),
                    sigma: vec![0; usize::from(LATENT * LATENT)],
                    z_u_sigma: 0,
                },
                pixels: (0..=255).collect(),
                layers: vec![selected, copied],
            }
        })
    }

    /// The scale of a filter of these models and one of its 16 bytes: the filters of all models, 64 of each, are counted
    /// through.
    pub fn scale_and_byte(filter: u16, place: u16) -> (u8, u8) {
        // Each scale stands in low bits and in high bits of a byte.
        let (low, high) = (filter & 15, filter >> 4 & 15);
        let turned = (place + (filter >> 8)) % 16;
        ((low ^ high) as u8, (high << 4 | turned) as u8)
    }

    /// Models with all windows along rows, and all along columns, of maps of up to 8 rows and columns: all kernels of up
    /// to 5, all strides, paddings and lengths of the output. Each is of a convolution and of a depthwise one.
    pub fn every_window() -> impl Iterator<Item = ReferenceModel> {
        let mut noise = Noise(7);
        let strides = (1..=4).map(|stride| (stride, every_side(stride)));
        let windows = strides.flat_map(|(stride, sides)| {
            (0..sides.len()).map(move |index| {
                // Columns in another order than rows: the factor divides no number of sides.
                let [row, column] = [index, index * 101 % sides.len()].map(|it| sides[it]);
                let window = Window {
                    kernel_height: row.kernel,
                    kernel_width: column.kernel,
                    stride,
                    padding_top: row.padding,
                    padding_left: column.padding,
                };
                (window, [row, column])
            })
        });
        let both = windows.flat_map(|(window, sides)| {
            [
                (Operator::Conv2d(window), 5, 1),
                (Operator::Depthwise(window), 3, 3),
            ]
            .map(|(operator, input, output)| (operator, sides, [input, output]))
        });
        both.map(move |(operator, [row, column], [input, output])| {
            let latent = shape(1, 1, 4);
            let input = shape(row.input, column.input, input);
            let output = shape(row.output, column.output, output);
            ReferenceModel {
                classes: 1,
                z_s: 0,
                z_u: 4,
                prior: ReferencePrior::Gaussians {
                    mu: Vec::new(),
                    sigma: Vec::new(),
                    z_u_sigma: 60 * 256,
                },
                pixels: (0..=255).collect(),
                layers: vec![
                    moderate(&mut noise, Operator::Dense, [latent, input]),
                    moderate(&mut noise, operator, [input, output]),
                ],
            }
        })
    }
}

/// A window along one side of a map.
#[derive(Clone, Copy, Debug)]
struct Side {
    input: u16,
    kernel: u8,
    padding: u8,
    output: u16,
}

/// Windows of a stride that reach into the input.
fn every_side(stride: u8) -> Vec<Side> {
    let inputs = (1..=8).flat_map(|input| (1..=5).map(move |kernel| (input, kernel)));
    let padded = inputs.flat_map(|(input, kernel)| (0..kernel).map(move |it| (input, kernel, it)));
    let sides = padded.flat_map(|(input, kernel, padding)| {
        let most = (input + u16::from(padding) - 1) / u16::from(stride) + 1;
        (1..=most).map(move |output| Side {
            input,
            kernel,
            padding,
            output,
        })
    });
    sides.collect()
}

/// A random layer whose values spread over their range, and whose zero point is none.
fn moderate(noise: &mut Noise, operator: Operator, shapes: [Shape; 2]) -> ReferenceLayer {
    loop {
        let four_bits = noise.below(2) == 0;
        let layer = layer(noise, operator, shapes, four_bits, 0);
        let [_, shift] = layer.shifts();
        let multipliers = layer.multipliers.iter().map(|it| u64::from(*it) << shift);
        let usual = layer.bias.iter().all(|it| it.abs() < 1 << 16);
        if usual
            && multipliers
                .into_iter()
                .all(|it| (1 << 16..1 << 30).contains(&it))
            && layer.activation == Activation::Linear
            && !matches!(layer.zero_point, -128 | 0 | 127)
        {
            return layer;
        }
    }
}
