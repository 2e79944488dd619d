//! The losses of a training, from its `log.csv`.

use super::grouped;
use crate::figures::chart;
use anyhow::{Context, Result, ensure};

/// The first columns of the log; losses follow.
const STEP: usize = 1;
const SECONDS: usize = 2;
const FIRST_LOSS: usize = 5;

/// A loss over the training.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the log.
    pub name: String,
    /// What it is.
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

/// Reads the log of a run.
///
/// # Errors
///
/// When it is damaged.
pub fn curves(log: &[u8]) -> Result<Curves> {
    let mut reader = csv::Reader::from_reader(log);
    let names: Vec<String> = reader.headers()?.iter().map(String::from).collect();
    ensure!(
        names.len() > FIRST_LOSS,
        "the log has no losses: train again"
    );
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for record in reader.records() {
        let row: Result<Vec<f64>, _> = record?.iter().map(str::parse).collect();
        rows.push(row.context("a value of the log is not a number: train again")?);
    }
    let last = rows.last().context("the log is empty: train again")?;
    let column = |index: usize| -> Vec<f64> { rows.iter().map(|row| row[index]).collect() };
    let steps = column(STEP);
    let mut curves = Vec::new();
    for (index, name) in names.iter().enumerate().skip(FIRST_LOSS) {
        let values = column(index);
        // Losses of weight 0 are not computed.
        if values.iter().all(|&value| value == 0.0) {
            continue;
        }
        curves.push(Curve {
            name: name.clone(),
            meaning: meaning(name),
            last: chart::short(last[index]),
            svg: chart::curve(&steps, &values)?.inline(),
        });
    }
    Ok(Curves {
        curves,
        steps: grouped(last[STEP] as u64),
        duration: duration(last[SECONDS]),
    })
}

/// The losses of the paper and ours, in words.
fn meaning(name: &str) -> &'static str {
    match name {
        "reconstruction" => "squared error, summed over pixels",
        "kl" => "divergence of z_u from N(0, I), in nats",
        "classification" => "cross entropy of the class by the mixture on z_s",
        "likelihood" => "negative log likelihood of z_s in its class",
        "adversary" => "cross entropy of the classifier on z_u; high is good",
        "confusion" => "the same classifier against even answers",
        "consistency" => "class of what was drawn, by the encoder of z_s",
        "overlap" => "class of draws from the mixture itself",
        "discriminator" => "real pictures against drawn ones",
        "gan" => "how well drawn pictures pass as real",
        _ => "",
    }
}

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

    const LOG: &str = "epoch,step,seconds,images_per_second,learning_rate,reconstruction,kl,gan\n\
                       1,100,60,500,0.1,9.5,2,0\n2,2000,125.2,500,0.1,7.25,3,0\n";

    #[test]
    fn losses_that_were_used_are_drawn() {
        let found = curves(LOG.as_bytes()).unwrap();
        let names: Vec<&str> = found
            .curves
            .iter()
            .map(|curve| curve.name.as_str())
            .collect();
        assert_eq!(names, ["reconstruction", "kl"]);
        assert_eq!(found.curves[0].last, "7.25");
        assert!(found.curves[0].svg.contains("<polyline"));
        assert_eq!(
            (found.steps.as_str(), found.duration.as_str()),
            ("2,000", "2 min 5 s")
        );
    }

    #[test]
    fn a_damaged_log_is_refused() {
        for (log, part) in [
            ("", "no losses"),
            (
                "epoch,step,seconds,images_per_second,learning_rate,kl\n",
                "empty",
            ),
            (&LOG.replace("9.5", "much"), "not a number"),
        ] {
            let message = format!("{:#}", curves(log.as_bytes()).unwrap_err());
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn times_are_told_in_words() {
        assert_eq!(duration(9.4), "9 s");
        assert_eq!(duration(3725.0), "1 h 2 min");
    }
}
