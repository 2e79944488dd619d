//! Requests in the units of a command line, and the word that stands for one on the way to a device.

use core::fmt;
use pixling::{Request, Temperature, Way};

/// The bytes of the command line that most firmware of emulated cores has room for, with the zero at its end.
pub const COMMAND_LINE_BYTES: usize = 1024;

/// A picture to draw. Displayed and parsed as `CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT:WAY`, the way 0 for joint and 1 for
/// styled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureRequest {
    /// The class.
    pub class: u16,
    /// The seed of the class's latent.
    pub seed: u64,
    /// The seed of the style.
    pub style: u64,
    /// Percent of the trained deviation of `z_s`.
    pub z_s_percent: u16,
    /// Percent of the trained deviation of `z_u`.
    pub z_u_percent: u16,
    /// The distribution of both.
    pub way: Way,
}

/// The ways, in the order of their numbers.
const WAYS: [Way; 2] = [Way::Joint, Way::Styled];

impl fmt::Display for PictureRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PictureRequest {
            class,
            seed,
            style,
            z_s_percent,
            z_u_percent,
            way,
        } = self;
        let way = u8::from(*way == Way::Styled);
        write!(
            f,
            "{class}:{seed}:{style}:{z_s_percent}:{z_u_percent}:{way}"
        )
    }
}

impl PictureRequest {
    /// The most bytes that a request takes of a command line, with the space after it.
    pub const MOST_BYTES: usize = 64;

    /// Reads the six numbers. `None` where there are more or fewer, or one is out of range.
    pub fn parse(text: &[u8]) -> Option<PictureRequest> {
        let mut fields = text.split(|&byte| byte == b':');
        let request = PictureRequest::from_fields(&mut fields)?;
        fields.next().is_none().then_some(request)
    }

    /// Reads the next six fields.
    pub(crate) fn from_fields<'t>(
        fields: &mut impl Iterator<Item = &'t [u8]>,
    ) -> Option<PictureRequest> {
        let mut number = || fields.next().and_then(parse_number);
        Some(PictureRequest {
            class: number()?.try_into().ok()?,
            seed: number()?,
            style: number()?,
            z_s_percent: number()?.try_into().ok()?,
            z_u_percent: number()?.try_into().ok()?,
            way: *WAYS.get(usize::try_from(number()?).ok()?)?,
        })
    }

    /// The same for the runtime.
    pub fn to_request(self) -> Request {
        Request {
            style: self.style,
            z_s_temperature: Temperature::from_percent(self.z_s_percent),
            z_u_temperature: Temperature::from_percent(self.z_u_percent),
            way: self.way,
            ..Request::new(self.class, self.seed)
        }
    }
}

/// Reads a number in decimal; `None` where it is empty, has other characters than digits, or exceeds 64 bits.
pub(crate) fn parse_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_from_its_word() {
        let request = PictureRequest {
            class: 3,
            seed: u64::MAX,
            style: 0,
            z_s_percent: u16::MAX,
            z_u_percent: 100,
            way: Way::Styled,
        };
        let word = request.to_string();
        assert_eq!(word, "3:18446744073709551615:0:65535:100:1");
        assert_eq!(PictureRequest::parse(word.as_bytes()), Some(request));
    }

    #[test]
    fn other_words_are_refused() {
        for word in [
            "",
            "1",
            "1:2:3:4:5",
            "1:2:3:4:5:0:7",
            "1:2:3:4:5:",
            "1:2:3:4:5:2",
            "65536:2:3:4:5:0",
            "1:18446744073709551616:3:4:5:0",
            "1:2:-3:4:5:0",
            "1:2:3:4:65536:0",
        ] {
            assert_eq!(PictureRequest::parse(word.as_bytes()), None, "{word}");
        }
    }
}
