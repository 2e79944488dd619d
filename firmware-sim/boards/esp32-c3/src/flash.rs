//! The flash chip in the processor's memory.
#![allow(
    unsafe_code,
    reason = "the chip's own program in ROM maps flash, and the linker script says what"
)]

use core::ptr::addr_of;

/// KiB of a page in which the cache maps flash.
const PAGE_KIB: u32 = 64;

#[allow(
    missing_docs,
    non_snake_case,
    reason = "private to this file: the names are those of the ROM and of the memory map"
)]
unsafe extern "C" {
    fn Cache_Suspend_ICache() -> u32;
    fn Cache_Resume_ICache(autoload: u32);
    fn Cache_Dbus_MMU_Set(
        external_ram: u32,
        virtual_address: u32,
        physical_address: u32,
        page_kib: u32,
        pages: u32,
        fixed: u32,
    ) -> i32;

    static _model_offset: u8;
    static _model_start: u8;
    static _model_end: u8;
}

/// Makes the model's partition readable where the memory map has it, and says whether that was possible: a start-up maps
/// no more than the firmware itself.
pub(crate) fn map_model() -> bool {
    let (offset, start, end) = (
        addr_of!(_model_offset) as u32,
        addr_of!(_model_start) as u32,
        addr_of!(_model_end) as u32,
    );
    let pages = (end - start).div_ceil(PAGE_KIB * 1024);
    map(offset, start, pages)
}

/// In RAM, because code in flash cannot be read while the cache is suspended.
#[esp_hal::ram]
fn map(offset: u32, start: u32, pages: u32) -> bool {
    const FLASH: u32 = 0;
    const GROWING: u32 = 0;
    // SAFETY: no interrupt is in use, nothing else is mapped at these addresses, and the ROM's
    // program refuses what is no multiple of a page.
    unsafe {
        let autoload = Cache_Suspend_ICache();
        let result = Cache_Dbus_MMU_Set(FLASH, start, offset, PAGE_KIB, pages, GROWING);
        Cache_Resume_ICache(autoload);
        result == 0
    }
}
