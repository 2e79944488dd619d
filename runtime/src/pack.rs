//! A layer's numbers on their way into the file and back: from the plain order of its operator to that of the kernels.

use crate::filters::Filters;
use crate::kernels::cell::bytes;
use crate::kernels::nibbles;
use crate::layer::{Activation, Coding, Layer, Tables};
use crate::shape::{Geometry, Operator};
use alloc::vec::Vec;

/// A layer's numbers in the plain order of its [`Operator`], before they are packed.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// Each within +-127.
    pub weights: &'a [i8],
    /// One for each output of a dense layer, else one for each output channel, in units of the accumulator.
    pub bias: &'a [i32],
    /// One for each output channel: input scale * weight scale / output scale, times `2^32`.
    pub multipliers: &'a [i32],
}

/// The [`Tables`] of a [`Layer`], owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// [`Tables::weights`].
    pub weights: Vec<u8>,
    /// [`Tables::bias`].
    pub bias: Vec<u8>,
    /// [`Tables::multipliers`].
    pub multipliers: Vec<u8>,
}

impl Packed {
    /// The tables, borrowed.
    pub fn tables(&self) -> Tables<'_> {
        Tables {
            weights: &self.weights,
            bias: &self.bias,
            multipliers: &self.multipliers,
        }
    }
}

/// A layer's numbers of four bits in the plain order of its [`Operator`], before they are packed. A weight is its scale
/// times what stands here.
#[derive(Clone, Copy, Debug)]
pub struct Plain4<'a> {
    /// Each from -8 to 7.
    pub weights: &'a [i8],
    /// Each from 0 to 15, one for each of the [groups](groups) of the layer.
    pub scales: &'a [u8],
    /// One for each output of a dense layer, else one for each output channel: in units of the accumulator, shifted right by
    /// [`bias_shift`](Coding::Int4::bias_shift).
    pub bias: &'a [i8],
    /// One for each output channel: input scale * weight scale / output scale, times `2^32`, shifted right by
    /// [`multiplier_shift`](Coding::Int4::multiplier_shift).
    pub multipliers: &'a [u16],
}

/// A layer's numbers as it computes with them, in the plain order of its [`Operator`], whatever its coding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Each within +-127.
    pub weights: Vec<i8>,
    /// One for each output of a dense layer, else one for each output channel.
    pub bias: Vec<i32>,
    /// A pair for each output channel: of accumulators from 0 on, and below.
    pub multipliers: Vec<[i32; 2]>,
}

/// For each weight of eight bits in the file its place in the plain order; `None` for one that only fills up.
fn order(geometry: &Geometry) -> Vec<Option<usize>> {
    let Geometry {
        operator,
        input,
        output,
    } = *geometry;
    let channels = usize::from(input.channels);
    let padded = 4 * input.quads();
    let outputs = usize::from(output.channels);
    // Filters, and rows and columns of each.
    let (filters, rows, columns) = match operator {
        Operator::Dense | Operator::Modulation { .. } => {
            let pixels = usize::from(input.height) * usize::from(input.width);
            (output.values() as usize, 1, pixels)
        }
        Operator::Conv2d(w) => (outputs, w.kernel_height.into(), w.kernel_width.into()),
        Operator::Depthwise(w) => (outputs, w.kernel_height.into(), w.kernel_width.into()),
        Operator::TransposedConv2d => (4 * outputs, 2, 2),
    };
    let mut order = Vec::new();
    let mut push = |tap: usize, channel: usize| {
        order.push((channel < channels).then_some(tap * channels + channel));
    };
    match operator {
        Operator::Depthwise(_) => {
            for first in (0..padded).step_by(4) {
                for tap in 0..rows * columns {
                    (first..first + 4).for_each(|channel| push(tap, channel));
                }
            }
        }
        // Pixel by pixel.
        Operator::Dense | Operator::Modulation { .. } => {
            for tap in 0..filters * columns {
                (0..padded).for_each(|channel| push(tap, channel));
            }
        }
        // Plane by plane.
        Operator::Conv2d(_) | Operator::TransposedConv2d => {
            for row in 0..filters * rows {
                for first in (0..padded).step_by(4) {
                    for column in 0..columns {
                        let tap = row * columns + column;
                        (first..first + 4).for_each(|channel| push(tap, channel));
                    }
                }
            }
        }
    }
    order
}

