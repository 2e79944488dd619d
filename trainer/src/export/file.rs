//! The model file of a trained model.

use super::activations::LatentQuantization;
use super::budget::{self, Sensitivity};
use super::calibration::{Calibration, Written};
use super::coded_prior::CodedPrior;
use super::error::ExportError;
use super::fidelity::{LayerFidelity, layer_fidelity};
use super::float_decoder::FloatDecoder;
use super::lower::lower;
use super::quantizer::{QuantizedDecoder, Quantizer};
use super::scheme::{Precision, QuantizedLayer};
use crate::metrics::{draw, psnr};
use crate::model::{Autoencoder, Codes, HostMixture, MixturePrior};
use crate::random::{Purpose, generator, normal};
use pixling::write::{Contents, Prior, to_bytes};
use pixling::{Golden, Layer, Model, Request};
use pixling_nn::Backend;
use rand::Rng;
use rayon::prelude::*;

/// The card of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The model's name.
    pub name: String,
    /// The name of the training data.
    pub data: String,
    /// The licence of that data.
    pub licence: String,
    /// A name for each class.
    pub labels: Vec<String>,
}

/// The choice of the layers' precisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The same precision for all layers.
    All(Precision),
    /// The precisions that lose least in a file of at most this number of bytes.
    Budget(u64),
    /// The same, or 4 bits in all layers where no file keeps it.
    Preferred(u64),
}

impl Choice {
    fn is_preferred(self) -> bool {
        matches!(self, Choice::Preferred(_))
    }
}

impl Default for Choice {
    fn default() -> Choice {
        Choice::All(Precision::Int8)
    }
}

/// The settings of a quantization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The choice of the ranges of activations.
    pub calibration: Calibration,
    /// The choice of the layers' precisions.
    pub choice: Choice,
}

/// A model file, with the quantization of latents of the encoders.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// The quantization of latents.
    pub latent: LatentQuantization,
    /// The effect of rounding on each layer.
    pub layers: Vec<LayerFidelity>,
    /// Steps of its fine-tuning.
    pub finetuned_steps: u32,
    /// The cost of each layer, which is measured only where int8 does not keep a [budget](Choice::Budget).
    pub sensitivities: Vec<Sensitivity>,
    /// Peak signal to noise ratio in dB of the file's pictures against the float model's pictures of the same requests.
    pub psnr: f64,
}

impl Exported {
    /// The file, loaded.
    ///
    /// # Errors
    ///
    /// When the runtime refuses it.
    pub fn model(&self) -> Result<Model<'_>, ExportError> {
        Model::load(&self.bytes).map_err(ExportError::DoesNotLoad)
    }

    /// Pictures of latents `[z_s, z_u]`, decoded by the runtime, one after another.
    ///
    /// # Errors
    ///
    /// When the runtime refuses the file.
    pub fn decode(&self, latents: &[f32]) -> Result<Vec<u8>, ExportError> {
        let model = self.model()?;
        let decode = |latent: &[f32]| -> Result<Vec<u8>, ExportError> {
            let mut arena = vec![0; model.arena_bytes()];
            let picture = model.decode(&self.latent.quantize(latent), &mut arena);
            Ok(picture.map_err(self_test)?.pixels().to_vec())
        };
        let pictures: Result<Vec<Vec<u8>>, ExportError> = latents
            .par_chunks_exact(self.latent.steps.len())
            .map(decode)
            .collect();
        Ok(pictures?.concat())
    }
}

/// Deviations of a latent that its quantization covers; values beyond saturate.
const COVERED: f32 = 4.5;
/// Latents of each kind, of training pictures and of the prior, that ranges are calibrated on.
const CALIBRATION: usize = 1000;
/// One in this number of latents is used to correct biases and to measure layers.
const MEASURED: usize = 8;
/// Pictures that are compared with pictures of the float model.
const COMPARED: u64 = 500;
/// Class and seed of the golden pictures.
const GOLDEN: [(u16, u64); 2] = [(0, 1), (1, 2)];

/// Quantizes a model and makes its file, which is loaded and tested before it is returned. `codes` are the codes of the
/// training pictures.
///
/// # Errors
///
/// When the decoder cannot be expressed by the runtime, a weight is not a number, or no file keeps the budget.
pub fn export<D: Backend>(
    model: &Autoencoder<D>,
    codes: &Codes,
    card: &Card,
    settings: Settings,
) -> Result<Exported, ExportError> {
    Draft::new(model, codes, card, settings)?.finish(model)
}

/// A model with chosen precisions, whose weights can still be fine-tuned.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The quantization of its numbers.
    pub quantizer: Quantizer,
    /// The decoder to be quantized: the trained one with corrected biases.
    pub decoder: FloatDecoder,
    /// The trained decoder.
    trained: FloatDecoder,
    head: Head,
    /// Steps of fine-tuning.
    pub(super) finetuned_steps: u32,
    sensitivities: Vec<Sensitivity>,
    /// The latents that layers are measured on.
    latents: Vec<Vec<f32>>,
}

