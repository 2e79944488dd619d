//! A checked model file in flash that cannot be borrowed.

use super::pages::{Pages, Span, room};
use super::records::{HeaderSpans, Reader};
use super::{PagedError, PagedRows, Traffic, blocks};
use crate::check;
use crate::drawing::{pixels, split};
use crate::envelope::{self, Envelope, HEADER_BYTES};
use crate::kernels::cell::cells;
use crate::limits::{MAX_GOLDEN, MIRRORED_PIXELS};
use crate::load::{Totals, invalid, malformed};
use crate::plan::Plan;
use crate::prior::{self, Latent, Part, TABLES, Tables};
use crate::record::Golden;
use crate::schedule::{Layout, Made, Schedule};
use crate::shape::Shape;
use crate::{GenerateError, Model, Picture, Request, Section};
use core::ops::Range;
use embedded_storage::nor_flash::ReadNorFlash;

/// The least that a file is checked with: a piece of a table, or what is read of a record at once.
const SCAN: usize = 64;

/// The least page for such a model, besides the pixel table.
fn least_page(layers: usize, latent: &Latent, styles: usize, read_size: usize) -> usize {
    let parts = latent.parts(styles).map(|bytes| room(bytes, read_size));
    let parts = parts.into_iter().fold(0, usize::saturating_add);
    layers.max(parts).max(room(SCAN, read_size))
}

/// Tables of a prior in flash.
struct InFlash<'p, 'b, F> {
    pages: &'p mut Pages<'b, F>,
    spans: [Span; TABLES],
}

impl<F: ReadNorFlash> Tables for InFlash<'_, '_, F> {
    type Error = PagedError<F::Error>;

    fn bytes(&self, table: usize) -> usize {
        self.spans.get(table).map_or(0, |span| span.bytes)
    }

    fn parts<const N: usize>(&mut self, parts: [Part; N]) -> Result<[&[u8]; N], Self::Error> {
        let spans = self.spans;
        self.pages.views(parts.map(|part| {
            let table = spans.get(part.table).copied().unwrap_or_default();
            Span {
                at: table.at.wrapping_add(part.at as u32),
                bytes: part.bytes,
            }
        }))
    }
}

impl Model<'_> {
    /// The smallest buffer that a [`PagedModel`] of the same file needs, in flash that reads words of `read_size` bytes,
    /// a power of two.
    pub fn page_bytes(&self, read_size: usize) -> usize {
        let layers = self.layers();
        let layers = layers.map(|layer| blocks::least(&layer.geometry, &layer.head, read_size));
        let layers = layers.fold(0, usize::max);
        let page = least_page(layers, self.latent(), self.styles().into(), read_size);
        // The pixel table stays in the buffer.
        room(self.pixel_table().len(), read_size).saturating_add(page)
    }
}

/// A file that was checked, and where its parts lie.
#[derive(Debug)]
pub(super) struct Checked {
    spans: HeaderSpans,
    latent: Latent,
    golden: heapless::Vec<Golden, MAX_GOLDEN>,
    classes: u16,
    /// Where in the file the layers start.
    layers_at: u32,
    layer_count: u32,
    plan: Plan,
    macs: u64,
    file_bytes: u32,
    /// Of its format.
    version: u16,
    /// Of the payload.
    pub(super) checksum: u32,
    /// The least page, besides the pixel table.
    page: usize,
}

impl Checked {
    /// Checks a file that starts with the first of these bytes of the flash.
    pub(super) fn new<F: ReadNorFlash>(
        flash: F,
        range: &Range<u32>,
        buffer: &mut [u8],
    ) -> Result<Checked, PagedError<F::Error>> {
        Checked::of(&mut pages(flash, range, buffer)?, range)
    }

    #[inline(never)]
    fn of<F: ReadNorFlash>(
        pages: &mut Pages<'_, F>,
        range: &Range<u32>,
    ) -> Result<Checked, PagedError<F::Error>> {
        let envelope = check_envelope(pages, range)?;
        let version = envelope.version;
        let file_bytes = (HEADER_BYTES as u32).wrapping_add(envelope.length);
        let start = HEADER_BYTES as u32;

        let mut reader = Reader::new(pages, version, start, file_bytes, Shape::default());
        let section = Section::Header;
        let found = reader.header()?;
        let (header, counts, spans) = found.ok_or(malformed(section, start))?;
        let classes = check::header(&header, &counts).map_err(invalid(section, start))?;

        let layers_at = reader.offset();
        let mut totals = Totals::default();
        for index in 0..header.layers {
            let (section, start) = (Section::Layer(index as u8), reader.offset());
            let (geometry, head) = reader.layer()?.ok_or(malformed(section, start))?;
            let kept = reader.check(&geometry, &head, &totals.before)?;
            kept.map_err(invalid(section, start))?;
            totals.add(&geometry, head.coding);
        }
        let shape = reader.maps.last;
        let kept_bytes = totals
            .kept_bytes(shape, reader.left())
            .map_err(invalid(Section::End, reader.offset()))?;

        let [_, _, styles, _] = counts.prior;
        let page = least_page(reader.page, &header.latent, styles, F::READ_SIZE);
        Ok(Checked {
            spans,
            latent: header.latent,
            golden: header.golden,
            classes,
            layers_at,
            layer_count: header.layers,
            plan: Plan { shape, kept_bytes },
            macs: totals.macs,
            file_bytes,
            version,
            checksum: envelope.checksum,
            page,
        })
    }

