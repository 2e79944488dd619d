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
use embedded_graphics::pixelcolor::Rgb565;
use embedded_graphics::prelude::Size;
use embedded_hal_bus::spi::ExclusiveDevice;
use esp_hal::clock::CpuClock;
use esp_hal::delay::Delay;
use esp_hal::gpio::{Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::spi::master::{Config, Spi};
use esp_hal::time::Rate;
use mipidsi::interface::SpiInterface;
use mipidsi::models::ST7789;
use mipidsi::options::ColorInversion;
use panic_halt as _;
use pixling_app::{Buttons, Frame, NoButton};
use pixling_board_support::{Dark, load, run, show, start_dark, write_message};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

const SIZE: Size = Size::new(240, 240);

const FRAME_BYTES: usize = Frame::<Rgb565>::bytes_needed(SIZE);

/// Enough for every preset.
const ARENA_BYTES: usize = 32 * 1024;

/// The bytes that are sent to the display at a time.
const PIECE_BYTES: usize = 480;

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
    let builder = mipidsi::Builder::new(Dark(ST7789), interface)
        .display_size(SIZE.width as u16, SIZE.height as u16)
        // These panels show the complement of what they are sent.
        .invert_colors(ColorInversion::Inverted)
        .reset_pin(reset);
    // Nothing is read from the display: only a bus that fails could fail, and there is nobody to tell.
    let Ok(mut display) = start_dark(builder, &mut Delay::new()) else {
        stop();
    };

    let button = Input::new(chip.GPIO9, InputConfig::default().with_pull(Pull::Up));
    TICKER.start(Buttons::new(button, NoButton));
    if !flash::map_model() {
        let _ = write_message(&mut display, &"the flash of the model cannot be mapped");
        stop();
    }
    let model = match load(arena) {
        Ok(model) => model,
        Err(failure) => {
            let _ = write_message(&mut display, &failure);
            stop();
        }
    };
    let Ok(mut frame) = Frame::<Rgb565>::new(FRAME.take(), SIZE) else {
        unreachable!("its memory has the size of the frame");
    };
    clock::start(chip.SYSTIMER);
    let error = run(
        model,
        arena,
        &TICKER,
        &mut frame,
        |frame, _| {
            let _ = show(frame, &mut display);
        },
        core::hint::spin_loop,
    );
    let _ = write_message(&mut display, &error);
    stop()
}

fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}
