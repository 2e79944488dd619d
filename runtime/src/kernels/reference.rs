//! The kernels against the definition, written the slow and obvious way, on odd sizes and paddings.

use super::cell::{Cell, cell_bytes};
use super::int4::scratch_cells;
use super::modulation::{self, modulate};
use super::parameters::Parameters;
use super::requantize::requantize;
use super::run::{Source, Target};
use crate::check::{self, Before, TableBytes};
use crate::filters::Filters;
use crate::index::rest;
use crate::layer::{Activation, Coding, Head, Layer, Tables};
use crate::schedule::Storage;
use crate::shape::{Geometry, Operator, Shape, Window};
use crate::write::{Packed, Plain, Plain4, groups, pack, pack4};
use core::convert::Infallible;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro128PlusPlus;

/// A layer that owns its numbers.
struct Case {
    geometry: Geometry,
    zero_points: (i8, i8),
    activation: Activation,
    weights: Vec<i8>,
    bias: Vec<i32>,
    multipliers: Vec<i32>,
    values: Vec<i8>,
    /// Where the numbers are those of four bits.
    int4: Option<Int4>,
    /// Where the layer is modulated.
    modulation: Option<Modulation>,
}

/// The values of a modulation.
struct Modulation {
    shift: u8,
    /// Scales, then shifts.
    values: Vec<i8>,
}

/// What stands in the file for the numbers of a layer of four bits.
struct Int4 {
    weights: Vec<i8>,
    scales: Vec<u8>,
    bias: Vec<i8>,
    multipliers: Vec<u16>,
    bias_shift: u8,
    multiplier_shift: u8,
}

struct Random(Xoshiro128PlusPlus);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n
    }
    fn i8(&mut self) -> i8 {
        (self.below(255) as i32 - 127) as i8
    }
}

fn shape(height: u16, width: u16, channels: u16) -> Shape {
    Shape {
        height,
        width,
        channels,
    }
}

impl Case {
    fn random(random: &mut Random, geometry: Geometry) -> Case {
        let Geometry {
            operator,
            input,
            output,
        } = geometry;
        let (weights, biases) = match operator {
            Operator::Dense | Operator::Modulation { .. } => {
                (input.values() * output.values(), output.values())
            }
            Operator::Conv2d(w) => (
                w.taps() * u32::from(input.channels) * u32::from(output.channels),
                u32::from(output.channels),
            ),
            Operator::Depthwise(w) => (
                w.taps() * u32::from(input.channels),
                u32::from(output.channels),
            ),
            Operator::TransposedConv2d => (
                16 * u32::from(input.channels) * u32::from(output.channels),
                u32::from(output.channels),
            ),
        };
        let activation = match random.below(3) {
            0 => Activation::Linear,
            1 => Activation::Relu,
            _ => Activation::LeakyRelu {
                slope: random.below(65536) as u16,
            },
        };
        Case {
            geometry,
            zero_points: (random.i8(), random.i8()),
            activation,
            weights: (0..weights).map(|_| random.i8()).collect(),
            bias: (0..biases)
                .map(|_| random.below(20001) as i32 - 10000)
                .collect(),
            multipliers: (0..output.channels)
                .map(|_| random.below(1 << 25) as i32)
                .collect(),
            values: (0..input.values()).map(|_| random.i8()).collect(),
            int4: None,
            modulation: None,
        }
    }

    /// The same, modulated; with the lowest and the highest values often.
    fn modulated(self, random: &mut Random) -> Case {
        let values = (0..2 * self.geometry.output.channels).map(|_| match random.below(8) {
            0 => -128,
            1 => 127,
            _ => random.i8(),
        });
        let values = values.collect();
        let shift = random.below(21) as u8;
        Case {
            modulation: Some(Modulation { shift, values }),
            ..self
        }
    }

    /// The arena after the modulation of the layer: empty without one. `parameters` become the ones of its rows.
    fn arena(&self, parameters: &mut Parameters, packed: &Packed) -> Vec<Cell> {
        let Some(Modulation { shift, values }) = &self.modulation else {
            return Vec::new();
        };
        let channels = usize::from(self.geometry.output.channels);
        let before = 5;
        let mut arena = vec![Cell::PADDING; before + modulation::cells(channels)];
        let cells = &mut arena[before..];
        for (index, value) in values.iter().enumerate() {
            cells[channels + index / 4].set(index, (*value).into());
        }
        let mut storage = InPieces(&[&packed.bias[..], &packed.multipliers].concat());
        modulate(&mut storage, parameters, (*shift).into(), cells).unwrap();
        parameters.modulate(before as u32);
        arena
    }