    /// As [`Model::page_bytes`].
    pub(super) fn page_bytes(&self, read_size: usize) -> usize {
        room(self.spans.pixels.bytes, read_size).saturating_add(self.page)
    }
}

/// A buffer that is large enough to check a file with.
pub(super) fn pages<'b, F: ReadNorFlash>(
    flash: F,
    range: &Range<u32>,
    buffer: &'b mut [u8],
) -> Result<Pages<'b, F>, PagedError<F::Error>> {
    let found = buffer.len();
    let table = room(MIRRORED_PIXELS, F::READ_SIZE);
    let needed = table.saturating_add(room(SCAN, F::READ_SIZE));
    if found < needed {
        return Err(PagedError::BufferTooSmall { needed, found });
    }
    Ok(Pages::new(flash, range.start, buffer))
}

/// A generator in flash that is not memory-mapped, such as a chip on SPI. It reads through a driver of `embedded-storage`
/// into the caller's buffer, and draws what [`Model`] draws from the same file.
///
/// Every row of a layer needs that layer's weights again. The end of the file, as far as it fits the buffer, stays there
/// and is not read again: see `docs/flash.md` for what a buffer saves.
#[derive(Debug)]
pub struct PagedModel<'b, F> {
    /// Keeps the pixel table.
    pages: Pages<'b, F>,
    file: Checked,
}

