//! Ctrl-C and termination. A command ends within a second, and a training saves its state first.

use crate::files;
use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// Time that a training has to end its step and save. Saving a large state takes a part of a second on its own.
const TO_SAVE: Duration = Duration::from_millis(700);
/// Time between two looks at the signals.
const PERIOD: Duration = Duration::from_millis(20);

/// Number of the signal that came first; 0 is none.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);
/// Set when a signal has come.
static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
/// Number of [`Saving`] values.
static SAVING: AtomicUsize = AtomicUsize::new(0);

/// Keeps the program alive for a short time after a signal, in which a training saves.
pub(crate) struct Saving;

impl Saving {
    pub(crate) fn begin() -> Saving {
        SAVING.fetch_add(1, Ordering::SeqCst);
        Saving
    }

    /// The flag that tells a training to save and end.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&INTERRUPTED)
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        SAVING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Ends the program after a signal, whatever it does: no file is half-written, because each is renamed when it is whole.
///
/// # Errors
///
/// When the system refuses to tell of signals.
pub(crate) fn watch() -> Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_usize(signal, Arc::clone(&SIGNAL), signal as usize)
            .context("Ctrl-C cannot be handled")?;
    }
    spawn(|| {
        let code = loop {
            match exit_code() {
                Some(code) => break code,
                None => sleep(PERIOD),
            }
        };
        INTERRUPTED.store(true, Ordering::SeqCst);
        let signalled = Instant::now();
        while SAVING.load(Ordering::SeqCst) > 0 && signalled.elapsed() < TO_SAVE {
            sleep(PERIOD);
        }
        // A file that is being written gets whole, and leaves no temporary file.
        files::wait_for_writes();
        std::process::exit(code.into());
    });
    Ok(())
}

/// The exit code of a program that a signal ended, as shells have it: 130 after Ctrl-C, 143 after a termination.
fn exit_code() -> Option<u8> {
    match SIGNAL.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(128 + signal as u8),
    }
}

/// The exit code of a command that has ended by itself.
pub(crate) fn ended() -> ExitCode {
    exit_code().map_or(ExitCode::SUCCESS, ExitCode::from)
}
