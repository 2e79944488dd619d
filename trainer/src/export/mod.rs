//! From a trained network to a model file.

mod activations;
mod budget;
mod calibration;
mod coded_prior;
mod error;
mod fidelity;
mod file;
mod finetune;
mod float_decoder;
mod float_layer;
mod groups;
mod lower;
mod quantizer;
mod scheme;

pub use activations::{LatentQuantization, Quantization};
pub use budget::Sensitivity;
pub use calibration::{Calibration, Written};
pub use error::ExportError;
pub use fidelity::{LayerFidelity, SATURATED};
pub use file::{Card, Choice, Draft, Exported, Settings, export};
pub use finetune::finetune;
pub use float_decoder::{FloatDecoder, Flow, PixelFunction};
pub use float_layer::{FloatActivation, FloatLayer};
pub use lower::{lower, raise, reread};
pub use quantizer::{QuantizedDecoder, Quantizer};
pub use scheme::{Precision, QuantizedLayer, Scheme};