    /// The same with other numbers, each of which four bits can say.
    fn in_four_bits(self, random: &mut Random) -> Case {
        let groups = groups(&self.geometry);
        assert_eq!(groups.len(), self.weights.len());
        let last = *groups.iter().max().unwrap();
        assert!((0..=last).all(|group| groups.contains(&group)));
        let int4 = Int4 {
            weights: groups.iter().map(|_| random.below(16) as i8 - 8).collect(),
            scales: (0..=last).map(|_| random.below(16) as u8).collect(),
            bias: self.bias.iter().map(|_| random.below(256) as i8).collect(),
            multipliers: self
                .multipliers
                .iter()
                .map(|_| random.below(65536) as u16)
                .collect(),
            bias_shift: random.below(9) as u8,
            multiplier_shift: 5 + random.below(6) as u8,
        };
        let scales = groups
            .iter()
            .map(|group| int4.scales[*group as usize] as i8);
        Case {
            weights: int4
                .weights
                .iter()
                .zip(scales)
                .map(|(weight, scale)| weight * scale)
                .collect(),
            bias: int4
                .bias
                .iter()
                .map(|it| i32::from(*it) << int4.bias_shift)
                .collect(),
            multipliers: (int4.multipliers.iter())
                .map(|it| i32::from(*it) << int4.multiplier_shift)
                .collect(),
            int4: Some(int4),
            ..self
        }
    }

    fn packed(&self) -> (Packed, Coding) {
        match &self.int4 {
            None => {
                let plain = Plain {
                    weights: &self.weights,
                    bias: &self.bias,
                    multipliers: &self.multipliers,
                };
                let packed = pack(&self.geometry, self.activation, plain);
                (packed, Coding::Int8)
            }
            Some(int4) => {
                let plain = Plain4 {
                    weights: &int4.weights,
                    scales: &int4.scales,
                    bias: &int4.bias,
                    multipliers: &int4.multipliers,
                };
                let packed = pack4(&self.geometry, self.activation, plain);
                let coding = Coding::Int4 {
                    bias_shift: int4.bias_shift,
                    multiplier_shift: int4.multiplier_shift,
                };
                (packed, coding)
            }
        }
    }

    /// The multipliers of a channel, from 0 on and below.
    fn pair(&self, channel: usize) -> [i128; 2] {
        let slope = match self.activation {
            Activation::Linear => 65536,
            Activation::Relu => 0,
            Activation::LeakyRelu { slope } => i128::from(slope),
        };
        let above = i128::from(self.multipliers[channel]);
        let unit = 1 << self.int4.as_ref().map_or(0, |it| it.multiplier_shift);
        let below = (above / unit * slope + 32768).div_euclid(65536) * unit;
        [above, below]
    }

    /// Runs the layer row by row, each with the ring of its inputs turned another way.
    fn run(&self) -> Vec<i8> {
        let (packed, coding) = self.packed();
        let output = self.geometry.output;
        let layer = Layer {
            geometry: self.geometry,
            head: Head {
                zero_point: self.zero_points.1,
                activation: self.activation,
                coding,
            },
            tables: packed.tables(),
        };
        let bytes = TableBytes {
            weights: packed.weights.len(),
            bias: packed.bias.len(),
            multipliers: packed.multipliers.len(),
        };
        let before = Before::default();
        check::shapes(&layer.geometry, &layer.head, bytes, &before).unwrap();
        let decoded = layer.decoded();
        assert_eq!(decoded.weights, self.weights);
        assert_eq!(decoded.bias, self.bias);
        for (channel, pair) in decoded.multipliers.iter().enumerate() {
            assert_eq!(pair.map(i128::from), self.pair(channel));
        }
        let places = [0, 0, packed.bias.len() as u32];
        let mut parameters = Parameters::new(&layer.geometry, &layer.head, places);
        let arena = self.arena(&mut parameters, &packed);
        let file = [&packed.bias[..], &packed.multipliers].concat();
        let numbers = if parameters.is_modulated() {
            cell_bytes(&arena)
        } else {
            &file
        };
        let needed = match coding {
            Coding::Int8 => 0,
            _ => scratch_cells(Filters::of(&layer.geometry), output.channels.into()),
        };
        // With something before what is needed.
        let mut scratch = vec![Cell::PADDING; 3 + needed];
        let (h, w, c) = (
            usize::from(output.height),
            usize::from(output.width),
            usize::from(output.channels),
        );
        let mut values = Vec::new();
        for y in 0..h {
            let (ring, length, plane) = self.ring(y);
            let source = Source {
                cells: &ring,
                row: length,
                slot: y % (ring.len() / length),
                plane,
                first: 0,
                stride: self.stride(),
            };
            let mut cells = vec![Cell::PADDING; output.quads() * w];
            let mut target = Target {
                cells: &mut cells,
                first: 0,
                pixel: 1,
                plane: w,
                below: &arena,
            };
            let row = parameters.row();
            let [weights, bias, multipliers] = parameters.places(y, &row).map(|it| it as usize);
            let tables = Tables {
                weights: &packed.weights[weights..],
                bias: &numbers[bias..],
                multipliers: &numbers[multipliers..],
            };
            let target = &mut target;
            if parameters.is_int8() {
                parameters.int8(&row, tables, source, target);
            } else {
                parameters.int4(&row, tables, source, target, &mut scratch);
            }
            assert!(scratch[..3].iter().all(|cell| *cell == Cell::PADDING));
            for x in 0..w {
                let cell = |channel: usize| &cells[channel / 4 * w + x];
                let value =
                    |channel: usize| cell(channel).get(channel) + i16::from(self.zero_points.1);
                values.extend((0..c).map(|channel| value(channel) as i8));
            }
        }
        values
    }

