//! The firmware of `../device` on a RISC-V core.
#![no_std]
#![no_main]

#[path = "../../device/mod.rs"]
mod device;
mod port;
mod start;
