//! All figures of a model, of the file that ships and of real pictures.

use super::{Metrics, Reference, Verdict, frechet_distance, mean_ssim, psnr, score};
use crate::data::factors::linear_r2;
use crate::data::{Dataset, Format};
use crate::model::{Autoencoder, ClassSource, Codes, HostMixture, Preset};
use crate::random::{Purpose, generator, normal};
use crate::train::{Judge, Labelled, leakage};
use anyhow::{Result, anyhow, ensure};
use pixling::{Model, Request, Temperature, Way};
use pixling_nn::Backend;
use rand::Rng;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A decoder: latents to pictures as bytes, one after another.
pub type Decoder<'d> = &'d dyn Fn(&[f32]) -> Result<Vec<u8>>;

/// The number and the temperature of the pictures that are drawn for an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Pictures of all classes together; real ones for comparison are as many.
    pub samples: usize,
    /// Temperature of `z_s` in percent.
    pub z_s_temperature: u16,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            samples: 10_000,
            z_s_temperature: 100,
        }
    }
}

impl Sampling {
    /// The requests that are measured: the same number of each class.
    fn requests(self, classes: usize) -> Vec<Request> {
        let per_class = (self.samples / classes).max(1);
        let request = |i: usize| Request {
            z_s_temperature: Temperature::from_percent(self.z_s_temperature),
            ..Request::new((i % classes) as u16, i as u64)
        };
        (0..per_class * classes).map(request).collect()
    }
}

/// Training pictures of the probe.
const PROBED: usize = 15_000;
/// Keys of the random orders of an evaluation; `manifold` and `patches` have the next ones.
const REAL_ORDER: u64 = 1 << 32;
const PROBE_ORDER: u64 = 2 << 32;
const SWAP_PARTNERS: u64 = 3 << 32;

/// Figures side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The trained network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub float: Option<Metrics>,
    /// The file, run by the runtime.
    pub quantized: Metrics,
    /// The file's pictures with `z_s` at temperature 0.5, whatever the other one is.
    pub quantized_z_s_50: Metrics,
    /// The file's pictures with styles that all classes share; only where its prior is a mixture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantized_styled: Option<Metrics>,
    /// Training pictures against test pictures.
    pub real: Metrics,
    /// The fit of each known factor of the pictures from the latents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<FactorScore>,
    /// Accuracy of the judge on the test pictures.
    pub judge_accuracy: f64,
    /// Reasons why the figures are not to be relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    /// Samples per class.
    pub samples_per_class: usize,
    /// Temperature of `z_s` in percent.
    pub z_s_temperature_percent: u16,
}

/// R^2 on the test pictures of a linear fit of a factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorScore {
    /// The factor.
    pub factor: String,
    /// From `z_u`: should be high.
    pub z_u: f64,
    /// From `z_s`: should be low.
    pub z_s: f64,
}

/// A trained model with its file.
pub struct Subject<'a, D: Backend> {
    /// The preset of the network.
    pub preset: &'a dyn Preset<D>,
    /// The network.
    pub model: &'a Autoencoder<D>,
    /// The file, loaded.
    pub file: &'a Model<'a>,
    /// The decoder of the file.
    pub decode: Decoder<'a>,
    /// Codes of the training pictures.
    pub codes: &'a Codes,
}

/// At most `count` of the rows, in random order: a data set may be sorted by class.
fn some_of(rows: usize, count: usize, key: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut generator(1, Purpose::Evaluation, key));
    order.truncate(count);
    order
}

/// Pictures of requests, drawn by the runtime, one after another.
///
/// # Errors
///
/// When the model has no such class.
pub fn draw(model: &Model<'_>, requests: &[Request]) -> Result<Vec<u8>> {
    let draw = |request: &Request| -> Result<Vec<u8>> {
        let mut arena = vec![0; model.arena_bytes()];
        Ok(model.generate(request, &mut arena)?.pixels().to_vec())
    };
    let pictures: Result<Vec<Vec<u8>>> = requests.par_iter().map(draw).collect();
    Ok(pictures?.concat())
}

