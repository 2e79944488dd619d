//! A model file in memory.

use crate::Error;
use pixling::{Model, Request};
use std::path::{Path, PathBuf};

/// The bytes of a model file that was checked.
#[derive(Debug)]
pub struct ModelFile {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl ModelFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not a valid model.
    pub fn read(path: &Path) -> Result<ModelFile, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::ReadModel {
            path: path.to_owned(),
            source,
        })?;
        let file = ModelFile {
            path: path.to_owned(),
            bytes,
        };
        file.model()?;
        Ok(file)
    }

    /// The model, borrowed from the bytes.
    ///
    /// # Errors
    ///
    /// None after [`read`](Self::read) succeeded.
    pub fn model(&self) -> Result<Model<'_>, Error> {
        Model::load(&self.bytes).map_err(|source| Error::LoadModel {
            path: self.path.clone(),
            source,
        })
    }

    /// The label of each class, in their order.
    ///
    /// # Errors
    ///
    /// None after [`read`](Self::read) succeeded.
    pub fn labels(&self) -> Result<Vec<String>, Error> {
        let model = self.model()?;
        let label = |class| model.class_label(class).unwrap_or_default().to_owned();
        Ok((0..model.classes()).map(label).collect())
    }

    /// The file as it is flashed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The desktop's picture for a request.
pub(crate) fn draw(model: &Model<'_>, request: &Request) -> Result<Vec<u8>, Error> {
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model
        .generate(request, &mut arena)
        .map_err(|source| Error::Generate {
            class: request.class,
            source,
        })?;
    Ok(picture.pixels().to_vec())
}