/// Brings a layer's numbers into the form that the kernels read. Numbers that are missing count as zero.
pub fn pack(geometry: &Geometry, activation: Activation, plain: Plain<'_>) -> Packed {
    let order = order(geometry).into_iter();
    let weight = |place: Option<usize>| plain.weights.get(place?).copied();
    let multipliers = plain.multipliers.iter().flat_map(|&multiplier| {
        let [a, b, c, d] = multiplier.to_le_bytes();
        let [e, f, g, h] = activation.below_zero(multiplier).to_le_bytes();
        [a, b, c, d, e, f, g, h]
    });
    Packed {
        bias: plain
            .bias
            .iter()
            .flat_map(|bias| bias.to_le_bytes())
            .collect(),
        multipliers: multipliers.collect(),
        weights: order
            .map(|place| weight(place).unwrap_or(0) as u8)
            .collect(),
    }
}

/// For each weight of a layer in plain order the number of the group that it shares a scale with, counted from 0 in the
/// order of the file. There are as many groups as the largest number and one; each has a weight.
pub fn groups(geometry: &Geometry) -> Vec<u32> {
    let order = order(geometry);
    let filters = Filters::of(geometry);
    let mut groups = alloc::vec![0; order.iter().flatten().count()];
    let filter_orders = order.chunks(filters.length().max(1)).enumerate();
    for (filter, places) in filter_orders {
        for (group, places) in places.chunks(32).enumerate() {
            let number = filter * filters.groups() + group;
            for place in places.iter().flatten() {
                if let Some(entry) = groups.get_mut(*place) {
                    *entry = number as u32;
                }
            }
        }
    }
    groups
}

/// Brings a layer's numbers of four bits into the form that the file has for [`Coding::Int4`]. Numbers that are missing
/// count as zero, those out of range as the nearest within it.
pub fn pack4(geometry: &Geometry, activation: Activation, plain: Plain4<'_>) -> Packed {
    let order = order(geometry);
    let filters = Filters::of(geometry);
    let (length, channels) = (filters.length(), usize::from(geometry.output.channels));
    let nibble = |place: &Option<usize>| {
        let weight = place.and_then(|place| plain.weights.get(place));
        (weight.copied().unwrap_or(0).clamp(-8, 7) + 8) as u8
    };
    let mut scales = plain.scales.iter().map(|scale| scale.min(&15));
    let mut weights = Vec::new();
    // A run: the filters of a pixel, of a phase, or of all channels.
    for run in order.chunks((filters.count(channels) * length).max(1)) {
        for block in run.chunks(filters.count(4) * length) {
            let groups = block.len().div_ceil(length) * filters.groups();
            let numbers: Vec<u8> = (0..groups)
                .map(|_| scales.next().copied().unwrap_or(0))
                .collect();
            for pair in numbers.chunks(2) {
                let [one, other] = [0, 1].map(|index| pair.get(index).copied().unwrap_or(0));
                weights.push(one | other << 4);
            }
            for filter in block.chunks(length) {
                for eight in filter.chunks(8) {
                    let (low, high) = eight.split_at(4);
                    for (index, place) in low.iter().enumerate() {
                        weights.push(nibble(place) | nibble(high.get(index).unwrap_or(&None)) << 4);
                    }
                }
            }
        }
    }
    let multipliers = plain.multipliers.iter().flat_map(|&multiplier| {
        // Not above the first.
        let below = activation.below_zero(multiplier.into()) as u16;
        let ([a, b], [c, d]) = (multiplier.to_le_bytes(), below.to_le_bytes());
        [a, b, c, d]
    });
    Packed {
        weights,
        bias: plain.bias.iter().map(|bias| *bias as u8).collect(),
        multipliers: multipliers.collect(),
    }
}

