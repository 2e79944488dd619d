//! Loads a model, tests it and draws: all that a device needs, and nothing else. A panic that the compiler leaves in does
//! not link, unless signatures are checked.
#![no_std]
#![no_main]

#[cfg(feature = "flash")]
pub mod flash;

#[cfg(feature = "signed")]
use panic_halt as _;
#[cfg(not(feature = "signed"))]
use panic_never as _;
use pixling::{Model, Request};

/// Draws a picture of a class into the arena and returns its first pixel, or a negative number.
///
/// # Safety
///
/// Both pointers must be good for as many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn draw(
    file: *const u8,
    bytes: usize,
    arena: *mut u8,
    size: usize,
    class: u16,
    seed: u64,
) -> i32 {
    // SAFETY: the caller's promise.
    let (file, arena) = unsafe {
        (
            core::slice::from_raw_parts(file, bytes),
            core::slice::from_raw_parts_mut(arena, size),
        )
    };
    #[cfg(feature = "panic")]
    let file = &file[class.into()..];
    let Ok(model) = Model::load(file) else {
        return -1;
    };
    if model.self_test(arena).is_err() {
        return -2;
    }
    let request = Request::new(class, seed);
    if let Ok(mut rows) = model.rows(&request, arena) {
        while rows.next_row().is_some() {}
    }
    match model.generate(&request, arena) {
        Ok(picture) => picture
            .pixels()
            .first()
            .map_or(-3, |pixel| i32::from(*pixel)),
        Err(_) => -4,
    }
}
