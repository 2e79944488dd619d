//! The rules that a decoded file must keep. After them nothing can go out of range.

use crate::error::Rule;
use crate::filters::Filters;
use crate::index::product;
use crate::layer::{Activation, Coding, Head, Layer};
use crate::limits::{
    MAX_CHANNELS, MAX_CLASSES, MAX_COMPONENTS, MAX_DEVIATION_UNIT, MAX_FAN_IN, MAX_KERNEL,
    MAX_LATENT, MAX_LAYERS, MAX_MODULATION_SHIFT, MAX_SIDE, MAX_STRIDE, MAX_VALUES,
    MIRRORED_PIXELS, PIXELS,
};
use crate::prior::{Kind, Latent, TABLES, coded_bytes};
use crate::record::{Header, lines};
use crate::shape::{Geometry, Operator, Shape, Window};

/// Fails with a rule when it is broken.
fn must(kept: bool, rule: Rule) -> Result<(), Rule> {
    if kept { Ok(()) } else { Err(rule) }
}

fn side(length: u16) -> bool {
    (1..=MAX_SIDE).contains(&length)
}

/// The counts of a header's texts and tables.
pub(crate) struct HeaderCounts {
    /// Lines of the labels. Above [`MAX_CLASSES`] they need not be counted.
    pub(crate) classes: usize,
    /// Bytes of the tables of the prior.
    pub(crate) prior: [usize; TABLES],
    /// Bytes of the pixel table.
    pub(crate) pixels: usize,
}

impl HeaderCounts {
    pub(crate) fn of(header: &Header<'_>) -> HeaderCounts {
        HeaderCounts {
            classes: lines(header.labels)
                .take(usize::from(MAX_CLASSES) + 1)
                .count(),
            prior: header.tables.map(<[u8]>::len),
            pixels: header.pixels.len(),
        }
    }
}

/// Returns the number of classes.
pub(crate) fn header(header: &Header<'_>, counts: &HeaderCounts) -> Result<u16, Rule> {
    let classes = counts.classes;
    let latent = header.latent.dimensions();
    must(
        (1..=usize::from(MAX_CLASSES)).contains(&classes),
        Rule::Classes,
    )?;
    must(
        latent >= 1 && latent <= usize::from(MAX_LATENT),
        Rule::LatentDimensions,
    )?;
    prior(&header.latent, classes, counts.prior)?;
    must(
        matches!(counts.pixels, PIXELS | MIRRORED_PIXELS),
        Rule::PixelTable,
    )?;
    let mut golden = header.golden.iter();
    must(
        golden.all(|golden| usize::from(golden.class) < classes),
        Rule::GoldenClass,
    )?;
    must(
        (1..=u32::from(MAX_LAYERS)).contains(&header.layers),
        Rule::Layers,
    )?;
    Ok(classes as u16)
}

/// The tables of a prior against its counts.
fn prior(latent: &Latent, classes: usize, bytes: [usize; TABLES]) -> Result<(), Rule> {
    let (unit, components) = match latent.kind {
        Kind::Mixture { unit, components } => (unit, components),
        Kind::Gaussian { .. } => {
            let table = product([classes, latent.z_s.into(), 2]);
            return must(bytes == [table, table, 0, 0], Rule::Mixture);
        }
    };
    must(
        (1..=MAX_DEVIATION_UNIT).contains(&unit),
        Rule::DeviationUnit,
    )?;
    let [weights, normals, styles, style_normals] = bytes;
    let components = usize::from(components);
    let all = product([classes, components]);
    let counted = 1..=usize::from(MAX_COMPONENTS);
    must(
        counted.contains(&components) && weights == all && counted.contains(&styles),
        Rule::Components,
    )?;
    let table = |count, dimensions| product([count, coded_bytes(dimensions)]);
    must(
        normals == table(all, latent.dimensions())
            && style_normals == table(styles, latent.z_u.into()),
        Rule::Components,
    )
}

