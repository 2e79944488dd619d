//! The saved model of a run: `checkpoint.safetensors`.

use super::fingerprint::Fingerprint;
use super::tensor_file;
use crate::config::Config;
use crate::data::Dataset;
use crate::files;
use anyhow::{Context, Result, bail, ensure};
use pixling_nn::NamedTensor;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The checkpoint's file name in a run folder.
const FILE: &str = "checkpoint.safetensors";
/// The kind of file, in its metadata.
const KIND: &str = "pixling-run-1";

/// All of a checkpoint but its tensors, as the file's metadata.
#[derive(Serialize, Deserialize)]
struct Card<C> {
    kind: String,
    #[serde(flatten)]
    checkpoint: C,
}

/// A saved model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The run's settings.
    pub config: Config,
    /// Steps that were trained.
    pub step: u64,
    /// Whether the training is complete.
    pub complete: bool,
    /// A name for each class.
    pub labels: Vec<String>,
    /// The data that it was trained on; absent in checkpoints of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Fingerprint>,
    /// All tensors.
    #[serde(skip)]
    pub tensors: Vec<NamedTensor>,
}

impl Checkpoint {
    /// Writes it to a run folder in place of the previous one.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written, or a tensor has values that are no numbers: the previous checkpoint stays.
    pub fn save(&self, folder: &Path) -> Result<()> {
        // The losses of a step do not show a fault of its own update.
        for tensor in &self.tensors {
            let bad = tensor.values.iter().find(|value| !value.is_finite());
            if let Some(value) = bad {
                bail!(
                    "the training diverged at step {}: {} holds {value}; what was saved before is kept; lower \
                     optimizer.learning_rate",
                    self.step,
                    tensor.name
                );
            }
        }
        let card = serde_json::to_string(&Card {
            kind: KIND.into(),
            checkpoint: self,
        })?;
        tensor_file::write(&folder.join(FILE), card, &self.tensors)
    }

    /// Refuses data that the run of a folder was not trained on.
    ///
    /// # Errors
    ///
    /// When labels, numbers of pictures or pixels differ: the message names the differences.
    pub fn check_data(&self, folder: &Path, data: &Dataset) -> Result<()> {
        let found = Fingerprint::of(data);
        let differences = match &self.data {
            Some(own) => own.differences(&found),
            None => (self.labels != data.labels).then(|| "other classes".into()),
        };
        match differences {
            None => Ok(()),
            Some(differences) => bail!(
                "{} was trained on other data than {} is now: {differences}; give its data with --data, or train a new run",
                folder.display(),
                data.name
            ),
        }
    }

    /// Whether a run folder has one.
    pub fn exists(folder: &Path) -> bool {
        folder.join(FILE).exists()
    }

    /// Reads the checkpoint of a run folder.
    ///
    /// # Errors
    ///
    /// When there is none, or it is damaged or of another kind.
    pub fn load(folder: &Path) -> Result<Checkpoint> {
        let path = folder.join(FILE);
        let bytes =
            files::read(&path).context("a run folder is what `pixling train --out` made")?;
        Self::parse(&bytes).with_context(|| format!("{}: train again", path.display()))
    }

    fn parse(bytes: &[u8]) -> Result<Checkpoint> {
        let (card, tensors) = tensor_file::parse(bytes).context("not a checkpoint")?;
        let card: Card<Checkpoint> =
            serde_json::from_str(&card).context("the card of the checkpoint")?;
        ensure!(
            card.kind == KIND,
            "a checkpoint of another version of pixling"
        );
        Ok(Checkpoint {
            tensors,
            ..card.checkpoint
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diverged_does_not_replace_a_good_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let of = |step: u64, values: [f32; 2]| Checkpoint {
            config: Config::default(),
            step,
            complete: false,
            labels: vec!["a".into(), "b".into()],
            data: None,
            tensors: vec![NamedTensor {
                name: "decoder.0.weight".into(),
                shape: vec![2],
                values: values.to_vec(),
            }],
        };
        of(7, [1.0, -2.0]).save(folder.path()).unwrap();
        for bad in [f32::NAN, f32::INFINITY] {
            let error = of(8, [1.0, bad]).save(folder.path()).unwrap_err();
            assert!(error.to_string().contains("decoder.0.weight holds"));
        }
        let kept = Checkpoint::load(folder.path()).unwrap();
        assert_eq!(
            (kept.step, &kept.tensors[0].values[..]),
            (7, &[1.0, -2.0][..])
        );
    }
}
