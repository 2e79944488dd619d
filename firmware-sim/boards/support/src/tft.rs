//! A colour display that is switched on when it is black: its memory is random at first.

use embedded_graphics::prelude::DrawTarget;
use embedded_hal::delay::DelayNs;
use embedded_hal::digital::OutputPin;
use mipidsi::dcs::{DcsCommand, InterfaceExt, SetAddressMode, SetDisplayOn};
use mipidsi::interface::{Interface, InterfacePixelFormat};
use mipidsi::models::{Model, ModelInitError};
use mipidsi::options::ModelOptions;
use mipidsi::{Builder, Display, InitError};
use pixling_app::Tone;

/// Why a display of such an interface and reset pin could not be set up.
pub type SetupError<DI, RST> =
    InitError<<DI as Interface>::Error, <RST as embedded_hal::digital::ErrorType>::Error>;

/// A display whose `init` leaves it switched off, and whose `wake` switches it on.
pub struct Dark<M>(pub M);

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

/// Sets a display up, clears its memory, and switches it on.
///
/// # Errors
///
/// When the bus or a pin gives one, or the display cannot be as the builder wants it.
pub fn start_dark<DI, M, RST>(
    builder: Builder<DI, Dark<M>, RST>,
    delay: &mut impl DelayNs,
) -> Result<Display<DI, Dark<M>, RST>, SetupError<DI, RST>>
where
    DI: Interface,
    M: Model<ColorFormat: InterfacePixelFormat<DI::Word> + Tone>,
    RST: OutputPin,
{
    let mut display = builder.init(delay)?;
    display
        .clear(<M::ColorFormat as Tone>::BLACK)
        .and_then(|()| display.wake(delay))
        .map_err(InitError::Interface)?;
    Ok(display)
}
