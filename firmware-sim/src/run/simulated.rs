//! The simulated displays.

use super::application::{Caption, draw_color, draw_monochrome};
use super::layout::Layout;
use crate::{Error, PictureRequest, encode_png};
use embedded_graphics::pixelcolor::{BinaryColor, Rgb565, Rgb888};
use embedded_graphics::prelude::{PixelColor, Size};
use embedded_graphics_simulator::{
    BinaryColorTheme, OutputSettings, OutputSettingsBuilder, SimulatorDisplay,
};
use pixling::Model;

/// A kind of display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Display {
    /// 128x64 pixels of one bit, as of an SSD1306.
    Oled,
    /// 240x240 pixels in RGB565, as of an ST7789.
    Tft,
}

impl Display {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Display::Oled => "oled",
            Display::Tft => "tft",
        }
    }

    /// Columns and rows.
    pub fn size(self) -> Size {
        match self {
            Display::Oled => Size::new(128, 64),
            Display::Tft => Size::new(240, 240),
        }
    }
}

/// Draws a picture as the device would show it and returns a PNG of the display, each of its pixels magnified.
///
/// # Errors
///
/// When the model has no such class or its picture is larger than the display: nothing is ever cropped.
pub fn show(
    model: &Model<'_>,
    request: PictureRequest,
    display: Display,
) -> Result<Vec<u8>, Error> {
    let size = Size::new(model.width().into(), model.height().into());
    let layout = Layout::new(display.size(), size).ok_or_else(|| Error::PictureTooLarge {
        picture_width: model.width(),
        picture_height: model.height(),
        display: display.name(),
        display_width: display.size().width,
        display_height: display.size().height,
    })?;
    let mut arena = vec![0; model.arena_bytes()];
    let picture = model
        .generate(&request.to_request(), &mut arena)
        .map_err(|source| Error::Generate {
            class: request.class,
            source,
        })?;
    let caption = Caption {
        label: model.class_label(request.class).unwrap_or_default(),
        seed: &format!("seed {}", request.seed),
    };
    match display {
        Display::Oled => {
            let mut screen = SimulatorDisplay::<BinaryColor>::new(display.size());
            let Ok(()) = draw_monochrome(picture, caption, &layout, &mut screen);
            let settings = OutputSettingsBuilder::new()
                .theme(BinaryColorTheme::OledBlue)
                .scale(5)
                .pixel_spacing(1)
                .build();
            photograph(&screen, &settings)
        }
        Display::Tft => {
            let mut screen = SimulatorDisplay::<Rgb565>::new(display.size());
            let Ok(()) = draw_color(picture, caption, &layout, &mut screen);
            photograph(&screen, &OutputSettingsBuilder::new().scale(2).build())
        }
    }
}

fn photograph<C: PixelColor + Into<Rgb888>>(
    screen: &SimulatorDisplay<C>,
    settings: &OutputSettings,
) -> Result<Vec<u8>, Error> {
    let output = screen.to_rgb_output_image(settings);
    let image = output.as_image_buffer();
    encode_png(image.width(), image.height(), image.as_raw().to_vec())
}
