//! Requests from the semihosting command line.
use pixling::{Request, Temperature};

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
