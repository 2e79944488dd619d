//! A mixture prior as a model file has it: means of eight bits, deviations of four.

use super::activations::LatentQuantization;
use crate::model::{MixturePrior, Normal};
use pixling::limits::MAX_DEVIATION_UNIT;
use pixling::write::Mixture;

/// The largest code of a deviation.
const TOP: u8 = 15;

/// A mixture in the codes of a file.
#[derive(Clone, Debug)]
pub(super) struct CodedPrior {
    pub(super) tables: Mixture,
    /// The mixture that the codes stand for.
    pub(super) decoded: MixturePrior,
}

impl CodedPrior {
    pub(super) fn new(prior: &MixturePrior, latent: &LatentQuantization) -> CodedPrior {
        let style = prior.styles.first().map_or(0, |normal| normal.mean.len());
        let (_, of_style) = latent.steps.split_at(latent.steps.len() - style);
        let components = || prior.components.iter().flatten();
        let largest = |normal: &Normal, steps: &[f32]| {
            let in_steps = normal
                .deviation
                .iter()
                .zip(steps)
                .map(|(it, step)| it / step);
            in_steps.fold(0.0, f32::max)
        };
        let largest = components()
            .map(|normal| largest(normal, &latent.steps))
            .chain(prior.styles.iter().map(|normal| largest(normal, of_style)))
            .fold(0.0, f32::max);
        let unit = 256.0 * largest / 2f32.powf(f32::from(TOP - 1) / 4.0);
        let unit = unit.ceil().clamp(1.0, MAX_DEVIATION_UNIT.into()) as u16;

        let code = |normal: &Normal, steps: &[f32]| Code::of(normal, steps, unit);
        let of_classes: Vec<Vec<Code>> = prior
            .components
            .iter()
            .map(|of_class| of_class.iter().map(|it| code(it, &latent.steps)).collect())
            .collect();
        let of_styles: Vec<Code> = prior.styles.iter().map(|it| code(it, of_style)).collect();
        let bytes = |codes: &[Code]| codes.iter().flat_map(Code::bytes).collect::<Vec<u8>>();
        let weights = |codes: &[Code]| codes.iter().map(|code| code.weight).collect::<Vec<u8>>();
        CodedPrior {
            tables: Mixture {
                unit,
                components: of_classes.first().map_or(0, Vec::len) as u16,
                weights: weights(&of_classes.concat()),
                normals: bytes(&of_classes.concat()),
                style_weights: weights(&of_styles),
                styles: bytes(&of_styles),
            },
            decoded: MixturePrior {
                components: of_classes
                    .iter()
                    .map(|of_class| {
                        let normals = of_class.iter();
                        normals
                            .map(|code| code.normal(&latent.steps, unit))
                            .collect()
                    })
                    .collect(),
                styles: of_styles
                    .iter()
                    .map(|code| code.normal(of_style, unit))
                    .collect(),
            },
        }
    }
}

/// A Gaussian in codes.
#[derive(Clone, Debug)]
struct Code {
    weight: u8,
    means: Vec<i8>,
    deviations: Vec<u8>,
}

impl Code {
    fn of(normal: &Normal, steps: &[f32], unit: u16) -> Code {
        let means = normal.mean.iter().zip(steps);
        let deviation = |(deviation, step): (&f32, &f32)| {
            if *deviation == 0.0 {
                return 0;
            }
            let ratio = 256.0 * deviation / step / f32::from(unit);
            (4.0 * ratio.log2() + 1.0).round().clamp(1.0, TOP.into()) as u8
        };
        Code {
            weight: normal.weight,
            means: means
                .map(|(mean, step)| (mean / step).round().clamp(-127.0, 127.0) as i8)
                .collect(),
            deviations: normal.deviation.iter().zip(steps).map(deviation).collect(),
        }
    }

    /// The bytes of the file.
    fn bytes(&self) -> Vec<u8> {
        let means = self.means.iter().map(|mean| *mean as u8);
        let pairs = self.deviations.chunks(2);
        let pairs = pairs.map(|pair| pair[0] | pair.get(1).copied().unwrap_or(0) << 4);
        means.chain(pairs).collect()
    }

    /// The Gaussian that the runtime draws from.
    fn normal(&self, steps: &[f32], unit: u16) -> Normal {
        let means = self.means.iter().zip(steps);
        let deviation = |(code, step): (&u8, &f32)| match code {
            0 => 0.0,
            code => f32::from(unit) / 256.0 * 2f32.powf(f32::from(code - 1) / 4.0) * step,
        };
        Normal {
            weight: self.weight,
            mean: means.map(|(mean, step)| f32::from(*mean) * step).collect(),
            deviation: self.deviations.iter().zip(steps).map(deviation).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(mean: [f32; 3], deviation: [f32; 3]) -> Normal {
        Normal {
            weight: 9,
            mean: mean.to_vec(),
            deviation: deviation.to_vec(),
        }
    }

    #[test]
    fn codes_are_near_and_zero_is_exact() {
        let prior = MixturePrior {
            components: vec![
                vec![normal([1.0, -2.0, 0.5], [0.8, 0.0, 0.2])],
                vec![normal([-1.0, 2.0, -0.5], [0.3, 0.0, 1.0])],
            ],
            styles: vec![Normal {
                weight: 0,
                mean: vec![0.25],
                deviation: vec![0.9],
            }],
        };
        let latent = LatentQuantization {
            steps: vec![0.04, 0.02, 4.5 / 127.0],
        };
        let coded = CodedPrior::new(&prior, &latent);
        let tables = &coded.tables;
        assert_eq!((tables.components, tables.weights.len()), (1, 2));
        assert_eq!((tables.normals.len(), tables.styles.len()), (2 * 5, 2));
        let all = |prior: &MixturePrior| -> Vec<Normal> {
            let components = prior.components.iter().flatten();
            components.chain(&prior.styles).cloned().collect()
        };
        for (before, after) in all(&prior).iter().zip(all(&coded.decoded)) {
            assert_eq!(before.weight, after.weight);
            for (mean, found) in before.mean.iter().zip(&after.mean) {
                assert!((mean - found).abs() <= 0.02, "{mean} {found}");
            }
            for (deviation, found) in before.deviation.iter().zip(&after.deviation) {
                // Half a code.
                let bound = 2f32.powf(0.126);
                let near = *deviation == 0.0 && *found == 0.0
                    || (deviation / bound..deviation * bound).contains(found);
                assert!(near, "{deviation} {found}");
            }
        }
    }
}
