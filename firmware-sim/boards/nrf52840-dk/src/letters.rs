//! Pictures in letters.

use embedded_graphics::pixelcolor::{Gray8, GrayColor};
use embedded_graphics::prelude::{Point, Size};
use pixling_app::{App, Frame};

/// The largest picture that is shown pixel by pixel; larger ones are shrunk.
pub(crate) const SIZE: Size = Size::new(32, 32);

/// Bytes of a frame of that size.
pub(crate) const FRAME_BYTES: usize = Frame::<Gray8>::bytes_needed(SIZE);

/// From dark to bright.
const SHADES: [u8; 10] = *b" .:-=+*#%@";

/// Writes a frame to the log, two letters to a pixel because letters are about twice as high as wide.
pub(crate) fn print(frame: &Frame<'_, Gray8>, app: &App<'_>) {
    let pick = app.pick();
    defmt::println!(
        "{=str}, {=str}: seed {=u64}, style {=u64} {=str}",
        app.label(),
        app.mode().name(),
        pick.seed,
        pick.style,
        app.lock().name()
    );
    for y in 0..SIZE.height {
        let mut line = [b' '; 2 * SIZE.width as usize];
        for (x, pair) in (0..).zip(line.chunks_exact_mut(2)) {
            let luma = frame
                .pixel(Point::new(x, y as i32))
                .map_or(0, |gray| gray.luma());
            pair.fill(SHADES[usize::from(luma) * SHADES.len() / 256]);
        }
        defmt::println!("{=str}", core::str::from_utf8(&line).unwrap_or_default());
    }
}
