//! From a trained network to a model file.

mod file;
mod float_decoder;
mod lower;
mod quantize;

pub use file::{Card, Exported, export};
pub use float_decoder::{FloatActivation, FloatDecoder, FloatLayer, PixelFunction};
pub use lower::Lower;
pub use quantize::{
    Calibration, LatentQuantization, Quantization, QuantizedDecoder, QuantizedLayer, quantize,
};
