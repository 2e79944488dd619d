//! The application on a Raspberry Pi Pico or a Raspberry Pi Pico 2 with a 128x64 OLED.
//!
//! | pin | to |
//! |---|---|
//! | GP4, GP5 | SDA and SCL of an SSD1306 display at address 0x3C |
//! | GP14, GP15 | buttons A and B, the other side to ground |
//! | GP25 | the LED on the board: lit when no display answers |
//!
//! The tests run it in the emulators rp2040js, for a Pico, and Unicorn, for a Pico 2. It has not run on either board.
#![no_std]
#![no_main]

use cortex_m_rt::{entry, exception};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::i2c::{self, I2c};
use panic_halt as _;
use pixling_app::Buttons;
use pixling_board_support::{SystickDelay, Ticker, load, retry, run, start_systick, write_message};
use ssd1306::prelude::*;
use ssd1306::{I2CDisplayInterface, Ssd1306};

/// Enough for every preset.
const ARENA_BYTES: usize = 32 * 1024;

static TICKER: Ticker<Input<'static>, Input<'static>> = Ticker::new();

#[exception]
fn SysTick() {
    TICKER.tick();
}

#[entry]
fn main() -> ! {
    // `entry` makes this into a `&'static mut`: it lies in .bss and never on the stack.
    static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];

    let chip = embassy_rp::init(Default::default());
    let mut config = i2c::Config::default();
    config.frequency = 400_000;
    let bus = I2c::new_blocking(chip.I2C0, chip.PIN_5, chip.PIN_4, config);
    let interface = I2CDisplayInterface::new(bus);
    let mut display = Ssd1306::new(interface, DisplaySize128x64, DisplayRotation::Rotate0)
        .into_buffered_graphics_mode();
    let Some(mut core) = cortex_m::Peripherals::take() else {
        unreachable!("they are taken once");
    };
    let clock_hz = embassy_rp::clocks::clk_sys_freq();
    let mut delay = SystickDelay::new(&mut core.SYST, clock_hz);
    // Cleared at once: its memory is random at first.
    let started = retry(&mut delay, || display.init().and_then(|()| display.flush()));
    // Without a display the application runs all the same; one that is plugged in later stays dark until a reset.
    let _led = Output::new(chip.PIN_25, Level::from(started.is_err()));

    TICKER.start(Buttons::new(
        Input::new(chip.PIN_14, Pull::Up),
        Input::new(chip.PIN_15, Pull::Up),
    ));

    match load(ARENA) {
        Ok(model) => {
            start_systick(core.SYST, clock_hz);
            let error = run(
                model,
                ARENA,
                &TICKER,
                &mut display,
                |display, _| {
                    let _ = display.flush();
                },
                cortex_m::asm::wfi,
            );
            let _ = write_message(&mut display, &error);
        }
        Err(failure) => {
            let _ = write_message(&mut display, &failure);
        }
    }
    let _ = display.flush();
    loop {
        cortex_m::asm::wfi();
    }
}
