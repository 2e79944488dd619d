//! Greys as patterns of dots, in fixed memory.

/// How greys are drawn on a display of one bit per pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dithering {
    /// An 8x8 Bayer matrix: needs no memory, a still part of the picture keeps its dots when another part moves.
    #[default]
    Ordered,
    /// Floyd and Steinberg's diffusion of the error, with the errors of one row in memory: finer detail.
    Diffusion,
}

impl Dithering {
    /// The other way to draw greys.
    pub const fn next(self) -> Dithering {
        match self {
            Dithering::Ordered => Dithering::Diffusion,
            Dithering::Diffusion => Dithering::Ordered,
        }
    }
}

/// Bytes of the row of errors for a display of a number of columns.
pub const fn row_bytes(columns: u32) -> usize {
    columns as usize * 2
}

/// The errors that the next row inherits, in sixteenths: an `i16` per column, in bytes so that any memory will do.
#[derive(Debug)]
pub(crate) struct Diffusion<'b> {
    row: &'b mut [u8],
    /// The error that the pixel to the left gives to this one.
    left: i32,
    /// The error that the pixel to the left gives to the one below this one.
    below: i32,
}

impl<'b> Diffusion<'b> {
    /// Starts at the top of a picture.
    pub(crate) fn new(row: &'b mut [u8]) -> Diffusion<'b> {
        row.fill(0);
        Diffusion {
            row,
            left: 0,
            below: 0,
        }
    }

    /// Whether the next pixel in reading order is bright.
    pub(crate) fn next(&mut self, column: usize, grey: u8) -> bool {
        if column == 0 {
            (self.left, self.below) = (0, 0);
        }
        let value = i32::from(grey) * 16 + self.left + self.error(column);
        let bright = value >= 128 * 16;
        let error = (value - if bright { 255 * 16 } else { 0 }) / 16;
        if let Some(before) = column.checked_sub(1) {
            let sum = self.error(before) + 3 * error;
            self.set(before, sum);
        }
        self.set(column, self.below + 5 * error);
        (self.left, self.below) = (7 * error, error);
        bright
    }

    fn error(&self, column: usize) -> i32 {
        let bytes = self.row.get(column * 2..).and_then(|it| it.first_chunk());
        bytes.map_or(0, |bytes| i16::from_le_bytes(*bytes).into())
    }

    fn set(&mut self, column: usize, error: i32) {
        let place = self.row.get_mut(column * 2..);
        if let Some(place) = place.and_then(|it| it.first_chunk_mut()) {
            *place = (error as i16).to_le_bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffusion_keeps_the_brightness_of_every_grey() {
        const SIDE: usize = 64;
        let mut row = [0; row_bytes(SIDE as u32)];
        for grey in 0..=255 {
            let mut diffusion = Diffusion::new(&mut row);
            let bright = (0..SIDE * SIDE)
                .filter(|index| diffusion.next(index % SIDE, grey))
                .count();
            let shown = bright as f64 * 255.0 / (SIDE * SIDE) as f64;
            assert!((shown - f64::from(grey)).abs() < 4.0, "{grey}: {shown}");
        }
    }

    #[test]
    fn a_row_that_is_too_short_loses_errors_and_nothing_else() {
        let mut row = [0; 3];
        let mut diffusion = Diffusion::new(&mut row);
        assert!((0..100).any(|column| diffusion.next(column, 128)));
    }
}