    fn stride(&self) -> usize {
        match self.geometry.operator {
            Operator::Conv2d(window) | Operator::Depthwise(window) => window.stride.into(),
            Operator::Dense | Operator::Modulation { .. } | Operator::TransposedConv2d => 1,
        }
    }

    /// The ring of the inputs that row `y` needs, the cells of a slot and of a plane.
    fn ring(&self, y: usize) -> (Vec<Cell>, usize, usize) {
        let (w, c) = (
            usize::from(self.geometry.input.width),
            usize::from(self.geometry.input.channels),
        );
        let quads = self.geometry.input.quads();
        let centred = |value: i8| i16::from(value) - i16::from(self.zero_points.0);
        let (window, start, last) = match self.geometry.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let mut cells =
                    vec![Cell::PADDING; usize::from(self.geometry.input.height) * w * quads];
                for (index, value) in self.values.iter().enumerate() {
                    cells[index / c * quads + index % c / 4].set(index % c, centred(*value));
                }
                let length = cells.len();
                return (cells, length, 1);
            }
            Operator::Conv2d(w) | Operator::Depthwise(w) => (
                w,
                y * usize::from(w.stride),
                usize::from(self.geometry.output.width) - 1,
            ),
            Operator::TransposedConv2d => (Window::PHASE, y.div_ceil(2), w),
        };
        let reached = last * usize::from(window.stride) + usize::from(window.kernel_width);
        let left = usize::from(window.padding_left);
        let columns = reached.max(left + w);
        let length = columns * quads;
        let slots = usize::from(window.kernel_height);
        let mut cells = vec![Cell::PADDING; length * slots];
        for k in 0..slots {
            let slot = (y + k) % slots * length;
            let iy = (start + k) as i64 - i64::from(window.padding_top);
            if iy < 0 || iy >= i64::from(self.geometry.input.height) {
                continue;
            }
            for x in 0..w {
                for channel in 0..c {
                    let value = self.values[(iy as usize * w + x) * c + channel];
                    cells[slot + channel / 4 * columns + left + x].set(channel, centred(value));
                }
            }
        }
        (cells, length, columns)
    }

    fn input_at(&self, y: i64, x: i64, c: usize) -> i64 {
        let (h, w) = (
            i64::from(self.geometry.input.height),
            i64::from(self.geometry.input.width),
        );
        if y < 0 || x < 0 || y >= h || x >= w {
            return 0;
        }
        let index = (y * w + x) as usize * usize::from(self.geometry.input.channels) + c;
        i64::from(self.values[index]) - i64::from(self.zero_points.0)
    }

    fn accumulator(&self, y: usize, x: usize, o: usize) -> i64 {
        let (ic, oc) = (
            usize::from(self.geometry.input.channels),
            usize::from(self.geometry.output.channels),
        );
        let weight = |index: usize| i64::from(self.weights[index]);
        let mut sum = 0;
        match self.geometry.operator {
            Operator::Dense | Operator::Modulation { .. } => {
                let index = (y * usize::from(self.geometry.output.width) + x) * oc + o;
                for (i, value) in self.values.iter().enumerate() {
                    let value = i64::from(*value) - i64::from(self.zero_points.0);
                    sum += weight(index * self.values.len() + i) * value;
                }
                return sum + i64::from(self.bias[index]);
            }
            Operator::Conv2d(w) | Operator::Depthwise(w) => {
                let (kh, kw) = (usize::from(w.kernel_height), usize::from(w.kernel_width));
                let stride = i64::from(w.stride);
                for ky in 0..kh {
                    for kx in 0..kw {
                        let iy = y as i64 * stride + ky as i64 - i64::from(w.padding_top);
                        let ix = x as i64 * stride + kx as i64 - i64::from(w.padding_left);
                        if matches!(self.geometry.operator, Operator::Depthwise(_)) {
                            sum += weight((ky * kw + kx) * oc + o) * self.input_at(iy, ix, o);
                        } else {
                            for c in 0..ic {
                                sum += weight(((o * kh + ky) * kw + kx) * ic + c)
                                    * self.input_at(iy, ix, c);
                            }
                        }
                    }
                }
            }
            Operator::TransposedConv2d => {
                // Scatter: the input (iy, ix) adds to the output (2 iy - 1 + ky, 2 ix - 1 + kx).
                for iy in 0..i64::from(self.geometry.input.height) {
                    for ix in 0..i64::from(self.geometry.input.width) {
                        let (ky, kx) = (y as i64 + 1 - 2 * iy, x as i64 + 1 - 2 * ix);
                        if !(0..4).contains(&ky) || !(0..4).contains(&kx) {
                            continue;
                        }
                        // Phase p and tap t hold row 3 - p - 2 t.
                        let split = |output: usize, k: i64| {
                            let p = output & 1;
                            (p, (3 - p - k as usize) / 2)
                        };
                        let ((py, ty), (px, tx)) = (split(y, ky), split(x, kx));
                        for c in 0..ic {
                            let index = ((((py * 2 + px) * oc + o) * 2 + ty) * 2 + tx) * ic + c;
                            sum += weight(index) * self.input_at(iy, ix, c);
                        }
                    }
                }
            }
        }
        sum + i64::from(self.bias[o])
    }

    fn expected(&self) -> Vec<i8> {
        let (h, w, c) = (
            self.geometry.output.height,
            self.geometry.output.width,
            self.geometry.output.channels,
        );
        let mut expected = Vec::new();
        for y in 0..usize::from(h) {
            for x in 0..usize::from(w) {
                for o in 0..usize::from(c) {
                    let mut accumulator = self.accumulator(y, x, o);
                    let [mut above, mut below] = self.pair(o);
                    if let Some(Modulation { shift, values }) = &self.modulation {
                        let scale = 128 + i128::from(values[o]);
                        accumulator += i64::from(values[usize::from(c) + o]) << shift;
                        [above, below] = [above, below]
                            .map(|it| ((it * scale + 64).div_euclid(128)).min((1 << 31) - 1));
                    }
                    let multiplier = if accumulator < 0 { below } else { above };
                    let unit = 1i128 << 32;
                    let scaled = (i128::from(accumulator) * multiplier + unit / 2).div_euclid(unit);
                    let value = scaled + i128::from(self.zero_points.1);
                    expected.push(value.clamp(-128, 127) as i8);
                }
            }
        }
        expected
    }

    fn is_as_defined(&self) {
        let modulated = self.modulation.is_some();
        let what = (self.geometry, self.int4.is_some(), modulated);
        assert_eq!(self.run(), self.expected(), "{what:?}");
    }

    /// In both codings.
    fn check(random: &mut Random, operator: Operator, input: Shape, output: Shape) {
        let geometry = Geometry {
            operator,
            input,
            output,
        };
        let case = Case::random(random, geometry);
        case.is_as_defined();
        case.in_four_bits(random).is_as_defined();
        if operator == Operator::Dense {
            return;
        }
        let case = Case::random(random, geometry).modulated(random);
        case.is_as_defined();
        case.in_four_bits(random).is_as_defined();
    }
}

