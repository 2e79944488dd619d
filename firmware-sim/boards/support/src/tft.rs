//! A colour display that is switched on when it is black, for its memory is random at first.

use crate::{Ticker, load, run, show, write_message};
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::{DrawTarget, Size};
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::{InputPin, OutputPin};
use mipidsi::dcs::{DcsCommand, InterfaceExt, SetAddressMode, SetDisplayOn};
use mipidsi::interface::{Interface, InterfacePixelFormat};
use mipidsi::models::{Model, ModelInitError, ST7789};
use mipidsi::options::{ColorInversion, ModelOptions};
use mipidsi::{Builder, Display, InitError};
use pixling_app::{Frame, Tone};

/// Width and height of the display.
const SIZE: Size = Size::new(240, 240);

/// The bytes of a picture for the display.
pub const FRAME_BYTES: usize = Frame::<Rgb565>::bytes_needed(SIZE);

/// The bytes that are sent to the display at a time.
pub const PIECE_BYTES: usize = 480;

/// An ST7789 display of 240x240 pixels.
pub struct Tft<DI, RST>(Display<DI, Dark<ST7789>, RST>)
where
    DI: Interface,
    RST: OutputPin,
    Rgb565: InterfacePixelFormat<DI::Word>;

impl<DI, RST> Tft<DI, RST>
where
    DI: Interface,
    RST: OutputPin,
    Rgb565: InterfacePixelFormat<DI::Word>,
{
    /// Sets the display up, clears its memory, and switches it on.
    ///
    /// # Errors
    ///
    /// When the bus or a pin gives one.
    pub fn start(
        interface: DI,
        reset: RST,
        delay: &mut impl DelayNs,
    ) -> Result<Self, InitError<DI::Error, RST::Error>> {
        let mut display = Builder::new(Dark(ST7789), interface)
            .display_size(SIZE.width as u16, SIZE.height as u16)
            // These panels show the complement of what they are sent.
            .invert_colors(ColorInversion::Inverted)
            .reset_pin(reset)
            .init(delay)?;
        display
            .clear(<Rgb565 as Tone>::BLACK)
            .and_then(|()| display.wake(delay))
            .map_err(InitError::Interface)?;
        Ok(Tft(display))
    }

    /// Runs the application: each picture is drawn in `frame` and sent in one go. `start_clock` is called when there is
    /// a model, and `idle` when there is nothing to draw. Returns with the reason on the display when the application
    /// cannot draw.
    pub fn run<A: InputPin, B: InputPin>(
        &mut self,
        frame: &mut [u8; FRAME_BYTES],
        arena: &mut [u8],
        ticker: &Ticker<A, B>,
        start_clock: impl FnOnce(),
        idle: impl FnMut(),
    ) {
        let display = &mut self.0;
        let model = match load(arena) {
            Ok(model) => model,
            Err(failure) => return self.write(&failure),
        };
        let Ok(mut frame) = Frame::<Rgb565>::new(frame, SIZE) else {
            unreachable!("its memory has the size of the frame");
        };
        start_clock();
        let error = run(
            model,
            arena,
            ticker,
            &mut frame,
            |frame, _| {
                let _ = show(frame, display);
            },
            idle,
        );
        self.write(&error);
    }

    /// Writes a message in place of a picture.
    pub fn write(&mut self, message: &dyn core::fmt::Display) {
        // Nothing is read from the display: only a bus that fails could fail, and there is nobody to tell.
        let _ = write_message(&mut self.0, message);
    }
}

/// A display whose `init` leaves it switched off, and whose `wake` switches it on.
struct Dark<M>(M);

impl<M: Model> Model for Dark<M> {
    type ColorFormat = M::ColorFormat;
    const FRAMEBUFFER_SIZE: (u16, u16) = M::FRAMEBUFFER_SIZE;
    const RESET_DURATION: u32 = M::RESET_DURATION;

    fn init<DELAY: DelayNs, DI: Interface>(
        &mut self,
        di: &mut DI,
        delay: &mut DELAY,
        options: &ModelOptions,
    ) -> Result<SetAddressMode, ModelInitError<DI::Error>> {
        self.0.init(&mut KeptOff(di), delay, options)
    }

    fn wake<DI: Interface, DELAY: DelayNs>(
        di: &mut DI,
        delay: &mut DELAY,
    ) -> Result<(), DI::Error> {
        M::wake(di, delay)?;
        di.write_command(SetDisplayOn)
    }
}

/// Passes on everything but the command that switches a display on.
struct KeptOff<'d, DI>(&'d mut DI);

impl<DI: Interface> Interface for KeptOff<'_, DI> {
    type Word = DI::Word;
    type Error = DI::Error;
    const KIND: mipidsi::interface::InterfaceKind = DI::KIND;

    fn send_command(&mut self, command: u8, args: &[u8]) -> Result<(), DI::Error> {
        if command == SetDisplayOn.instruction() {
            return Ok(());
        }
        self.0.send_command(command, args)
    }

    fn send_pixels<const N: usize>(
        &mut self,
        pixels: impl IntoIterator<Item = [DI::Word; N]>,
    ) -> Result<(), DI::Error> {
        self.0.send_pixels(pixels)
    }

    fn send_repeated_pixel<const N: usize>(
        &mut self,
        pixel: [DI::Word; N],
        count: u32,
    ) -> Result<(), DI::Error> {
        self.0.send_repeated_pixel(pixel, count)
    }
}
