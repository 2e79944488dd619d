//! What a file may ask for at most. [`Model::load`](crate::Model::load) refuses more, so that no later sum overflows.

/// Classes of a model.
pub const MAX_CLASSES: u16 = 1000;
/// Dimensions of the whole latent, `z_s` and `z_u` together.
pub const MAX_LATENT: u16 = 256;
/// Components of a class, and styles, of a mixture.
pub const MAX_COMPONENTS: u16 = 256;
/// The smallest deviation of a mixture but 0, in 1/256 of a step of the decoder's input.
pub const MAX_DEVIATION_UNIT: u16 = 4096;
/// Layers of a decoder.
pub const MAX_LAYERS: u8 = 32;
/// Rows or columns of a feature map.
pub const MAX_SIDE: u16 = 1024;
/// Channels of a feature map.
pub const MAX_CHANNELS: u16 = 2048;
/// Values of a feature map.
pub const MAX_VALUES: u32 = 1 << 20;
/// Rows or columns of a convolution's kernel.
pub const MAX_KERNEL: u8 = 15;
/// Rows or columns between two windows of a convolution.
pub const MAX_STRIDE: u8 = 4;
/// The `shift` of a modulation.
pub const MAX_MODULATION_SHIFT: u8 = 20;
/// Inputs of an output: their products fit the 32 bits of an accumulator.
pub const MAX_FAN_IN: u32 = (i32::MAX as u32).wrapping_div(127 * 255);
/// Pixels of the last layer's values in the file, from -128 on.
pub const PIXELS: usize = 256;
/// The same for values from 0 to 128, where those below zero mirror them.
pub const MIRRORED_PIXELS: usize = 129;
/// Golden pictures of a file.
pub const MAX_GOLDEN: usize = 4;
