//! All boards, displays and cores.

use crate::{Board, CoreProfile, Demand, Display, Error, Fit, Measured};
use serde::Deserialize;
use std::path::Path;
use std::sync::LazyLock;

/// The names of the cores of `pixling-sim emulate`.
pub const EMULATED_CORES: [&str; 7] = ["m0", "m3", "m4", "m7", "m33", "m55", "rv32"];

const FILES: [(&str, &str); 3] = [
    ("the embedded cores.toml", include_str!("../cores.toml")),
    (
        "the embedded displays.toml",
        include_str!("../displays.toml"),
    ),
    ("the embedded boards.toml", include_str!("../boards.toml")),
];

#[allow(clippy::expect_used, reason = "the tests read the embedded files")]
static EMBEDDED: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::read().expect("the embedded boards are correct"));

/// Boards with their displays and cores.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    #[serde(default, rename = "core")]
    cores: Vec<CoreProfile>,
    #[serde(default, rename = "display")]
    displays: Vec<Display>,
    #[serde(default, rename = "board")]
    boards: Vec<Board>,
}

impl Catalog {
    /// The boards that are part of this program.
    pub fn embedded() -> &'static Catalog {
        &EMBEDDED
    }

    fn read() -> Result<Catalog, Error> {
        let mut catalog = Catalog::default();
        for (place, text) in FILES {
            catalog.add(Path::new(place), text)?;
        }
        catalog.check(Path::new("the embedded boards.toml"))?;
        Ok(catalog)
    }

    /// The embedded boards and the boards of a file, whose entries replace embedded ones of the same name.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or something in it makes no sense.
    pub fn with_file(path: Option<&Path>) -> Result<Catalog, Error> {
        let mut catalog = Catalog::embedded().clone();
        if let Some(path) = path {
            let text = std::fs::read_to_string(path).map_err(Error::boards(path))?;
            catalog.add(path, &text)?;
            catalog.check(path)?;
        }
        Ok(catalog)
    }

    fn add(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let added: Catalog = toml::from_str(text).map_err(Error::boards(path))?;
        replace(&mut self.cores, added.cores, |it| &it.name);
        replace(&mut self.displays, added.displays, |it| &it.name);
        replace(&mut self.boards, added.boards, |it| &it.name);
        Ok(())
    }

    /// Every name means something, and no figure is one to divide by zero with.
    fn check(&self, path: &Path) -> Result<(), Error> {
        let wrong = Error::boards::<String>(path);
        for core in &self.cores {
            let positive = |number: f64| number.is_finite() && number > 0.0;
            if !positive(core.cycles_per_instruction)
                || !positive(core.instructions_per_mac)
                || !core.instructions_per_mac_int4.is_none_or(positive)
            {
                return Err(wrong(format!(
                    "core `{}`: its figures must be above zero",
                    core.name
                )));
            }
            if let Some(emulated) = &core.emulated
                && !EMULATED_CORES.contains(&emulated.as_str())
            {
                return Err(wrong(format!(
                    "core `{}`: `{emulated}` is no core of `pixling-sim emulate`",
                    core.name
                )));
            }
        }
        for display in &self.displays {
            let side = 1..=2048;
            if !side.contains(&display.width) || !side.contains(&display.height) {
                return Err(wrong(format!(
                    "display `{}`: its sides must be 1 to 2048",
                    display.name
                )));
            }
        }
        for board in &self.boards {
            if board.clock_hz == 0 {
                return Err(wrong(format!(
                    "board `{}`: its clock must be above zero",
                    board.name
                )));
            }
            let inside = |error: Error| wrong(format!("board `{}`: {error}", board.name));
            self.core(&board.core).map_err(inside)?;
            self.display(&board.display).map_err(inside)?;
            if let Some(partition) = &board.partition {
                let whole = partition.check(&board.name, partition.bytes as usize);
                whole.map_err(|error| wrong(format!("board `{}`: {error}", board.name)))?;
            }
        }
        Ok(())
    }

    /// A model on each board, with the board's own display or with a named one.
    ///
    /// # Errors
    ///
    /// When there is no such display: lists all.
    pub fn fits(
        &self,
        demand: &Demand,
        display: Option<&str>,
        measured: &Measured,
    ) -> Result<Vec<Fit>, Error> {
        let fit = |board: &Board| {
            let display = self.display(display.unwrap_or(&board.display))?;
            Fit::new(demand, board, display, self, measured)
        };
        self.boards.iter().map(fit).collect()
    }

    /// The bytes of flash that the firmware leaves for a model on a board.
    ///
    /// # Errors
    ///
    /// When there is no such board: lists all.
    pub fn flash_for_model(&self, board: &str) -> Result<u64, Error> {
        let board = self.board(board)?;
        let firmware = self.core(&board.core)?.firmware_bytes;
        Ok(board.flash.saturating_sub(firmware))
    }

    /// All boards.
    pub fn boards(&self) -> &[Board] {
        &self.boards
    }

    /// All displays.
    pub fn displays(&self) -> &[Display] {
        &self.displays
    }

    /// A board.
    ///
    /// # Errors
    ///
    /// When there is none of that name: lists all.
    pub fn board(&self, name: &str) -> Result<&Board, Error> {
        find("board", &self.boards, name, |it| &it.name)
    }

    /// A display.
    ///
    /// # Errors
    ///
    /// When there is none of that name: lists all.
    pub fn display(&self, name: &str) -> Result<&Display, Error> {
        find("display", &self.displays, name, |it| &it.name)
    }

    /// A core.
    ///
    /// # Errors
    ///
    /// When there is none of that name: lists all.
    pub fn core(&self, name: &str) -> Result<&CoreProfile, Error> {
        find("core", &self.cores, name, |it| &it.name)
    }
}

