//! Animated GIFs.

use super::photo::Photo;
use crate::Error;
use image::buffer::ConvertBuffer;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame};
use pixling_app::TICKS_PER_SECOND;

/// Every second one of the thirty pictures of a second is kept: viewers slow shorter delays down.
const TICKS_PER_FRAME: u32 = 2;

/// Collects pictures of a display.
#[derive(Debug, Default)]
pub struct Recorder {
    /// A picture and for how many ticks it is shown.
    frames: Vec<(Photo, u32)>,
    ticks: u32,
}

impl Recorder {
    /// Nothing yet.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Takes the picture of a tick. One that is as the last is the same frame, shown longer.
    pub fn tick(&mut self, photo: impl FnOnce() -> Photo) {
        let ticks = self.ticks;
        self.ticks += 1;
        if !ticks.is_multiple_of(TICKS_PER_FRAME) {
            return;
        }
        let photo = photo();
        match self.frames.last_mut() {
            Some((last, shown)) if *last == photo => *shown += TICKS_PER_FRAME,
            _ => self.frames.push((photo, TICKS_PER_FRAME)),
        }
    }

    /// The number of different frames.
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// The bytes of a GIF that repeats for ever.
    ///
    /// # Errors
    ///
    /// When there is no frame, or the encoder refuses.
    pub fn to_gif(&self) -> Result<Vec<u8>, Error> {
        let failed = |error: image::ImageError| Error::Gif(error.to_string());
        if self.frames.is_empty() {
            return Err(Error::Gif("no time passes".to_owned()));
        }
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new_with_speed(&mut bytes, 10);
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        let mut end = 0;
        for (photo, ticks) in &self.frames {
            // Delays are in hundredths of a second: rounding the ends keeps the sum right.
            let start = hundredths(end);
            end += ticks;
            let delay = Delay::from_numer_denom_ms((hundredths(end) - start) * 10, 1);
            let frame = Frame::from_parts(photo.image().convert(), 0, 0, delay);
            encoder.encode_frame(frame).map_err(failed)?;
        }
        drop(encoder);
        Ok(bytes)
    }
}

fn hundredths(ticks: u32) -> u32 {
    (ticks * 100 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_graphics::prelude::Size;
    use image::AnimationDecoder;
    use image::codecs::gif::GifDecoder;
    use std::io::Cursor;

    #[test]
    fn the_time_of_all_frames_is_that_of_all_ticks() {
        let mut recorder = Recorder::new();
        for tick in 0..60 {
            recorder.tick(|| Photo::new(Size::new(2, 2), |_| [tick / 4 * 8; 3]));
        }
        assert_eq!(recorder.frames(), 15);
        let gif = recorder.to_gif().unwrap();
        let frames = GifDecoder::new(Cursor::new(gif)).unwrap().into_frames();
        let frames = frames.collect_frames().unwrap();
        let all: u32 = frames.iter().map(|it| it.delay().numer_denom_ms().0).sum();
        assert_eq!((frames.len(), all), (15, 2000));
    }

    #[test]
    fn nothing_is_no_gif() {
        assert!(Recorder::new().to_gif().is_err());
    }
}
