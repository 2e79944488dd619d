//! The application on an STM32F4 Discovery with a 240x240 TFT.
//!
//! | pin | to |
//! |---|---|
//! | PB13, PB15 | SCK and MOSI of an ST7789 display |
//! | PB12, PD8, PD9 | its chip select, data or command, and reset |
//! | PA0 | the blue button, A; held, it is B |
//!
//! The tests run it in the emulator Unicorn. It has not run on a Discovery.
#![no_std]
#![no_main]

mod clock;

use cortex_m_rt::{entry, exception};
use embassy_stm32::Peri;
use embassy_stm32::gpio::{AnyPin, Input, Level, Output, Pull, Speed};
use embassy_stm32::spi::{self, Spi};
use embassy_stm32::time::Hertz;
use embedded_hal_bus::spi::ExclusiveDevice;
use mipidsi::interface::SpiInterface;
use panic_halt as _;
use pixling_app::{Buttons, NoButton};
use pixling_board_support::tft::{FRAME_BYTES, PIECE_BYTES, Tft};
use pixling_board_support::{PressedHigh, SystickDelay, Ticker, start_systick};

/// The RAM that the frame leaves of 128 KiB, the stack being elsewhere: enough for every preset but `milli`.
const ARENA_BYTES: usize = 14 * 1024;

static TICKER: Ticker<PressedHigh<Input<'static>>, NoButton> = Ticker::new();

#[exception]
fn SysTick() {
    TICKER.tick();
}

#[entry]
fn main() -> ! {
    // `entry` makes these into `&'static mut`: they lie in .bss and never on the stack.
    static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];
    static mut FRAME: [u8; FRAME_BYTES] = [0; FRAME_BYTES];
    static mut PIECE: [u8; PIECE_BYTES] = [0; PIECE_BYTES];

    let chip = embassy_stm32::init(clock::config());
    let mut config = spi::Config::default();
    config.frequency = Hertz(clock::SPI_HZ);
    let bus = Spi::new_blocking_txonly(chip.SPI2, chip.PB13, chip.PB15, config);
    let output = |pin: Peri<'static, AnyPin>| Output::new(pin, Level::High, Speed::High);
    let Ok(device) = ExclusiveDevice::new_no_delay(bus, output(chip.PB12.into()));
    let interface = SpiInterface::new(device, output(chip.PD8.into()), PIECE);
    let Some(mut core) = cortex_m::Peripherals::take() else {
        unreachable!("they are taken once");
    };
    let mut delay = SystickDelay::new(&mut core.SYST, clock::CORE_HZ);
    // Nothing is read from the display: only a bus that fails could fail, and there is nobody to tell.
    let Ok(mut display) = Tft::start(interface, output(chip.PD9.into()), &mut delay) else {
        stop();
    };

    let button = PressedHigh(Input::new(chip.PA0, Pull::Down));
    TICKER.start(Buttons::new(button, NoButton));
    let start_clock = || start_systick(core.SYST, clock::CORE_HZ);
    display.run(FRAME, ARENA, &TICKER, start_clock, cortex_m::asm::wfi);
    stop()
}

fn stop() -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