impl Draft {
    /// Chooses the quantization of a model.
    ///
    /// # Errors
    ///
    /// As [`export`].
    pub fn new<D: Backend>(
        model: &Autoencoder<D>,
        codes: &Codes,
        card: &Card,
        settings: Settings,
    ) -> Result<Draft, ExportError> {
        let mut trained = lower(model.average.module())?;
        let style = model.sizes().style;
        let mixture = model.prior();
        let latent = latent_quantization(&mixture, model.mixture(), style);
        let latents = calibration_latents(model, codes);
        trained.normalize_modulations(&latents);
        let outputs = settings.calibration.run(&trained, &latents)?;
        let latents: Vec<Vec<f32>> = latents.into_iter().step_by(MEASURED).collect();
        let fitted = model.mixture().map(|it| CodedPrior::new(it, &latent));
        let head = Head::new(card, &mixture, fitted, &latent, style)?;
        let plan = Plan {
            trained: &trained,
            latent: &latent,
            outputs: &outputs,
            latents: &latents,
        };
        let (precisions, sensitivities) = match settings.choice {
            Choice::All(precision) => (vec![precision; trained.layers.len()], Vec::new()),
            Choice::Budget(budget) | Choice::Preferred(budget) => {
                let all = |precision| vec![precision; trained.layers.len()];
                let size = |precisions: &[Precision]| -> Result<u64, ExportError> {
                    let quantizer = Quantizer::new(&trained, &latent, &outputs, precisions)?;
                    head.size(&quantizer.pack(&trained))
                };
                if size(&all(Precision::Int8))? <= budget {
                    (all(Precision::Int8), Vec::new())
                } else {
                    let found = budget::sensitivities(&trained, &latent, &outputs, &latents)?;
                    let chosen = match budget::choose(&found, budget, size) {
                        Err(ExportError::Budget { .. }) if settings.choice.is_preferred() => {
                            all(Precision::Int4)
                        }
                        chosen => chosen?,
                    };
                    (chosen, found)
                }
            }
        };
        let (quantizer, decoder) = plan.quantizer(&precisions)?;
        Ok(Draft {
            quantizer,
            decoder,
            trained,
            head,
            finetuned_steps: 0,
            sensitivities,
            latents,
        })
    }

    /// The precision of each layer.
    pub fn precisions(&self) -> Vec<Precision> {
        let schemes = self.quantizer.schemes.iter();
        schemes.map(|scheme| scheme.precision()).collect()
    }

    /// Makes the file, and measures it against the trained model.
    ///
    /// # Errors
    ///
    /// When the runtime refuses the file: that is a fault of this program.
    pub fn finish<D: Backend>(self, model: &Autoencoder<D>) -> Result<Exported, ExportError> {
        let bytes = self.head.file(&self.quantizer.pack(&self.decoder))?;
        let check = Model::load(&bytes).map_err(ExportError::DoesNotLoad)?;
        check
            .self_test(&mut vec![0; check.arena_bytes()])
            .map_err(self_test)?;
        let layers = layer_fidelity(&self.quantizer, &self.trained, &self.decoder, &self.latents);
        let classes = u64::from(check.classes());
        let requests: Vec<Request> = (0..COMPARED)
            .map(|seed| Request::new((seed % classes) as u16, seed))
            .collect();
        let latents = match &self.head.fitted {
            Some(prior) => prior.decoded.latents_of(&requests),
            None => model.latents_of(&requests),
        };
        let wanted = model.decode_to_bytes(&latents);
        let psnr = psnr(&wanted, &draw(&check, &requests).map_err(self_test)?);
        Ok(Exported {
            bytes,
            latent: self.quantizer.latent,
            layers,
            finetuned_steps: self.finetuned_steps,
            sensitivities: self.sensitivities,
            psnr,
        })
    }
}

/// The inputs of a choice of precisions.
struct Plan<'a> {
    trained: &'a FloatDecoder,
    latent: &'a LatentQuantization,
    outputs: &'a [Written],
    latents: &'a [Vec<f32>],
}

impl Plan<'_> {
    /// The quantizer of these precisions, and the decoder with biases that it corrected.
    fn quantizer(
        &self,
        precisions: &[Precision],
    ) -> Result<(Quantizer, FloatDecoder), ExportError> {
        let quantizer = Quantizer::new(self.trained, self.latent, self.outputs, precisions)?;
        let corrected = quantizer.with_corrected_biases(self.trained, self.latents);
        // Once more, because the range of the biases may have grown.
        let quantizer = Quantizer::new(&corrected, self.latent, self.outputs, precisions)?;
        Ok((quantizer, corrected))
    }
}

