//! The first record of the payload.

use crate::fields::Fields;
use crate::limits::MAX_GOLDEN;
use crate::prior::{self, Latent, TABLES};
use crate::{Picture, Request, SelfTestError};
use postcard::de_flavors::Flavor;
#[cfg(feature = "write")]
use serde::Serialize;

/// A picture that the exporter drew, by which a device proves that it computes the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(Serialize))]
pub struct Golden {
    /// The class of [`Request::new`](crate::Request::new).
    pub class: u16,
    /// The seed of [`Request::new`](crate::Request::new).
    pub seed: u64,
    /// CRC-32 (ISO-HDLC) of the pixels.
    pub checksum: u32,
}

impl Golden {
    pub(crate) fn request(&self) -> Request {
        Request::new(self.class, self.seed)
    }

    /// Fails where the picture of [that request](Self::request) is another. `index` is the number of this one.
    pub(crate) fn compare(&self, index: u8, picture: &Picture<'_>) -> Result<(), SelfTestError> {
        let (expected, found) = (self.checksum, picture.checksum());
        if found == expected {
            return Ok(());
        }
        Err(SelfTestError::Differs {
            golden: index,
            expected,
            found,
        })
    }
}

/// All but the layers, which follow as a sequence.
#[derive(Clone, Debug)]
pub(crate) struct Header<'m> {
    pub(crate) name: &'m str,
    pub(crate) data: &'m str,
    pub(crate) licence: &'m str,
    /// One line per class.
    pub(crate) labels: &'m str,
    pub(crate) latent: Latent,
    /// Tables of the prior.
    pub(crate) tables: [&'m [u8]; TABLES],
    /// The pixel for each value of the last layer, from -128 on.
    pub(crate) pixels: &'m [u8],
    pub(crate) golden: heapless::Vec<Golden, MAX_GOLDEN>,
    /// The length of the sequence that follows.
    pub(crate) layers: u32,
}

impl<'m> Header<'m> {
    /// Decodes the record of a format.
    #[inline(always)]
    pub(crate) fn decode<F: Flavor<'m>>(
        fields: &mut Fields<F>,
        version: u16,
    ) -> postcard::Result<Header<'m>> {
        let [name, data, licence, labels] = [
            fields.text()?,
            fields.text()?,
            fields.text()?,
            fields.text()?,
        ];
        let (z_s, z_u) = (fields.u16()?, fields.u16()?);
        let (kind, tables) = prior::decode(fields, prior::is_named(version))?;
        Ok(Header {
            name,
            data,
            licence,
            labels,
            latent: Latent { z_s, z_u, kind },
            tables,
            pixels: fields.bytes()?,
            golden: {
                let mut golden = heapless::Vec::new();
                for _ in 0..fields.u32()? {
                    let next = Golden {
                        class: fields.u16()?,
                        seed: fields.u64()?,
                        checksum: fields.u32()?,
                    };
                    let full = postcard::Error::SerdeDeCustom;
                    golden.push(next).map_err(|_| full)?;
                }
                golden
            },
            layers: fields.u32()?,
        })
    }
}

/// The lines of a text. `str::lines` would bring a panic path into the image.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .bytes()
            .position(|byte| byte == b'\n')
            .unwrap_or(rest.len());
        let line = rest.get(..end)?;
        rest = rest.get(end.wrapping_add(1)..).unwrap_or_default();
        let bare = line.len().wrapping_sub(1);
        let ends = line.as_bytes().last() == Some(&b'\r');
        if ends { line.get(..bare) } else { Some(line) }
    })
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_are_those_of_the_standard_library() {
        for text in [
            "",
            "a",
            "a\n",
            "a\nb",
            "a\r\nb\r\n",
            "\n",
            "\n\n",
            "ä\nöü\r\n\nx",
            "\r",
        ] {
            // A last line that ends in a lone carriage return keeps it there and loses it here.
            let expected: Vec<&str> = text
                .lines()
                .map(|line| line.trim_end_matches('\r'))
                .collect();
            assert_eq!(lines(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
