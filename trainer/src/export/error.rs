//! Errors of the export.

use thiserror::Error;

/// The reason why a model could not be exported.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The runtime's operators cannot express the decoder.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The last layer has no pixel function.
    #[error("the decoder does not end in pixels")]
    NoPixels,
    /// A decoder, its calibration and its precisions have different numbers of layers.
    #[error("a decoder of {layers} layers, {calibrated} calibrated and {chosen} to be chosen for")]
    Layers {
        /// Layers of the decoder.
        layers: usize,
        /// Layers with calibrated ranges.
        calibrated: usize,
        /// Layers with a precision.
        chosen: usize,
    },
    /// No latents to calibrate on.
    #[error("there is nothing to calibrate on")]
    NothingToCalibrateOn,
    /// A layer's output is not a number.
    #[error("layer {layer} writes what is not a number: the training diverged")]
    OutputNotFinite {
        /// The layer's index.
        layer: usize,
    },
    /// A weight or bias is not a number.
    #[error("layer {layer}: a weight is not a number: the training diverged")]
    WeightNotFinite {
        /// The layer's index.
        layer: usize,
    },
    /// The products of an accumulator do not fit 32 bits.
    #[error("layer {layer}: an output of {inputs} inputs has no room in 32 bits")]
    Accumulator {
        /// The layer's index.
        layer: usize,
        /// Weights of an output.
        inputs: usize,
    },
    /// A multiplier does not fit 32 bits.
    #[error("layer {layer}: a channel's output is too fine for its input")]
    Multiplier {
        /// The layer's index.
        layer: usize,
    },
    /// Too many layers to try all precisions.
    #[error("a decoder of {layers} layers: a budget is kept with at most {most}")]
    TooManyLayers {
        /// Layers of the decoder.
        layers: usize,
        /// The most.
        most: usize,
    },
    /// No choice of precisions fits the budget.
    #[error(
        "a budget of {budget} bytes cannot be kept: with 4 bits in all layers the file has {smallest}, {} too many",
        smallest.saturating_sub(*budget)
    )]
    Budget {
        /// Bytes that the file may have.
        budget: u64,
        /// Bytes of the smallest file.
        smallest: u64,
    },
    /// A label is empty or has several lines.
    #[error("the class label {0:?} cannot stand in a model file: it must be one line of text")]
    Label(String),
    /// The contents cannot be written.
    #[error("the model file cannot be written: {0}")]
    Write(String),
    /// The runtime refuses the file: a fault of this program.
    #[error("the exported model does not load: {0}")]
    DoesNotLoad(pixling::LoadError),
    /// The runtime does not draw with the file: a fault of this program.
    #[error("the exported model fails its own test: {0}")]
    SelfTest(String),
    /// A loss of the fine-tuning is not a number.
    #[error("the fine-tuning diverged at step {step}: {told}; fine-tune for fewer steps")]
    Diverged {
        /// The step.
        step: u32,
        /// Losses and their values.
        told: String,
    },
    /// A fine-tuned weight is not a number.
    #[error("the fine-tuning diverged: fine-tune for fewer steps")]
    FinetunedNotFinite,
    /// The device has no memory for a step.
    #[error("the fine-tuning ran out of memory: {0}")]
    OutOfMemory(String),
    /// The tensors of a decoder do not fit its network: a fault of this program.
    #[error(transparent)]
    Parameters(#[from] pixling_nn::ParametersError),
}
