//! `pixling-sim run --terminal`, driven by keys in tmux.
#![cfg(unix)]

use crate::support::{Workplace, has};
use pixling_test_support::MICRO;
use std::process::Command;
use std::time::{Duration, Instant};

/// A tmux server of its own, gone at the end.
struct Tmux(String);

impl Tmux {
    /// Nothing where there is no tmux. Where tests must not be left out, as in CI, that is a failure.
    fn start(workplace: &Workplace) -> Option<Tmux> {
        if !has("tmux", "tmux") {
            return None;
        }
        let tmux = Tmux(format!("pixling-{}", std::process::id()));
        let model = workplace.path("model.pxl");
        let command = format!(
            "'{}' run '{}' --board blue-pill --terminal; echo left with $?; sleep 60",
            env!("CARGO_BIN_EXE_pixling-sim"),
            model.display()
        );
        tmux.call(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "40",
            &command,
        ]);
        Some(tmux)
    }

    fn call(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        let output = command.args(["-L", &self.0]).args(arguments).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }

    fn press(&self, key: &str) {
        self.call(&["send-keys", key]);
    }

    /// Waits until the words are on the screen.
    fn expect(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let screen = self.call(&["capture-pane", "-p"]);
            if screen.contains(words) {
                return;
            }
            assert!(Instant::now() < deadline, "`{words}` is not in:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.call(&["kill-server"]);
    }
}

#[test]
fn keys_work_and_so_does_another_size() {
    let workplace = Workplace::new(&MICRO.file(0));
    let Some(tmux) = Tmux::start(&workplace) else {
        return;
    };
    tmux.expect("class T-shirt/top · browse · seed 1 · style 1");
    tmux.expect("STM32F103 Blue Pill · 128x64 OLED");
    tmux.press("a");
    tmux.expect("class Trouser · browse");
    tmux.press("b");
    tmux.expect("class Trouser · reroll");
    tmux.press("a");
    tmux.expect("reroll · seed 1 · style 2");
    tmux.call(&["resize-window", "-x", "60", "-y", "20"]);
    tmux.expect("▀▀▀▀▀▀▀▀");
    tmux.press("A");
    tmux.expect("morph");
    tmux.press("q");
    tmux.expect("left with 0");
}
