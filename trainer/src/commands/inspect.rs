//! `pixling inspect`.

use super::say;
use super::table::table;
use crate::files;
use anyhow::{Context, Result};
use clap::Args;
use pixling::{Activation, Coding, Layer, Model, Operator, Shape};
use pixling_io::escaped;
use serde::Serialize;
use std::path::PathBuf;

/// A model file.
#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// The file.
    model: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    name: String,
    data: String,
    licence: String,
    format_version: u16,
    file_bytes: usize,
    weight_bytes: usize,
    arena_bytes: usize,
    rows_arena_bytes: usize,
    macs: u64,
    width: u16,
    height: u16,
    channels: u16,
    z_s: usize,
    z_u: usize,
    /// Gaussians of a class, and of the styles that all classes share.
    components: u16,
    styles: u16,
    classes: Vec<String>,
    layers: Vec<LayerReport>,
    golden: Vec<GoldenReport>,
    self_test: bool,
}

#[derive(Serialize)]
struct LayerReport {
    operator: String,
    precision: &'static str,
    input: [u16; 3],
    output: [u16; 3],
    activation: String,
    macs: u64,
    weight_bytes: usize,
    bias_bytes: usize,
}

#[derive(Serialize)]
struct GoldenReport {
    class: u16,
    seed: u64,
    checksum: String,
}

impl Inspect {
    pub(super) fn run(self) -> Result<()> {
        let bytes = files::read(&self.model)?;
        let model = Model::load(&bytes).with_context(|| self.model.display().to_string())?;
        let report = report(&model);
        if self.json {
            say!("{}", serde_json::to_string_pretty(&report)?)?;
            return Ok(());
        }
        say!(
            "{}, trained on {} (licence: {})",
            escaped(&report.name),
            escaped(&report.data),
            escaped(&report.licence)
        )?;
        say!(
            "{}x{}x{} pictures of {} classes: {}",
            report.width,
            report.height,
            report.channels,
            report.classes.len(),
            report.classes.join(", ")
        )?;
        let prior = match (report.components, report.styles) {
            (1, 1) => "a Gaussian for each class".to_string(),
            (components, styles) => {
                format!("{components} Gaussians for each class, {styles} styles for all")
            }
        };
        say!("latent: z_s {}, z_u {}; {prior}", report.z_s, report.z_u)?;
        say!(
            "file {} bytes, of these weights {}",
            report.file_bytes,
            report.weight_bytes
        )?;
        say!(
            "arena {} bytes, {} row by row; {} multiply-accumulates per picture\n",
            report.arena_bytes,
            report.rows_arena_bytes,
            report.macs
        )?;
        let head = [
            "layer",
            "input",
            "output",
            "activation",
            "MACs",
            "precision",
            "weights",
            "biases",
        ];
        let size = |[height, width, channels]: [u16; 3]| format!("{height}x{width}x{channels}");
        let rows = report.layers.iter().map(|layer| {
            vec![
                layer.operator.clone(),
                size(layer.input),
                size(layer.output),
                layer.activation.clone(),
                layer.macs.to_string(),
                layer.precision.into(),
                layer.weight_bytes.to_string(),
                layer.bias_bytes.to_string(),
            ]
        });
        say!("{}", table(&head, &rows.collect::<Vec<_>>()).trim_end())?;
        for golden in &report.golden {
            say!(
                "\ngolden picture: class {}, seed {}, CRC-32 {}",
                golden.class,
                golden.seed,
                golden.checksum
            )?;
        }
        say!(
            "\nself test {}",
            if report.self_test { "passed" } else { "FAILED" }
        )?;
        Ok(())
    }
}

fn report(model: &Model<'_>) -> Report {
    let label = |class| model.class_label(class).unwrap_or_default().to_string();
    Report {
        name: model.name().into(),
        data: model.data().into(),
        licence: model.licence().into(),
        format_version: model.format_version(),
        file_bytes: model.file_bytes(),
        weight_bytes: model.layers().map(|layer| layer.tables.weights.len()).sum(),
        arena_bytes: model.arena_bytes(),
        rows_arena_bytes: model.rows_arena_bytes(),
        macs: model.macs(),
        width: model.width(),
        height: model.height(),
        channels: model.channels(),
        z_s: model.z_s(),
        z_u: model.z_u(),
        components: model.components(),
        styles: model.styles(),
        classes: (0..model.classes()).map(label).collect(),
        layers: model.layers().map(|layer| layer_report(&layer)).collect(),
        golden: model
            .golden()
            .iter()
            .map(|golden| GoldenReport {
                class: golden.class,
                seed: golden.seed,
                checksum: format!("{:08x}", golden.checksum),
            })
            .collect(),
        self_test: model.self_test(&mut vec![0; model.arena_bytes()]).is_ok(),
    }
}

/// The operator of a layer, in words.
pub(super) fn operator(layer: &Layer<'_>) -> String {
    match layer.geometry.operator {
        Operator::Dense => "dense".into(),
        Operator::Conv2d(w) => format!("conv {}x{} s{}", w.kernel_height, w.kernel_width, w.stride),
        Operator::Depthwise(w) => format!(
            "depthwise {}x{} s{}",
            w.kernel_height, w.kernel_width, w.stride
        ),
        Operator::TransposedConv2d => "transposed 4x4 s2".into(),
        Operator::Modulation { .. } => "modulation".into(),
        other => format!("{other:?}"),
    }
}

fn layer_report(layer: &Layer<'_>) -> LayerReport {
    let size = |shape: Shape| [shape.height, shape.width, shape.channels];
    LayerReport {
        operator: operator(layer),
        precision: match layer.head.coding {
            Coding::Int8 => "int8",
            Coding::Int4 { .. } => "int4",
            _ => "other",
        },
        input: size(layer.geometry.input),
        output: size(layer.geometry.output),
        activation: match layer.head.activation {
            Activation::Linear => "linear".into(),
            Activation::Relu => "ReLU".into(),
            Activation::LeakyRelu { slope } => {
                format!("LeakyReLU {:.2}", f32::from(slope) / 65536.0)
            }
        },
        macs: layer.geometry.macs(),
        weight_bytes: layer.tables.weights.len(),
        bias_bytes: layer.tables.bias.len(),
    }
}
