//! Networks from their descriptions by types.

use super::backend::Backend;

/// A type that describes layers: a type of [`builders`](super::builders), or a tuple of such types.
pub trait Build<D: Backend> {
    /// The layers.
    type Built;

    /// Layers with random weights, drawn from the device's generator in the order of the layers.
    ///
    /// # Errors
    ///
    /// If the device has no memory.
    fn build(device: &D) -> Result<Self::Built, D::Err>;
}
