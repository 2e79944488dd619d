//! Requests from the semihosting command line.
#![allow(
    unsafe_code,
    reason = "asking the host for the command line passes it a pointer"
)]

use cortex_m_semihosting::{nr, syscall};
use pixling::{Request, Temperature};

/// What the host gave as arguments, separated by spaces; nothing when they do not fit.
pub(crate) fn command_line(buffer: &mut [u8]) -> &[u8] {
    // The operation takes a pointer and a length, and replaces the length by that of the text.
    let block = [buffer.as_mut_ptr() as usize, buffer.len()];
    // SAFETY: the block and the buffer are valid and exclusively ours during the call.
    let failed = unsafe { syscall(nr::GET_CMDLINE, &block) } != 0;
    let end = buffer.iter().position(|&byte| byte == 0).unwrap_or(0);
    if failed { &[] } else { &buffer[..end] }
}

/// Reads `CLASS:SEED:STYLE:Z_S_PERCENT:Z_U_PERCENT`.
pub(crate) fn parse(text: &[u8]) -> Option<Request> {
    let mut fields = text.split(|&byte| byte == b':').map(number);
    let mut field = || fields.next().flatten();
    let request = Request {
        class: u16::try_from(field()?).ok()?,
        seed: field()?,
        style: field()?,
        z_s_temperature: Temperature::from_percent(u16::try_from(field()?).ok()?),
        z_u_temperature: Temperature::from_percent(u16::try_from(field()?).ok()?),
    };
    fields.next().is_none().then_some(request)
}

/// Reads a number in decimal.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}
