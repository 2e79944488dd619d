//! Faults end the boot with a reason; none is expected.

use core::panic::PanicInfo;
use cortex_m_rt::{ExceptionFrame, exception};
use pixling_device::{fail, fail_panic};

#[allow(
    unsafe_code,
    reason = "the attribute demands it: a hard fault may come at any moment"
)]
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    fail("hard-fault", frame.pc())
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    fail_panic(info)
}
