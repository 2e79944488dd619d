//! Plays a script on a device.

use super::device::Device;
use super::photo::Photo;
use super::script::{Script, Step};
use crate::Error;
use pixling_app::Action;
use std::path::Path;

/// Who watches.
pub trait Stage {
    /// A thirtieth of a second has passed.
    ///
    /// # Errors
    ///
    /// Ends the play.
    fn tick(&mut self, device: &mut Device<'_>) -> Result<(), Error> {
        let _ = device;
        Ok(())
    }

    /// A picture was taken, for a file or not.
    ///
    /// # Errors
    ///
    /// Ends the play.
    fn shot(&mut self, path: Option<&Path>, photo: &Photo, frame: &[u8]) -> Result<(), Error>;
}

/// Plays all steps.
///
/// # Errors
///
/// When the device draws nothing, or the stage fails.
pub fn play(script: &Script, device: &mut Device<'_>, stage: &mut impl Stage) -> Result<(), Error> {
    for step in &script.steps {
        match step {
            Step::Action(Action::Ticks(ticks)) => {
                for _ in 0..*ticks {
                    device.tick();
                    stage.tick(device)?;
                }
            }
            Step::Action(Action::Set(button, pressed)) => device.set(*button, *pressed),
            Step::Action(Action::Shot) => {
                let photo = device.shoot()?;
                stage.shot(None, &photo, device.frame())?;
            }
            Step::Shot(path) => {
                let photo = device.shoot()?;
                stage.shot(Some(path), &photo, device.frame())?;
            }
        }
    }
    Ok(())
}
