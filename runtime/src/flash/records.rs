//! The records of a file in flash, decoded where they lie.
//!
//! Texts and tables are longer than any buffer: the decoder only notes where each lies. Everything else is what the
//! decoder of a file in memory reads, by the same code.

use super::PagedError;
use super::blocks;
use super::pages::{Pages, Span};
use crate::Rule;
use crate::check::{self, Before, HeaderCounts, TableBytes};
use crate::fields::Fields;
use crate::index::nth;
use crate::kernels::parameters::Places;
use crate::layer::{self, Head};
use crate::prior::{Kind, TABLES};
use crate::record::Header;
use crate::shape::{Geometry, Maps, Shape};
use embedded_storage::nor_flash::ReadNorFlash;
use postcard::de_flavors::Flavor;

/// Texts of the header; tables of its prior and pixels follow.
const TEXTS: usize = 4;
/// Texts and tables of the header.
const SPANS: usize = TEXTS + TABLES + 1;
/// Bytes that are read together: about as many as a layer has besides its tables.
const WINDOW: usize = 16;

/// Reads one record after another.
pub(super) struct Reader<'p, 'b, F: ReadNorFlash> {
    pages: &'p mut Pages<'b, F>,
    /// The next byte, and the one behind the last, in the file.
    at: u32,
    end: u32,
    /// Bytes from `window_at` on, some at the end not read.
    window: [u8; WINDOW],
    window_at: u32,
    window_bytes: usize,
    /// The texts and tables of the record that was read last.
    spans: heapless::Vec<Span, SPANS>,
    /// The maps that the next layer may read.
    pub(super) maps: Maps,
    /// The version of the format.
    version: u16,
    /// Why a record ended early.
    failure: Option<PagedError<F::Error>>,
    /// The page that the layers checked so far need at least.
    pub(super) page: usize,
}

/// Where in the file the texts and tables of the header lie.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeaderSpans {
    pub(super) prior: [Span; TABLES],
    pub(super) pixels: Span,
}

