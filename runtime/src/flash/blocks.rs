//! A row of a layer whose weights do not fit the buffer: a part at a time.
//!
//! Output channels have nothing in common but their input. The tables of some of them, in a dense layer of some pixels, are
//! read together, and the kernels compute them as any run.

use super::PagedError;
use super::pages::{Pages, Span, room};
use crate::filters::Filters;
use crate::index::{nth, rest, shift_up};
use crate::kernels::cell::{Cell, cell_bytes};
use crate::kernels::parameters::{Parameters, Part, table_bytes};
use crate::kernels::run::{Source, Target};
use crate::layer::{Coding, Head, Tables};
use crate::schedule::Storage;
use crate::shape::Geometry;
use embedded_storage::nor_flash::ReadNorFlash;

/// Output channels of a block but for the last one are a multiple of this: they fill their cells.
const LEAST: usize = 4;

/// Bytes of the page that tables take.
fn page(tables: [usize; 3], read_size: usize) -> usize {
    let rooms = tables.map(|bytes| room(bytes, read_size));
    rooms.into_iter().fold(0, usize::saturating_add)
}

/// The smallest page that a layer is computed with.
pub(super) fn least(geometry: &Geometry, head: &Head, read_size: usize) -> usize {
    let channels = usize::from(geometry.output.channels).min(LEAST);
    let tables = table_bytes(Filters::of(geometry), head.coding, 1, channels);
    page(tables, read_size)
}

/// Pixels and channels that are read together: the most that halving leaves and the page holds. The pixels of a
/// convolution share their filters.
fn size(
    filters: Filters,
    coding: Coding,
    row: &Part,
    limit: usize,
    read_size: usize,
) -> (usize, usize) {
    let (mut pixels, mut channels) = (row.pixels, row.channels);
    while page(table_bytes(filters, coding, pixels, channels), read_size) > limit {
        if pixels > 1 && filters.dense {
            pixels = shift_up(pixels, 1);
        } else if channels > LEAST {
            channels = nth(channels >> 1, 1, LEAST - 1) & !(LEAST - 1);
        } else {
            break;
        }
    }
    (pixels, channels)
}

impl<F: ReadNorFlash> Storage for Pages<'_, F> {
    type Error = PagedError<F::Error>;

    fn read(
        &mut self,
        at: u32,
        bytes: usize,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), PagedError<F::Error>> {
        self.scan(Span { at, bytes }, |piece| {
            take(piece);
            piece.len()
        })?;
        Ok(())
    }

    fn row(
        &mut self,
        layer: &Parameters,
        y: usize,
        source: Source<'_>,
        target: Target<'_>,
        scratch: &mut [Cell],
    ) -> Result<(), PagedError<F::Error>> {
        let row = layer.row();
        let (filters, coding) = (layer.filters(source.cells.len()), layer.coding());
        for run in 0..row.runs {
            let mut part = Part {
                run,
                runs: 1,
                ..row
            };
            let [weights, ..] = layer.places(y, &part);
            let (pixels, channels) = size(filters, coding, &row, self.limit(weights), F::READ_SIZE);
            while part.pixel < row.pixels {
                part.pixels = pixels.min(row.pixels.wrapping_sub(part.pixel));
                part.channel = 0;
                while part.channel < row.channels {
                    part.channels = channels.min(row.channels.wrapping_sub(part.channel));
                    let tables = self.tables(layer, y, &part, filters, target.below)?;
                    let target = &mut Target {
                        cells: &mut *target.cells,
                        ..target
                    };
                    if layer.is_int8() {
                        layer.int8(&part, tables, source, target);
                    } else {
                        layer.int4(&part, tables, source, target, scratch);
                    }
                    part.channel = nth(part.channel, 1, part.channels);
                }
                part.pixel = nth(part.pixel, 1, part.pixels);
            }
        }
        Ok(())
    }
}

impl<F: ReadNorFlash> Pages<'_, F> {
    /// Reads the tables of a part of row `y`, of one run. Biases and multipliers of a modulated layer are in the arena, in the
    /// cells `below`.
    #[inline(never)]
    fn tables<'t>(
        &'t mut self,
        layer: &Parameters,
        y: usize,
        part: &Part,
        filters: Filters,
        below: &'t [Cell],
    ) -> Result<Tables<'t>, PagedError<F::Error>> {
        let (coding, places) = (layer.coding(), layer.places(y, part));
        let before = table_bytes(filters, coding, 1, part.channel).into_iter();
        let bytes = table_bytes(filters, coding, part.pixels, part.channels);
        let mut spans = [Span::default(); 3];
        for (((span, place), before), bytes) in spans.iter_mut().zip(places).zip(before).zip(bytes)
        {
            let at = nth(place as usize, 1, before) as u32;
            *span = Span { at, bytes };
        }
        if layer.is_modulated() {
            let [weights, ..] = spans;
            let [_, bias, multipliers] = places.map(|place| place as usize);
            let numbers = cell_bytes(below);
            return Ok(Tables {
                weights: self.view(weights)?,
                bias: rest(numbers, nth(bias, part.channel, 4)),
                multipliers: rest(numbers, nth(multipliers, part.channel, 8)),
            });
        }
        let [weights, bias, multipliers] = self.views(spans)?;
        Ok(Tables {
            weights,
            bias,
            multipliers,
        })
    }
}
