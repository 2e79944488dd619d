//! Named tensors in a safetensors file, with one entry of text.

use crate::files;
use anyhow::{Context, Result, ensure};
use pixling_nn::NamedTensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::HashMap;
use std::path::Path;

/// The name of the entry. There is one, because the order of several varies.
const ENTRY: &str = "pixling";

/// Writes tensors and the entry in place of the file that was there.
pub(super) fn write(path: &Path, entry: String, tensors: &[NamedTensor]) -> Result<()> {
    let metadata = HashMap::from([(ENTRY.to_string(), entry)]);
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            let values = tensor.values.iter();
            values.flat_map(|value| value.to_le_bytes()).collect()
        })
        .collect();
    let mut views = Vec::with_capacity(bytes.len());
    for (tensor, bytes) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)
            .with_context(|| format!("tensor {} cannot be saved", tensor.name))?;
        views.push((tensor.name.as_str(), view));
    }
    let file = safetensors::serialize(views, Some(metadata))
        .with_context(|| format!("{} cannot be serialized", path.display()))?;
    files::write(path, &file)
}

/// The entry and the tensors of a file's bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<(String, Vec<NamedTensor>)> {
    let (_, header) = SafeTensors::read_metadata(bytes).context("not a file of tensors")?;
    let metadata = header
        .metadata()
        .as_ref()
        .context("tensors without metadata")?;
    let entry = metadata.get(ENTRY).context("not tensors of pixling")?;
    let file = SafeTensors::deserialize(bytes).context("damaged tensors")?;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        ensure!(
            view.dtype() == Dtype::F32,
            "tensor {name} is not of 32-bit floats"
        );
        let values = view.data().as_chunks::<4>().0.iter();
        tensors.push(NamedTensor {
            name: name.to_string(),
            shape: view.shape().to_vec(),
            values: values.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        });
    }
    Ok((entry.clone(), tensors))
}