impl Layer<'_> {
    /// The numbers that a checked layer computes with.
    pub fn decoded(&self) -> Decoded {
        let Tables {
            weights,
            bias,
            multipliers,
        } = self.tables;
        let words = |bytes: &[u8]| -> Vec<i32> {
            let words = bytes.as_chunks().0.iter();
            words.map(|word| i32::from_le_bytes(*word)).collect()
        };
        let (coded, bias, multipliers) = match self.head.coding {
            Coding::Int8 => (weights.to_vec(), words(bias), words(multipliers)),
            Coding::Int4 {
                bias_shift,
                multiplier_shift,
            } => {
                let bias = bias.iter();
                let bias = bias.map(|bias| i32::from(*bias as i8) << bias_shift);
                let halves = multipliers.as_chunks().0.iter();
                let multipliers =
                    halves.map(|half| i32::from(u16::from_le_bytes(*half)) << multiplier_shift);
                let coded = eight_bits(&self.geometry, weights);
                (coded, bias.collect(), multipliers.collect())
            }
        };
        let order = order(&self.geometry);
        let mut weights = alloc::vec![0; order.iter().flatten().count()];
        for (place, weight) in order.iter().zip(coded) {
            if let Some(entry) = place.and_then(|place| weights.get_mut(place)) {
                *entry = weight as i8;
            }
        }
        Decoded {
            weights,
            bias,
            multipliers: multipliers.as_chunks().0.to_vec(),
        }
    }
}

/// Weights of four bits as they would stand in the file with eight.
fn eight_bits(geometry: &Geometry, weights: &[u8]) -> Vec<u8> {
    let filters = Filters::of(geometry);
    let channels = usize::from(geometry.output.channels);
    let (mut rest, mut weights) = (weights, Vec::new());
    while !rest.is_empty() {
        for first in (0..channels).step_by(4) {
            let count = filters.count((channels - first).min(4));
            let [scales, nibbles] = filters.block(count);
            let block = rest.split_at_checked(scales + nibbles);
            let Some((block, behind)) = block else {
                return weights;
            };
            rest = behind;
            let (scales, nibbles) = block.split_at(scales);
            let filter = filters.length() >> 2;
            let mut words = alloc::vec![0; count * filter];
            nibbles::decode(scales, nibbles, filter, &mut words);
            weights.extend_from_slice(bytes(&words));
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;

    /// As `docs/format.md` has it: a full block and one of a single filter, the last eight weights of each cut.
    #[test]
    fn a_block_is_scales_and_then_filters_of_eights() {
        let shape = |channels| Shape {
            height: 1,
            width: 1,
            channels,
        };
        let weights: Vec<i8> = (0..5).flat_map(|_| -6..6).collect();
        let plain = Plain4 {
            weights: &weights,
            scales: &[1, 2, 3, 4, 5],
            bias: &[-1, 0, 1, 2, 127],
            multipliers: &[0x1234, 0, 1, 2, 0xffff],
        };
        let geometry = Geometry {
            operator: Operator::Dense,
            input: shape(12),
            output: shape(5),
        };
        let packed = pack4(&geometry, Activation::Relu, plain);
        let filter = [0x62, 0x73, 0x84, 0x95, 0x8a, 0x8b, 0x8c, 0x8d];
        let mut expected = vec![0x21, 0x43];
        (0..4).for_each(|_| expected.extend(filter));
        expected.push(0x05);
        expected.extend(filter);
        assert_eq!(packed.weights, expected);
        assert_eq!(packed.bias, [255, 0, 1, 2, 127]);
        assert_eq!(packed.multipliers[..8], [0x34, 0x12, 0, 0, 0, 0, 0, 0]);
        let groups = groups(&geometry);
        assert_eq!(groups[..13], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(groups.len(), 60);
    }
}
