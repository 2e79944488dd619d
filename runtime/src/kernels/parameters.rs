//! Parameters of a layer for its kernels, and the division of its rows into runs.

use super::cell::Cell;
use super::int4::{Blocks, decoded, words};
use super::run::{Run, Source, Target};
use super::tables::Int8Tables;
use super::{block_kernel, kernel};
use crate::filters::Filters;
use crate::index::{nth, product, rest};
use crate::layer::{Coding, Head, Tables};
use crate::shape::{Geometry, Operator};

/// Where the tables of a layer start in the bytes of all layers: weights, biases, multipliers.
pub(crate) type Places = [u32; 3];

/// Parameters of a layer, in the arena. `Stage` relies on its layout.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Parameters {
    places: Places,
    /// Bytes of the weights of a run.
    run_bytes: u32,
    /// Columns of the output, of one phase of it.
    width: u16,
    /// Output channels.
    channels: u16,
    /// As in [`Filters`]; the width is not used in a dense layer, whose filters are as wide as its input, and is the shift
    /// of a modulation.
    quads: u16,
    kernel_height: u8,
    kernel_width: u8,
    operator: u8,
    /// Of the output.
    pub(crate) zero_point: i8,
    bias_shift: u8,
    /// Or [`INT8`] where weights have eight bits; with [`MODULATED`].
    multiplier_shift: u8,
}

const DENSE: u8 = 0;
const CONV: u8 = 1;
const DEPTHWISE: u8 = 2;
const TRANSPOSED: u8 = 3;
const MODULATION: u8 = 4;

/// In the place of [`Parameters::multiplier_shift`]. A shift by this or by the next, wrapped to 32 bits, is none.
const INT8: u8 = 0x80;
/// Set where biases and multipliers stand in the arena, in 32 bits.
const MODULATED: u8 = 0x40;

/// Numbers of a table that follow each other in the file.
pub(crate) struct Numbers {
    pub(crate) at: u32,
    pub(crate) bytes: usize,
    /// Bytes of each.
    pub(crate) width: usize,
    /// Bits by which each is shifted.
    pub(crate) shift: u32,
}

/// Some channels of some runs of a row; of a dense layer, some pixels as well.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// Index of the first run in its row.
    pub(crate) run: usize,
    pub(crate) runs: usize,
    /// The first pixel, 0 but for a dense layer.
    pub(crate) pixel: usize,
    pub(crate) pixels: usize,
    /// The first channel, a multiple of four; 0 where there are several runs or a dense layer has several pixels.
    pub(crate) channel: usize,
    pub(crate) channels: usize,
}

impl Parameters {
    pub(crate) fn new(geometry: &Geometry, head: &Head, places: Places) -> Parameters {
        let filters = Filters::of(geometry);
        let channels = geometry.output.channels;
        let mut kernel_width = filters.width as u8;
        let (operator, width) = match geometry.operator {
            Operator::Dense => (DENSE, geometry.output.width),
            Operator::Conv2d(_) => (CONV, geometry.output.width),
            Operator::Depthwise(_) => (DEPTHWISE, geometry.output.width),
            Operator::TransposedConv2d => (TRANSPOSED, geometry.input.width),
            Operator::Modulation { shift } => {
                kernel_width = shift;
                (MODULATION, 1)
            }
        };
        let (bias_shift, multiplier_shift) = match head.coding {
            Coding::Int8 => (0, INT8),
            Coding::Int4 {
                bias_shift,
                multiplier_shift,
            } => (bias_shift, multiplier_shift),
        };
        Parameters {
            places,
            run_bytes: filters.bytes(head.coding, channels.into()) as u32,
            width,
            channels,
            quads: filters.quads as u16,
            kernel_height: filters.height as u8,
            kernel_width,
            operator,
            zero_point: head.zero_point,
            bias_shift,
            multiplier_shift,
        }
    }

    /// Whether a weight has eight bits in the file.
    pub(crate) fn is_int8(&self) -> bool {
        self.multiplier_shift & INT8 != 0
    }

    /// Whether biases and multipliers stand in the arena, in 32 bits.
    pub(crate) fn is_modulated(&self) -> bool {
        self.multiplier_shift & MODULATED != 0
    }

    /// From now on they do, in a modulation that starts with this cell.
    pub(crate) fn modulate(&mut self, start: u32) {
        let multipliers = product([start as usize, Cell::BYTES]);
        let bias = nth(multipliers, self.channels.into(), Cell::BYTES);
        let [weights, ..] = self.places;
        self.places = [weights, bias as u32, multipliers as u32];
        self.multiplier_shift |= MODULATED;
    }

    pub(crate) fn is_modulation(&self) -> bool {
        self.operator == MODULATION
    }

    /// The shift of a modulation.
    pub(crate) fn modulation_shift(&self) -> u32 {
        self.kernel_width.into()
    }

    /// The biases in the file, or the multipliers, two for each channel.
    #[inline(always)]
    pub(crate) fn numbers(&self, biases: bool) -> Numbers {
        let [_, bias, multipliers] = self.places;
        let (at, int4, shift, count) = if biases {
            (bias, 1, self.bias_shift, 1)
        } else {
            (multipliers, 2, self.multiplier_shift, 2)
        };
        let (width, shift) = if self.is_int8() {
            (4, 0)
        } else {
            (int4, shift)
        };
        let count = usize::from(self.channels).wrapping_mul(count);
        Numbers {
            at,
            bytes: count.wrapping_mul(width),
            width,
            shift: shift.into(),
        }
    }

    /// The filters of a layer whose input has `cells` cells.
    pub(crate) fn filters(&self, cells: usize) -> Filters {
        let dense = matches!(self.operator, DENSE | MODULATION);
        Filters {
            height: self.kernel_height.into(),
            width: if dense {
                cells
            } else {
                self.kernel_width.into()
            },
            quads: self.quads.into(),
            shared: self.operator == DEPTHWISE,
            dense,
        }
    }

