//! Which boards have room for a model and the firmware around it. The full account, with display, stack and time, is
//! that of `pixling-sim boards`, whose lists of boards and cores these are.

use super::grouped;
use anyhow::{Context, Result};
use serde::Deserialize;

/// The simulator's lists, as files: the trainer does not depend on the simulator.
const BOARDS: &str = include_str!("../../../firmware-sim/boards/boards.toml");
const CORES: &str = include_str!("../../../firmware-sim/boards/cores.toml");

#[derive(Deserialize)]
struct Boards {
    board: Vec<Board>,
}

#[derive(Deserialize)]
struct Board {
    name: String,
    title: String,
    core: String,
    flash: u64,
    ram: u64,
}

#[derive(Deserialize)]
struct Cores {
    core: Vec<Core>,
}

#[derive(Deserialize)]
struct Core {
    name: String,
    firmware_bytes: u64,
}

/// A model on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The board, in words.
    pub board: String,
    /// Its core.
    pub core: String,
    /// Its bytes of flash.
    pub flash: String,
    /// The part of it that file and firmware take, in percent.
    pub flash_percent: String,
    /// Its bytes of RAM.
    pub ram: String,
    /// The arena's part of it in percent.
    pub ram_percent: String,
    /// Whether file and firmware fit into the flash, and the arena into the RAM; display and stack are left out.
    pub fits: bool,
}

/// All boards of the list.
///
/// # Errors
///
/// Never: the lists are part of the program and tested.
pub fn fits(file_bytes: u64, arena_bytes: u64) -> Result<Vec<Fit>> {
    let boards: Boards = toml::from_str(BOARDS).context("the list of boards")?;
    let cores: Cores = toml::from_str(CORES).context("the list of cores")?;
    let fit = |board: Board| {
        let core = cores.core.iter().find(|core| core.name == board.core);
        let core = core.with_context(|| format!("{} is not in the list of cores", board.core))?;
        let flash_bytes = file_bytes + core.firmware_bytes;
        Ok(Fit {
            flash: grouped(board.flash),
            flash_percent: percent(flash_bytes, board.flash),
            ram: grouped(board.ram),
            ram_percent: percent(arena_bytes, board.ram),
            fits: flash_bytes <= board.flash && arena_bytes <= board.ram,
            board: board.title,
            core: board.core,
        })
    };
    boards.board.into_iter().map(fit).collect()
}

/// What the firmware leaves of a board's flash, in bytes.
///
/// # Errors
///
/// When there is no such board: names those that there are.
pub fn flash_for_a_model(name: &str) -> Result<u64> {
    let boards: Boards = toml::from_str(BOARDS).context("the list of boards")?;
    let cores: Cores = toml::from_str(CORES).context("the list of cores")?;
    let found = boards.board.iter().find(|board| board.name == name);
    let board = found.with_context(|| {
        let names: Vec<&str> = boards.board.iter().map(|b| b.name.as_str()).collect();
        format!(
            "there is no board {name:?}: choose one of {}",
            names.join(", ")
        )
    })?;
    let core = cores.core.iter().find(|core| core.name == board.core);
    let core = core.with_context(|| format!("{} is not in the list of cores", board.core))?;
    Ok(board.flash.saturating_sub(core.firmware_bytes))
}

fn percent(part: u64, whole: u64) -> String {
    let percent = 100.0 * part as f64 / whole.max(1) as f64;
    match percent {
        p if p >= 10.0 => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_for_a_board_does_not_fit_it() {
        let on = |file, arena, board: &str| {
            let fits = fits(file, arena).unwrap();
            fits.into_iter().find(|fit| fit.board == board).unwrap()
        };
        let small = on(32_000, 11_000, "BBC micro:bit v1");
        assert!(small.fits);
        // 57,344 bytes of firmware come with it.
        assert_eq!(
            (small.flash.as_str(), small.flash_percent.as_str()),
            ("262,144", "34 %")
        );
        assert_eq!(small.ram_percent, "67 %");
        assert!(!on(32_000, 16_385, "BBC micro:bit v1").fits);
        assert!(on(12_288, 100, "STM32F103 Blue Pill").fits);
        assert!(!on(12_289, 100, "STM32F103 Blue Pill").fits);
        assert_eq!(on(100, 100, "Raspberry Pi Pico").ram_percent, "0.0 %");
    }

    #[test]
    fn a_board_leaves_what_its_firmware_does_not_take() {
        assert_eq!(flash_for_a_model("blue-pill").unwrap(), 12_288);
        let error = flash_for_a_model("arduino").unwrap_err().to_string();
        assert!(
            error.contains("no board \"arduino\"") && error.contains("microbit"),
            "{error}"
        );
    }
}