/// A header without its texts and tables, with their counts and places.
type FoundHeader = (Header<'static>, HeaderCounts, HeaderSpans);

impl<'p, 'b, F: ReadNorFlash> Reader<'p, 'b, F> {
    /// From byte `at` on to `end` of a file of a format, where the first layer reads `latent`.
    pub(super) fn new(
        pages: &'p mut Pages<'b, F>,
        version: u16,
        at: u32,
        end: u32,
        latent: Shape,
    ) -> Self {
        Reader {
            pages,
            at,
            end,
            window: [0; WINDOW],
            window_at: 0,
            window_bytes: 0,
            spans: heapless::Vec::new(),
            maps: Maps::new(latent),
            version,
            failure: None,
            page: 0,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        if self.at >= self.end {
            return None;
        }
        let index = self.at.wrapping_sub(self.window_at) as usize;
        if index >= self.window_bytes {
            let left = self.end.wrapping_sub(self.at) as usize;
            let span = Span {
                at: self.at,
                bytes: left.min(WINDOW),
            };
            match self.pages.view(span) {
                Ok(bytes) => {
                    let places = self.window.iter_mut().zip(bytes);
                    places.for_each(|(place, byte)| *place = *byte);
                    (self.window_at, self.window_bytes) = (span.at, span.bytes);
                }
                Err(error) => {
                    self.failure = Some(error);
                    return None;
                }
            }
        }
        let index = self.at.wrapping_sub(self.window_at) as usize;
        self.at = self.at.wrapping_add(1);
        self.window.get(index).copied()
    }

    /// Passes over bytes and notes where they are.
    fn skip(&mut self, bytes: usize) -> Option<()> {
        let left = self.end.saturating_sub(self.at) as usize;
        if bytes > left {
            return None;
        }
        let span = Span { at: self.at, bytes };
        self.at = self.at.wrapping_add(bytes as u32);
        self.spans.push(span).ok()
    }

    fn fields<'w>(&'w mut self) -> Fields<Passing<'w, 'p, 'b, F>> {
        self.spans.clear();
        Fields::new(Passing(self))
    }

    /// An error of the flash comes before what it made of the record.
    fn failed(&mut self) -> Result<(), PagedError<F::Error>> {
        self.failure.take().map_or(Ok(()), Err)
    }

    fn span(&self, index: usize) -> Span {
        self.spans.get(index).copied().unwrap_or_default()
    }

    /// Where texts and tables of a header of that prior start.
    fn header_spans(&self, kind: Kind) -> HeaderSpans {
        let tables = kind.tables();
        let mut prior = [Span::default(); TABLES];
        for (index, span) in prior.iter_mut().enumerate().take(tables) {
            *span = self.span(nth(TEXTS, 1, index));
        }
        HeaderSpans {
            prior,
            pixels: self.span(nth(TEXTS, 1, tables)),
        }
    }

    /// Where the tables of the layer that was read last start.
    pub(super) fn places(&self) -> Places {
        [self.span(0).at, self.span(1).at, self.span(2).at]
    }

    /// Checks all but the numbers of the layer that was read last.
    pub(super) fn check_shapes(
        &self,
        geometry: &Geometry,
        head: &Head,
        before: &Before,
    ) -> Result<(), Rule> {
        let bytes = TableBytes {
            weights: self.span(0).bytes,
            bias: self.span(1).bytes,
            multipliers: self.span(2).bytes,
        };
        check::shapes(geometry, head, bytes, before)
    }

    /// Checks a table piece by piece.
    fn check_table(
        &mut self,
        index: usize,
        check: impl Fn(&[u8]) -> Result<(), Rule>,
    ) -> Result<Result<(), Rule>, PagedError<F::Error>> {
        let mut kept = Ok(());
        self.pages.scan(self.span(index), |numbers| {
            kept = check(numbers);
            if kept.is_ok() { numbers.len() } else { 0 }
        })?;
        Ok(kept)
    }

    /// Whether a text is UTF-8, and its number of lines as `record::lines` counts them.
    fn text(&mut self, index: usize) -> Result<Option<usize>, PagedError<F::Error>> {
        let (mut lines, mut open) = (0usize, false);
        let valid = self.pages.scan(self.span(index), |bytes| {
            // A character may go on in the next piece. A piece of which nothing is valid ends the scan.
            let taken =
                core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            for byte in bytes.iter().take(taken) {
                open = *byte != b'\n';
                lines = lines.saturating_add(usize::from(!open));
            }
            taken
        })?;
        Ok(valid.then_some(lines.saturating_add(usize::from(open))))
    }

    /// Where the next record starts, in bytes from the start of the file.
    pub(super) fn offset(&self) -> u32 {
        self.at
    }

    /// Bytes behind that place.
    pub(super) fn left(&self) -> usize {
        self.end.saturating_sub(self.at) as usize
    }

    /// The first record, without its texts and tables, and where they start. `None` where it cannot be decoded.
    pub(super) fn header(&mut self) -> Result<Option<FoundHeader>, PagedError<F::Error>> {
        let version = self.version;
        let header = Header::decode(&mut self.fields(), version).ok();
        let header = header.map(|header| Header {
            name: "",
            data: "",
            licence: "",
            labels: "",
            tables: [&[]; TABLES],
            pixels: &[],
            latent: header.latent,
            golden: header.golden,
            layers: header.layers,
        });
        self.failed()?;
        let Some(header) = header else {
            return Ok(None);
        };
        let mut classes = 0;
        for index in 0..TEXTS {
            let Some(lines) = self.text(index)? else {
                return Ok(None);
            };
            // The last text has a line for each.
            classes = lines;
        }
        self.maps = Maps::new(Shape::latent(&header.latent));
        let spans = self.header_spans(header.latent.kind);
        let counts = HeaderCounts {
            classes,
            prior: spans.prior.map(|span| span.bytes),
            pixels: spans.pixels.bytes,
        };
        Ok(Some((header, counts, spans)))
    }

    /// The next layer, without its tables. `None` where it cannot be decoded.
    pub(super) fn layer(&mut self) -> Result<Option<(Geometry, Head)>, PagedError<F::Error>> {
        let (mut maps, version) = (self.maps, self.version);
        let mut fields = self.fields();
        let layer = layer::decode(&mut fields, version, &mut maps);
        let layer = layer.and_then(|layer| layer::decode_tables(&mut fields).map(|_| layer));
        self.failed()?;
        self.maps = maps;
        Ok(layer.ok())
    }

    /// Checks the layer that was read last, with all numbers in its tables.
    pub(super) fn check(
        &mut self,
        geometry: &Geometry,
        head: &Head,
        before: &Before,
    ) -> Result<Result<(), Rule>, PagedError<F::Error>> {
        if let Err(rule) = self.check_shapes(geometry, head, before) {
            return Ok(Err(rule));
        }
        self.page = self.page.max(blocks::least(geometry, head, F::READ_SIZE));
        // In the order in which a file in memory is checked: the first fault is the same.
        let coding = head.coding;
        if let Err(rule) = self.check_table(0, |weights| check::weights(coding, weights))? {
            return Ok(Err(rule));
        }
        if let Err(rule) = self.check_table(2, |pairs| check::multipliers(head, pairs))? {
            return Ok(Err(rule));
        }
        self.check_table(1, |words| check::bias(geometry, coding, words, before))
    }
}

/// What postcard decodes from: texts and tables come out empty.
struct Passing<'w, 'p, 'b, F: ReadNorFlash>(&'w mut Reader<'p, 'b, F>);

impl<'w, F: ReadNorFlash> Flavor<'w> for Passing<'w, '_, '_, F> {
    type Remainder = ();
    type Source = ();

    fn pop(&mut self) -> postcard::Result<u8> {
        let byte = self.0.byte();
        byte.ok_or(postcard::Error::DeserializeUnexpectedEnd)
    }

    fn try_take_n(&mut self, count: usize) -> postcard::Result<&'w [u8]> {
        let passed = self.0.skip(count);
        passed.ok_or(postcard::Error::DeserializeUnexpectedEnd)?;
        Ok(&[])
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}
