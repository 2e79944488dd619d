//! Faults end the boot with a reason; none is expected.

use crate::device::Report;
use cortex_m_rt::{ExceptionFrame, exception};

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
