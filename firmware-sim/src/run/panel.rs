//! The display as a thing: what light comes from it.

use super::ink::Ink;
use super::photo::Photo;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565, Rgb888};
use embedded_graphics::prelude::{Point, Size};
use pixling_app::{Frame, Rotation, Stored};
use pixling_boards::{Colour, Display, Technology};

/// A simulated display. It takes whole frames and shows them as its technology does.
#[derive(Clone, Debug)]
pub struct Panel {
    display: Display,
    rotation: Rotation,
    /// The last frame that it was given.
    frame: Photo,
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
    /// A display that shows nothing yet, mounted turned.
    pub fn new(display: Display, rotation: Rotation) -> Panel {
        let (width, height) = (display.width.into(), display.height.into());
        let ink = matches!(display.technology, Technology::EPaper).then(|| Ink::new(width, height));
        Panel {
            frame: Photo::new(display.size(), |_| [0; 3]),
            display,
            rotation,
            ink,
        }
    }

    /// Starts to show a frame buffer.
    pub fn show(&mut self, frame: &[u8]) {
        let size = self.display.size();
        self.frame = match self.display.colour {
            Colour::OneBit => decoded::<BinaryColor>(frame, size),
            Colour::Grey => decoded::<Gray8>(frame, size),
            Colour::Rgb565 => decoded::<Rgb565>(frame, size),
        };
        if let Some(ink) = &mut self.ink {
            let pixels = self.frame.image().pixels();
            ink.show(pixels.map(|rgb| rgb[1] >= 128).collect());
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

    /// The last refresh of electronic paper in words.
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

    /// The light of a pixel.
    fn light(&self, point: Point) -> [u8; 3] {
        if let Some(ink) = &self.ink {
            let level = ink.level(point);
            return mix([38, 38, 42], [232, 231, 222], level);
        }
        let rgb = self.frame.pixel(point);
        match self.display.technology {
            Technology::Oled => mix([0, 12, 26], [120, 220, 255], rgb[1]),
            // An eye sees a dim lamp brighter than its current.
            Technology::Leds => mix([44, 20, 20], [255, 52, 34], seen(rgb[1])),
            Technology::Tft | Technology::EPaper => rgb,
        }
    }
}

/// The colours in a frame buffer; black in one that is too short.
fn decoded<C: Stored + Into<Rgb888>>(frame: &[u8], size: Size) -> Photo {
    let mut bytes = frame.to_vec();
    let frame = Frame::<C>::new(&mut bytes, size);
    Photo::of_colors(size, |point| frame.as_ref().ok()?.pixel(point))
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
