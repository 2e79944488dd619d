//! Panics and faults end the boot with a reason; none is expected.

use crate::device::Report;
use core::panic::PanicInfo;
use cortex_m_rt::{ExceptionFrame, exception};

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

#[allow(
    unsafe_code,
    reason = "the attribute demands it: a hard fault may come at any moment"
)]
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    let mut report = Report::open();
    report.entry("error hard-fault").number(frame.pc()).end();
    report.fail()
}