fn replace<T>(all: &mut Vec<T>, added: Vec<T>, name: impl Fn(&T) -> &String) {
    for entry in added {
        match all.iter_mut().find(|it| name(it) == name(&entry)) {
            Some(place) => *place = entry,
            None => all.push(entry),
        }
    }
}

fn find<'t, T>(
    kind: &'static str,
    all: &'t [T],
    asked: &str,
    name: impl Fn(&T) -> &String,
) -> Result<&'t T, Error> {
    let found = all.iter().find(|it| name(it).as_str() == asked);
    found.ok_or_else(|| Error::NoSuchName {
        kind,
        asked: asked.to_owned(),
        choices: all
            .iter()
            .map(|it| name(it).as_str())
            .collect::<Vec<_>>()
            .join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Catalog, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        std::fs::write(&path, text).unwrap();
        Catalog::with_file(Some(&path))
    }

    #[test]
    fn every_board_that_was_promised_is_there() {
        let catalog = Catalog::embedded();
        let names: Vec<&str> = catalog.boards().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "pico",
                "pico2",
                "microbit",
                "nrf52840-dk",
                "blue-pill",
                "stm32f4-discovery",
                "nucleo-h743",
                "esp32-c3",
                "badger"
            ]
        );
        assert_eq!(catalog.display("tft").unwrap().frame_bytes(), 115_200);
        assert_eq!(catalog.display("oled").unwrap().frame_bytes(), 1024);
        assert_eq!(catalog.display("e-paper").unwrap().frame_bytes(), 4736);
        assert_eq!(catalog.display("leds").unwrap().frame_bytes(), 25);
    }

    const MINE: &str = "[[board]]\nname = \"mine\"\ntitle = \"Mine\"\ncore = \"Cortex-M4\"\nclock_hz = 1\nflash = 1\n\
                        ram = 1\ndisplay = \"oled\"\nbuttons = []\nsource = \"my own\"\n";

    #[test]
    fn a_file_adds_and_replaces() {
        let catalog = file(MINE).unwrap();
        assert_eq!(catalog.boards().len(), 10);
        assert_eq!(catalog.board("mine").unwrap().core, "Cortex-M4");
        let catalog = file(&MINE.replace("\"mine\"", "\"pico\"")).unwrap();
        assert_eq!(catalog.boards().len(), 9);
        assert_eq!(catalog.board("pico").unwrap().title, "Mine");
    }

    #[test]
    fn a_board_leaves_to_the_model_the_flash_without_its_firmware() {
        let catalog = Catalog::embedded();
        assert_eq!(catalog.flash_for_model("blue-pill").unwrap(), 8_192);
        let error = catalog.flash_for_model("arduino").unwrap_err().to_string();
        assert!(
            error.contains("no board `arduino`") && error.contains("microbit"),
            "{error}"
        );
    }

    #[test]
    fn a_file_with_a_mistake_is_refused_with_the_reason() {
        for (text, words) in [
            (MINE.replace("Cortex-M4", "6502"), ["`6502`", "Cortex-M4"]),
            (MINE.replace("\"oled\"", "\"wall\""), ["`wall`", "e-paper"]),
            (
                MINE.replace("clock_hz = 1", "clock_hz = 0"),
                ["clock", "mine"],
            ),
            (MINE.replace("ram", "rom"), ["rom", "mine.toml"]),
            (MINE.replace("flash = 1\n", ""), ["flash", "mine.toml"]),
            (
                format!("{MINE}[board.partition]\nfamily = \"z80\"\naddress = 0\nbytes = 1\n"),
                ["`z80`", "mine.toml"],
            ),
            (
                format!("{MINE}[board.partition]\nfamily = \"nrf51\"\naddress = 1\nbytes = 1\n"),
                ["sector", "mine"],
            ),
        ] {
            let error = file(&text).unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "`{word}` is not in: {error}");
            }
        }
    }
}