impl<'b, F: ReadNorFlash> PagedModel<'b, F> {
    /// Reads and checks a file that starts with the first of these bytes of the flash; bytes after the file are ignored.
    /// Drivers that want their memory aligned get it so where `buffer` is.
    ///
    /// # Errors
    ///
    /// Those of [`Model::load`], for the same bytes the same ones; when the driver cannot read; when the buffer is
    /// smaller than [`Model::page_bytes`].
    #[inline(never)]
    pub fn load(
        flash: F,
        range: Range<u32>,
        buffer: &'b mut [u8],
    ) -> Result<PagedModel<'b, F>, PagedError<F::Error>> {
        let mut pages = pages(flash, &range, buffer)?;
        let file = Checked::of(&mut pages, &range)?;
        let pages = pages.keep(file.spans.pixels, file.page, file.file_bytes)?;
        Ok(PagedModel { pages, file })
    }

    /// The number of classes; a request asks for one below it.
    pub fn classes(&self) -> u16 {
        self.file.classes
    }

    /// Columns of a picture.
    pub fn width(&self) -> u16 {
        self.file.plan.shape.width
    }

    /// Rows of a picture.
    pub fn height(&self) -> u16 {
        self.file.plan.shape.height
    }

    /// Values per pixel: 1 for grey, 3 for red, green, blue.
    pub fn channels(&self) -> u16 {
        self.file.plan.shape.channels
    }

    /// Bytes of the whole file.
    pub fn file_bytes(&self) -> usize {
        self.file.file_bytes as usize
    }

    /// As [`Model::macs`].
    pub fn macs(&self) -> u64 {
        self.file.macs
    }

    /// As [`Model::arena_bytes`].
    pub fn arena_bytes(&self) -> usize {
        self.file.plan.arena_bytes()
    }

    /// As [`Model::rows_arena_bytes`].
    pub fn rows_arena_bytes(&self) -> usize {
        self.file.plan.rows_arena_bytes()
    }

    /// What was read of the flash since the last call, or since before the model was loaded.
    pub fn take_traffic(&mut self) -> Traffic {
        self.pages.take_traffic()
    }

    /// As [`Model::generate`].
    ///
    /// # Errors
    ///
    /// Those of [`Model::generate`]; when the driver cannot read, or reads another file than was loaded.
    pub fn generate<'a>(
        &mut self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<Picture<'a>, PagedError<F::Error>> {
        self.draw(request, arena, &mut || ())
    }

    /// Draws a picture; `between` is called before each row of a layer.
    fn draw<'a>(
        &mut self,
        request: &Request,
        arena: &'a mut [u8],
        between: &mut dyn FnMut(),
    ) -> Result<Picture<'a>, PagedError<F::Error>> {
        let (kept, picture) = split(arena, self.arena_bytes(), self.file.plan.picture_bytes())?;
        let mut schedule = self.start(request, kept)?;
        let Shape {
            width,
            height,
            channels,
        } = self.file.plan.shape;
        let mut rest = &mut *picture;
        loop {
            between();
            match schedule.step(&mut self.pages)? {
                Made::Inner(_) => {}
                Made::Nothing => break,
                Made::Last(_) => {
                    pixels(self.pages.front(), channels, schedule.line(), rest);
                    rest = rest
                        .get_mut(self.file.plan.row_bytes()..)
                        .unwrap_or_default();
                }
            }
        }
        Ok(Picture::new(width, height, channels, picture))
    }

    /// As [`Model::rows`].
    ///
    /// # Errors
    ///
    /// As [`generate`](Self::generate), with [`rows_arena_bytes`](Self::rows_arena_bytes).
    pub fn rows<'a>(
        &'a mut self,
        request: &Request,
        arena: &'a mut [u8],
    ) -> Result<PagedRows<'a, 'b, F>, PagedError<F::Error>> {
        let (kept, row) = split(arena, self.rows_arena_bytes(), self.file.plan.row_bytes())?;
        let schedule = self.start(request, kept)?;
        Ok(PagedRows {
            channels: self.file.plan.shape.channels,
            pixels: self.pages.front(),
            pages: &mut self.pages,
            row,
            schedule,
        })
    }

    /// As [`Model::self_test`].
    ///
    /// # Errors
    ///
    /// When the arena is too small; names the first picture that differs; otherwise as [`generate`](Self::generate).
    pub fn self_test(&mut self, arena: &mut [u8]) -> Result<(), PagedError<F::Error>> {
        self.self_test_with(arena, &mut || ())
    }

    /// As [`Model::self_test_with`].
    ///
    /// # Errors
    ///
    /// As [`self_test`](Self::self_test).
    pub fn self_test_with(
        &mut self,
        arena: &mut [u8],
        between: &mut dyn FnMut(),
    ) -> Result<(), PagedError<F::Error>> {
        split(arena, self.arena_bytes(), 0)?;
        let golden = self.file.golden.clone();
        for (index, golden) in (0..).zip(&golden) {
            let picture = self.draw(&golden.request(), arena, between)?;
            golden.compare(index, &picture)?;
        }
        Ok(())
    }

    /// A schedule with the request's latent.
    fn start<'a>(
        &mut self,
        request: &Request,
        kept: &'a mut [u8],
    ) -> Result<Schedule<'a>, PagedError<F::Error>> {
        prior::check_class(request.class, self.file.classes)?;
        let mut schedule = self.schedule(kept)?;
        let mut tables = InFlash {
            pages: &mut self.pages,
            spans: self.file.spans.prior,
        };
        self.file
            .latent
            .sample(&mut tables, request, schedule.latent())?;
        Ok(schedule)
    }

    /// Reads the layers once more, for none of them stays in memory. They must be those that were checked.
    #[inline(never)]
    fn schedule<'a>(&mut self, kept: &'a mut [u8]) -> Result<Schedule<'a>, PagedError<F::Error>> {
        let found = kept.len();
        let (start, end) = (self.file.layers_at, self.file.file_bytes);
        let latent = Shape::latent(&self.file.latent);
        let mut reader = Reader::new(&mut self.pages, self.file.version, start, end, latent);
        let mut totals = Totals::default();
        let mut layout = Layout::new(self.file.layer_count as usize, cells(kept));
        let mut left = self.file.layer_count;
        while left > 0 {
            let Some((geometry, head)) = reader.layer()? else {
                break;
            };
            if reader
                .check_shapes(&geometry, &head, &totals.before)
                .is_err()
            {
                break;
            }
            totals.add(&geometry, head.coding);
            let places = reader.places();
            if let Some(layout) = &mut layout {
                let _ = layout.layer(&geometry, &head, places);
            }
            left = left.wrapping_sub(1);
        }
        let (plan, shape) = (&self.file.plan, reader.maps.last);
        let same = left == 0 && totals.kept_bytes(shape, reader.left()) == Ok(plan.kept_bytes);
        if !same || shape != plan.shape {
            return Err(PagedError::Changed);
        }
        let schedule = layout.and_then(|layout| layout.line(shape));
        schedule.ok_or(PagedError::Generate(GenerateError::ArenaTooSmall {
            needed: plan.kept(),
            found,
        }))
    }
}

/// Checks the envelope and the checksum of a file within these bytes of the flash.
fn check_envelope<F: ReadNorFlash>(
    pages: &mut Pages<'_, F>,
    range: &Range<u32>,
) -> Result<Envelope, PagedError<F::Error>> {
    let found = range.end.saturating_sub(range.start);
    let first = Span {
        at: 0,
        bytes: (found as usize).min(HEADER_BYTES),
    };
    let envelope = envelope::read(pages.view(first)?, found.into())?;
    let payload = Span {
        at: HEADER_BYTES as u32,
        bytes: envelope.length as usize,
    };
    let mut digest = envelope::digest();
    pages.scan(payload, |bytes| {
        digest.update(bytes);
        bytes.len()
    })?;
    envelope.check(digest.finalize())?;
    Ok(envelope)
}
