//! The saved model of a run: `checkpoint.safetensors`.

use crate::config::Config;
use crate::files;
use anyhow::{Context, Result, bail, ensure};
use pixling_nn::NamedTensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The checkpoint's file name in a run folder.
const FILE: &str = "checkpoint.safetensors";
/// The kind of file, in its metadata.
const KIND: &str = "pixling-run-1";

/// The entry of the metadata.
const ENTRY: &str = "pixling";

#[derive(Serialize, Deserialize)]
struct CardRecord {
    kind: String,
    config: Config,
    step: u64,
    complete: bool,
    labels: Vec<String>,
}

/// A saved model.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The run's settings.
    pub config: Config,
    /// Steps that were trained.
    pub step: u64,
    /// Whether the training is complete.
    pub complete: bool,
    /// A name for each class.
    pub labels: Vec<String>,
    /// All tensors.
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
        let card = CardRecord {
            kind: KIND.into(),
            config: self.config.clone(),
            step: self.step,
            complete: self.complete,
            labels: self.labels.clone(),
        };
        // One entry, because the order of several varies.
        let metadata = HashMap::from([(ENTRY.to_string(), serde_json::to_string(&card)?)]);
        let bytes: Vec<Vec<u8>> = self
            .tensors
            .iter()
            .map(|tensor| {
                tensor
                    .values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect()
            })
            .collect();
        let mut views = Vec::with_capacity(bytes.len());
        for (tensor, bytes) in self.tensors.iter().zip(&bytes) {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)
                .with_context(|| format!("tensor {} cannot be saved", tensor.name))?;
            views.push((tensor.name.as_str(), view));
        }
        let file = safetensors::serialize(views, Some(metadata))
            .context("the checkpoint cannot be serialized")?;
        files::write(&folder.join(FILE), &file)
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
        let (_, header) = SafeTensors::read_metadata(bytes).context("not a checkpoint")?;
        let metadata = header
            .metadata()
            .as_ref()
            .context("a checkpoint without metadata")?;
        let card = metadata.get(ENTRY).context("not a checkpoint of pixling")?;
        let card: CardRecord = serde_json::from_str(card).context("the card of the checkpoint")?;
        ensure!(
            card.kind == KIND,
            "a checkpoint of another version of pixling"
        );
        let file = SafeTensors::deserialize(bytes).context("a damaged checkpoint")?;
        let mut tensors = Vec::new();
        for (name, view) in file.iter() {
            ensure!(
                view.dtype() == Dtype::F32,
                "tensor {name} is not of 32-bit floats"
            );
            let values = view
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes));
            tensors.push(NamedTensor {
                name: name.to_string(),
                shape: view.shape().to_vec(),
                values: values.collect(),
            });
        }
        Ok(Checkpoint {
            config: card.config,
            step: card.step,
            complete: card.complete,
            labels: card.labels,
            tensors,
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
