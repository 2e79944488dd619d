//! The model file of a trained model.

use super::float_decoder::FloatDecoder;
use super::lower::Lower;
use super::quantize::{Calibration, LatentQuantization, QuantizedLayer, quantize};
use crate::model::{Autoencoder, Codes, HostMixture, Preset};
use crate::nn::Backend;
use crate::random::{Purpose, generator, normal};
use crate::train::sample_latents;
use anyhow::{Context, Result, ensure};
use dfdx::prelude::ConstDim;
use pixling::write::{Contents, to_bytes};
use pixling::{Golden, Layer, Model, Request};
use rand::Rng;

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// What it was trained on.
    pub data: String,
    /// The licence of that data.
    pub licence: String,
    /// A name for each class.
    pub labels: Vec<String>,
}

/// A model file and what is needed to feed it latents of the encoders.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// How latents are quantized.
    pub latent: LatentQuantization,
}

impl Exported {
    /// The file, loaded.
    ///
    /// # Errors
    ///
    /// When the runtime refuses it.
    pub fn model(&self) -> Result<Model<'_>> {
        Model::load(&self.bytes).context("the exported model does not load")
    }
}

/// Deviations of a latent that its quantization covers; what lies beyond saturates.
const COVERED: f32 = 4.5;
/// Latents of each kind, of training pictures and of the prior, that ranges are calibrated on.
const CALIBRATION: usize = 1000;
/// Part of a layer's values that its range covers.
const COVERAGE: f64 = 0.9999;
/// Class and seed of the golden pictures.
const GOLDEN: [(u16, u64); 2] = [(0, 1), (1, 0x0123_4567_89ab_cdef)];

/// Quantizes a model and makes its file, which is loaded and tested before it is returned. `codes` are those of the
/// training pictures.
///
/// # Errors
///
/// When the decoder cannot be expressed by the runtime, or a weight is not a number.
pub fn export<P: Preset<D>, D: Backend>(
    model: &Autoencoder<P, D>,
    codes: &Codes,
    card: &Card,
    seed: u64,
    z_s_noise: f32,
) -> Result<Exported> {
    let mut decoder = FloatDecoder::new(P::Latent::SIZE);
    model.average.module().lower(&mut decoder)?;
    let mixture = model.prior();
    let latent = latent_quantization(&mixture, P::StyleLatent::SIZE);
    let latents = calibration_latents(model, codes, seed, z_s_noise);
    let calibration = Calibration::new(&decoder, &latents, COVERAGE);
    let quantized = quantize(&decoder, &latent, &calibration)?;

    let layers: Vec<Layer<'_>> = quantized
        .layers
        .iter()
        .map(QuantizedLayer::record)
        .collect();
    let (mu, sigma) = quantize_mixture(&mixture, &latent);
    let labels = labels(&card.labels)?;
    let mut contents = Contents {
        name: &card.name,
        data: &card.data,
        licence: &card.licence,
        labels: &labels,
        z_s: P::LabelLatent::SIZE as u16,
        z_u: P::StyleLatent::SIZE as u16,
        mu: &mu,
        sigma: &sigma,
        z_u_sigma: (256.0 * 127.0 / COVERED).round() as u16,
        pixels: &quantized.pixels,
        golden: &[],
        layers: &layers,
    };
    let bare = to_bytes(&contents)?;
    let golden = golden(&Model::load(&bare).context("the exported model does not load")?)?;
    contents.golden = &golden;
    let bytes = to_bytes(&contents)?;
    let check = Model::load(&bytes).context("the exported model does not load")?;
    check
        .self_test(&mut vec![0; check.arena_bytes()])
        .context("the exported model fails its own test")?;
    Ok(Exported { bytes, latent })
}

/// The labels as lines.
fn labels(labels: &[String]) -> Result<String> {
    for label in labels {
        ensure!(
            !label.is_empty() && !label.contains(['\n', '\r']),
            "the class label {label:?} cannot stand in a model file: it must be one line of text"
        );
    }
    Ok(labels.join("\n"))
}

/// Steps that cover what mixture and prior draw. Those of `z_u` are all the same.
fn latent_quantization(mixture: &HostMixture, style: usize) -> LatentQuantization {
    let reach = |d: usize| {
        let rows = (0..mixture.classes).map(|class| class * mixture.dimensions + d);
        rows.map(|i| mixture.mu[i].abs() + COVERED * mixture.sigma[i])
            .fold(1e-3, f32::max)
    };
    let label = (0..mixture.dimensions).map(|d| reach(d) / 127.0);
    LatentQuantization {
        steps: label
            .chain(std::iter::repeat_n(COVERED / 127.0, style))
            .collect(),
    }
}

/// Means and deviations in 1/256 of a step.
fn quantize_mixture(mixture: &HostMixture, latent: &LatentQuantization) -> (Vec<u8>, Vec<u8>) {
    let units = |values: &[f32]| -> Vec<f32> {
        values
            .iter()
            .enumerate()
            .map(|(i, v)| 256.0 * v / latent.steps[i % mixture.dimensions])
            .collect()
    };
    let mu = units(&mixture.mu)
        .into_iter()
        .flat_map(|v| (v.round() as i16).to_le_bytes());
    let sigma = units(&mixture.sigma)
        .into_iter()
        .flat_map(|v| (v.round() as u16).to_le_bytes());
    (mu.collect(), sigma.collect())
}

/// Latents of training pictures, with the noise that the decoder was trained with, and latents of the prior.
fn calibration_latents<P: Preset<D>, D: Backend>(
    model: &Autoencoder<P, D>,
    codes: &Codes,
    seed: u64,
    z_s_noise: f32,
) -> Vec<Vec<f32>> {
    let mut random = generator(seed, Purpose::Calibration, 0);
    let (label, style) = (P::LabelLatent::SIZE, P::StyleLatent::SIZE);
    let pictures = codes.z_s.len() / label;
    let mut latents = Vec::with_capacity(2 * CALIBRATION);
    for _ in 0..CALIBRATION.min(pictures) {
        let row = random.gen_range(0..pictures);
        let noise = normal(&mut random, label + style);
        let z_s = &codes.z_s[row * label..][..label];
        let mut latent: Vec<f32> = z_s
            .iter()
            .zip(&noise)
            .map(|(z, n)| z + n * z_s_noise)
            .collect();
        for d in 0..style {
            let deviation = (codes.log_variance[row * style + d] * 0.5).exp();
            latent.push(codes.mean[row * style + d] + deviation * noise[label + d]);
        }
        latents.push(latent);
    }
    let classes = model.classes() as u64;
    let requests: Vec<Request> = (0..CALIBRATION as u64)
        .map(|i| Request::new((i % classes) as u16, random.r#gen()))
        .collect();
    latents.extend(
        sample_latents(model, &requests)
            .chunks_exact(label + style)
            .map(<[f32]>::to_vec),
    );
    latents
}

/// Golden pictures, drawn by the runtime.
fn golden(model: &Model<'_>) -> Result<Vec<Golden>> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut golden = Vec::new();
    for (class, seed) in GOLDEN {
        let picture = model.generate(&Request::new(class, seed), &mut arena)?;
        golden.push(Golden {
            class,
            seed,
            checksum: picture.checksum(),
        });
    }
    Ok(golden)
}
