//! Teaches a decoder to live with the rounding of its file: quantization-aware training.

use super::config::Config;
use super::feed::Feed;
use super::session::{progress_bar, sample_latents};
use crate::data::Dataset;
use crate::export::{Draft, Lower, Order};
use crate::model::tensors::upload;
use crate::model::{Autoencoder, Codes, Preset, RefinementBatch};
use crate::nn::{Adam, Backend, detach_module, load_parameters, parameters};
use crate::random::{Purpose, generator, normal};
use anyhow::{Result, anyhow, bail, ensure};
use dfdx::prelude::ConstDim;
use pixling::Request;
use rand::Rng;

/// The decoder's learning rate at the start.
const RATE: f32 = 2e-4;
/// Decay of the average of the weights that becomes the result.
const AVERAGE: f32 = 0.99;
/// Adam's decays.
const BETAS: [f32; 2] = [0.5, 0.99];

/// Teaches the decoder of a draft for so many steps to draw what the trained decoder draws. Weights are kept in floating
/// point; each step rounds them, and what the layers write, as the file will be, and the gradients of the rounded ones go
/// straight through to them. A squared error alone would blur: the discriminator and the classifier of `L_con` are in the
/// loop, as in training.
///
/// # Errors
///
/// When there are fewer pictures than a batch, or the training diverges.
pub fn finetune<P: Preset<D>, D: Backend>(
    device: &D,
    model: &mut Autoencoder<P, D>,
    (config, data, codes): (&Config, &Dataset, &Codes),
    draft: &mut Draft,
    steps: u32,
    quiet: bool,
) -> Result<()> {
    super::feed::check(data, config.batch)?;
    let mut network = detach_module(model.average.module());
    network.round(&mut draft.quantizer.grids());
    let order = Order::of(&network, P::Latent::SIZE)?;
    let mut adam = Adam::new(RATE).with_betas(BETAS[0], BETAS[1]);
    let mut feed = Feed::<P, D>::new(device, config.batch);
    let first = (data.train.len() / config.batch) as u64 * u64::from(config.epochs);
    let pixels = P::format().bytes_per_picture();
    let mut average = draft.decoder.clone();
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
            .chunks_exact(P::Latent::SIZE)
            .flat_map(|latent| draft.quantizer.latent.rounded(latent))
            .collect();
        let shape = (2 * config.batch, P::Latent::default());

        let exact = draft.quantizer.dequantized(&draft.decoder);
        load_parameters(&mut network, &order.tensors(&exact)?)?;
        let part = step as f32 / steps as f32;
        let batch = RefinementBatch {
            pictures: &feed.pictures,
            classes: &classes,
            latents: upload(device, shape, &rounded),
            wanted: upload(device, (2 * config.batch, pixels), &model.decode(&latents)),
            step: first + u64::from(step),
            rate: 0.1,
        };
        let out_of_memory = |error: D::Err| anyhow!("the fine-tuning ran out of memory: {error:?}");
        let (mut gradients, losses) = model.refine(&network, batch).map_err(out_of_memory)?;
        if let Some(told) = losses.diverged() {
            bar.abandon();
            bail!("the fine-tuning diverged at step {step}: {told}; fine-tune for fewer steps");
        }
        load_parameters(&mut network, &order.tensors(&draft.decoder)?)?;
        adam.learning_rate = RATE * (0.02 + 0.49 * (1.0 + (std::f32::consts::PI * part).cos()));
        adam.update(&mut network, &mut gradients)
            .map_err(out_of_memory)?;
        order.update(&mut draft.decoder, &parameters(&network));
        for (average, layer) in average.layers.iter_mut().zip(&draft.decoder.layers) {
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
    draft.decoder = average;
    let finite = |value: &f32| value.is_finite();
    let layers = &draft.decoder.layers;
    ensure!(
        layers.iter().all(|layer| layer.weights.iter().all(finite)),
        "the fine-tuning diverged: fine-tune for fewer steps"
    );
    Ok(())
}

/// Latents of pictures, and below them new ones of the same classes: one half swaps, the other half of the prior, as in
/// training.
fn latents<P: Preset<D>, D: Backend>(
    model: &Autoencoder<P, D>,
    codes: &Codes,
    rows: &[usize],
    classes: &[u16],
    random: &mut impl Rng,
) -> Vec<f32> {
    let (label, style) = (P::LabelLatent::SIZE, P::StyleLatent::SIZE);
    let deviation = model.z_s_noise();
    let mut own = Vec::with_capacity(2 * rows.len() * P::Latent::SIZE);
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
    for (index, latent) in new.chunks_exact_mut(P::Latent::SIZE).enumerate() {
        let other = (index + half) % rows.len() * P::Latent::SIZE;
        latent[label..].copy_from_slice(&own[other + label..][..style]);
    }
    let requests: Vec<Request> = classes[half..]
        .iter()
        .map(|&class| Request::new(class, random.r#gen()))
        .collect();
    new.truncate(half * P::Latent::SIZE);
    new.extend(sample_latents(model, &requests));
    own.extend(new);
    own
}
