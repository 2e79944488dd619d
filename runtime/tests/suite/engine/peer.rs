//! The other engine: ONNX Runtime in a Python environment of its own, which `tools/engine-check` makes.

use super::layers::{bias, integer_weights, ratios};
use super::random::Random;
use pixling::{Activation, Geometry, Layer, Operator};
use serde::Deserialize;
use serde_json::{Value, json};
use std::process::Command;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/engine/bin/python");
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tools/peers/onnxruntime_layers.py"
);

/// Whether it is here. Where tests must not be left out, as in CI, its absence is a failure.
pub(crate) fn is_here() -> bool {
    let found = Command::new(PYTHON)
        .args(["-c", "import numpy, onnx, onnxruntime"])
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("CI").is_none(),
        "ONNX Runtime is missing from .venv/engine: run tools/engine-check --setup"
    );
    if !found {
        eprintln!(
            "left out, because ONNX Runtime is missing from .venv/engine: tools/engine-check"
        );
    }
    found
}

/// The modulation of a layer.
pub(crate) struct Modulation {
    pub(crate) shift: u8,
    /// Scales and shifts for each latent.
    pub(crate) values: Vec<Vec<i8>>,
}

impl Modulation {
    /// By what the sums of each channel are multiplied, and before that what is added to them, for each latent.
    fn factors_and_terms(&self) -> (Vec<Vec<f64>>, Vec<Vec<i32>>) {
        let halves = self.values.iter().map(|it| it.split_at(it.len() / 2));
        let halves = halves.map(|(scales, shifts)| {
            let factors = scales.iter().map(|it| (128.0 + f64::from(*it)) / 128.0);
            let terms = shifts.iter().map(|it| i32::from(*it) << self.shift);
            (factors.collect(), terms.collect())
        });
        halves.unzip()
    }
}

/// What the engine is told of a layer: its integers, and what it reads for each latent. A file holds only the ratios of
/// the scales. Those of the maps are thus free, and random here; those of the weights follow.
pub(crate) fn describe(
    random: &mut Random,
    name: &str,
    layer: &Layer<'_>,
    input_zero_point: i8,
    inputs: &[Vec<i8>],
    modulation: Option<&Modulation>,
) -> Value {
    let mut scale = || (0.005 * 20f64.powf(random.unit())) as f32;
    let (input_scale, output_scale) = (scale(), scale());
    let scales = ratios(layer).into_iter();
    let scales = scales.map(|it| it * f64::from(output_scale) / f64::from(input_scale));
    let window = match layer.geometry.operator {
        Operator::Conv2d(window) | Operator::Depthwise(window) => json!({
            "kernel": [window.kernel_height, window.kernel_width],
            "stride": window.stride,
            "padding": [window.padding_top, window.padding_left],
        }),
        _ => Value::Null,
    };
    let slope = match layer.head.activation {
        Activation::LeakyRelu { slope } => Some(f64::from(slope) / 65536.0),
        Activation::Linear | Activation::Relu => None,
    };
    let Geometry { input, output, .. } = layer.geometry;
    json!({
        "name": name,
        "operator": match operator(layer) {
            "modulation" => "dense",
            operator => operator,
        },
        "activation": activation(layer),
        "slope": slope,
        "window": window,
        "input": [input.height, input.width, input.channels],
        "output": [output.height, output.width, output.channels],
        "input_scale": input_scale,
        "input_zero_point": input_zero_point,
        "output_scale": output_scale,
        "output_zero_point": layer.head.zero_point,
        "weight_scales": scales.collect::<Vec<f64>>(),
        "weights": integer_weights(layer),
        "bias": bias(layer),
        "inputs": inputs,
        "modulation": modulation.map(Modulation::factors_and_terms),
    })
}

pub(crate) fn operator(layer: &Layer<'_>) -> &'static str {
    match layer.geometry.operator {
        Operator::Dense => "dense",
        Operator::Conv2d(_) => "convolution",
        Operator::Depthwise(_) => "depthwise",
        Operator::TransposedConv2d => "transposed",
        Operator::Modulation { .. } => "modulation",
        other => panic!("no name of {other:?}"),
    }
}

pub(crate) fn activation(layer: &Layer<'_>) -> &'static str {
    match layer.head.activation {
        Activation::Linear => "linear",
        Activation::Relu => "ReLU",
        Activation::LeakyRelu { .. } => "leaky ReLU",
    }
}

/// What the engine computed of a layer.
#[derive(Deserialize)]
pub(crate) struct Answer {
    /// The name of its kernel on integers, or `float`.
    pub(crate) kernel: String,
    /// The values of a map for each latent, in the runtime's order.
    pub(crate) outputs: Vec<Vec<i8>>,
}

/// What it computed of all layers.
#[derive(Deserialize)]
pub(crate) struct Answers {
    /// Its name and version.
    pub(crate) engine: String,
    /// By each of its kernels.
    pub(crate) layers: Vec<Vec<Answer>>,
}

/// Has the engine compute these layers.
pub(crate) fn compute(layers: &[Value]) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let [question, answer] = ["layers.json", "outputs.json"].map(|name| folder.path().join(name));
    std::fs::write(&question, serde_json::to_vec(layers).unwrap()).unwrap();
    let output = Command::new(PYTHON)
        .arg(SCRIPT)
        .args([&question, &answer])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{SCRIPT}: {errors}");
    serde_json::from_slice(&std::fs::read(&answer).unwrap()).unwrap()
}
