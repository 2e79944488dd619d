//! Feature maps in the arena: cells of four channels.
//!
//! A row of a map is stored plane by plane: the first four channels of all its columns, then the next four, and so on.
//! The step from a pixel to its neighbour is one cell whatever the number of channels, which is what lets one routine
//! of fixed offsets serve every shape. Values take 16 bits, the width that multiply-accumulates of two lanes read, and
//! stand there less the zero point of their map: what lies outside of a map is then 0, whatever the map.
#![allow(
    unsafe_code,
    reason = "the caller's bytes are read as aligned cells, in one place"
)]

/// Four channels of a pixel, in the order and with the offset of this build's kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(4))]
pub(crate) struct Cell(pub(crate) [i16; 4]);

/// Where in a cell each of its four channels stands. The instruction that unpacks every second byte of a word
/// (`SXTB16`) leaves channels 0 and 2 side by side.
#[cfg(kernels = "dsp")]
pub(crate) const LANES: [usize; 4] = [0, 2, 1, 3];
#[cfg(not(kernels = "dsp"))]
pub(crate) const LANES: [usize; 4] = [0, 1, 2, 3];

/// Added to every value. The Cortex-M0 has no load that extends a sign at a fixed offset, so that it keeps values
/// without one.
#[cfg(kernels = "thumb1")]
pub(crate) const BIAS: i16 = 256;
#[cfg(not(kernels = "thumb1"))]
pub(crate) const BIAS: i16 = 0;

impl Cell {
    pub(crate) const BYTES: usize = size_of::<Cell>();
    /// Bytes that may have to be left out before the first cell in a buffer of any address.
    pub(crate) const SLACK: usize = align_of::<Cell>() - 1;

    /// Real zeros.
    pub(crate) const PADDING: Cell = Cell([BIAS; 4]);

    /// Sets a channel to a value of -255 to 255; only the lowest two bits of its number count.
    #[inline(always)]
    pub(crate) fn set(&mut self, channel: usize, value: i16) {
        let lane = LANES
            .get(channel & 3)
            .and_then(|&lane| self.0.get_mut(lane));
        if let Some(lane) = lane {
            *lane = value.wrapping_add(BIAS);
        }
    }

    /// The value of a channel; only the lowest two bits of its number count.
    #[inline(always)]
    pub(crate) fn get(&self, channel: usize) -> i16 {
        let lane = LANES.get(channel & 3).and_then(|&lane| self.0.get(lane));
        lane.map_or(0, |lane| lane.wrapping_sub(BIAS))
    }

    /// `sum of weight * value` of the four channels. Taken apart by reference: a copy of a cell is loaded as words, whose
    /// halves then cost shifts.
    #[inline(always)]
    pub(crate) fn dot(&self, weights: &[u8; 4]) -> i32 {
        // Never wraps: a rule of `check` bounds the sum. Said so that no overflow check is compiled in.
        let [a, b, c, d] = self.products(weights);
        a.wrapping_add(b).wrapping_add(c.wrapping_add(d))
    }

    /// The products of the four channels, in order.
    #[inline(always)]
    pub(crate) fn products(&self, weights: &[u8; 4]) -> [i32; 4] {
        let product = |weight: &u8, value: &i16| {
            i32::from(*weight as i8) * i32::from(value.wrapping_sub(BIAS))
        };
        let (Cell([p, q, r, s]), [a, b, c, d]) = (self, weights);
        if LANES[1] == 1 {
            [product(a, p), product(b, q), product(c, r), product(d, s)]
        } else {
            [product(a, p), product(b, r), product(c, q), product(d, s)]
        }
    }
}

/// What can lie in the caller's arena in the place of cells: the notes on the layers, and decoded numbers.
///
/// # Safety
///
/// The type consists of integers without padding, is aligned like a cell and as large as a number of cells.
pub(crate) unsafe trait InCells: Copy {}

// SAFETY: two integers of four bytes: a cell without padding.
unsafe impl InCells for [u32; 2] {}
const _: () =
    assert!(size_of::<[u32; 2]>() == Cell::BYTES && align_of::<u32>() == align_of::<Cell>());

/// The bytes of words.
pub(crate) fn bytes(words: &[u32]) -> &[u8] {
    // SAFETY: an integer of four bytes is as many bytes, which have no alignment.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}

/// The bytes of cells.
pub(crate) fn cell_bytes(cells: &[Cell]) -> &[u8] {
    // SAFETY: a cell is four integers of two bytes without padding; bytes have no alignment.
    unsafe { core::slice::from_raw_parts(cells.as_ptr().cast(), size_of_val(cells)) }
}

/// Cuts off the first `count` values of a buffer of cells.
pub(crate) fn split<T: InCells>(
    cells: &mut [Cell],
    count: usize,
) -> Option<(&mut [T], &mut [Cell])> {
    let length = count.checked_mul(size_of::<T>() >> 3)?;
    let (first, rest) = cells.split_at_mut_checked(length)?;
    // SAFETY: the cells are as long as so many values, aligned for them, and of both types any bytes are a valid value.
    // (`align_to_mut` would divide.)
    let values = unsafe { core::slice::from_raw_parts_mut(first.as_mut_ptr().cast(), count) };
    Some((values, rest))
}

/// The whole cells of a buffer.
pub(crate) fn cells(bytes: &mut [u8]) -> &mut [Cell] {
    // SAFETY: a cell is four `i16` without padding, any bytes are a valid one, and writing cells leaves valid bytes.
    let (_, cells, _) = unsafe { bytes.align_to_mut::<Cell>() };
    cells
}
