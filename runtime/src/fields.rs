//! The fields of a file's records, decoded in order.
//!
//! The bytes are postcard's, but of one spelling only: a varint that could be shorter is refused. postcard would read a
//! length of ten bytes where `usize` has 64 bits, and refuse it where it has 32.

use postcard::de_flavors::{Flavor, Slice};
use postcard::{Error, Result};

/// The number of a variant that an enum does not have.
pub(crate) const NO_VARIANT: Error = Error::DeserializeBadEnum;

/// Reads one field after another.
pub(crate) struct Fields<F>(F);

impl<'m> Fields<Slice<'m>> {
    pub(crate) fn of_slice(bytes: &'m [u8]) -> Self {
        Fields(Slice::new(bytes))
    }
}

impl<'m, F: Flavor<'m>> Fields<F> {
    #[cfg(feature = "flash")]
    pub(crate) fn new(from: F) -> Self {
        Fields(from)
    }

    /// The bytes after the fields.
    pub(crate) fn rest(self) -> Result<F::Remainder> {
        self.0.finalize()
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        self.0.pop()
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        u16::try_from(self.u32()?).map_err(|_| Error::DeserializeBadVarint)
    }

    /// A count, or the number of a variant.
    #[inline(never)]
    pub(crate) fn u32(&mut self) -> Result<u32> {
        u32::try_from(self.u64()?).map_err(|_| Error::DeserializeBadVarint)
    }

    #[inline(never)]
    pub(crate) fn u64(&mut self) -> Result<u64> {
        let (mut value, mut shift) = (0, 0u32);
        loop {
            let byte = self.0.pop()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has one bit that fits.
            let fits = shift < 63 || shift == 63 && bits <= 1;
            // A last byte of zero says nothing.
            if !fits || byte == 0 && shift > 0 {
                return Err(Error::DeserializeBadVarint);
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift = shift.wrapping_add(7);
        }
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self) -> Result<&'m [u8]> {
        let length = self.u32()?;
        self.0.try_take_n(length as usize)
    }

    #[inline(never)]
    pub(crate) fn text(&mut self) -> Result<&'m str> {
        core::str::from_utf8(self.bytes()?).map_err(|_| Error::DeserializeBadUtf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(bytes: &[u8], field: impl Fn(&mut Fields<Slice<'_>>) -> Result<T>) -> Option<T> {
        let mut fields = Fields::of_slice(bytes);
        let value = field(&mut fields).ok()?;
        fields.rest().ok()?.is_empty().then_some(value)
    }

    #[test]
    fn numbers_are_read_as_postcard_writes_them() {
        let mut numbers = vec![0, 1, u64::MAX];
        for shift in 1..64 {
            numbers.extend([(1 << shift) - 1, 1 << shift, (1 << shift) + 1]);
        }
        for number in numbers {
            let mut buffer = [0; 10];
            let written = postcard::to_slice(&number, &mut buffer).unwrap();
            assert_eq!(read(written, |it| it.u64()), Some(number));
            assert_eq!(read(written, |it| it.u32()), u32::try_from(number).ok());
            assert_eq!(read(written, |it| it.u16()), u16::try_from(number).ok());
            // The same number in more bytes than it needs.
            let bytes = written.len();
            if bytes < 10 {
                let mut longer = buffer;
                longer[bytes - 1] |= 0x80;
                longer[bytes] = 0;
                assert_eq!(read(&longer[..=bytes], |it| it.u64()), None, "{number}");
            }
        }
        for bad in [&[0xff; 10][..], &[0xff; 11], &[0x80; 3], &[]] {
            assert_eq!(read(bad, |it| it.u64()), None, "{bad:?}");
        }
        let mut above = [0xff; 10];
        above[9] = 2;
        assert_eq!(read(&above, |it| it.u64()), None);
    }

    /// 64-bit machines once read a length of six bytes, 32-bit ones refused it.
    #[test]
    fn a_length_has_one_spelling() {
        assert_eq!(read(b"\x03abc", |it| it.text().map(str::len)), Some(3));
        for length in 2..=10 {
            let mut bytes = vec![0x80; length];
            bytes[0] = 0x83;
            bytes[length - 1] = 0;
            bytes.extend(b"abc");
            assert_eq!(read(&bytes, |it| it.text().map(str::len)), None, "{length}");
        }
        assert_eq!(read(b"\x04abc", |it| it.bytes().map(<[u8]>::len)), None);
        assert_eq!(read(b"\x01\xff", |it| it.text().map(str::len)), None);
    }
}