/// Figures of a file alone.
///
/// # Errors
///
/// When the file is of other pictures or classes than the data.
pub fn evaluate_file<D: Backend>(
    file: &Model<'_>,
    data: &Dataset,
    judge: &Judge<D>,
    sampling: Sampling,
) -> Result<Evaluation> {
    let reference = Reference::new(data, judge.judge(&data.test.pixels));
    evaluate_against(file, judge, &reference, sampling)
}

/// The same for test pictures that the judge has seen.
fn evaluate_against<D: Backend>(
    file: &Model<'_>,
    judge: &Judge<D>,
    reference: &Reference<'_>,
    sampling: Sampling,
) -> Result<Evaluation> {
    let data = reference.data;
    let format = judge.format();
    let of_file = Format {
        width: file.width().into(),
        height: file.height().into(),
        channels: file.channels().into(),
    };
    ensure!(
        of_file == format,
        "the model draws {of_file} pictures, the data has {format}"
    );
    ensure!(
        usize::from(file.classes()) == data.labels.len(),
        "the model has {} classes, {} has {}",
        file.classes(),
        data.name,
        data.labels.len()
    );
    let requests = sampling.requests(data.labels.len());
    let classes: Vec<u16> = requests.iter().map(|request| request.class).collect();
    let drawn = |requests: &[Request]| -> Result<Metrics> {
        let pictures = draw(file, requests)?;
        let verdict = judge.judge(&pictures);
        Ok(score(&pictures, &classes, &verdict, reference))
    };
    let quantized = drawn(&requests)?;
    let changed = |change: &dyn Fn(&mut Request)| -> Vec<Request> {
        let mut changed = requests.clone();
        changed.iter_mut().for_each(change);
        changed
    };
    let half = Temperature::from_percent(50);
    let quantized_z_s_50 = drawn(&changed(&|request| request.z_s_temperature = half))?;
    let mixture = file.components() > 1 || file.styles() > 1;
    let quantized_styled = mixture
        .then(|| drawn(&changed(&|request| request.way = Way::Styled)))
        .transpose()?;

    let order = some_of(data.train.len(), sampling.samples, REAL_ORDER);
    let bytes = format.bytes_per_picture();
    let real: Vec<u8> = order
        .iter()
        .flat_map(|&i| data.train.picture(i, bytes))
        .copied()
        .collect();
    let real_classes: Vec<u16> = order.iter().map(|&i| data.train.classes[i]).collect();
    let real = score(&real, &real_classes, &judge.judge(&real), reference);
    let judge_accuracy = reference.verdict.accuracy(&data.test.classes);
    Ok(Evaluation {
        float: None,
        quantized,
        quantized_z_s_50,
        quantized_styled,
        real,
        factors: Vec::new(),
        judge_accuracy,
        cautions: cautions(judge_accuracy, data),
        samples_per_class: requests.len() / data.labels.len(),
        z_s_temperature_percent: sampling.z_s_temperature,
    })
}

/// Reasons why figures by a judge of that accuracy, on the test pictures of the data, are not to be relied on.
fn cautions(accuracy: f64, data: &Dataset) -> Vec<String> {
    /// Test pictures, and of each class, below which a figure is mostly chance.
    const FEW: usize = 200;
    const FEW_OF_A_CLASS: usize = 10;
    let mut counts = vec![0usize; data.labels.len()];
    for &class in &data.test.classes {
        counts[usize::from(class)] += 1;
    }
    let (pictures, classes) = (data.test.len(), data.labels.len());
    let mut cautions = Vec::new();
    // A classifier that always gives the commonest class is right as often.
    let chance = counts.iter().copied().max().unwrap_or(0) as f64 / pictures.max(1) as f64;
    if accuracy < (1.0 + chance) / 2.0 {
        cautions.push(format!(
            "the judge is right on {:.0} % of the test pictures, where chance is {:.0} %",
            100.0 * accuracy,
            100.0 * chance
        ));
    }
    if pictures < FEW.max(FEW_OF_A_CLASS * classes) {
        cautions.push(format!(
            "{pictures} test pictures of {classes} classes are few"
        ));
    }
    cautions
}

