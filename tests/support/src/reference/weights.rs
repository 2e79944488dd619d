//! The table of weights of a layer: its length, and the weight of a tap.

use super::ReferenceLayer;
use pixling::{Coding, Operator};

/// Weights of a group with a scale of their own.
const GROUP: usize = 32;

/// The filters of a layer: `runs` times `filters` of `length` weights.
struct Filters {
    runs: usize,
    filters: usize,
    length: usize,
    /// Filters of a block.
    block: usize,
}

impl ReferenceLayer {
    /// Input channels of a tap, filled up to a multiple of four.
    fn filled(&self) -> usize {
        usize::from(self.input.channels).next_multiple_of(4)
    }

    fn filters(&self) -> Filters {
        let pixels = |shape: pixling::Shape| usize::from(shape.height) * usize::from(shape.width);
        let filled = self.filled();
        let (runs, filters, length, block) = match self.operator {
            Operator::Dense => (
                pixels(self.output),
                self.output.channels.into(),
                pixels(self.input) * filled,
                4,
            ),
            Operator::Modulation { .. } => (1, self.output.channels.into(), filled, 4),
            Operator::Conv2d(window) => (
                1,
                self.output.channels.into(),
                usize::from(window.kernel_height) * usize::from(window.kernel_width) * filled,
                4,
            ),
            Operator::Depthwise(window) => (
                1,
                filled / 4,
                usize::from(window.kernel_height) * usize::from(window.kernel_width) * 4,
                1,
            ),
            Operator::TransposedConv2d => (4, self.output.channels.into(), 4 * filled, 4),
            other => panic!("no definition of {other:?}"),
        };
        Filters {
            runs,
            filters,
            length,
            block,
        }
    }

    /// Bytes of the table of weights.
    pub(super) fn weight_bytes(&self) -> usize {
        let Filters {
            runs,
            filters,
            length,
            block,
        } = self.filters();
        if self.coding == Coding::Int8 {
            return runs * filters * length;
        }
        let of_block = |filters: usize| {
            (filters * length.div_ceil(GROUP)).div_ceil(2)
                + filters * length.next_multiple_of(8) / 2
        };
        runs * (filters / block * of_block(block) + of_block(filters % block))
    }

    /// All weights, decoded, in the order of a file.
    pub(super) fn decoded_weights(&self) -> Vec<i32> {
        if self.coding == Coding::Int8 {
            let signed = self.weights.iter().map(|it| i32::from(*it as i8));
            return signed.collect();
        }
        let Filters {
            runs,
            filters,
            length,
            block,
        } = self.filters();
        let groups = length.div_ceil(GROUP);
        let coded = length.next_multiple_of(8) / 2;
        let mut decoded = Vec::new();
        let mut rest = &self.weights[..];
        for _ in 0..runs {
            let mut left = filters;
            while left > 0 {
                let count = left.min(block);
                left -= count;
                let (scales, after) = rest.split_at((count * groups).div_ceil(2));
                let (bits, after) = after.split_at(count * coded);
                rest = after;
                for filter in 0..count {
                    for weight in 0..length {
                        let scale = filter * groups + weight / GROUP;
                        let scale = scales[scale / 2] >> (scale % 2 * 4) & 15;
                        let byte = filter * coded + weight / 8 * 4 + weight % 4;
                        let bits = bits[byte] >> (weight % 8 / 4 * 4) & 15;
                        decoded.push(i32::from(scale) * (i32::from(bits) - 8));
                    }
                }
            }
        }
        assert!(rest.is_empty(), "{} bytes too many", rest.len());
        decoded
    }

    /// The place of the weight of an output value's pixel and channel, for a tap and an input channel; of a dense layer the
    /// tap is the pixel of the input, of a transposed convolution the row and column of its phase.
    pub(super) fn place(
        &self,
        [y, x, output]: [usize; 3],
        [row, column]: [usize; 2],
        channel: usize,
    ) -> usize {
        let (four, within) = (channel / 4, channel % 4);
        let outputs = usize::from(self.output.channels);
        match self.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let value = (y * usize::from(self.output.width) + x) * outputs + output;
                let width = usize::from(self.input.width);
                let pixels = usize::from(self.input.height) * width;
                (value * pixels + row * width + column) * self.filled() + channel
            }
            Operator::Conv2d(window) => {
                let [height, width] = [window.kernel_height, window.kernel_width].map(usize::from);
                let fours = self.filled() / 4;
                (((output * height + row) * fours + four) * width + column) * 4 + within
            }
            Operator::Depthwise(window) => {
                let [height, width] = [window.kernel_height, window.kernel_width].map(usize::from);
                ((four * height + row) * width + column) * 4 + within
            }
            Operator::TransposedConv2d => {
                let phase = y % 2 * 2 + x % 2;
                let fours = self.filled() / 4;
                let filter = phase * outputs + output;
                (((filter * 2 + row) * fours + four) * 2 + column) * 4 + within
            }
            other => panic!("no definition of {other:?}"),
        }
    }
}
