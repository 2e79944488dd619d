//! The losses of a training, from its log.

use super::grouped;
use crate::figures::chart;
use crate::model::{LOSSES, Losses};
use crate::train::{Epoch, training_seconds};
use anyhow::Result;

/// A loss over the training.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the log.
    pub name: &'static str,
    /// Its description.
    pub meaning: &'static str,
    /// The mean over the last epoch.
    pub last: String,
    /// The chart, as an element of a page.
    pub svg: String,
}

/// All losses that were used.
#[derive(Clone, Debug)]
pub struct Curves {
    /// One for each.
    pub curves: Vec<Curve>,
    /// Steps of the training.
    pub steps: String,
    /// How long it took, in words.
    pub duration: String,
}

/// The curves over the epochs of a training; `batch` is the number of pictures of a step.
///
/// # Errors
///
/// When a value is no number.
pub fn curves(epochs: &[Epoch], batch: usize) -> Result<Curves> {
    let steps: Vec<f64> = epochs.iter().map(|epoch| epoch.step as f64).collect();
    let mut curves = Vec::new();
    for (loss, (name, _)) in Losses::default().named().into_iter().enumerate() {
        let values: Vec<f64> = epochs.iter().map(|epoch| epoch.losses[loss]).collect();
        // Losses of weight 0 are not computed.
        if values.iter().all(|&value| value == 0.0) {
            continue;
        }
        curves.push(Curve {
            name,
            meaning: MEANINGS[loss],
            last: values
                .last()
                .map_or_else(String::new, |&last| chart::short(last)),
            svg: chart::curve(&steps, &values)?.inline(),
        });
    }
    Ok(Curves {
        curves,
        steps: grouped(epochs.last().map_or(0, |epoch| epoch.step)),
        duration: duration(training_seconds(epochs, batch)),
    })
}

/// Descriptions of the losses, in the order of [`Losses::named`].
const MEANINGS: [&str; LOSSES] = [
    "squared error, summed over pixels",
    "divergence of z_u from N(0, I), in nats",
    "cross entropy of the class by the mixture on z_s",
    "negative log likelihood of z_s in its class",
    "cross entropy of the classifier on z_u; high is good",
    "the same classifier against even answers",
    "the class in the mean of z_u; near 0 is good",
    "class of what was drawn, by the encoder of z_s",
    "class of draws from the mixture itself",
    "real pictures against drawn ones",
    "how well drawn pictures pass as real",
];

fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(step: u64, [reconstruction, kl]: [f64; 2]) -> Epoch {
        let mut losses = [0.0; LOSSES];
        losses[..2].copy_from_slice(&[reconstruction, kl]);
        Epoch {
            step,
            images_per_second: 1000.0,
            losses,
        }
    }

    #[test]
    fn losses_that_were_used_are_drawn() {
        let epochs = [epoch(100, [9.5, 2.0]), epoch(2000, [7.25, 3.0])];
        let found = curves(&epochs, 64).unwrap();
        let told = |curve: &Curve| (curve.name, curve.last.clone());
        let told: Vec<(&str, String)> = found.curves.iter().map(told).collect();
        assert_eq!(
            told,
            [("reconstruction", "7.25".into()), ("kl", "3".into())]
        );
        assert!(found.curves[1].meaning.contains("divergence"));
        assert!(found.curves[0].svg.contains("<polyline"));
        assert_eq!(
            (found.steps.as_str(), found.duration.as_str()),
            ("2,000", "2 min 8 s")
        );
    }

    #[test]
    fn times_are_told_in_words() {
        assert_eq!(duration(9.4), "9 s");
        assert_eq!(duration(3725.0), "1 h 2 min");
    }
}
