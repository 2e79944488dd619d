//! Fine-tuning of a decoder whose numbers are rounded as in the file: quantization-aware training.

use super::error::ExportError;
use super::file::Draft;
use super::lower::{raise, reread};
use crate::config::Config;
use crate::data::Dataset;
use crate::model::feed::Feed;
use crate::model::tensors::upload;
use crate::model::{Autoencoder, Codes, RefinementBatch};
use crate::random::{Purpose, generator, normal};
use crate::train::progress_bar;
use pixling::{Request, Way};
use pixling_nn::{Adam, Backend, detach_module, load_parameters};
use rand::Rng;

/// The decoder's learning rate at the start.
const RATE: f32 = 2e-4;
/// Decay of the average of the weights that becomes the result.
const AVERAGE: f32 = 0.99;
/// Adam's decays.
const BETAS: [f32; 2] = [0.5, 0.99];

/// Trains the decoder of a draft for a number of steps towards the pictures of the trained decoder. It is a network
/// with normalization folded into its layers and weights in floating point. Each step rounds weights, and the values
/// between layers, as the file does; the gradients of the rounded weights are applied to the weights. A squared error
/// alone would blur: the discriminator and the classifier of `L_con` add their losses, as in training.
///
/// `data` must have at least a batch of training pictures.
///
/// # Errors
///
/// When the fine-tuning diverges.
pub fn finetune<D: Backend>(
    device: &D,
    model: &mut Autoencoder<D>,
    (config, data, codes): (&Config, &Dataset, &Codes),
    draft: &mut Draft,
    steps: u32,
    quiet: bool,
) -> Result<(), ExportError> {
    let sizes = model.sizes();
    let mut network = detach_module(model.average.module());
    network.round(&mut draft.quantizer.grids());
    let mut adam = Adam::new(RATE).with_betas(BETAS[0], BETAS[1]);
    let mut feed = Feed::new(device, sizes.picture, config.batch);
    let first = (data.train.len() / config.batch) as u64 * u64::from(config.epochs);
    let mut decoder = draft.decoder.clone();
    let bar = progress_bar(steps.into(), "fine-tuning", quiet);
    for step in 0..steps {
        let mut random = generator(config.seed, Purpose::Finetuning, step.into());
        let rows: Vec<usize> = (0..config.batch)
            .map(|_| random.gen_range(0..data.train.len()))
            .collect();
        let classes: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
        feed.fill(&data.train, &rows);
        let latents = latents(model, codes, &rows, &classes, &mut random);
        let rounded: Vec<f32> = latents
            .chunks_exact(sizes.latent())
            .flat_map(|latent| draft.quantizer.latent.rounded(latent))
            .collect();
        let shape = |columns: usize| (2 * config.batch, columns);
        let batch = RefinementBatch {
            pictures: &feed.pictures,
            classes: &classes,
            latents: upload(device, shape(sizes.latent()), &rounded),
            wanted: upload(device, shape(sizes.pixels()), &model.decode(&latents)),
            step: first + u64::from(step),
            rate: 0.1,
        };

        let rounded = raise(&draft.quantizer.dequantized(&decoder), &network);
        load_parameters(&mut network, &rounded)?;
        let out_of_memory = |error: D::Err| ExportError::OutOfMemory(format!("{error:?}"));
        let (mut gradients, losses) = model.refine(&network, batch).map_err(out_of_memory)?;
        if let Some(told) = losses.diverged() {
            bar.abandon();
            return Err(ExportError::Diverged { step, told });
        }
        let exact = raise(&decoder, &network);
        load_parameters(&mut network, &exact)?;
        let part = step as f32 / steps as f32;
        adam.learning_rate = RATE * (0.02 + 0.49 * (1.0 + (std::f32::consts::PI * part).cos()));
        adam.update(&mut network, &mut gradients)
            .map_err(out_of_memory)?;
        reread(&mut decoder, &network);
        for (average, layer) in draft.decoder.layers.iter_mut().zip(&decoder.layers) {
            let values = average.weights.iter_mut().zip(&layer.weights);
            let biases = average.bias.iter_mut().zip(&layer.bias);
            values
                .chain(biases)
                .for_each(|(average, value)| *average += (value - *average) * (1.0 - AVERAGE));
        }
        bar.inc(1);
        if step.is_multiple_of(10) {
            bar.set_message(format!(
                "rec {:.1}  con {:.2}  D {:.2}  G {:.2}",
                losses.reconstruction, losses.consistency, losses.discriminator, losses.gan
            ));
        }
    }
    bar.finish();
    draft.finetuned_steps += steps;
    let finite = |value: &f32| value.is_finite();
    let layers = &draft.decoder.layers;
    match layers.iter().all(|layer| layer.weights.iter().all(finite)) {
        true => Ok(()),
        false => Err(ExportError::FinetunedNotFinite),
    }
}

/// Latents of pictures, followed by new ones of the same classes: one half swaps, the other half draws of the prior, in
/// turn joint and styled, as in training.
fn latents<D: Backend>(
    model: &Autoencoder<D>,
    codes: &Codes,
    rows: &[usize],
    classes: &[u16],
    random: &mut impl Rng,
) -> Vec<f32> {
    let sizes = model.sizes();
    let (label, style) = (sizes.label, sizes.style);
    let deviation = model.z_s_noise();
    let mut own = Vec::with_capacity(2 * rows.len() * sizes.latent());
    for &row in rows {
        let noise = normal(random, label + style);
        let z_s = &codes.z_s[row * label..][..label];
        own.extend(z_s.iter().zip(&noise).map(|(z, n)| z + n * deviation));
        for d in 0..style {
            let sigma = (codes.log_variance[row * style + d] * 0.5).exp();
            own.push(codes.mean[row * style + d] + sigma * noise[label + d]);
        }
    }
    let half = rows.len() / 2;
    let mut new = own.clone();
    for (index, latent) in new.chunks_exact_mut(sizes.latent()).enumerate() {
        let other = (index + half) % rows.len() * sizes.latent();
        latent[label..].copy_from_slice(&own[other + label..][..style]);
    }
    let requests: Vec<Request> = classes[half..]
        .iter()
        .zip([Way::Joint, Way::Styled].iter().cycle())
        .map(|(&class, &way)| Request {
            way,
            ..Request::new(class, random.r#gen())
        })
        .collect();
    new.truncate(half * sizes.latent());
    new.extend(model.latents_of(&requests));
    own.extend(new);
    own
}
