//! The rules that a decoded file must keep. After them nothing can go out of range.

use crate::kernels::cell::quads;
use crate::kernels::requantize::negative;
use crate::layer::{Layer, Operator, Shape, Window};
use crate::limits::{
    MAX_CHANNELS, MAX_CLASSES, MAX_KERNEL, MAX_LATENT, MAX_LAYERS, MAX_SIDE, MAX_STRIDE, MAX_VALUES,
};
use crate::record::{Header, lines};

/// Fails with a rule when it is broken.
fn must(kept: bool, rule: &'static str) -> Result<(), &'static str> {
    if kept { Ok(()) } else { Err(rule) }
}

fn count(bytes: &[u8], width: u64, values: u64) -> bool {
    bytes.len() as u64 == width * values
}

fn side(length: u16) -> bool {
    (1..=MAX_SIDE).contains(&length)
}

pub(crate) fn header(header: &Header<'_>) -> Result<(), &'static str> {
    let classes = u64::from(header.classes);
    let latent = u32::from(header.z_s) + u32::from(header.z_u);
    must(
        (1..=MAX_CLASSES).contains(&header.classes),
        "1 to 1000 classes",
    )?;
    must(
        lines(header.labels).count() as u64 == classes,
        "one label per class",
    )?;
    must(
        side(header.height) && side(header.width),
        "a picture has 1 to 1024 rows and columns",
    )?;
    must(
        matches!(header.channels, 1 | 3),
        "a picture has 1 or 3 channels",
    )?;
    must(
        latent >= 1 && latent <= u32::from(MAX_LATENT),
        "1 to 256 latent dimensions",
    )?;
    must(
        count(header.mu, 2, classes * u64::from(header.z_s)),
        "mu has a value per class and dimension of z_s",
    )?;
    must(
        count(header.sigma, 2, classes * u64::from(header.z_s)),
        "sigma has a value per class and dimension of z_s",
    )?;
    must(
        count(header.pixels, 1, 256),
        "the pixel table has 256 entries",
    )?;
    must(
        header
            .golden
            .iter()
            .all(|golden| golden.class < header.classes),
        "golden pictures are of the model's classes",
    )?;
    must(
        (1..=u32::from(MAX_LAYERS)).contains(&header.layers),
        "1 to 32 layers",
    )
}

fn shape(shape: Shape) -> Result<(), &'static str> {
    must(
        side(shape.height) && side(shape.width) && (1..=MAX_CHANNELS).contains(&shape.channels),
        "a feature map has 1 to 1024 rows and columns and 1 to 2048 channels",
    )?;
    must(
        shape.values() <= MAX_VALUES,
        "a feature map has at most 2^20 values",
    )
}

/// Every window must reach into the input.
fn window(window: Window, input: Shape, output: Shape) -> Result<(), &'static str> {
    must(
        (1..=MAX_KERNEL).contains(&window.kernel_height)
            && (1..=MAX_KERNEL).contains(&window.kernel_width),
        "a kernel has 1 to 15 rows and columns",
    )?;
    must(
        (1..=MAX_STRIDE).contains(&window.stride),
        "a stride is 1 to 4",
    )?;
    must(
        window.padding_top < window.kernel_height && window.padding_left < window.kernel_width,
        "the padding is smaller than the kernel",
    )?;
    let reaches = |input: u16, output: u16, padding: u8| {
        (i32::from(output) - 1) * i32::from(window.stride) - i32::from(padding) < i32::from(input)
    };
    must(
        reaches(input.height, output.height, window.padding_top)
            && reaches(input.width, output.width, window.padding_left),
        "every window of a convolution reaches into its input",
    )
}