    /// A whole row. A transposed convolution has a run for each phase.
    pub(crate) fn row(&self) -> Part {
        Part {
            run: 0,
            runs: match self.operator {
                TRANSPOSED => 2,
                _ => 1,
            },
            pixel: 0,
            pixels: self.width.into(),
            channel: 0,
            channels: self.channels.into(),
        }
    }

    /// Where the tables of a part of row `y` with all channels start.
    #[inline(always)]
    pub(crate) fn places(&self, y: usize, part: &Part) -> Places {
        let [mut weights, mut bias, multipliers] = self.places;
        // Pixels, or phases, whose filters come before in the file.
        let number = match self.operator {
            DENSE => nth(part.pixel, y, self.width.into()),
            TRANSPOSED => nth(part.run, y & 1, 2),
            _ => 0,
        };
        weights = nth(weights as usize, number, self.run_bytes as usize) as u32;
        if self.operator == DENSE {
            let biases = product([number, self.channels.into()]);
            let bytes = if self.is_int8() { 4 } else { 1 };
            bias = nth(bias as usize, biases, bytes) as u32;
        }
        [weights, bias, multipliers]
    }

    /// Computes a part of a row of weights of eight bits.
    #[inline(always)] // Arguments are not copied onto the stack.
    pub(crate) fn int8(
        &self,
        part: &Part,
        tables: Tables<'_>,
        source: Source<'_>,
        target: &mut Target<'_>,
    ) {
        let mut run = self.start(part, source, target);
        run.tables = Int8Tables::new(tables);
        kernel(&run, target);
        for _ in 1..part.runs {
            run.tables.weights = rest(run.tables.weights, self.run_bytes as usize);
            run.next_phase(target);
            kernel(&run, target);
        }
    }

    /// Computes a part of a row of weights of four bits. They are decoded into the last cells of the scratch block by block:
    /// up to four channels, in a dense layer of one pixel.
    pub(crate) fn int4(
        &self,
        part: &Part,
        tables: Tables<'_>,
        source: Source<'_>,
        target: &mut Target<'_>,
        scratch: &mut [Cell],
    ) {
        let mut run = self.start(part, source, target);
        let filters = run.filters;
        let words = words(filters, run.channels, scratch);
        let mut blocks = Blocks {
            weights: tables.weights,
            biases: tables.bias,
            pairs: &[],
            channels: 0,
            filters,
            bias_shift: self.bias_shift.into(),
            multiplier_shift: self.multiplier_shift.into(),
        };
        let pairs = tables.multipliers.as_chunks().0;
        #[cfg(kernels = "dsp")]
        if filters.dense && blocks.dense(pairs, &run, target, words) {
            return;
        }
        let mut runs = part.runs;
        if filters.dense {
            (runs, run.count) = (run.count, 1);
        }
        for _ in 0..runs {
            (blocks.pairs, blocks.channels) = (pairs, part.channels);
            let first = target.first;
            while let Some(channels) = blocks.next(words) {
                let mut block = Run {
                    tables: decoded(words),
                    channels,
                    ..run
                };
                if self.is_modulated() {
                    let behind = nth(channels, 1, blocks.channels);
                    let first = part.channels.wrapping_sub(behind);
                    block.tables.biases = rest(tables.bias.as_chunks().0, first);
                    block.tables.multipliers = rest(tables.multipliers.as_chunks().0, first);
                }
                block_kernel(&block, target);
                target.first = nth(target.first, 1, target.plane);
                if filters.shared {
                    run.source.first = nth(run.source.first, 1, run.source.plane);
                }
            }
            target.first = first;
            if filters.dense {
                target.first = nth(first, 1, target.pixel);
            } else {
                blocks.biases = tables.bias;
                run.next_phase(target);
            }
        }
    }

    /// The first run of a part, without tables. Moves the target there.
    #[inline(always)]
    fn start<'a>(&self, part: &Part, mut source: Source<'a>, target: &mut Target<'_>) -> Run<'a> {
        // Four channels are a plane of the target, of a depthwise convolution one of the source, too.
        let quad = part.channel >> 2;
        target.first = nth(target.first, quad, target.plane);
        match self.operator {
            DENSE => target.first = nth(target.first, part.pixel, target.pixel),
            DEPTHWISE => source.first = nth(source.first, quad, source.plane),
            TRANSPOSED => {
                source.first = part.run;
                target.first = nth(target.first, part.run, target.pixel);
                target.pixel = product([target.pixel, 2]);
            }
            _ => {}
        }
        Run {
            filters: self.filters(source.cells.len()),
            source,
            tables: Int8Tables::default(),
            channels: part.channels,
            count: part.pixels,
            zero_point: self.zero_point.into(),
        }
    }
}

#[cfg(feature = "flash")]
impl Parameters {
    pub(crate) fn coding(&self) -> Coding {
        if self.is_int8() {
            return Coding::Int8;
        }
        Coding::Int4 {
            bias_shift: self.bias_shift,
            multiplier_shift: self.multiplier_shift & !MODULATED,
        }
    }
}

/// Bytes of the tables of some channels of some pixels, of one run.
#[cfg(feature = "flash")]
pub(crate) fn table_bytes(
    filters: Filters,
    coding: Coding,
    pixels: usize,
    channels: usize,
) -> [usize; 3] {
    let pixels = if filters.dense { pixels } else { 1 };
    [
        product([pixels, filters.bytes(coding, channels)]),
        product([pixels, channels, coding.bias_bytes()]),
        product([channels, coding.pair_bytes()]),
    ]
}
