//! The boards on the page: which of them a model fits, as `pixling-sim boards` says it.

use super::grouped;
use anyhow::Result;
use pixling_boards::{Catalog, Demand, Fit, Measured, Part};

/// A model on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
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
    /// The part of it that arena, display, application and stack take, in percent.
    pub ram_percent: String,
    /// Whether flash and RAM are enough.
    pub fits: bool,
}

/// A row for each board with its own display.
///
/// # Errors
///
/// Never: the catalog is part of the program and tested.
pub fn rows(demand: &Demand) -> Result<Vec<Row>> {
    let fits = Catalog::embedded().fits(demand, None, &Measured::nothing())?;
    Ok(fits.into_iter().map(row).collect())
}

fn row(fit: Fit) -> Row {
    Row {
        board: fit.title,
        core: fit.core,
        flash: grouped(fit.flash.available),
        flash_percent: percent(fit.flash),
        ram: grouped(fit.ram.available),
        ram_percent: percent(fit.ram),
        fits: fit.fits,
    }
}

fn percent(part: Part) -> String {
    let percent = 100.0 * part.needed as f64 / part.available.max(1) as f64;
    match percent {
        p if p >= 10.0 => format!("{p:.0} %"),
        p => format!("{p:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling_boards::Macs;

    #[test]
    fn what_is_too_large_for_a_board_does_not_fit_it() {
        let on = |file_bytes, arena_bytes, board: &str| {
            let demand = Demand {
                file_bytes,
                arena_bytes,
                macs: Macs::default(),
            };
            let rows = rows(&demand).unwrap();
            rows.into_iter().find(|row| row.board == board).unwrap()
        };
        let small = on(32_000, 11_000, "BBC micro:bit v1");
        assert!(small.fits);
        // 61,440 bytes of firmware come with it.
        assert_eq!(
            (small.flash.as_str(), small.flash_percent.as_str()),
            ("262,144", "36 %")
        );
        // Beside the arena 25 bytes of display, 1,536 of application and 2,048 of stack.
        assert_eq!(small.ram_percent, "89 %");
        assert!(on(32_000, 12_775, "BBC micro:bit v1").fits);
        assert!(!on(32_000, 12_776, "BBC micro:bit v1").fits);
        assert!(on(8_192, 100, "STM32F103 Blue Pill").fits);
        assert!(!on(8_193, 100, "STM32F103 Blue Pill").fits);
        assert_eq!(on(100, 100, "Raspberry Pi Pico 2").flash_percent, "1.6 %");
    }
}
