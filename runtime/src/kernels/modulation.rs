//! Modulated layers: their biases and multipliers are made in the arena, once a picture.
//!
//! The cells of a modulation of `channels` channels are multipliers, a cell for each channel, and then biases, two in a
//! cell. A kernel of dense layers writes scales and shifts, as cells, in the place of the biases. The multipliers come
//! first, for which the scales are read; a bias then takes the place of values that are no longer needed.

use super::cell::Cell;
use super::parameters::Parameters;
use super::tables::pieces;
use crate::index::{nth, shift_up};
use crate::schedule::Storage;

/// Cells of a modulation of that number of channels.
pub(crate) const fn cells(channels: usize) -> usize {
    nth(channels, 1, shift_up(channels, 1))
}

/// `round(multiplier * (128 + scale) / 128)`, halves rounded up, as far as 31 bits hold it.
#[inline(always)]
pub(super) fn scaled(multiplier: u32, scale: i16) -> u32 {
    let factor = u32::from(scale.wrapping_add(128) as u16);
    // In two parts of at most 32 bits: factors are below 2^24 and 2^8.
    let high = (multiplier >> 7).wrapping_mul(factor);
    let low = (multiplier & 127).wrapping_mul(factor).wrapping_add(64) >> 7;
    high.wrapping_add(low).min(i32::MAX as u32)
}

/// A number of the file: a bias or a multiplier, before its shift.
#[inline(always)]
fn number(bytes: &[u8]) -> u32 {
    match *bytes {
        [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
        [a, b] => u16::from_le_bytes([a, b]).into(),
        [a] => i32::from(a as i8) as u32,
        _ => 0,
    }
}

/// Makes biases and multipliers of a layer of what a modulation with that shift has written into its cells.
#[inline(never)] // Its stack is free while rows are computed.
pub(crate) fn modulate<S: Storage>(
    storage: &mut S,
    layer: &Parameters,
    shift: u32,
    cells: &mut [Cell],
) -> Result<(), S::Error> {
    table(storage, layer, None, cells)?;
    table(storage, layer, Some(shift), cells)
}

/// Makes the biases, which have a shift, or the multipliers.
#[inline(never)]
fn table<S: Storage>(
    storage: &mut S,
    layer: &Parameters,
    shift: Option<u32>,
    cells: &mut [Cell],
) -> Result<(), S::Error> {
    let channels = layer.row().channels;
    let numbers = layer.numbers(shift.is_some());
    // In words of the cells: two multipliers of each channel, then the biases.
    let mut place = match shift {
        None => 0,
        Some(_) => channels.wrapping_mul(2),
    };
    storage.read(numbers.at, numbers.bytes, |bytes| {
        for bytes in pieces(bytes, numbers.width) {
            let number = number(bytes).wrapping_shl(numbers.shift);
            let index = match shift {
                None => place >> 1,
                Some(_) => place.wrapping_sub(channels),
            };
            let cell = cells.get(nth(channels, 1, index >> 2));
            let value = cell.map_or(0, |cell| cell.get(index));
            let number = match shift {
                None => scaled(number, value),
                Some(shift) => number.wrapping_add(i32::from(value).wrapping_shl(shift) as u32),
            };
            let cell = cells.get_mut(place >> 1);
            let words = cell.map(|cell| cell.0.as_chunks_mut().0);
            if let Some(word) = words.and_then(|words| words.get_mut(place & 1)) {
                *word = [(number as i16).to_le(), ((number >> 16) as i16).to_le()];
            }
            place = nth(place, 1, 1);
        }
    })
}