/// Demands of the layers before one on it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Before {
    /// Whether the first of them is dense: it keeps the latent.
    dense: Option<bool>,
    /// Values of the last of them if that is a modulation, else 0.
    values: u16,
    /// The most that it adds to a bias.
    added: u32,
}

impl Before {
    /// After another layer.
    pub(crate) fn add(&mut self, geometry: &Geometry) {
        let operator = geometry.operator;
        self.dense.get_or_insert(operator == Operator::Dense);
        (self.values, self.added) = match operator {
            Operator::Modulation { shift } => {
                (geometry.output.channels, 128u32.wrapping_shl(shift.into()))
            }
            _ => (0, 0),
        };
    }
}

/// The last layer's output, after all layers.
pub(crate) fn end(picture: Shape, before: &Before) -> Result<(), Rule> {
    must(before.values == 0, Rule::Modulated)?;
    must(matches!(picture.channels, 1 | 3), Rule::PictureChannels)
}

/// Every window must reach into the input.
fn window(window: Window, input: Shape, output: Shape) -> Result<(), Rule> {
    let side = 1..=MAX_KERNEL;
    must(
        side.contains(&window.kernel_height) && side.contains(&window.kernel_width),
        Rule::Kernel,
    )?;
    must((1..=MAX_STRIDE).contains(&window.stride), Rule::Stride)?;
    must(
        window.padding_top < window.kernel_height && window.padding_left < window.kernel_width,
        Rule::Padding,
    )?;
    let reaches = |input: u16, output: u16, padding: u8| {
        (i32::from(output) - 1) * i32::from(window.stride) - i32::from(padding) < i32::from(input)
    };
    must(
        reaches(input.height, output.height, window.padding_top)
            && reaches(input.width, output.width, window.padding_left),
        Rule::WindowOutside,
    )
}

/// Bytes of a layer's tables.
#[derive(Clone, Copy)]
pub(crate) struct TableBytes {
    pub(crate) weights: usize,
    pub(crate) bias: usize,
    pub(crate) multipliers: usize,
}

/// Checks a layer whose input was checked before.
pub(crate) fn layer(layer: &Layer<'_>, before: &Before) -> Result<(), Rule> {
    let Layer {
        geometry,
        head,
        tables,
    } = layer;
    let bytes = TableBytes {
        weights: tables.weights.len(),
        bias: tables.bias.len(),
        multipliers: tables.multipliers.len(),
    };
    shapes(geometry, head, bytes, before)?;
    weights(head.coding, tables.weights)?;
    multipliers(head, tables.multipliers)?;
    bias(geometry, head.coding, tables.bias, before)
}