/// Bytes that come eight at a time.
struct InPieces<'m>(&'m [u8]);

impl Storage for InPieces<'_> {
    type Error = Infallible;

    fn read(&mut self, at: u32, bytes: usize, take: impl FnMut(&[u8])) -> Result<(), Infallible> {
        rest(self.0, at as usize)[..bytes].chunks(8).for_each(take);
        Ok(())
    }

    fn row(
        &mut self,
        _: &Parameters,
        _: usize,
        _: Source<'_>,
        _: Target<'_>,
        _: &mut [Cell],
    ) -> Result<(), Infallible> {
        unreachable!("the rows are computed without it")
    }
}

fn random(seed: u64) -> Random {
    Random(Xoshiro128PlusPlus::seed_from_u64(seed))
}

#[test]
fn dense_is_as_defined() {
    let mut random = random(1);
    for (inputs, h, w, c) in [(1, 1, 1, 1), (24, 7, 7, 16), (33, 3, 2, 5), (7, 1, 1, 10)] {
        let (input, output) = (shape(1, 1, inputs), shape(h, w, c));
        Case::check(&mut random, Operator::Dense, input, output);
    }
}

#[test]
fn transposed_convolution_is_as_defined_on_odd_sizes() {
    let mut random = random(2);
    for h in 1..=5 {
        for w in [1, 2, 3, 4, 5, 7, 8, 9, 15] {
            for (ic, oc) in [(1, 1), (3, 2), (8, 5), (12, 4)] {
                let (input, output) = (shape(h, w, ic), shape(2 * h, 2 * w, oc));
                Case::check(&mut random, Operator::TransposedConv2d, input, output);
            }
        }
    }
}

