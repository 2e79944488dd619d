//! A panic ends the boot with its place; none is expected.

use super::report::Report;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut report = Report::open();
    // The place alone: the message would bring in all of `core::fmt`.
    let (file, line) = info
        .location()
        .map_or(("unknown", 0), |place| (place.file(), place.line()));
    report.entry("error panic").word(file).number(line).end();
    report.fail()
}
