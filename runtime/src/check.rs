//! The rules that a decoded file must keep. After them nothing can go out of range.

use crate::error::Rule;
use crate::kernels::cell::quads;
use crate::kernels::requantize::negative;
use crate::layer::{Layer, Operator, Shape, Window};
use crate::limits::{
    MAX_CHANNELS, MAX_CLASSES, MAX_FAN_IN, MAX_KERNEL, MAX_LATENT, MAX_LAYERS, MAX_SIDE,
    MAX_STRIDE, MAX_VALUES,
};
use crate::record::{Header, lines};

/// Fails with a rule when it is broken.
fn must(kept: bool, rule: Rule) -> Result<(), Rule> {
    if kept { Ok(()) } else { Err(rule) }
}

fn side(length: u16) -> bool {
    (1..=MAX_SIDE).contains(&length)
}

/// What is counted in the texts and tables of a header.
pub(crate) struct HeaderCounts {
    /// Lines of the labels. Above [`MAX_CLASSES`] they need not be counted.
    pub(crate) classes: usize,
    /// Bytes of the tables.
    pub(crate) mu: usize,
    pub(crate) sigma: usize,
    pub(crate) pixels: usize,
}

impl HeaderCounts {
    pub(crate) fn of(header: &Header<'_>) -> HeaderCounts {
        HeaderCounts {
            classes: lines(header.labels)
                .take(usize::from(MAX_CLASSES) + 1)
                .count(),
            mu: header.mu.len(),
            sigma: header.sigma.len(),
            pixels: header.pixels.len(),
        }
    }
}

/// Returns the number of classes.
pub(crate) fn header(header: &Header<'_>, counts: &HeaderCounts) -> Result<u16, Rule> {
    let classes = counts.classes;
    let latent = u32::from(header.z_s) + u32::from(header.z_u);
    must(
        (1..=usize::from(MAX_CLASSES)).contains(&classes),
        Rule::Classes,
    )?;
    must(
        latent >= 1 && latent <= u32::from(MAX_LATENT),
        Rule::LatentDimensions,
    )?;
    let table = classes.wrapping_mul(header.z_s.into()).wrapping_mul(2);
    must(counts.mu == table && counts.sigma == table, Rule::Mixture)?;
    must(counts.pixels == 256, Rule::PixelTable)?;
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

/// The last layer's output.
pub(crate) fn picture(picture: Shape) -> Result<(), Rule> {
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
pub(crate) fn layer(layer: &Layer<'_>) -> Result<(), Rule> {
    let bytes = TableBytes {
        weights: layer.weights.len(),
        bias: layer.bias.len(),
        multipliers: layer.multipliers.len(),
    };
    shapes(layer, bytes)?;
    weights(layer.weights)?;
    multipliers(layer, layer.multipliers)?;
    bias(layer, layer.bias)
}

/// Checks all but the numbers in the tables.
pub(crate) fn shapes(layer: &Layer<'_>, bytes: TableBytes) -> Result<(), Rule> {
    let (input, output) = (layer.input, layer.output);
    must(
        side(output.height)
            && side(output.width)
            && (1..=MAX_CHANNELS).contains(&output.channels)
            && output.values() <= MAX_VALUES,
        Rule::FeatureMap,
    )?;
    // Input channels are filled up to a multiple of four.
    let (channels, cells) = (u32::from(output.channels), quads(input.channels) as u32);
    let (filters, cells, biases) = match layer.operator {
        Operator::Dense => {
            let pixels = u32::from(input.height).wrapping_mul(input.width.into());
            (output.values(), pixels.wrapping_mul(cells), output.values())
        }
        Operator::Conv2d(w) => {
            window(w, input, output)?;
            (channels, w.taps().wrapping_mul(cells), channels)
        }
        Operator::Depthwise(w) => {
            window(w, input, output)?;
            must(input.channels == output.channels, Rule::DepthwiseChannels)?;
            (cells, w.taps(), channels)
        }
        Operator::TransposedConv2d => {
            must(
                u32::from(output.height) == 2 * u32::from(input.height)
                    && u32::from(output.width) == 2 * u32::from(input.width),
                Rule::TransposedSides,
            )?;
            (channels.wrapping_mul(4), cells.wrapping_mul(4), channels)
        }
    };
    must(layer.fan_in() <= MAX_FAN_IN, Rule::FanIn)?;
    let weights = u64::from(filters).wrapping_mul(cells.into());
    must(
        bytes.weights as u64 == weights.wrapping_mul(4),
        Rule::WeightCount,
    )?;
    must(
        bytes.bias as u64 == u64::from(biases).wrapping_mul(4),
        Rule::BiasCount,
    )?;
    let pairs = usize::from(output.channels).wrapping_mul(8);
    must(bytes.multipliers == pairs, Rule::MultiplierCount)
}

/// Checks a layer's weights or a piece of them.
pub(crate) fn weights(weights: &[u8]) -> Result<(), Rule> {
    let mut weights = weights.iter();
    must(weights.all(|&weight| weight as i8 != -128), Rule::Weight)
}

/// Checks a layer's multipliers or some pairs of them.
pub(crate) fn multipliers(layer: &Layer<'_>, multipliers: &[u8]) -> Result<(), Rule> {
    let goes_with = |&[a, b, c, d, e, f, g, h]: &[u8; 8]| {
        let (one, other) = (
            i32::from_le_bytes([a, b, c, d]),
            i32::from_le_bytes([e, f, g, h]),
        );
        one >= 0 && other == negative(one, layer.activation)
    };
    let mut pairs = multipliers.as_chunks().0.iter();
    must(pairs.all(goes_with), Rule::Multipliers)
}

/// Checks a layer's biases or some of them.
pub(crate) fn bias(layer: &Layer<'_>, bias: &[u8]) -> Result<(), Rule> {
    // |weight| <= 127 and |input - zero point| <= 255. The channels that only fill up are 0 in the arena.
    let most = (i32::MAX as u32).wrapping_sub(layer.fan_in().wrapping_mul(127 * 255));
    let fits = |bias: &[u8; 4]| i32::from_le_bytes(*bias).unsigned_abs() <= most;
    must(bias.as_chunks().0.iter().all(fits), Rule::Accumulator)
}
