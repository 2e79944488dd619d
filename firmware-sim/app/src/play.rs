//! How the application starts on a device, and the word that stands for it on the way there.

use crate::app::{Pick, Settings};
use crate::dither::Dithering;
use crate::mode::{Lock, Mode};
use crate::request::{PictureRequest, parse_number};
use crate::rotation::Rotation;
use crate::tone::{Colour, Theme};
use core::fmt;
use embedded_graphics::prelude::Size;

/// Start of the application. Displayed and parsed as
/// `app:WIDTH:HEIGHT:BITS:DEGREES:THEME:DITHERING:MODE:LOCK:CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT`, all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayRequest {
    /// Columns and rows of the display, up to 65,535 each.
    pub size: Size,
    /// The form of its pixels.
    pub colour: Colour,
    /// How the display is mounted.
    pub rotation: Rotation,
    /// Colours of the words.
    pub theme: Theme,
    /// How greys are drawn on a display of one bit.
    pub dithering: Dithering,
    /// The action of button A at first.
    pub mode: Mode,
    /// The lock at first.
    pub lock: Lock,
    /// The first picture.
    pub request: PictureRequest,
}

const NAME: &[u8] = b"app:";
const THEMES: &[Theme] = &[Theme::Dark, Theme::Light];
const DITHERINGS: &[Dithering] = &[Dithering::Ordered, Dithering::Diffusion];
const MODES: &[Mode] = &[Mode::Browse, Mode::Reroll, Mode::Morph, Mode::Lock];
const LOCKS: &[Lock] = &[Lock::None, Lock::Class, Lock::Style];

/// The number of a choice.
fn number<T: PartialEq>(choices: &[T], choice: T) -> usize {
    choices.iter().position(|it| *it == choice).unwrap_or(0)
}

impl fmt::Display for PlayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { width, height } = self.size;
        let (bits, degrees) = (self.colour.bits(), self.rotation.degrees());
        let theme = number(THEMES, self.theme);
        let dithering = number(DITHERINGS, self.dithering);
        let (mode, lock) = (number(MODES, self.mode), number(LOCKS, self.lock));
        let request = self.request;
        write!(
            f,
            "app:{width}:{height}:{bits}:{degrees}:{theme}:{dithering}:{mode}:{lock}:{request}"
        )
    }
}

impl PlayRequest {
    /// Reads a start and returns it with the script, which follows after a colon. The outer `None` is for words of another
    /// kind, the inner one for a start that cannot be read.
    pub fn parse(text: &[u8]) -> Option<Option<(PlayRequest, &[u8])>> {
        text.strip_prefix(NAME).map(PlayRequest::fields)
    }

    fn fields(text: &[u8]) -> Option<(PlayRequest, &[u8])> {
        let mut fields = text.split(|&byte| byte == b':');
        let mut number = || fields.next().and_then(parse_number);
        let mut side = || Some(u16::try_from(number()?).ok()?.into());
        let size = Size::new(side()?, side()?);
        let play = PlayRequest {
            size,
            colour: Colour::from_bits(number()?)?,
            rotation: Rotation::from_degrees(number()?.try_into().ok()?)?,
            theme: *THEMES.get(number()? as usize)?,
            dithering: *DITHERINGS.get(number()? as usize)?,
            mode: *MODES.get(number()? as usize)?,
            lock: *LOCKS.get(number()? as usize)?,
            request: PictureRequest::from_fields(&mut fields)?,
        };
        Some((play, fields.next()?))
    }

    /// The application's settings.
    pub fn settings(&self) -> Settings {
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
            theme: self.theme,
            dithering: self.dithering,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_comes_back_from_its_word() {
        let play = PlayRequest {
            size: Size::new(128, 64),
            colour: Colour::OneBit,
            rotation: Rotation::from_degrees(270).unwrap(),
            theme: Theme::Light,
            dithering: Dithering::Diffusion,
            mode: Mode::Morph,
            lock: Lock::Style,
            request: PictureRequest::parse(b"1:2:3:4:5:1").unwrap(),
        };
        let word = play.to_string();
        assert_eq!(word, "app:128:64:1:270:1:1:2:2:1:2:3:4:5:1");
        let with_script = word + ":a1.s";
        let parsed = PlayRequest::parse(with_script.as_bytes());
        assert_eq!(parsed, Some(Some((play, &b"a1.s"[..]))));
    }

    #[test]
    fn other_words_are_told_from_bad_starts() {
        assert_eq!(PlayRequest::parse(b"1:2:3:4:5:1"), None);
        for word in [
            "app:",
            "app:128:64:1:0:0:0:0:0:1:2:3:4:5:1",
            "app:65536:64:1:0:0:0:0:0:1:2:3:4:5:1:s",
            "app:128:64:1:45:0:0:0:0:1:2:3:4:5:1:s",
            "app:128:64:2:0:0:0:0:0:1:2:3:4:5:1:s",
            "app:128:64:1:0:2:0:0:0:1:2:3:4:5:1:s",
        ] {
            assert_eq!(PlayRequest::parse(word.as_bytes()), Some(None), "{word}");
        }
    }
}
