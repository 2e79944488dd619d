//! Quantization of the numbers of one layer, and back. `docs/arithmetic.md` defines the integers.

use super::activations::Quantization;
use super::error::ExportError;
use super::float_layer::{FloatActivation, FloatLayer};
use super::groups::{best_scale, best_step, nibble};
use pixling::limits::MAX_MODULATION_SHIFT;
use pixling::write::{Packed, Plain, Plain4, groups, pack, pack4};
use pixling::{Activation, Coding, Geometry, Head, Layer};
use std::collections::BTreeMap;

/// The largest magnitude of an int8 weight; 4 bits and a group's scale make 120 at most.
const TOP: f64 = 127.0;
/// The smallest step of a channel as a part of the largest step of its layer: the multipliers of a 4-bit layer, which
/// share a shift, resolve no less.
const FINEST: f64 = 1.0 / 4096.0;

/// Bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 8 bits, with 32 bits of bias.
    Int8,
    /// 4 bits with a scale for each group of 32, and 8 bits of bias.
    Int4,
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::Int8 => "int8",
            Precision::Int4 => "int4",
        })
    }
}

/// The 4-bit part of a scheme.
#[derive(Clone, Debug)]
struct Groups {
    /// The group of each weight.
    of_weight: Vec<u32>,
    /// The scale of each group, in steps of its channel.
    scales: Vec<u8>,
    bias_shift: u8,
    multiplier_shift: u8,
}

/// Steps and scales of a layer, chosen for its weights. They can be applied to changed weights.
#[derive(Clone, Debug)]
pub struct Scheme {
    input: Quantization,
    pub(super) output: Quantization,
    /// Real value of a weight's step, for each output channel.
    steps: Vec<f64>,
    /// For each output channel: input scale * weight step / output scale, times `2^32`.
    multipliers: Vec<i32>,
    groups: Option<Groups>,
}

/// The integers of a layer.
struct Integers {
    weights: Vec<i8>,
    bias: Vec<i32>,
}

impl Scheme {
    /// Chooses the steps of the layer of that index.
    ///
    /// # Errors
    ///
    /// When a weight is not a number, or a number has no room in the file.
    pub fn choose(
        index: usize,
        layer: &FloatLayer,
        input: Quantization,
        output: Quantization,
        precision: Precision,
    ) -> Result<Scheme, ExportError> {
        let finite = layer
            .weights
            .iter()
            .chain(&layer.bias)
            .all(|value| value.is_finite());
        if !finite {
            return Err(ExportError::WeightNotFinite { layer: index });
        }
        // A rule of the file: the bias needs room beside the products in an accumulator's 32 bits.
        if products(layer) > 2f64.powi(30) {
            return Err(ExportError::Accumulator {
                layer: index,
                inputs: layer.fan_in(),
            });
        }
        // A channel of tiny weights gets coarser steps than it could have, so that its bias has room: they lose 2^-14
        // of a step of the output.
        let coarsest = f64::from(output.scale) / f64::from(input.scale) * 2f64.powi(-20);
        let scheme = match precision {
            Precision::Int8 => Self::int8(layer, input, output, coarsest),
            Precision::Int4 => Self::int4(layer, input, output, coarsest),
        };
        scheme.ok_or(ExportError::Multiplier { layer: index })
    }

    fn int8(
        layer: &FloatLayer,
        input: Quantization,
        output: Quantization,
        coarsest: f64,
    ) -> Option<Scheme> {
        let mut largest = vec![0f32; usize::from(layer.output.channels)];
        for (index, weight) in layer.weights.iter().enumerate() {
            let slot = &mut largest[layer.channel_of_weight(index)];
            *slot = slot.max(weight.abs());
        }
        let steps: Vec<f64> = largest
            .iter()
            .map(|&most| f64::from(most / TOP as f32).max(coarsest))
            .collect();
        let wanted = wanted_multipliers(input, output, &steps)?;
        Some(Scheme {
            input,
            output,
            steps,
            multipliers: wanted.iter().map(|wanted| wanted.round() as i32).collect(),
            groups: None,
        })
    }

