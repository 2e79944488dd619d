//! Lines of words on the semihosting console.

use crate::console::{self, Console};
use pixling_app::digits;

/// The console of the host.
pub(crate) struct Report(Console);

impl Report {
    /// Without a console nothing can be said: the exit code is the only word left.
    pub(crate) fn open() -> Report {
        match Console::open() {
            Some(console) => Report(console),
            None => console::exit(false),
        }
    }

    /// Begins a line.
    pub(crate) fn entry(&mut self, name: &str) -> Line<'_> {
        let line = Line(self);
        line.bare(name.as_bytes())
    }

    /// Ends the boot: everything that was asked for is reported.
    pub(crate) fn done(&mut self) -> ! {
        self.entry("done").end();
        console::exit(true)
    }
}

/// An unfinished line.
#[must_use = "a line is finished with `end` or `fail`"]
pub(crate) struct Line<'r>(&'r mut Report);

// Not inlined: each line would have code of its own.
impl Line<'_> {
    #[inline(never)]
    fn bare(self, bytes: &[u8]) -> Self {
        if !self.0.0.write(bytes) {
            console::exit(false);
        }
        self
    }

    /// Adds a word as it is.
    #[inline(never)]
    pub(crate) fn bytes(self, word: &[u8]) -> Self {
        self.bare(b" ").bare(word)
    }

    /// Adds a word.
    #[inline(never)]
    pub(crate) fn word(self, word: &str) -> Self {
        self.bytes(word.as_bytes())
    }

    /// Adds a number.
    pub(crate) fn number(self, number: u32) -> Self {
        self.long(u64::from(number))
    }

    /// Adds a number of up to 20 digits.
    #[inline(never)]
    pub(crate) fn long(self, number: u64) -> Self {
        self.word(digits(number, &mut [0; 20]))
    }

    /// Adds bytes as one word of two hexadecimal digits each.
    pub(crate) fn hex(self, bytes: &[u8]) -> Self {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let mut line = self.bare(b" ");
        for chunk in bytes.chunks(32) {
            let mut text = [0; 64];
            for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
                pair[0] = DIGITS[usize::from(byte >> 4)];
                pair[1] = DIGITS[usize::from(byte & 15)];
            }
            line = line.bare(&text[..2 * chunk.len()]);
        }
        line
    }

    /// Ends the line.
    #[inline(never)]
    pub(crate) fn end(self) {
        let _ended = self.bare(b"\n");
    }

    /// Ends the line, which gave the reason, and the boot.
    #[inline(never)]
    pub(crate) fn fail(self) -> ! {
        self.end();
        console::exit(false)
    }
}