#[test]
fn convolutions_are_as_defined_on_odd_sizes_and_paddings() {
    let mut random = random(3);
    for kernel in 1..=5u8 {
        for stride in 1..=3u8 {
            for _ in 0..40 {
                let window = Window {
                    kernel_height: kernel,
                    kernel_width: 1 + random.below(5) as u8,
                    stride,
                    padding_top: random.below(u32::from(kernel)) as u8,
                    padding_left: 0,
                };
                let window = Window {
                    padding_left: random.below(u32::from(window.kernel_width)) as u8,
                    ..window
                };
                let (h, w) = (1 + random.below(9) as u16, 1 + random.below(9) as u16);
                let most = |input: u16, padding: u8| {
                    (input + u16::from(padding) - 1) / u16::from(stride) + 1
                };
                let (mh, mw) = (most(h, window.padding_top), most(w, window.padding_left));
                let (oh, ow) = (
                    1 + random.below(mh.into()) as u16,
                    1 + random.below(mw.into()) as u16,
                );
                let (ic, oc) = (1 + random.below(9) as u16, 1 + random.below(6) as u16);
                let (input, output) = (shape(h, w, ic), shape(oh, ow, oc));
                Case::check(&mut random, Operator::Conv2d(window), input, output);
                let output = shape(oh, ow, ic);
                Case::check(&mut random, Operator::Depthwise(window), input, output);
            }
        }
    }
}

#[test]
fn a_multiplier_is_scaled_within_31_bits() {
    for multiplier in [0u32, 1, 63, 64, 65, 127, 128, 1 << 24, (1 << 31) - 1] {
        for scale in -128..=127i16 {
            let exact = (i64::from(multiplier) * i64::from(128 + scale) + 64) / 128;
            let expected = exact.min(i64::from(i32::MAX)) as u32;
            assert_eq!(modulation::scaled(multiplier, scale), expected);
        }
    }
}

#[test]
fn requantization_is_within_one_of_the_tensorflow_lite_definition() {
    // TensorFlow Lite: a 31-bit multiplier and a shift, doubling high product, then a rounding shift.
    fn tensorflow_lite(accumulator: i32, scale: f64) -> i32 {
        let exponent = scale.log2().floor() as i32 + 1;
        let multiplier = (scale / 2f64.powi(exponent) * f64::from(1u32 << 31)).round() as i64;
        let total = 31 - exponent;
        let product = i128::from(accumulator) * i128::from(multiplier);
        ((product + (1i128 << (total - 1))) >> total) as i32
    }
    let mut random = random(4);
    let mut differing = 0;
    for _ in 0..200_000 {
        let scale = 2f64.powf(-1.001 - f64::from(random.below(11_000)) / 1000.0);
        let limit = (200.0 / scale).min(8_388_607.0);
        let accumulator = ((f64::from(random.below(2_000_001)) / 1e6 - 1.0) * limit) as i32;
        let multiplier = (scale * 2f64.powi(32)).round() as i32;
        let ours = i32::from(requantize(accumulator, [multiplier; 2], 0));
        let theirs = tensorflow_lite(accumulator, scale).clamp(-128, 127);
        assert!(
            (ours - theirs).abs() <= 1,
            "{accumulator} * {scale}: {ours} and {theirs}"
        );
        differing += i32::from(ours != theirs);
    }
    println!("{differing} of 200,000 differ by one");
}

#[test]
fn the_multiplier_below_zero_is_rounded_once() {
    assert_eq!(Activation::Linear.below_zero(1000), 1000);
    assert_eq!(Activation::Relu.below_zero(1000), 0);
    assert_eq!(Activation::LeakyRelu { slope: 6554 }.below_zero(1000), 100);
    assert_eq!(
        Activation::LeakyRelu { slope: u16::MAX }.below_zero(i32::MAX),
        2_147_450_879
    );
}
