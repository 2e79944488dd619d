//! The application on an ESP32-C3 with a 240x240 TFT.
//!
//! | pin | to |
//! |---|---|
//! | GPIO6, GPIO7 | SCK and MOSI of an ST7789 display |
//! | GPIO10, GPIO4, GPIO5 | its chip select, data or command, and reset |
//! | GPIO9 | the button BOOT, A; held, it is B |
//!
//! The tests run it in the emulator Unicorn. It has not run on an ESP32-C3.
#![no_std]
#![no_main]

mod clock;
mod flash;

use clock::TICKER;
use embedded_hal_bus::spi::ExclusiveDevice;
use esp_hal::clock::CpuClock;
use esp_hal::delay::Delay;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::spi::master::{Config, Spi};
use esp_hal::time::Rate;
use mipidsi::interface::SpiInterface;
use panic_halt as _;
use pixling_app::{Buttons, NoButton};
use pixling_board_support::tft::{FRAME_BYTES, PIECE_BYTES, Tft};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

/// Enough for every preset.
const ARENA_BYTES: usize = 32 * 1024;

static ARENA: ConstStaticCell<[u8; ARENA_BYTES]> = ConstStaticCell::new([0; ARENA_BYTES]);
static FRAME: ConstStaticCell<[u8; FRAME_BYTES]> = ConstStaticCell::new([0; FRAME_BYTES]);
static PIECE: ConstStaticCell<[u8; PIECE_BYTES]> = ConstStaticCell::new([0; PIECE_BYTES]);

#[esp_hal::main]
fn main() -> ! {
    let arena = ARENA.take();
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    let config = Config::default().with_frequency(Rate::from_mhz(40));
    let Ok(bus) = Spi::new(chip.SPI2, config) else {
        unreachable!("the frequency is one that the bus has");
    };
    let bus = bus.with_sck(chip.GPIO6).with_mosi(chip.GPIO7);
    let select = Output::new(chip.GPIO10, Level::High, OutputConfig::default());
    let data = Output::new(chip.GPIO4, Level::High, OutputConfig::default());
    let reset = Output::new(chip.GPIO5, Level::High, OutputConfig::default());
    let Ok(device) = ExclusiveDevice::new_no_delay(bus, select);
    let interface = SpiInterface::new(device, data, PIECE.take());
    // Nothing is read from the display: only a bus that fails could fail, and there is nobody to tell.
    let Ok(mut display) = Tft::start(interface, reset, &mut Delay::new()) else {
        stop();
    };

    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    TICKER.start(Buttons::new(button, NoButton));
    if !flash::map_model() {
        display.write(&"the flash of the model cannot be mapped");
        stop();
    }
    let start_clock = || clock::start(chip.SYSTIMER);
    display.run(
        FRAME.take(),
        arena,
        &TICKER,
        start_clock,
        core::hint::spin_loop,
    );
    stop()
}

fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
