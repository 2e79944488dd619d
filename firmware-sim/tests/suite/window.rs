//! `pixling-sim run --window`: `cargo test -p pixling-sim --features window --test suite window`.
#![cfg(all(unix, feature = "window"))]

use crate::support::Workplace;
use pixling_test_support::MICRO;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A process that is gone at the end.
struct Running(Child);

impl Running {
    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn simulator(workplace: &Workplace) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixling-sim"));
    command
        .args(["run", "model.pxl", "--board", "badger", "--window"])
        .current_dir(workplace.path("."))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("SDL_VIDEODRIVER");
    command
}

#[test]
fn without_a_display_it_says_so() {
    let workplace = Workplace::new(&MICRO.file(0));
    let output = simulator(&workplace).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    let line = text.lines().last().unwrap();
    assert!(
        line.contains("no window can be opened") && line.contains("xvfb-run"),
        "{line}"
    );
}

#[test]
fn it_runs_under_xvfb() {
    let number = format!(":{}", 100 + std::process::id() % 800);
    let server = Command::new("Xvfb")
        .args([&number, "-screen", "0", "1000x600x24"])
        .stderr(Stdio::null())
        .spawn();
    let Ok(server) = server else {
        assert!(
            std::env::var_os("CI").is_none(),
            "Xvfb is missing: apt-get install xvfb"
        );
        eprintln!("left out, because Xvfb is missing");
        return;
    };
    let _server = Running(server);
    std::thread::sleep(Duration::from_secs(2));
    let workplace = Workplace::new(&MICRO.file(0));
    let child = simulator(&workplace).env("DISPLAY", &number).spawn();
    let mut window = Running(child.unwrap());
    std::thread::sleep(Duration::from_secs(2));
    assert!(window.is_alive());
}
