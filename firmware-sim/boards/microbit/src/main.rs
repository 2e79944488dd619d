//! The application on a BBC micro:bit v1, on its 25 LEDs and with its two buttons.
//!
//! Where there is no model, or none that it can draw, it shows a cross. The tests run it on QEMU's
//! micro:bit. It has not run on a real one.
#![no_std]
#![no_main]

mod clock;
mod interrupts;
mod leds;

use clock::TICKER;
use cortex_m_rt::entry;
use embedded_graphics::pixelcolor::Gray8;
use microbit::Board;
use panic_halt as _;
use pixling_app::{Buttons, Frame};
use pixling_board_support::{load, run};

/// The arena that 16 KiB of RAM allow, with nearly 5 KiB for the stack: enough for every preset but `milli`.
const ARENA_BYTES: usize = 11 * 1024;

#[entry]
fn main() -> ! {
    // `entry` makes these into `&'static mut`: they lie in .bss and never on the stack.
    static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];
    static mut FRAME: [u8; leds::FRAME_BYTES] = [0; leds::FRAME_BYTES];

    let Some(board) = Board::take() else {
        unreachable!("it is taken once");
    };
    leds::start(board.TIMER1, board.display_pins);
    if let Ok(model) = load(ARENA) {
        TICKER.start(Buttons::new(board.buttons.button_a, board.buttons.button_b));
        clock::start(board.TIMER0);
        let Ok(mut frame) = Frame::<Gray8>::new(FRAME, leds::SIZE) else {
            unreachable!("its memory has the size of the frame");
        };
        // The reason for which it returns has no room on 25 LEDs.
        let _ = run(
            model,
            ARENA,
            &TICKER,
            &mut frame,
            |frame, _| leds::show(frame),
            cortex_m::asm::wfi,
        );
    }
    leds::show_cross();
    loop {
        cortex_m::asm::wfi();
    }
}
