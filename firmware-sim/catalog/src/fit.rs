//! Whether a model fits a board, by how much not, and what would make it fit.

use crate::{Board, Catalog, Display, Error, Estimate, Macs, Measured};
use pixling::Model;
use pixling_app::{APPLICATION_BYTES, Rotation, STACK_BYTES};
use serde::Serialize;

/// The needs of a model on any board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Bytes of the model file.
    pub file_bytes: usize,
    /// Bytes of the arena.
    pub arena_bytes: usize,
    /// Multiply-accumulates of a picture.
    pub macs: Macs,
}

impl From<&Model<'_>> for Demand {
    fn from(model: &Model<'_>) -> Demand {
        Demand {
            file_bytes: model.file_bytes(),
            arena_bytes: model.arena_bytes(),
            macs: Macs::of(model),
        }
    }
}

impl Demand {
    /// The RAM that the model takes with a display.
    pub fn ram(&self, display: &Display, rotation: Rotation) -> Needs {
        Needs {
            arena_bytes: self.arena_bytes,
            frame_bytes: display.frame_bytes(),
            row_bytes: display.row_bytes(rotation),
            application_bytes: APPLICATION_BYTES,
            stack_bytes: STACK_BYTES,
        }
    }
}

/// The parts of the RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// The model's arena.
    pub arena_bytes: usize,
    /// The display's frame buffer.
    pub frame_bytes: usize,
    /// The row of errors of a display of one bit, for [`Dithering::Diffusion`](pixling_app::Dithering::Diffusion).
    pub row_bytes: usize,
    /// The application's state.
    pub application_bytes: usize,
    /// Kept free for the stack.
    pub stack_bytes: usize,
}

impl Needs {
    /// All parts together.
    pub const fn total(&self) -> usize {
        self.arena_bytes
            .saturating_add(self.frame_bytes)
            .saturating_add(self.row_bytes)
            .saturating_add(self.application_bytes)
            .saturating_add(self.stack_bytes)
    }
}

/// Flash or RAM, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Bytes that firmware and model take.
    pub needed: u64,
    /// Bytes of the board.
    pub available: u64,
    /// Bytes that are missing; 0 where it fits.
    pub short_by: u64,
}

impl Part {
    fn new(needed: u64, available: u64) -> Part {
        Part {
            needed,
            available,
            short_by: needed.saturating_sub(available),
        }
    }
}

/// A model on a board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The board's name.
    pub board: String,
    /// In words.
    pub title: String,
    /// The core's name.
    pub core: String,
    /// The display's name.
    pub display: String,
    /// Whether flash and RAM are enough.
    pub fits: bool,
    /// Firmware and model.
    pub flash: Part,
    /// Arena, frame buffer, row of errors, application, stack.
    pub ram: Part,
    /// The parts of the RAM.
    #[serde(flatten)]
    pub needs: Needs,
    /// Changes that make it fit, all of them together; each may name several ways.
    pub suggestions: Vec<String>,
    /// How long a picture would take.
    pub estimate: Estimate,
}

impl Fit {
    /// A model on a board with a display, the board's own or another.
    ///
    /// # Errors
    ///
    /// When the catalog has no such core, which it checks when it is read.
    pub fn new(
        demand: &Demand,
        board: &Board,
        display: &Display,
        catalog: &Catalog,
        measured: &Measured,
    ) -> Result<Fit, Error> {
        let core = catalog.core(&board.core)?;
        let needs = demand.ram(display, Rotation::None);
        let file = demand.file_bytes as u64;
        let flash = Part::new(core.firmware_bytes + file, board.flash);
        let ram = Part::new(needs.total() as u64, board.ram);
        let mut suggestions = Vec::new();
        if flash.short_by > 0 {
            suggestions.push(suggest_flash(board.flash, core.firmware_bytes));
        }
        if ram.short_by > 0 {
            let mut ways = Vec::new();
            ways.extend(suggest_arena(&needs, board.ram));
            ways.extend(suggest_display(demand, display, board, catalog));
            if ways.is_empty() {
                ways.push("a board with more RAM".to_owned());
            }
            suggestions.push(ways.join(", or "));
        }
        Ok(Fit {
            board: board.name.clone(),
            title: board.title.clone(),
            core: core.name.clone(),
            display: display.name.clone(),
            fits: flash.short_by == 0 && ram.short_by == 0,
            flash,
            ram,
            needs,
            suggestions,
            estimate: Estimate::new(board, core, measured, demand.macs),
        })
    }
}

fn suggest_flash(flash: u64, firmware: u64) -> String {
    match flash.checked_sub(firmware) {
        Some(room) if room > 0 => {
            format!("a model file of at most {room} bytes: train a smaller preset")
        }
        _ => format!("a board with more flash: the firmware alone takes {firmware} bytes"),
    }
}

fn suggest_arena(needs: &Needs, ram: u64) -> Option<String> {
    let others = (needs.total() - needs.arena_bytes) as u64;
    let room = ram.checked_sub(others).filter(|&room| room > 0)?;
    Some(format!(
        "an arena of at most {room} bytes instead of {}: train a smaller preset, or draw by rows",
        needs.arena_bytes
    ))
}

/// The largest other display with which it fits.
fn suggest_display(
    demand: &Demand,
    display: &Display,
    board: &Board,
    catalog: &Catalog,
) -> Option<String> {
    let with = |other: &Display| demand.ram(other, Rotation::None).total() as u64;
    let fitting = catalog
        .displays()
        .iter()
        .filter(|other| other.frame_bytes() < display.frame_bytes() && with(other) <= board.ram);
    let best = fitting.max_by_key(|other| other.frame_bytes())?;
    Some(format!(
        "a smaller display, --display {}: a frame buffer of {} bytes instead of {}",
        best.name,
        best.frame_bytes(),
        display.frame_bytes()
    ))
}
