//! The firmware of `pixling-device` on a RISC-V core, QEMU's machine `virt`.
#![no_std]
#![no_main]

use core::ptr::addr_of_mut;
use pixling_device::{ARENA_BYTES, COMMAND_LINE_BYTES, FRAME_BYTES, Machine, Memory, fail, run};
use riscv::register::{mepc, minstret};
use riscv_rt::entry;

struct Virt;

impl Machine for Virt {
    /// The counter of instructions always runs.
    fn start_counter() {}

    /// QEMU's counter advances by 128 per instruction, a sixteenth of which is kept so that 32 bits last for 268 million.
    fn ticks() -> u32 {
        (minstret::read64() >> 4) as u32
    }
}

#[allow(unsafe_code, reason = "statics that are borrowed once")]
#[entry]
fn main() -> ! {
    static mut MEMORY: Memory<{ ARENA_BYTES + FRAME_BYTES }> = Memory::new();
    static mut COMMAND_LINE: [u8; COMMAND_LINE_BYTES] = [0; COMMAND_LINE_BYTES];
    // SAFETY: this function runs once, and nothing else names these two.
    let (memory, command_line) =
        unsafe { (&mut *addr_of_mut!(MEMORY), &mut *addr_of_mut!(COMMAND_LINE)) };
    run::<Virt>(memory.arena(ARENA_BYTES), command_line)
}

/// The end of every trap; none is expected.
#[allow(unsafe_code, reason = "the linker script of riscv-rt calls it by name")]
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    fail("trap", mepc::read() as u32)
}
