//! The console, the command line and the exit of the host. The crate `semihosting` takes 2,000 bytes more for them: its
//! panics bring in the formatting of numbers.

use crate::assembly::semihost;

const OPEN: usize = 0x01;
const WRITE: usize = 0x05;
const GET_COMMAND_LINE: usize = 0x15;
const EXIT: usize = 0x18;

/// The standard output of the host.
pub(crate) struct Console(usize);

impl Console {
    pub(crate) fn open() -> Option<Console> {
        const NAME: &[u8] = b":tt\0";
        const WRITE_BINARY: usize = 5;
        let handle = semihost(
            OPEN,
            [NAME.as_ptr() as usize, WRITE_BINARY, NAME.len() - 1].as_mut_ptr() as usize,
        );
        (handle != usize::MAX).then_some(Console(handle))
    }

    /// Whether all of it was written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        let mut block = [self.0, bytes.as_ptr() as usize, bytes.len()];
        semihost(WRITE, block.as_mut_ptr() as usize) == 0
    }
}

/// The arguments that the host gave, separated by spaces; nothing when they do not fit.
pub(crate) fn command_line(buffer: &mut [u8]) -> &[u8] {
    // The operation replaces the length by the length of the text.
    let mut block = [buffer.as_mut_ptr() as usize, buffer.len()];
    let failed = semihost(GET_COMMAND_LINE, block.as_mut_ptr() as usize) != 0;
    let end = buffer.iter().position(|&byte| byte == 0).unwrap_or(0);
    if failed { &[] } else { &buffer[..end] }
}

pub(crate) fn exit(success: bool) -> ! {
    const APPLICATION_EXIT: usize = 0x20026;
    const RUN_TIME_ERROR: usize = 0x20023;
    let reason = if success {
        APPLICATION_EXIT
    } else {
        RUN_TIME_ERROR
    };
    loop {
        // A debugger may let the program go on.
        semihost(EXIT, reason);
    }
}
