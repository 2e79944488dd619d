//! From the latent to the pixels, a whole feature map at a time.

use super::{ReferenceLayer, ReferenceModel};
use pixling::{Operator, Request, Shape};

/// The values of a feature map, row by row, the channels of a pixel side by side.
struct Map {
    shape: Shape,
    zero_point: i32,
    values: Vec<i32>,
}

impl Map {
    /// A value less its zero point, 0 outside of the map.
    fn at(&self, y: i64, x: i64, channel: usize) -> i64 {
        let [height, width, channels] =
            [self.shape.height, self.shape.width, self.shape.channels].map(i64::from);
        if !(0..height).contains(&y) || !(0..width).contains(&x) {
            return 0;
        }
        let value = self.values[((y * width + x) * channels) as usize + channel];
        i64::from(value - self.zero_point)
    }
}

/// The change by a modulation in the layer after it.
struct Modulation {
    shift: u8,
    /// Scales, then shifts.
    values: Vec<i32>,
}

/// The outputs of each layer for a latent, the values of a modulation among them.
pub fn outputs_of_layers(layers: &[ReferenceLayer], latent: &[i32]) -> Vec<Vec<i32>> {
    let latent = Map {
        shape: Shape {
            height: 1,
            width: 1,
            channels: latent.len() as u16,
        },
        zero_point: 0,
        values: latent.to_vec(),
    };
    let (mut map, mut modulation) = (None, None);
    let mut all = Vec::new();
    for layer in layers {
        if let Operator::Modulation { shift } = layer.operator {
            let values = layer.outputs(&latent, None);
            all.push(values.clone());
            modulation = Some(Modulation { shift, values });
            continue;
        }
        let values = layer.outputs(map.as_ref().unwrap_or(&latent), modulation.take());
        all.push(values.clone());
        map = Some(Map {
            shape: layer.output,
            zero_point: layer.zero_point.into(),
            values,
        });
    }
    all
}

impl ReferenceModel {
    /// The pixels of a request, row by row, the channels of a pixel side by side.
    pub fn draw(&self, request: &Request) -> Vec<u8> {
        let outputs = outputs_of_layers(&self.layers, &self.latent(request));
        let last = outputs.last().into_iter().flatten();
        last.map(|value| self.pixel(*value)).collect()
    }

    fn pixel(&self, value: i32) -> u8 {
        if self.pixels.len() == 256 {
            self.pixels[(value + 128) as usize]
        } else if value >= 0 {
            self.pixels[value as usize]
        } else {
            255 - self.pixels[-value as usize]
        }
    }
}

impl ReferenceLayer {
    /// The rows and columns of the input that an output pixel reads, with their taps.
    fn taps(&self, y: usize, x: usize) -> Vec<([usize; 2], [i64; 2])> {
        let square = |height: u16, width: u16| {
            let columns = move |row| (0..usize::from(width)).map(move |column| [row, column]);
            (0..usize::from(height)).flat_map(columns)
        };
        match self.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let taps = square(self.input.height, self.input.width);
                taps.map(|tap| (tap, tap.map(|it| it as i64))).collect()
            }
            Operator::Conv2d(window) | Operator::Depthwise(window) => {
                let stride = i64::from(window.stride);
                let top = y as i64 * stride - i64::from(window.padding_top);
                let left = x as i64 * stride - i64::from(window.padding_left);
                square(window.kernel_height.into(), window.kernel_width.into())
                    .map(|tap| (tap, [top + tap[0] as i64, left + tap[1] as i64]))
                    .collect()
            }
            Operator::TransposedConv2d => {
                let first = |at: usize| at as i64 / 2 - 1 + at as i64 % 2;
                square(2, 2)
                    .map(|tap| (tap, [first(y) + tap[0] as i64, first(x) + tap[1] as i64]))
                    .collect()
            }
            other => panic!("no definition of {other:?}"),
        }
    }

    /// All values that it writes.
    fn outputs(&self, input: &Map, modulation: Option<Modulation>) -> Vec<i32> {
        assert_eq!(input.shape, self.input);
        let weights = self.decoded_weights();
        let [bias_shift, multiplier_shift] = self.shifts();
        let [height, width, channels] =
            [self.output.height, self.output.width, self.output.channels].map(usize::from);
        let inputs = usize::from(self.input.channels);
        let mut values = Vec::with_capacity(height * width * channels);
        for y in 0..height {
            for x in 0..width {
                let taps = self.taps(y, x);
                for channel in 0..channels {
                    let bias = match self.operator {
                        Operator::Dense => self.bias[(y * width + x) * channels + channel],
                        _ => self.bias[channel],
                    };
                    let mut sum = i64::from(bias) << bias_shift;
                    for &(tap, [row, column]) in &taps {
                        let read = match self.operator {
                            Operator::Depthwise(_) => channel..channel + 1,
                            _ => 0..inputs,
                        };
                        for from in read {
                            let weight = weights[self.place([y, x, channel], tap, from)];
                            sum += i64::from(weight) * input.at(row, column, from);
                        }
                    }
                    let positive = self.multipliers[channel];
                    let mut multipliers = [positive, self.below_zero(positive)]
                        .map(|it| i64::from(it) << multiplier_shift);
                    if let Some(Modulation { shift, values }) = &modulation {
                        sum += i64::from(values[channels + channel]) << shift;
                        let scale = 128 + i64::from(values[channel]);
                        multipliers = multipliers
                            .map(|it| ((it * scale + 64).div_euclid(128)).min(i32::MAX.into()));
                    }
                    let sum = i32::try_from(sum).expect("within 32 bits");
                    let multiplier = multipliers[usize::from(sum < 0)];
                    let scaled = (i64::from(sum) * multiplier + (1 << 31)).div_euclid(1 << 32);
                    let value = i64::from(self.zero_point) + scaled;
                    values.push(value.clamp(-128, 127) as i32);
                }
            }
        }
        values
    }
}
