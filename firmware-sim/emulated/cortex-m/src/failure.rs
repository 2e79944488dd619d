//! Faults end the boot with a reason; none is expected.

use cortex_m_rt::{ExceptionFrame, exception};
use pixling_device::fail;

#[allow(
    unsafe_code,
    reason = "the attribute demands it: a hard fault may come at any moment"
)]
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    fail("hard-fault", frame.pc())
}
