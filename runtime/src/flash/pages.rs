//! The bytes of a file that cannot be borrowed: read into a buffer, or kept there.

use super::{PagedError, Traffic};
use embedded_storage::nor_flash::ReadNorFlash;

/// Some bytes of the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    /// The first, counted from the start of the file.
    pub(super) at: u32,
    pub(super) bytes: usize,
}

/// Bytes of a buffer that `bytes` are read into wherever they start, by a flash that reads whole words of `read_size`.
pub(super) const fn room(bytes: usize, read_size: usize) -> usize {
    let mask = read_size.saturating_sub(1);
    bytes.saturating_add(mask).saturating_add(mask) & !mask
}

/// A file in flash, and the caller's buffer.
#[derive(Debug)]
pub(super) struct Pages<'b, F> {
    flash: F,
    /// Where in the flash the file starts.
    start: u32,
    /// What is read stays here until the next reading.
    page: &'b mut [u8],
    /// Some bytes of the file that stay, and the last bytes of it, from `kept_from` on.
    front: &'b [u8],
    kept: &'b [u8],
    kept_from: u32,
    traffic: Traffic,
}

impl<'b, F: ReadNorFlash> Pages<'b, F> {
    const MASK: usize = {
        assert!(
            F::READ_SIZE.is_power_of_two(),
            "a flash reads words of a power of two"
        );
        F::READ_SIZE.wrapping_sub(1)
    };

    /// Nothing is kept: all of the buffer is for what is read.
    pub(super) fn new(flash: F, start: u32, buffer: &'b mut [u8]) -> Pages<'b, F> {
        Pages {
            flash,
            start,
            page: buffer,
            front: &[],
            kept: &[],
            kept_from: u32::MAX,
            traffic: Traffic::default(),
        }
    }

    /// From now on keeps `front` in the buffer and, in what `page` bytes leave of it, as much as fits of the end of a
    /// file of `file` bytes.
    pub(super) fn keep(
        self,
        front: Span,
        page: usize,
        file: u32,
    ) -> Result<Pages<'b, F>, PagedError<F::Error>> {
        let Pages {
            mut flash,
            start,
            page: buffer,
            mut traffic,
            ..
        } = self;
        let place = room(front.bytes, F::READ_SIZE);
        let too_small = PagedError::BufferTooSmall {
            needed: place.saturating_add(page),
            found: buffer.len(),
        };
        let Some((place, rest)) = buffer.split_at_mut_checked(place) else {
            return Err(too_small);
        };
        let Some((page, rest)) = rest.split_at_mut_checked(page) else {
            return Err(too_small);
        };
        let at = start.wrapping_add(front.at);
        let front = fetch(&mut flash, &mut traffic, at, front.bytes, place)?;

        // As many whole words as fit, the last of them with the last byte of the file.
        let mask = Self::MASK as u32;
        let end = start.wrapping_add(file);
        let last = end.wrapping_add(mask) & !mask;
        let room = u32::try_from(rest.len())
            .unwrap_or(u32::MAX)
            .min(last.saturating_sub(start))
            & !mask;
        let from = last.saturating_sub(room);
        let bytes = end.saturating_sub(from) as usize;
        let (kept, kept_from): (&'b [u8], u32) = if bytes == 0 {
            (&[], u32::MAX)
        } else {
            let kept = fetch(&mut flash, &mut traffic, from, bytes, rest)?;
            (kept, from.wrapping_sub(start))
        };
        Ok(Pages {
            flash,
            start,
            page,
            front,
            kept,
            kept_from,
            traffic,
        })
    }

    /// What is kept besides the end of the file.
    pub(super) fn front(&self) -> &'b [u8] {
        self.front
    }

    /// The most bytes that may be read together, each part in [`room`] of its own; no limit to what is kept.
    pub(super) fn limit(&self, first: u32) -> usize {
        if first >= self.kept_from {
            usize::MAX
        } else {
            self.page.len()
        }
    }

    fn kept(&self, span: Span) -> Option<&'b [u8]> {
        let kept: &'b [u8] = self.kept;
        let from = span.at.checked_sub(self.kept_from)?;
        kept.get(from as usize..)?.get(..span.bytes)
    }

    /// All of the spans at the same time.
    pub(super) fn views<const N: usize>(
        &mut self,
        spans: [Span; N],
    ) -> Result<[&[u8]; N], PagedError<F::Error>> {
        let kept = spans.map(|span| self.kept(span));
        let mut rest = &mut *self.page;
        let mut views: [&[u8]; N] = [&[]; N];
        for ((view, span), kept) in views.iter_mut().zip(spans).zip(kept) {
            *view = match kept {
                Some(bytes) => bytes,
                None => {
                    let room = room(span.bytes, F::READ_SIZE).min(rest.len());
                    let buffer = core::mem::take(&mut rest);
                    let (place, behind) = buffer.split_at_mut_checked(room).unwrap_or_default();
                    rest = behind;
                    let at = self.start.wrapping_add(span.at);
                    fetch(&mut self.flash, &mut self.traffic, at, span.bytes, place)?
                }
            };
        }
        Ok(views)
    }

    pub(super) fn view(&mut self, span: Span) -> Result<&[u8], PagedError<F::Error>> {
        let [view] = self.views([span])?;
        Ok(view)
    }

    /// Hands out a span piece by piece, in multiples of eight bytes but for the last one. `take` returns how many of
    /// them it took; the next piece starts after them. If it took none, the scan ends, and `false` is returned.
    pub(super) fn scan(
        &mut self,
        mut span: Span,
        mut take: impl FnMut(&[u8]) -> usize,
    ) -> Result<bool, PagedError<F::Error>> {
        let room = self.page.len().saturating_sub(Self::MASK.wrapping_mul(2));
        let most = (room & !7).max(8);
        while span.bytes > 0 {
            let piece = Span {
                bytes: span.bytes.min(most),
                ..span
            };
            let taken = take(self.view(piece)?);
            if taken == 0 {
                return Ok(false);
            }
            span.at = span.at.wrapping_add(taken as u32);
            span.bytes = span.bytes.saturating_sub(taken);
        }
        Ok(true)
    }

    pub(super) fn take_traffic(&mut self) -> Traffic {
        core::mem::take(&mut self.traffic)
    }
}

/// Reads the whole words that hold `bytes` bytes, and returns these.
fn fetch<'p, F: ReadNorFlash>(
    flash: &mut F,
    traffic: &mut Traffic,
    at: u32,
    bytes: usize,
    buffer: &'p mut [u8],
) -> Result<&'p [u8], PagedError<F::Error>> {
    let mask = F::READ_SIZE.wrapping_sub(1);
    let skip = at as usize & mask;
    let needed = skip.saturating_add(bytes).saturating_add(mask) & !mask;
    let found = buffer.len();
    let too_small = PagedError::BufferTooSmall { needed, found };
    let Some(words) = buffer.get_mut(..needed) else {
        return Err(too_small);
    };
    let first = at.wrapping_sub(skip as u32);
    flash.read(first, words).map_err(PagedError::Read)?;
    traffic.reads = traffic.reads.saturating_add(1);
    traffic.bytes = traffic.bytes.saturating_add(needed as u32);
    let view = words.get(skip..).and_then(|words| words.get(..bytes));
    view.ok_or(too_small)
}
