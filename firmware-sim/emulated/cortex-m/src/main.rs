//! The firmware of `pixling-device` on a Cortex-M.
#![no_std]
#![no_main]

mod failure;
mod machine;

use cortex_m_rt::entry;
use machine::{ARENA_BYTES, Emulated, FRAME_BYTES};
use pixling_device::{COMMAND_LINE_BYTES, Memory, run};

#[entry]
fn main() -> ! {
    // `entry` makes these two into `&'static mut`: they lie in .bss and never on the stack.
    static mut MEMORY: Memory<{ ARENA_BYTES + FRAME_BYTES }> = Memory::new();
    static mut COMMAND_LINE: [u8; COMMAND_LINE_BYTES] = [0; COMMAND_LINE_BYTES];
    run::<Emulated>(MEMORY.arena(ARENA_BYTES), COMMAND_LINE)
}
