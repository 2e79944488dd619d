//! How a device starts, for the desktop and for the firmware's command line.

use super::device::Hardware;
use crate::PictureRequest;
use pixling_app::{Dithering, Lock, Mode, Pick, Settings, Theme};
use pixling_boards::Colour;

/// The first picture and the first mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The first picture.
    pub request: PictureRequest,
    /// What button A does at first.
    pub mode: Mode,
    /// What is locked at first.
    pub lock: Lock,
    /// How greys are drawn on a display of one bit.
    pub dithering: Dithering,
}

impl Start {
    /// The application's settings on a display.
    pub fn settings(&self, hardware: &Hardware) -> Settings {
        let request = self.request.to_request();
        Settings {
            pick: Pick {
                class: request.class,
                seed: request.seed,
                style: request.style,
            },
            z_s_temperature: request.z_s_temperature,
            z_u_temperature: request.z_u_temperature,
            mode: self.mode,
            lock: self.lock,
            theme: hardware.display.theme(),
            dithering: self.dithering,
        }
    }

    /// The same, without the script behind it, in the words of `firmware-sim/emulated/device/src/application.rs`.
    pub(crate) fn word(&self, hardware: &Hardware) -> String {
        let display = &hardware.display;
        let bits = match display.colour {
            Colour::OneBit => 1,
            Colour::Grey => 8,
            Colour::Rgb565 => 16,
        };
        let theme = match display.theme() {
            Theme::Dark => 0,
            Theme::Light => 1,
        };
        let dithering = match self.dithering {
            Dithering::Ordered => 0,
            Dithering::Diffusion => 1,
        };
        let mode = match self.mode {
            Mode::Browse => 0,
            Mode::Reroll => 1,
            Mode::Morph => 2,
            Mode::Lock => 3,
        };
        let lock = match self.lock {
            Lock::None => 0,
            Lock::Class => 1,
            Lock::Style => 2,
        };
        format!(
            "app:{}:{}:{bits}:{}:{theme}:{dithering}:{mode}:{lock}:{}",
            display.width,
            display.height,
            hardware.rotation.degrees(),
            self.request.word()
        )
    }
}
