//! The firmware of `pixling-device` on a RISC-V core, QEMU's machine `virt`.
#![no_std]
#![no_main]

use core::panic::PanicInfo;
use core::ptr::{addr_of, addr_of_mut};
use pixling_device::{Machine, Memory, fail, fail_panic, run};
use riscv::register::{mepc, minstret};
use riscv_rt::entry;

/// The most that a model may need.
const ARENA_BYTES: usize = 64 * 1024;
/// After the arena, for the frame of a display of 320x240 pixels of 16 bits.
const FRAME_BYTES: usize = if cfg!(feature = "application") {
    150 * 1024
} else {
    0
};
/// Room for the requests of one boot. The host boots again for more.
const COMMAND_LINE_BYTES: usize = 1024;

struct Virt;

#[allow(missing_docs, reason = "private to this file, defined by riscv-rt")]
#[allow(unsafe_code, reason = "a symbol of the linker script")]
unsafe extern "C" {
    static __sheap: u32;
}

impl Machine for Virt {
    /// The counter of instructions always runs.
    fn start_counter() {}

    /// QEMU's counter advances by 128 per instruction, a sixteenth of which is kept so that 32 bits last for 268 million.
    fn ticks() -> u32 {
        (minstret::read64() >> 4) as u32
    }

    fn stack_limit() -> *mut u32 {
        addr_of!(__sheap).cast_mut()
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

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    fail_panic(info)
}