    fn int4(
        layer: &FloatLayer,
        input: Quantization,
        output: Quantization,
        coarsest: f64,
    ) -> Option<Scheme> {
        let of_weight = groups(&layer.geometry());
        // The groups of each channel. A group of a depthwise layer has weights of four channels.
        let mut of_channel = vec![BTreeMap::new(); usize::from(layer.output.channels)];
        for (index, (group, weight)) in of_weight.iter().zip(&layer.weights).enumerate() {
            let groups: &mut BTreeMap<u32, Vec<f64>> =
                &mut of_channel[layer.channel_of_weight(index)];
            groups.entry(*group).or_default().push(f64::from(*weight));
        }
        let best =
            |groups: BTreeMap<u32, Vec<f64>>| best_step(&groups.into_values().collect::<Vec<_>>());
        let mut steps: Vec<f64> = of_channel.into_iter().map(best).collect();
        let largest = steps.iter().copied().fold(0.0, f64::max);
        let finest = coarsest.max(largest * FINEST);
        steps.iter_mut().for_each(|step| *step = step.max(finest));

        // 16 bits of each multiplier, with a common shift. The steps follow from the rounded multipliers.
        let wanted = wanted_multipliers(input, output, &steps)?;
        let most = wanted.iter().copied().fold(0.0, f64::max);
        let fits = |shift: u8| (most / 2f64.powi(shift.into())).round() <= f64::from(u16::MAX);
        let multiplier_shift = (0..=15).find(|&shift| fits(shift)).unwrap_or(15);
        let unit = 2f64.powi(multiplier_shift.into());
        let mantissas = wanted
            .iter()
            .map(|wanted| (wanted / unit).round().clamp(1.0, f64::from(u16::MAX)));
        let multipliers: Vec<i32> = mantissas.map(|mantissa| (mantissa * unit) as i32).collect();
        let step = |multiplier: &i32| {
            f64::from(*multiplier) / 2f64.powi(32) * f64::from(output.scale)
                / f64::from(input.scale)
        };
        let steps: Vec<f64> = multipliers.iter().map(step).collect();

        let count = of_weight.iter().max().map_or(0, |most| *most as usize + 1);
        let mut in_steps: Vec<Vec<f64>> = vec![Vec::new(); count];
        for (index, (group, weight)) in of_weight.iter().zip(&layer.weights).enumerate() {
            let step = steps[layer.channel_of_weight(index)];
            in_steps[*group as usize].push(f64::from(*weight) / step);
        }
        let scales = in_steps
            .iter()
            .map(|weights| best_scale(weights, 1.0).0)
            .collect();
        let room = room(layer);
        let most = (layer.bias.iter().enumerate())
            .map(|(index, bias)| {
                let unit = f64::from(input.scale) * steps[layer.channel_of_bias(index)];
                f64::from(*bias) / unit
            })
            .fold(0.0, |most: f64, bias| most.max(bias.abs()))
            .min(room);
        let bias_shift = (0..=23)
            .find(|&shift| (most / 2f64.powi(shift.into())).round() <= TOP)
            .unwrap_or(23);
        Some(Scheme {
            input,
            output,
            steps,
            multipliers,
            groups: Some(Groups {
                of_weight,
                scales,
                bias_shift,
                multiplier_shift,
            }),
        })
    }

    /// Bits of a weight.
    pub fn precision(&self) -> Precision {
        match self.groups {
            None => Precision::Int8,
            Some(_) => Precision::Int4,
        }
    }

    /// Real value of a unit of the accumulator.
    pub(super) fn unit(&self, channel: usize) -> f64 {
        f64::from(self.input.scale) * self.steps[channel]
    }

    /// Real value of a step of that weight.
    fn step(&self, layer: &FloatLayer, index: usize) -> f64 {
        let step = self.steps[layer.channel_of_weight(index)];
        match &self.groups {
            None => step,
            Some(groups) => step * f64::from(groups.scales[groups.of_weight[index] as usize]),
        }
    }

    fn integers(&self, layer: &FloatLayer) -> Integers {
        let weight = |(index, weight): (usize, &f32)| {
            let (weight, step) = (f64::from(*weight), self.step(layer, index));
            match &self.groups {
                None => (weight / step).round().clamp(-TOP, TOP) as i8,
                Some(_) if step == 0.0 => 0,
                Some(_) => nibble(weight, step),
            }
        };
        // A bias that does not fit beside the products saturates, and so does every output that it belongs to.
        let room = room(layer);
        let bias = |(index, bias): (usize, &f32)| {
            let steps = f64::from(*bias) / self.unit(layer.channel_of_bias(index));
            match &self.groups {
                None => steps.round().clamp(-room, room) as i32,
                Some(groups) => {
                    let unit = 2f64.powi(groups.bias_shift.into());
                    let most = TOP.min((room / unit).floor());
                    (steps / unit).round().clamp(-most, most) as i32
                }
            }
        };
        Integers {
            weights: layer.weights.iter().enumerate().map(weight).collect(),
            bias: layer.bias.iter().enumerate().map(bias).collect(),
        }
    }

