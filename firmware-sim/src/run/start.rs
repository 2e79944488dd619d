//! How a device starts, for the desktop and for the firmware's command line.

use super::device::Hardware;
use crate::PictureRequest;
use pixling_app::{Dithering, Lock, Mode, PlayRequest, Settings};

/// The first picture and the first mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The first picture.
    pub request: PictureRequest,
    /// The action of button A at first.
    pub mode: Mode,
    /// The lock at first.
    pub lock: Lock,
    /// How greys are drawn on a display of one bit.
    pub dithering: Dithering,
}

impl Start {
    /// The application's settings on a display.
    pub fn settings(&self, hardware: &Hardware) -> Settings {
        self.play_request(hardware).settings()
    }

    /// The same for an emulated core.
    pub(crate) fn play_request(&self, hardware: &Hardware) -> PlayRequest {
        let display = &hardware.display;
        PlayRequest {
            size: display.size(),
            colour: display.colour,
            rotation: hardware.rotation,
            theme: display.theme(),
            dithering: self.dithering,
            mode: self.mode,
            lock: self.lock,
            request: self.request,
        }
    }
}
