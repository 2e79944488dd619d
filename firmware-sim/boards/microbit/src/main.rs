//! The application on a BBC micro:bit v1, on its 25 LEDs and with its two buttons.
//!
//! Where there is no model, or none that it can draw, it shows a cross. The tests run it on QEMU's micro:bit.
#![no_std]
#![no_main]

mod leds;

use cortex_m_rt::entry;
use embedded_graphics::pixelcolor::Gray8;
use microbit::Board;
use microbit::hal::Timer;
use panic_halt as _;
use pixling_app::{Buttons, Frame, TICKS_PER_SECOND};
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
        let mut buttons = Buttons::new(
            board.buttons.button_a.degrade(),
            board.buttons.button_b.degrade(),
        );
        let mut timer = Timer::periodic(board.TIMER0);
        timer.start(Timer::<microbit::pac::TIMER0>::TICKS_PER_SECOND / TICKS_PER_SECOND);
        let Ok(mut frame) = Frame::<Gray8>::new(FRAME, leds::SIZE) else {
            unreachable!("its memory has the size of the frame");
        };
        // The reason for which it returns has no room on 25 LEDs.
        let _ = run(
            model,
            ARENA,
            &mut buttons,
            &mut frame,
            |frame, _| leds::show(frame),
            || while !timer.reset_if_finished() {},
        );
    }
    leds::show_cross();
    loop {
        cortex_m::asm::wfi();
    }
}
