//! The display as a thing: what light comes from it.

use super::ink::Ink;
use super::photo::Photo;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, GrayColor, Rgb565, Rgb888, RgbColor};
use embedded_graphics::prelude::{Point, Size};
use pixling_app::{Rotation, Stored};
use pixling_boards::{Colour, Display, Technology};

/// A simulated display. It takes whole frames and shows them as its technology does.
#[derive(Clone, Debug)]
pub struct Panel {
    display: Display,
    rotation: Rotation,
    frame: Vec<u8>,
    ink: Option<Ink>,
}

/// A close-up is not larger than that, but for displays that are.
const MOST_PIXELS: u32 = 1200;

/// How a technology is photographed.
struct Lens {
    scale: u32,
    gap: u32,
    ground: [u8; 3],
}

impl Panel {
    /// A display that shows nothing yet, mounted turned by so much.
    pub fn new(display: Display, rotation: Rotation) -> Panel {
        let (width, height) = (display.width.into(), display.height.into());
        let ink = matches!(display.technology, Technology::EPaper).then(|| Ink::new(width, height));
        Panel {
            frame: vec![0; display.frame_bytes()],
            display,
            rotation,
            ink,
        }
    }

    /// Starts to show a frame buffer.
    pub fn show(&mut self, frame: &[u8]) {
        self.frame.clear();
        self.frame.extend_from_slice(frame);
        let size = self.display.size();
        let bright = self.ink.is_some().then(|| {
            let photo = Photo::new(size, |point| self.rgb(point));
            let bytes = photo.into_bytes();
            bytes.chunks_exact(3).map(|rgb| rgb[1] >= 128).collect()
        });
        if let (Some(ink), Some(bright)) = (&mut self.ink, bright) {
            ink.show(bright);
        }
    }

    /// Lets a thirtieth of a second pass.
    pub fn tick(&mut self) {
        if let Some(ink) = &mut self.ink {
            ink.tick();
        }
    }

    /// Whether it cannot take a frame now.
    pub fn is_busy(&self) -> bool {
        self.ink.as_ref().is_some_and(Ink::is_busy)
    }

    /// Waits until it shows what it was given.
    pub fn settle(&mut self) {
        if let Some(ink) = &mut self.ink {
            ink.settle();
        }
    }

    /// What the last refresh of electronic paper was.
    pub fn last_refresh(&self) -> Option<String> {
        self.ink.as_ref().and_then(Ink::last_refresh)
    }

    /// A pixel for each pixel, upright, in the colours of the display.
    pub fn photo(&self) -> Photo {
        let photo = Photo::new(self.display.size(), |point| self.light(point));
        photo.upright(self.rotation)
    }

    /// Enlarged, with the gaps between the pixels.
    pub fn close_up(&self) -> Photo {
        let Lens { scale, gap, ground } = self.lens();
        self.photo().enlarged(scale, gap, ground)
    }

    fn lens(&self) -> Lens {
        // A display of thousands of pixels needs no enlargement to be seen.
        let most = MOST_PIXELS / u32::from(self.display.width.max(self.display.height));
        let lens = |scale: u32, gap: u32, ground| {
            let fits = scale + gap <= most;
            Lens {
                scale: if fits { scale } else { most.max(1) },
                gap: if fits { gap } else { 0 },
                ground,
            }
        };
        match self.display.technology {
            Technology::Oled => lens(5, 1, [0, 4, 10]),
            Technology::Tft => lens(2, 0, [0; 3]),
            Technology::EPaper => lens(3, 0, [0; 3]),
            Technology::Leds => lens(40, 40, [16, 16, 18]),
        }
    }

    /// The colour of a pixel in the frame buffer.
    fn rgb(&self, point: Point) -> [u8; 3] {
        let size = self.display.size();
        match self.display.colour {
            Colour::OneBit => match load(&self.frame, size, point) {
                Some(BinaryColor::On) => [255; 3],
                _ => [0; 3],
            },
            Colour::Grey => {
                let grey: Option<Gray8> = load(&self.frame, size, point);
                [grey.map_or(0, |grey| grey.luma()); 3]
            }
            Colour::Rgb565 => {
                let color: Option<Rgb565> = load(&self.frame, size, point);
                let color = Rgb888::from(color.unwrap_or(Rgb565::BLACK));
                [color.r(), color.g(), color.b()]
            }
        }
    }

    /// The light of a pixel.
    fn light(&self, point: Point) -> [u8; 3] {
        if let Some(ink) = &self.ink {
            let level = ink.level(point.x as usize, point.y as usize);
            return mix([38, 38, 42], [232, 231, 222], level);
        }
        let rgb = self.rgb(point);
        match self.display.technology {
            Technology::Oled => mix([0, 12, 26], [120, 220, 255], rgb[1]),
            // An eye sees a dim lamp brighter than its current.
            Technology::Leds => mix([44, 20, 20], [255, 52, 34], seen(rgb[1])),
            Technology::Tft | Technology::EPaper => rgb,
        }
    }
}

fn load<C: Stored>(frame: &[u8], size: Size, point: Point) -> Option<C> {
    let bytes_per_row = (size.width as usize * C::BITS).div_ceil(8);
    let row = frame.get(point.y as usize * bytes_per_row..)?;
    C::load(row, point.x as usize)
}

fn seen(level: u8) -> u8 {
    (f64::from(level) * 255.0).sqrt().round() as u8
}

fn mix(dark: [u8; 3], bright: [u8; 3], level: u8) -> [u8; 3] {
    std::array::from_fn(|index| {
        let (dark, bright) = (u32::from(dark[index]), u32::from(bright[index]));
        let level = u32::from(level);
        ((dark * (255 - level) + bright * level + 127) / 255) as u8
    })
}
