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

/// Cells of a modulation of so many channels.
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

/// Puts a number into half of a cell, as it would stand in the file.
#[inline(always)]
fn put(cells: &mut [Cell], index: usize, number: u32) {
    let halves = cells.get_mut(index >> 1).map(|cell| cell.0.as_chunks_mut());
    if let Some(half) = halves.and_then(|(halves, _)| halves.get_mut(index & 1)) {
        *half = [number as i16, (number >> 16) as i16].map(i16::to_le);
    }
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
    let channels = layer.row().channels;
    for (biases, numbers) in [false, true].into_iter().zip(layer.numbers()) {
        let mut index = 0;
        storage.read(numbers.at, numbers.bytes(), |bytes| {
            for piece in pieces(bytes, numbers.width) {
                let number = number(piece).wrapping_shl(numbers.shift);
                // Scales come before shifts; a channel has two multipliers.
                let place = nth(if biases { channels } else { 0 }, 1, index);
                let value = if biases { place } else { index >> 1 };
                let cell = cells.get(nth(channels, 1, value >> 2));
                let value = cell.map_or(0, |cell| cell.get(value));
                let (place, number) = if biases {
                    let shift = i32::from(value).wrapping_shl(shift);
                    (nth(place, 1, channels), number.wrapping_add(shift as u32))
                } else {
                    (place, scaled(number, value))
                };
                put(cells, place, number);
                index = nth(index, 1, 1);
            }
        })?;
    }
    Ok(())
}