/// Checks all but the numbers in the tables.
pub(crate) fn shapes(
    geometry: &Geometry,
    head: &Head,
    bytes: TableBytes,
    before: &Before,
) -> Result<(), Rule> {
    let (input, output, coding) = (geometry.input, geometry.output, head.coding);
    must(
        side(output.height)
            && side(output.width)
            && (1..=MAX_CHANNELS).contains(&output.channels)
            && output.values() <= MAX_VALUES,
        Rule::FeatureMap,
    )?;
    let channels = u32::from(output.channels);
    let modulated = !geometry.operator.is_dense() && u32::from(before.values) == 2 * channels;
    must(before.values == 0 || modulated, Rule::Modulated)?;
    // Runs of filters, one for each output channel or four of them.
    let (runs, biases) = match geometry.operator {
        Operator::Dense => {
            let pixels = u32::from(output.height).wrapping_mul(output.width.into());
            (pixels, output.values())
        }
        Operator::Modulation { shift } => {
            must(before.dense == Some(true), Rule::ModulationFirst)?;
            must(
                shift <= MAX_MODULATION_SHIFT
                    && output.values() == channels
                    && head.zero_point == 0
                    && head.activation == Activation::Linear,
                Rule::Modulation,
            )?;
            (1, channels)
        }
        Operator::Conv2d(w) => {
            window(w, input, output)?;
            (1, channels)
        }
        Operator::Depthwise(w) => {
            window(w, input, output)?;
            must(input.channels == output.channels, Rule::DepthwiseChannels)?;
            (1, channels)
        }
        Operator::TransposedConv2d => {
            must(
                u32::from(output.height) == 2 * u32::from(input.height)
                    && u32::from(output.width) == 2 * u32::from(input.width),
                Rule::TransposedSides,
            )?;
            (4, channels)
        }
    };
    must(geometry.fan_in() <= MAX_FAN_IN, Rule::FanIn)?;
    let most = most_bias(geometry, before);
    must(most >= 0, Rule::Accumulator)?;
    let run = Filters::of(geometry).bytes(coding, output.channels.into());
    must(
        bytes.weights as u64 == u64::from(runs).wrapping_mul(run as u64),
        Rule::WeightCount,
    )?;
    must(
        bytes.bias as u64 == u64::from(biases).wrapping_mul(coding.bias_bytes() as u64),
        Rule::BiasCount,
    )?;
    let pairs = product([output.channels.into(), coding.pair_bytes()]);
    must(bytes.multipliers == pairs, Rule::MultiplierCount)?;
    let Coding::Int4 {
        bias_shift,
        multiplier_shift,
    } = coding
    else {
        return Ok(());
    };
    must(multiplier_shift <= 15, Rule::MultiplierShift)?;
    // A bias is -128 at least.
    let fits = bias_shift < 24 && 128 << bias_shift <= most;
    must(fits, Rule::Accumulator)
}

/// The part of an accumulator's 32 bits that the products of an output, and its modulation, leave free: |weight| <= 127 and
/// |input - zero point| <= 255. Below zero where they do not fit. The channels that only fill up are 0 in the arena.
fn most_bias(geometry: &Geometry, before: &Before) -> i32 {
    let products = geometry.fan_in().wrapping_mul(127 * 255);
    i32::MAX.wrapping_sub_unsigned(products.wrapping_add(before.added))
}

/// Checks a layer's weights or a piece of them.
pub(crate) fn weights(coding: Coding, weights: &[u8]) -> Result<(), Rule> {
    // Any four bits and any scale are valid.
    let mut weights = weights.iter();
    must(
        coding != Coding::Int8 || weights.all(|&weight| weight as i8 != -128),
        Rule::Weight,
    )
}

/// Checks a layer's multipliers or some pairs of them.
pub(crate) fn multipliers(head: &Head, multipliers: &[u8]) -> Result<(), Rule> {
    let goes_with = |one: i32, other: i32| one >= 0 && other == head.activation.below_zero(one);
    let kept = match head.coding {
        Coding::Int8 => multipliers
            .as_chunks()
            .0
            .iter()
            .all(|&[a, b, c, d, e, f, g, h]| {
                goes_with(
                    i32::from_le_bytes([a, b, c, d]),
                    i32::from_le_bytes([e, f, g, h]),
                )
            }),
        Coding::Int4 { .. } => multipliers.as_chunks().0.iter().all(|&[a, b, c, d]| {
            goes_with(
                u16::from_le_bytes([a, b]).into(),
                u16::from_le_bytes([c, d]).into(),
            )
        }),
    };
    must(kept, Rule::Multipliers)
}

/// Checks a layer's biases or some of them.
pub(crate) fn bias(
    geometry: &Geometry,
    coding: Coding,
    bias: &[u8],
    before: &Before,
) -> Result<(), Rule> {
    let most = most_bias(geometry, before) as u32;
    let fits = |bias: &[u8; 4]| i32::from_le_bytes(*bias).unsigned_abs() <= most;
    // The shift bounds those of eight bits.
    must(
        coding != Coding::Int8 || bias.as_chunks().0.iter().all(fits),
        Rule::Accumulator,
    )
}
