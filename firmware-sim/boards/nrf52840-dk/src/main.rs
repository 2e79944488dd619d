//! The application on a Nordic nRF52840 DK. It has no display: the pictures are drawn with letters in the terminal that
//! reads the log.
//!
//! | button | is |
//! |---|---|
//! | 1, 2 | A and B |
//!
//! The tests run it in the emulator Unicorn. It has not run on a DK.
#![no_std]
#![no_main]

mod letters;

use cortex_m_rt::{entry, exception};
use defmt_rtt as _;
use embassy_nrf::gpio::{Input, Pull};
use embedded_graphics::pixelcolor::Gray8;
use panic_probe as _;
use pixling_app::{Buttons, Frame};
use pixling_board_support::{Ticker, load, run, start_systick};

/// Enough for every preset.
const ARENA_BYTES: usize = 32 * 1024;

/// After reset, by the internal oscillator.
const CLOCK_HZ: u32 = 64_000_000;

static TICKER: Ticker<Input<'static>, Input<'static>> = Ticker::new();

#[exception]
fn SysTick() {
    TICKER.tick();
}

#[entry]
fn main() -> ! {
    // `entry` makes these into `&'static mut`: they lie in .bss and never on the stack.
    static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];
    static mut FRAME: [u8; letters::FRAME_BYTES] = [0; letters::FRAME_BYTES];

    let chip = embassy_nrf::init(Default::default());
    TICKER.start(Buttons::new(
        Input::new(chip.P0_11, Pull::Up),
        Input::new(chip.P0_12, Pull::Up),
    ));
    let model = match load(ARENA) {
        Ok(model) => model,
        Err(failure) => defmt::panic!("no model: {}; bring one with tools/flash", failure),
    };
    defmt::info!("{=str}: {=u16} classes", model.name(), model.classes());

    let Some(core) = cortex_m::Peripherals::take() else {
        unreachable!("they are taken once");
    };
    start_systick(core.SYST, CLOCK_HZ);
    let Ok(mut frame) = Frame::<Gray8>::new(FRAME, letters::SIZE) else {
        unreachable!("its memory has the size of the frame");
    };
    let error = run(
        model,
        ARENA,
        &TICKER,
        &mut frame,
        |frame, app| letters::print(frame, app),
        // The timer of this chip's core stands still while the core sleeps.
        core::hint::spin_loop,
    );
    defmt::panic!("{}", defmt::Display2Format(&error))
}
