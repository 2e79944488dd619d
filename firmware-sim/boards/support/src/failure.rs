//! Why there is nothing to show.

use core::fmt;
use pixling::{LoadError, Model, SelfTestError};
use pixling_partition::partition;

/// Why the model in the partition is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure {
    /// There is none, or a damaged one, or one of another format.
    Load(LoadError),
    /// It needs a larger arena than the firmware has, or draws other bytes than where it was made.
    SelfTest(SelfTestError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Erased flash.
            Failure::Load(LoadError::NotAModel) => {
                f.write_str("no model in its partition: bring one with tools/flash")
            }
            Failure::Load(error) => error.fmt(f),
            Failure::SelfTest(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

/// The model in its flash partition, which stays there. It has drawn its golden pictures.
///
/// # Errors
///
/// When there is no valid model, or it cannot draw in the arena what it drew where it was made.
pub fn load(arena: &mut [u8]) -> Result<Model<'static>, Failure> {
    let model = Model::load(partition()).map_err(Failure::Load)?;
    model.self_test(arena).map_err(Failure::SelfTest)?;
    Ok(model)
}
