//! From reset to `run`, and what ends it.
#![allow(unsafe_code, reason = "a program starts and traps in assembly")]

use crate::device::{self, Arena, Report};
use crate::port::COMMAND_LINE_BYTES;
use core::arch::global_asm;
use core::ptr::addr_of_mut;

// Clears .bss; nothing is in .data.
global_asm!(
    ".section .start, \"ax\"",
    ".global _start",
    "_start:",
    "la sp, _stack_start",
    "la t0, trap",
    "csrw mtvec, t0",
    "la t0, _bss_start",
    "la t1, _bss_end",
    "1:",
    "bgeu t0, t1, 2f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 1b",
    "2:",
    "j start",
    ".balign 4",
    "trap:",
    "csrr a0, mepc",
    "j trapped",
    ".text",
);

/// Called once, after reset.
#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    static mut ARENA: Arena = Arena::new();
    static mut COMMAND_LINE: [u8; COMMAND_LINE_BYTES] = [0; COMMAND_LINE_BYTES];
    // SAFETY: this function runs once, and nothing else names these two.
    let (arena, command_line) =
        unsafe { (&mut *addr_of_mut!(ARENA), &mut *addr_of_mut!(COMMAND_LINE)) };
    device::run(arena, command_line)
}

/// Where every trap ends; none is expected.
#[unsafe(no_mangle)]
extern "C" fn trapped(address: u32) -> ! {
    let mut report = Report::open();
    report.entry("error trap").number(address).end();
    report.fail()
}
