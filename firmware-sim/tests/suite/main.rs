//! All tests of the simulator, the emulated cores and the boards, in one program: linked once, and none waits for another.

mod application;
mod board_emulators;
mod boards;
mod check;
mod command_line;
mod emulator;
mod firmware_image;
mod instructions;
mod paged;
mod signed;
mod slot_faults;
mod slots;
mod support;
mod terminal;
mod web;
mod window;
