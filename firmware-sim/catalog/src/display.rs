//! A display.

use embedded_graphics::prelude::Size;
use pixling_app::{Colour, Rotation, Theme, row_bytes};
use serde::Deserialize;

/// A display.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// As on the command line.
    pub name: String,
    /// In words.
    pub title: String,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// A pixel of the frame buffer.
    #[serde(with = "ColourName")]
    pub colour: Colour,
    /// How it looks and refreshes.
    pub technology: Technology,
    /// Where the figures come from.
    pub source: String,
}

/// The names of colours in a file.
#[derive(Deserialize)]
#[serde(remote = "Colour", rename_all = "kebab-case")]
enum ColourName {
    OneBit,
    Grey,
    Rgb565,
}

/// The kind of a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Technology {
    /// Dots that shine.
    Oled,
    /// Liquid crystals in front of a light.
    Tft,
    /// Ink that stays: it refreshes in part, and now and then as a whole.
    EPaper,
    /// Single lamps.
    Leds,
}

impl Display {
    /// Columns and rows.
    pub fn size(&self) -> Size {
        Size::new(self.width.into(), self.height.into())
    }

    /// Bytes of its frame buffer.
    pub fn frame_bytes(&self) -> usize {
        self.colour.frame_bytes(self.size())
    }

    /// Bytes of the row of errors that the diffusion of greys takes, when the display is turned.
    pub fn row_bytes(&self, rotation: Rotation) -> usize {
        match self.colour {
            Colour::OneBit => row_bytes(rotation.turned(self.size()).width),
            _ => 0,
        }
    }

    /// Paper is bright, everything else dark.
    pub fn theme(&self) -> Theme {
        match self.technology {
            Technology::EPaper => Theme::Light,
            _ => Theme::Dark,
        }
    }
}