/// All figures of a trained model and its file.
///
/// # Errors
///
/// When the file is of other pictures or classes than the data, or the device runs out of memory.
pub fn evaluate<D: Backend>(
    device: &D,
    subject: Subject<'_, D>,
    data: &Dataset,
    judge: &Judge<D>,
    sampling: Sampling,
) -> Result<Evaluation> {
    let Subject {
        preset,
        model,
        file,
        decode: decode_file,
        codes,
    } = subject;
    let reference = Reference::new(data, judge.judge(&data.test.pixels));
    let mut evaluation = evaluate_against(file, judge, &reference, sampling)?;
    let format = judge.format();
    let requests = sampling.requests(data.labels.len());
    let classes: Vec<u16> = requests.iter().map(|request| request.class).collect();
    let pictures = model.decode_to_bytes(&model.latents_of(&requests));
    let mut float = score(&pictures, &classes, &judge.judge(&pictures), &reference);

    // Figures of the encoders, which both have.
    let test = model.encode_bytes(&data.test.pixels, Some(&data.test.classes))?;
    let (label, style) = (model.sizes().label, model.sizes().style);
    let source = model.class_source();
    if source != ClassSource::None {
        let leak = leak(preset, device, data, codes, &test)?;
        for metrics in [&mut float, &mut evaluation.quantized] {
            metrics.z_u_leakage = Some(leak);
        }
    }
    if source == ClassSource::Picture {
        let (accuracy, loss) = class_information(&model.prior(), &test.z_s, &data.test.classes);
        let entropy = class_entropy(&data.test.classes, data.labels.len());
        for metrics in [&mut float, &mut evaluation.quantized] {
            metrics.z_s_accuracy = Some(accuracy);
            metrics.mi_bound_nats = Some(entropy - loss);
            metrics.class_entropy_nats = Some(entropy);
        }
    }

    // Reconstructions, and swaps: the class of each picture with z_u of another one.
    let rows = data.test.len();
    let mut random = generator(1, Purpose::Evaluation, SWAP_PARTNERS);
    let partners: Vec<usize> = (0..rows)
        .map(|i| match rows {
            1 => i,
            _ => (i + random.gen_range(1..rows)) % rows,
        })
        .collect();
    let latents = |z_s: &[f32], style_of: &dyn Fn(usize) -> usize| -> Vec<f32> {
        let mut latents = Vec::with_capacity(rows * (label + style));
        for (i, z_s) in z_s.chunks_exact(label).enumerate() {
            latents.extend_from_slice(z_s);
            latents.extend_from_slice(&test.mean[style_of(i) * style..][..style]);
        }
        latents
    };
    let own = latents(&test.z_s, &|i| i);
    let swapped = latents(&test.z_s, &|i| partners[i]);
    let told = latents(&drawn_labels(model, &data.test.classes), &|i| partners[i]);
    let decoders: [(&mut Metrics, Decoder<'_>); 2] = [
        (&mut float, &|latents| Ok(model.decode_to_bytes(latents))),
        (&mut evaluation.quantized, decode_file),
    ];
    for (metrics, decode) in decoders {
        let pictures = decode(&own)?;
        metrics.psnr = Some(psnr(&pictures, &data.test.pixels));
        metrics.ssim = mean_ssim(&pictures, &data.test.pixels, format);
        metrics.reconstruction_frechet_distance =
            Some(distance(&judge.judge(&pictures), &reference.verdict));
        if source == ClassSource::None {
            continue;
        }
        let verdict = judge.judge(&decode(&swapped)?);
        metrics.swap_frechet_distance = Some(distance(&verdict, &reference.verdict));
        if source == ClassSource::Picture {
            metrics.swap_accuracy = Some(verdict.accuracy(&data.test.classes));
        }
        let verdict = judge.judge(&decode(&told)?);
        metrics.swap_accuracy_given_label = Some(verdict.accuracy(&data.test.classes));
    }

    evaluation.factors = factor_scores(data, codes, &test, style, label);
    evaluation.float = Some(float);
    Ok(evaluation)
}

/// The Frechet distance to the test pictures, in the judge's features.
fn distance(verdict: &Verdict, reference: &Verdict) -> f64 {
    frechet_distance(&verdict.features, &reference.features, verdict.dimension)
}

/// A draw of `z_s` from the prior for each class, row by row.
fn drawn_labels<D: Backend>(model: &Autoencoder<D>, classes: &[u16]) -> Vec<f32> {
    let request = |(i, &class): (usize, &u16)| Request::new(class, i as u64);
    let requests: Vec<Request> = classes.iter().enumerate().map(request).collect();
    let sizes = model.sizes();
    model
        .latents_of(&requests)
        .chunks_exact(sizes.latent())
        .flat_map(|latent| &latent[..sizes.label])
        .copied()
        .collect()
}

/// Accuracy of the mixture's posterior on codes, and its mean cross entropy in nats.
fn class_information(mixture: &HostMixture, z_s: &[f32], classes: &[u16]) -> (f64, f64) {
    let (mut right, mut loss) = (0usize, 0.0);
    for (z_s, &class) in z_s.chunks_exact(mixture.dimensions).zip(classes) {
        let densities = mixture.log_densities(z_s);
        let most = densities.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let evidence = most + densities.iter().map(|d| (d - most).exp()).sum::<f64>().ln();
        let own = densities[usize::from(class)];
        right += usize::from(own >= most);
        loss += evidence - own;
    }
    let count = classes.len().max(1) as f64;
    (right as f64 / count, loss / count)
}

/// Fits each factor on the training pictures and measures the fit on the test pictures.
fn factor_scores(
    data: &Dataset,
    train: &Codes,
    test: &Codes,
    style: usize,
    label: usize,
) -> Vec<FactorScore> {
    let factors = [&data.train.factors[..], &data.test.factors[..]].concat();
    let (fitted, rows) = (data.train.len(), data.train.len() + data.test.len());
    let fit = |train: &[f32], test: &[f32], width| {
        let latents = [train, test].concat();
        let count = data.factor_names.len();
        linear_r2(&latents, width, &factors, count, 0..fitted, fitted..rows)
    };
    let z_u = fit(&train.mean, &test.mean, style);
    let z_s = fit(&train.z_s, &test.z_s, label);
    let scores = z_u.into_iter().zip(z_s);
    let named = data.factor_names.iter().zip(scores);
    named
        .map(|(factor, (z_u, z_s))| FactorScore {
            factor: factor.clone(),
            z_u,
            z_s,
        })
        .collect()
}

/// Accuracy of a fresh classifier on draws of `z_u` of the test pictures.
fn leak<D: Backend>(
    preset: &dyn Preset<D>,
    device: &D,
    data: &Dataset,
    train: &Codes,
    test: &Codes,
) -> Result<f64> {
    let style = preset.sizes().style;
    let draw = |codes: &Codes, rows: &[usize], step: u64| -> Vec<f32> {
        let noise = normal(
            &mut generator(1, Purpose::Probe, u64::MAX - step),
            rows.len() * style,
        );
        let mut draws = Vec::with_capacity(noise.len());
        for (row, noise) in rows.iter().zip(noise.chunks_exact(style)) {
            for (d, n) in noise.iter().enumerate() {
                let i = row * style + d;
                draws.push(codes.mean[i] + (codes.log_variance[i] * 0.5).exp() * n);
            }
        }
        draws
    };
    let rows = some_of(data.train.len(), PROBED, PROBE_ORDER);
    let classes: Vec<u16> = rows.iter().map(|&row| data.train.classes[row]).collect();
    let all: Vec<usize> = (0..data.test.len()).collect();
    let (train_draws, test_draws) = (draw(train, &rows, 0), draw(test, &all, 1));
    let train = Labelled {
        latents: &train_draws,
        classes: &classes,
    };
    let test = Labelled {
        latents: &test_draws,
        classes: &data.test.classes,
    };
    leakage(preset, device, data.labels.len(), 1, train, test)
        .map_err(|error| anyhow!("the probe on z_u: {error}"))
}

/// `H(c)` in nats.
fn class_entropy(classes: &[u16], count: usize) -> f64 {
    let mut counts = vec![0f64; count];
    for &class in classes {
        counts[usize::from(class)] += 1.0;
    }
    let total = classes.len().max(1) as f64;
    counts
        .iter()
        .filter(|&&n| n > 0.0)
        .map(|n| -(n / total) * (n / total).ln())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::model::Nano;
    use dfdx::prelude::Cpu;

    /// A data set without pictures, classes 0 and 1 in turn.
    fn classes_alone(train: usize, test: usize) -> Dataset {
        let split = |rows: usize| Split {
            classes: (0..rows).map(|row| (row % 2) as u16).collect(),
            ..Split::default()
        };
        Dataset {
            name: "classes".into(),
            licence: "unknown".into(),
            width: 16,
            height: 16,
            channels: 1,
            labels: vec!["even".into(), "odd".into()],
            train: split(train),
            test: split(test),
            factor_names: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// `z_u` that tells the class by its first dimension, or does not.
    fn codes(rows: usize, tells: bool, log_variance: f32) -> Codes {
        let dimensions = 8;
        let mut mean = vec![0.0; rows * dimensions];
        for (row, values) in mean.chunks_exact_mut(dimensions).enumerate() {
            if tells {
                values[0] = if row % 2 == 0 { -3.0 } else { 3.0 };
            }
        }
        Codes {
            log_variance: vec![log_variance; mean.len()],
            mean,
            ..Codes::default()
        }
    }

    #[test]
    fn leakage_is_that_of_draws_of_the_test_pictures() {
        let data = classes_alone(3000, 1000);
        let leakage = |train: &Codes, test: &Codes| {
            let device = Cpu::seed_from_u64(1);
            leak(&Nano, &device, &data, train, test).unwrap()
        };
        let sharp = codes(3000, true, -8.0);
        assert!(leakage(&sharp, &codes(1000, true, -8.0)) > 0.99);
        // Information in the training pictures does not count.
        let found = leakage(&sharp, &codes(1000, false, -8.0));
        assert!((0.3..0.7).contains(&found), "{found}");
        // The noise hides the class, which the means alone would show: two Gaussians 6 apart, of deviation e^2.
        let found = leakage(&codes(3000, true, 4.0), &codes(1000, true, 4.0));
        assert!((0.55..0.75).contains(&found), "{found}");
    }

    #[test]
    fn factors_are_fitted_on_training_and_measured_on_test_pictures() {
        let mut data = classes_alone(60, 30);
        data.factor_names = vec!["same".into(), "turned".into()];
        let value = |row: usize| (row as f32 * 0.7).sin();
        let factors =
            |rows: usize, sign: f32| (0..rows).flat_map(move |r| [value(r), sign * value(r)]);
        data.train.factors = factors(60, 1.0).collect();
        data.test.factors = factors(30, -1.0).collect();
        let codes = |rows: usize| Codes {
            // z_u is the first factor, and so the second in training; z_s is another wave.
            mean: (0..rows).map(value).collect(),
            z_s: (0..rows).map(|row| (row as f32 * 2.9).cos()).collect(),
            ..Codes::default()
        };
        let scores = factor_scores(&data, &codes(60), &codes(30), 1, 1);
        assert_eq!([&*scores[0].factor, &*scores[1].factor], ["same", "turned"]);
        assert!(scores[0].z_u > 0.99 && scores[1].z_u < -1.0, "{scores:?}");
        assert!(scores[0].z_s.abs() < 0.3, "{scores:?}");
    }
}
