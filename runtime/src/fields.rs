//! The fields of a file's records, decoded in order.
//!
//! serde decodes each of them; records and enums are put together by hand, which takes half of the code that it derives
//! for them.

use postcard::de_flavors::Flavor;
use postcard::{Deserializer, Result};
use serde::Deserialize;

/// The number of a variant that an enum does not have.
pub(crate) const NO_VARIANT: postcard::Error = postcard::Error::DeserializeBadEnum;

/// Reads one field after another.
pub(crate) struct Fields<'d, 'm, F: Flavor<'m>>(pub(crate) &'d mut Deserializer<'m, F>);

impl<'m, F: Flavor<'m>> Fields<'_, 'm, F> {
    pub(crate) fn u8(&mut self) -> Result<u8> {
        u8::deserialize(&mut *self.0)
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        u16::deserialize(&mut *self.0)
    }

    /// A count, or the number of a variant.
    #[inline(never)]
    pub(crate) fn u32(&mut self) -> Result<u32> {
        u32::deserialize(&mut *self.0)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        u64::deserialize(&mut *self.0)
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self) -> Result<&'m [u8]> {
        <&[u8]>::deserialize(&mut *self.0)
    }

    #[inline(never)]
    pub(crate) fn text(&mut self) -> Result<&'m str> {
        <&str>::deserialize(&mut *self.0)
    }
}
