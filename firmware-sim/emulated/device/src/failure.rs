//! Ends of a boot that give a reason; none is expected.

use crate::report::Report;
use core::panic::PanicInfo;

/// Ends the boot with a word for the reason and the address of the instruction.
pub fn fail(reason: &str, address: u32) -> ! {
    let mut report = Report::open();
    report.entry("error").word(reason).number(address).fail()
}

/// Ends the boot with the place of a panic.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut report = Report::open();
    // The place alone: the message would bring in all of `core::fmt`.
    let (file, line) = info
        .location()
        .map_or(("unknown", 0), |place| (place.file(), place.line()));
    report.entry("error panic").word(file).number(line).fail()
}