/// Checks a layer by itself.
pub(crate) fn layer(layer: &Layer<'_>) -> Result<(), &'static str> {
    let (input, output) = (layer.input, layer.output);
    shape(input)?;
    shape(output)?;
    match layer.operator {
        Operator::Dense => {}
        Operator::Conv2d(w) => window(w, input, output)?,
        Operator::Depthwise(w) => {
            window(w, input, output)?;
            must(
                input.channels == output.channels,
                "a depthwise convolution keeps the channels",
            )?;
        }
        Operator::TransposedConv2d => must(
            u32::from(output.height) == 2 * u32::from(input.height)
                && u32::from(output.width) == 2 * u32::from(input.width),
            "a transposed convolution doubles both sides",
        )?,
    }

    // Input channels are filled up to a multiple of four.
    let (channels, padded) = (u64::from(output.channels), 4 * quads(input.channels) as u64);
    let (filters, filter) = match layer.operator {
        Operator::Dense => (
            u64::from(output.values()),
            u64::from(input.height) * u64::from(input.width) * padded,
        ),
        Operator::Conv2d(w) => (channels, u64::from(w.taps()) * padded),
        Operator::Depthwise(w) => (channels, u64::from(w.taps())),
        Operator::TransposedConv2d => (4 * channels, 4 * padded),
    };
    let weights = match layer.operator {
        Operator::Depthwise(_) => padded * filter,
        _ => filters * filter,
    };
    must(
        count(layer.weights, 1, weights),
        "the weights fit the shapes",
    )?;
    must(count(layer.bias, 4, filters), "the biases fit the shapes")?;
    must(
        count(layer.multipliers, 8, channels),
        "two multipliers per channel",
    )?;
    must(
        layer.weights.iter().all(|&weight| weight as i8 != -128),
        "a weight is within +-127",
    )?;
    must(
        words(layer.multipliers).all(|multiplier| multiplier >= 0),
        "a multiplier is not negative",
    )?;
    let pairs = layer.multipliers.as_chunks::<8>().0;
    must(
        pairs.iter().all(|&[a, b, c, d, e, f, g, h]| {
            let (one, other) = (
                i32::from_le_bytes([a, b, c, d]),
                i32::from_le_bytes([e, f, g, h]),
            );
            other == negative(one, layer.activation)
        }),
        "the second multiplier is that of the activation",
    )?;
    // |weight| <= 127 and |input| <= 128.
    let products = filter * 127 * 128;
    must(
        words(layer.bias).all(|bias| products + u64::from(bias.unsigned_abs()) <= i32::MAX as u64),
        "an accumulator fits 32 bits",
    )
}

/// What one layer leaves to the next, and the sums over all of them.
pub(crate) struct Chain {
    shape: Shape,
    zero_point: i8,
    macs: u64,
}

impl Chain {
    /// The chain before its first layer: the latent.
    pub(crate) fn new(header: &Header<'_>) -> Chain {
        Chain {
            shape: Shape {
                height: 1,
                width: 1,
                channels: header.z_s.saturating_add(header.z_u),
            },
            zero_point: 0,
            macs: 0,
        }
    }

    /// Follows a layer that was checked by itself.
    pub(crate) fn follow(&mut self, layer: &Layer<'_>) -> Result<(), &'static str> {
        must(
            layer.input == self.shape,
            "a layer reads the shape that the one before it writes",
        )?;
        must(
            layer.input_zero_point == self.zero_point,
            "a layer reads with the zero point that the one before it writes with",
        )?;
        self.shape = layer.output;
        self.zero_point = layer.output_zero_point;
        self.macs = self.macs.saturating_add(layer.macs());
        Ok(())
    }

    /// Closes the chain behind the last layer.
    pub(crate) fn close(&self, header: &Header<'_>) -> Result<(), &'static str> {
        let picture = Shape {
            height: header.height,
            width: header.width,
            channels: header.channels,
        };
        must(self.shape == picture, "the last layer writes the picture")?;
        must(
            self.macs == header.macs,
            "the multiply-accumulates are those of the layers",
        )
    }
}

/// The little-endian `i32` of a table.
pub(crate) fn words(table: &[u8]) -> impl Iterator<Item = i32> + Clone {
    table
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| i32::from_le_bytes(*word))
}