/// All of a file but the decoder.
#[derive(Clone, Debug)]
struct Head {
    card: Card,
    labels: String,
    mixture: HostMixture,
    /// The prior in place of that mixture.
    fitted: Option<CodedPrior>,
    style: usize,
    mu: Vec<u8>,
    sigma: Vec<u8>,
}

impl Head {
    fn new(
        card: &Card,
        mixture: &HostMixture,
        fitted: Option<CodedPrior>,
        latent: &LatentQuantization,
        style: usize,
    ) -> Result<Head, ExportError> {
        let (mu, sigma) = quantize_mixture(mixture, latent);
        Ok(Head {
            card: card.clone(),
            labels: labels(&card.labels)?,
            mixture: mixture.clone(),
            fitted,
            style,
            mu,
            sigma,
        })
    }

    /// The file, with golden pictures that the runtime has drawn.
    fn file(&self, decoder: &QuantizedDecoder) -> Result<Vec<u8>, ExportError> {
        let bare = self.bytes(decoder, &[])?;
        let golden = golden(&Model::load(&bare).map_err(ExportError::DoesNotLoad)?)?;
        self.bytes(decoder, &golden)
    }

    /// The largest size of the file in bytes, whatever its golden pictures.
    fn size(&self, decoder: &QuantizedDecoder) -> Result<u64, ExportError> {
        let golden = GOLDEN.map(|(class, seed)| Golden {
            class,
            seed,
            checksum: u32::MAX,
        });
        Ok(self.bytes(decoder, &golden)?.len() as u64)
    }

    fn bytes(&self, decoder: &QuantizedDecoder, golden: &[Golden]) -> Result<Vec<u8>, ExportError> {
        let layers: Vec<Layer<'_>> = decoder.layers.iter().map(QuantizedLayer::record).collect();
        to_bytes(&Contents {
            name: &self.card.name,
            data: &self.card.data,
            licence: &self.card.licence,
            labels: &self.labels,
            z_s: self.mixture.dimensions as u16,
            z_u: self.style as u16,
            prior: match &self.fitted {
                Some(fitted) => Prior::Mixture(&fitted.tables),
                None => Prior::Gaussian {
                    mu: &self.mu,
                    sigma: &self.sigma,
                    z_u_sigma: (256.0 * 127.0 / COVERED).round() as u16,
                },
            },
            pixels: &decoder.pixels,
            golden,
            layers: &layers,
        })
        .map_err(|error| ExportError::Write(error.to_string()))
    }
}

/// The labels as lines.
fn labels(labels: &[String]) -> Result<String, ExportError> {
    for label in labels {
        if label.is_empty() || label.contains(['\n', '\r']) {
            return Err(ExportError::Label(label.clone()));
        }
    }
    Ok(labels.join("\n"))
}

/// Steps that cover the draws of `z_s`, of the fitted prior too, and of `N(0, I)`. All dimensions of `z_u` have the same
/// step.
fn latent_quantization(
    mixture: &HostMixture,
    fitted: Option<&MixturePrior>,
    style: usize,
) -> LatentQuantization {
    let reach = |d: usize| {
        let rows = (0..mixture.classes).map(|class| class * mixture.dimensions + d);
        let rows = rows.map(|i| mixture.mu[i].abs() + COVERED * mixture.sigma[i]);
        let normals = fitted
            .iter()
            .flat_map(|fitted| fitted.components.iter().flatten());
        let normals = normals.map(|it| it.mean[d].abs() + COVERED * it.deviation[d]);
        rows.chain(normals).fold(1e-3, f32::max)
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

/// Latents of training pictures, with the noise of the training, and latents of the prior.
fn calibration_latents<D: Backend>(model: &Autoencoder<D>, codes: &Codes) -> Vec<Vec<f32>> {
    let z_s_noise = model.z_s_noise();
    let mut random = generator(model.seed(), Purpose::Calibration, 0);
    let (label, style) = (model.sizes().label, model.sizes().style);
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
        model
            .latents_of(&requests)
            .chunks_exact(label + style)
            .map(<[f32]>::to_vec),
    );
    latents
}

/// The runtime fails on a file that it has loaded.
fn self_test(error: impl std::fmt::Display) -> ExportError {
    ExportError::SelfTest(error.to_string())
}

/// Golden pictures, drawn by the runtime.
fn golden(model: &Model<'_>) -> Result<Vec<Golden>, ExportError> {
    let mut arena = vec![0; model.arena_bytes()];
    let mut golden = Vec::new();
    for (class, seed) in GOLDEN {
        let picture = model.generate(&Request::new(class, seed), &mut arena);
        let picture = picture.map_err(self_test)?;
        golden.push(Golden {
            class,
            seed,
            checksum: picture.checksum(),
        });
    }
    Ok(golden)
}
