//! One boot in QEMU.

use super::Machine;
use super::core::Profile;
use super::image::Firmware;
use crate::Error;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// An instruction takes two to the power of this in nanoseconds: 2 to 4 ticks of the boards' timers, enough to tell
/// every single one, and few enough for as many of them as a picture takes.
const ICOUNT_SHIFT: u32 = 7;

/// Boots the firmware with the model in its flash partition, asks for the words and returns the report.
pub(crate) fn boot(
    machine: &Machine,
    profile: &Profile,
    firmware: &Firmware,
    model: &[u8],
    words: &[String],
) -> Result<String, Error> {
    let folder = tempfile::tempdir().map_err(Error::write(&std::env::temp_dir()))?;
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("model"), model).map_err(Error::write(&place("model")))?;
    let create = |name| File::create(place(name)).map_err(Error::write(&place(name)));

    let mut child = command(machine, profile, firmware, words, folder.path())
        // The firmware's console is QEMU's standard output.
        .stdout(create("report")?)
        .stderr(create("log")?)
        .spawn()
        .map_err(|error| start_error(machine, profile, &error))?;
    let status = wait(&mut child, machine.timeout);
    if status.is_none() {
        // It may have ended just now; either way it is gone after this.
        let _ = child.kill();
        let _ = child.wait();
    }
    // Not every byte of a firmware gone wrong is text.
    let read = |name| {
        String::from_utf8_lossy(&std::fs::read(place(name)).unwrap_or_default()).into_owned()
    };
    let (report, log) = (read("report"), read("log"));
    match status {
        None => Err(Error::Timeout {
            seconds: machine.timeout.as_secs(),
        }),
        // A firmware that gives up has said why.
        Some(_) if !report.is_empty() => Ok(report),
        Some(status) => Err(Error::Qemu {
            machine: profile.machine,
            reason: format!("{status}, {}", gist(&log)),
        }),
    }
}

/// Fails when the emulator cannot be started.
pub(crate) fn check(machine: &Machine, profile: &Profile) -> Result<(), Error> {
    let output = Command::new(program(&emulator(machine, profile)))
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    output.map_err(|error| start_error(machine, profile, &error))?;
    Ok(())
}

/// The first lines of the log that are no mere warnings: behind them QEMU may list every register.
fn gist(log: &str) -> String {
    let lines = log.lines().filter(|line| !line.contains("warning:"));
    lines.take(2).collect::<Vec<_>>().join("; ")
}

/// All files but the firmware are named relative to the folder: a comma in a path would separate options.
fn command(
    machine: &Machine,
    profile: &Profile,
    firmware: &Firmware,
    words: &[String],
    folder: &Path,
) -> Command {
    let mut semihosting = "enable=on,target=native".to_owned();
    for word in words {
        semihosting += ",arg=";
        semihosting += word;
    }
    let loader = format!(
        "loader,file=model,addr={:#x},force-raw=on",
        firmware.partition().start
    );
    let mut command = Command::new(program(&emulator(machine, profile)));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .args(["-machine", profile.machine])
        .args(["-bios", "none", "-nodefaults", "-display", "none"])
        .args(["-serial", "none", "-monitor", "none"])
        .args(["-icount", &format!("shift={ICOUNT_SHIFT}")])
        .args(["-semihosting-config", &semihosting])
        .args(["-device", &loader])
        .arg("-kernel")
        .arg(firmware.path());
    command
}

fn emulator(machine: &Machine, profile: &Profile) -> PathBuf {
    let own = || profile.emulator.into();
    machine.qemu.clone().unwrap_or_else(own)
}

/// A path with a folder is relative to where the user is, a bare name is looked up.
fn program(qemu: &Path) -> PathBuf {
    match qemu.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::path::absolute(qemu).unwrap_or_else(|_| qemu.to_owned())
        }
        _ => qemu.to_owned(),
    }
}

fn start_error(machine: &Machine, profile: &Profile, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::NoQemu {
            program: emulator(machine, profile),
        },
        _ => Error::Qemu {
            machine: profile.machine,
            reason: format!("{}: {error}", emulator(machine, profile).display()),
        },
    }
}

/// `None` when the time is over, or the process cannot be watched.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            _ => return None,
        }
    }
}
