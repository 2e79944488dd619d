//! The firmware of `../device` on a Cortex-M.
#![no_std]
#![no_main]

mod board;
#[path = "../../device/mod.rs"]
mod device;
mod failure;
mod port;

use cortex_m_rt::entry;
use device::Arena;

#[entry]
fn main() -> ! {
    // `entry` makes these two into `&'static mut`: they lie in .bss and never on the stack.
    static mut ARENA: Arena = Arena::new();
    static mut COMMAND_LINE: [u8; board::COMMAND_LINE_BYTES] = [0; board::COMMAND_LINE_BYTES];
    device::run(ARENA, COMMAND_LINE)
}
