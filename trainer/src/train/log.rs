//! `log.csv`: a row for each epoch of a training.

use crate::files;
use crate::model::{LOSSES, Losses};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// The first columns of `log.csv`; the means of the losses over the epoch follow. In the row of an epoch that was resumed
/// in its middle, these means and the rate are of the steps since then: the checkpoint does not hold the losses before.
pub(super) struct Row {
    pub(super) epoch: u64,
    pub(super) step: u64,
    pub(super) seconds: f64,
    pub(super) images_per_second: f64,
    pub(super) learning_rate: f32,
}

const FILE: &str = "log.csv";
/// Names of those columns.
const COLUMNS: [&str; 5] = [
    "epoch",
    "step",
    "seconds",
    "images_per_second",
    "learning_rate",
];
const STEP: usize = 1;
const RATE: usize = 3;

/// Names of all columns.
fn header() -> impl Iterator<Item = &'static str> {
    let losses = Losses::default().named();
    COLUMNS
        .into_iter()
        .chain(losses.into_iter().map(|(name, _)| name))
}

/// A row that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Steps that were trained at its end.
    pub step: u64,
    /// Pictures learned from in a second.
    pub images_per_second: f64,
    /// Means over the epoch, or its steps since the training was resumed in it, in the order of [`Losses::named`].
    pub losses: [f64; LOSSES],
}

/// Reads the log in the folder of a run.
///
/// # Errors
///
/// When it is not there, damaged, or of another version.
pub fn read_log(folder: &Path) -> Result<Vec<Epoch>> {
    let path = folder.join(FILE);
    parse(&files::read(&path)?).with_context(|| path.display().to_string())
}

fn parse(log: &[u8]) -> Result<Vec<Epoch>> {
    let mut reader = csv::Reader::from_reader(log);
    ensure!(
        reader.headers()?.iter().eq(header()),
        "its columns are not those of this version: train again"
    );
    let epoch = |record: csv::StringRecord| -> Result<Epoch> {
        let values: Result<Vec<f64>, _> = record.iter().map(str::parse).collect();
        let values = values.context("a value is not a number: train again")?;
        Ok(Epoch {
            step: values[STEP] as u64,
            images_per_second: values[RATE],
            losses: std::array::from_fn(|loss| values[COLUMNS.len() + loss]),
        })
    };
    let epochs: Result<Vec<Epoch>> = reader.records().map(|record| epoch(record?)).collect();
    let epochs = epochs?;
    ensure!(!epochs.is_empty(), "it is empty: train again");
    Ok(epochs)
}

/// The seconds in training steps. The column of seconds begins anew when a training is resumed; the time of an
/// interruption does not count.
pub fn training_seconds(epochs: &[Epoch], batch: usize) -> f64 {
    let mut from = 0;
    let mut seconds = 0.0;
    for epoch in epochs {
        let pictures = epoch.step.saturating_sub(from) as f64 * batch as f64;
        seconds += pictures / epoch.images_per_second.max(1.0);
        from = epoch.step;
    }
    seconds
}

/// `log.csv`, whole after every row.
pub(super) struct Log {
    path: Option<PathBuf>,
    writer: csv::Writer<Vec<u8>>,
}

impl Log {
    /// A log that keeps the rows up to the step that a training resumes from.
    pub(super) fn new(folder: Option<&Path>, step: u64) -> Result<Log> {
        let mut log = Log {
            path: folder.map(|folder| folder.join(FILE)),
            writer: csv::Writer::from_writer(Vec::new()),
        };
        log.writer.write_record(header())?;
        if let Some(path) = log.path.as_ref().filter(|path| step > 0 && path.exists()) {
            for row in csv::Reader::from_path(path)?.records() {
                let row = row.with_context(|| format!("{} is damaged", path.display()))?;
                let of_step = row.get(STEP).and_then(|text| text.parse::<u64>().ok());
                if of_step.is_some_and(|of_step| of_step <= step) {
                    log.writer.write_record(&row)?;
                }
            }
        }
        Ok(log)
    }

    pub(super) fn write(&mut self, row: Row, losses: [f32; LOSSES]) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let columns = [
            row.epoch.to_string(),
            row.step.to_string(),
            format!("{:.3}", row.seconds),
            format!("{:.0}", row.images_per_second),
            row.learning_rate.to_string(),
        ];
        let losses = losses.map(|loss| loss.to_string());
        self.writer.write_record(columns.iter().chain(&losses))?;
        self.writer.flush()?;
        files::write(path, self.writer.get_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, rate: u32, loss: &str) -> String {
        let losses = [loss; LOSSES].join(",");
        format!("1,{step},9.5,{rate},0.002,{losses}\n")
    }

    fn log(rows: &[String]) -> String {
        header().collect::<Vec<_>>().join(",") + "\n" + &rows.concat()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::new(Some(folder.path()), 0).unwrap();
        let row = Row {
            epoch: 1,
            step: 100,
            seconds: 2.5,
            images_per_second: 2560.4,
            learning_rate: 0.002,
        };
        let losses = std::array::from_fn(|i| i as f32 + 0.5);
        log.write(row, losses).unwrap();
        let read = Epoch {
            step: 100,
            images_per_second: 2560.0,
            losses: losses.map(f64::from),
        };
        assert_eq!(read_log(folder.path()).unwrap(), [read]);
    }

    #[test]
    fn a_damaged_log_is_refused() {
        for (log, part) in [
            (String::new(), "not those of this version"),
            ("epoch,step\n1,2\n".into(), "not those of this version"),
            (log(&[]), "empty"),
            (log(&[row(1, 1, "much")]), "not a number"),
            (log(&["1,2,3\n".into()]), "fields"),
        ] {
            let message = format!("{:#}", parse(log.as_bytes()).unwrap_err());
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn time_does_not_begin_anew_with_a_resumed_training() {
        // The column of seconds has 9.5 in both rows, as after a pause.
        let log = log(&[row(100, 640, "1"), row(300, 1280, "1")]);
        let epochs = parse(log.as_bytes()).unwrap();
        assert_eq!(training_seconds(&epochs, 64), 10.0 + 10.0);
    }
}
