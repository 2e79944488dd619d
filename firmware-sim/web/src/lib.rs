//! The runtime as WebAssembly. JavaScript writes a model file at [`file_place`], calls [`draw`] and reads the pixels at
//! [`picture_place`].
#![no_std]

use core::panic::PanicInfo;
use core::ptr::{addr_of, addr_of_mut};
use pixling::{Model, Request, Temperature, Way};

const FILE_BYTES: usize = 1 << 20;
const ARENA_BYTES: usize = 256 << 10;

static mut FILE: [u8; FILE_BYTES] = [0; FILE_BYTES];
static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];
static mut PICTURE: usize = 0;

/// Where the model file goes.
#[unsafe(no_mangle)]
pub extern "C" fn file_place() -> *mut u8 {
    addr_of_mut!(FILE).cast()
}

/// The room for the model file.
#[unsafe(no_mangle)]
pub extern "C" fn file_room() -> usize {
    FILE_BYTES
}

/// Where the pixels of the last picture are.
#[unsafe(no_mangle)]
pub extern "C" fn picture_place() -> usize {
    // SAFETY: a module has one thread.
    unsafe { PICTURE }
}

/// Draws a picture, its style apart from the class if it is `styled`. Returns the bytes of its pixels, or -1 for a file that is refused, -2 for one that fails its own
/// test, -3 for a request that is refused.
#[unsafe(no_mangle)]
pub extern "C" fn draw(
    bytes: usize,
    class: u32,
    seed: u64,
    style: u64,
    z_s_percent: u32,
    z_u_percent: u32,
    styled: bool,
) -> i32 {
    // SAFETY: a module has one thread, and no reference to the two outlives this call.
    let (file, arena) = unsafe { (&*addr_of!(FILE), &mut *addr_of_mut!(ARENA)) };
    let Ok(model) = Model::load(file.get(..bytes).unwrap_or_default()) else {
        return -1;
    };
    if model.self_test(arena).is_err() {
        return -2;
    }
    let request = Request {
        class: class as u16,
        seed,
        style,
        z_s_temperature: Temperature::from_percent(z_s_percent as u16),
        z_u_temperature: Temperature::from_percent(z_u_percent as u16),
        way: if styled { Way::Styled } else { Way::Joint },
    };
    let Ok(picture) = model.generate(&request, arena) else {
        return -3;
    };
    // SAFETY: a module has one thread.
    unsafe { PICTURE = picture.pixels().as_ptr() as usize };
    picture.pixels().len() as i32
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