    /// The layer with the real values of the integers.
    pub fn dequantized(&self, layer: &FloatLayer) -> FloatLayer {
        let Integers { weights, bias } = self.integers(layer);
        let shift = self.groups.as_ref().map_or(0, |groups| groups.bias_shift);
        let weight =
            |(index, weight): (usize, &i8)| (f64::from(*weight) * self.step(layer, index)) as f32;
        let bias_value = |(index, bias): (usize, &i32)| {
            let steps = f64::from(*bias) * 2f64.powi(shift.into());
            (steps * self.unit(layer.channel_of_bias(index))) as f32
        };
        FloatLayer {
            weights: weights.iter().enumerate().map(weight).collect(),
            bias: bias.iter().enumerate().map(bias_value).collect(),
            activation: match layer.activation {
                FloatActivation::LeakyRelu { slope } => FloatActivation::LeakyRelu {
                    slope: f32::from(slope_in_65536ths(slope)) / 65536.0,
                },
                other => other,
            },
            ..layer.clone()
        }
    }

    /// The layer's record.
    pub fn pack(&self, layer: &FloatLayer) -> QuantizedLayer {
        let Integers { weights, bias } = self.integers(layer);
        let activation = match layer.activation {
            FloatActivation::Linear => Activation::Linear,
            FloatActivation::Relu => Activation::Relu,
            FloatActivation::LeakyRelu { slope } => Activation::LeakyRelu {
                slope: slope_in_65536ths(slope),
            },
        };
        let geometry = layer.geometry();
        let (coding, packed) = match &self.groups {
            None => {
                let plain = Plain {
                    weights: &weights,
                    bias: &bias,
                    multipliers: &self.multipliers,
                };
                (Coding::Int8, pack(&geometry, activation, plain))
            }
            Some(groups) => {
                let bias: Vec<i8> = bias.iter().map(|&bias| bias as i8).collect();
                let mantissa = |multiplier: &i32| (multiplier >> groups.multiplier_shift) as u16;
                let multipliers: Vec<u16> = self.multipliers.iter().map(mantissa).collect();
                let plain = Plain4 {
                    weights: &weights,
                    scales: &groups.scales,
                    bias: &bias,
                    multipliers: &multipliers,
                };
                let coding = Coding::Int4 {
                    bias_shift: groups.bias_shift,
                    multiplier_shift: groups.multiplier_shift,
                };
                (coding, pack4(&geometry, activation, plain))
            }
        };
        let head = Head {
            zero_point: self.output.zero_point,
            activation,
            coding,
        };
        QuantizedLayer {
            geometry,
            head,
            packed,
        }
    }
}

/// The slope of the file.
fn slope_in_65536ths(slope: f32) -> u16 {
    (slope * 65536.0).round().clamp(0.0, 65535.0) as u16
}

/// Input scale * weight step / output scale of each channel, times `2^32`. `None` if one does not fit 32 bits.
fn wanted_multipliers(
    input: Quantization,
    output: Quantization,
    steps: &[f64],
) -> Option<Vec<f64>> {
    let (input, output) = (f64::from(input.scale), f64::from(output.scale));
    let wanted = steps
        .iter()
        .map(|step| input * step / output * 2f64.powi(32));
    let wanted: Vec<f64> = wanted.collect();
    let fits = |wanted: &f64| wanted.round() <= f64::from(i32::MAX);
    wanted.iter().all(fits).then_some(wanted)
}

/// The most that the products of an accumulator add up to.
fn products(layer: &FloatLayer) -> f64 {
    layer.fan_in() as f64 * TOP * 255.0
}

/// The largest magnitude of a bias beside the products, and beside the shift of a modulation.
fn room(layer: &FloatLayer) -> f64 {
    let shifted = 128.0 * 2f64.powi(MAX_MODULATION_SHIFT.into());
    f64::from(i32::MAX) - products(layer) - shifted
}

/// A layer in integers; it owns what a [`Layer`] borrows.
#[derive(Clone, Debug)]
pub struct QuantizedLayer {
    geometry: Geometry,
    head: Head,
    packed: Packed,
}

impl QuantizedLayer {
    /// The record of the file.
    pub fn record(&self) -> Layer<'_> {
        Layer {
            geometry: self.geometry,
            head: self.head,
            tables: self.packed.tables(),
        }
    }

    /// Bytes of its tables.
    pub fn bytes(&self) -> usize {
        let packed = &self.packed;
        packed.weights.len() + packed.bias.len() + packed.multipliers.len()
    }
}
