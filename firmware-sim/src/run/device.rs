//! The application in a board's RAM.

use super::panel::Panel;
use super::photo::Photo;
use crate::Error;
use embedded_graphics::pixelcolor::{BinaryColor, Gray8, Rgb565};
use pixling::Model;
use pixling_app::{
    App, Button, DrawError, Frame, Gestures, Rotated, Rotation, Settings, Stored, Tone, Workspace,
};
use pixling_boards::{Board, Catalog, Colour, Demand, Display, Fit, Measured, Needs};

/// The board and the display that the application runs on.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// The board.
    pub board: Board,
    /// The display, the board's own or another.
    pub display: Display,
    /// How the display is mounted.
    pub rotation: Rotation,
}

impl Hardware {
    /// A board with its own display, or with another.
    ///
    /// # Errors
    ///
    /// When the catalog lacks one of them.
    pub fn new(catalog: &Catalog, board: &str, display: Option<&str>) -> Result<Hardware, Error> {
        let board = catalog.board(board)?.clone();
        let display = catalog.display(display.unwrap_or(&board.display))?.clone();
        Ok(Hardware {
            board,
            display,
            rotation: Rotation::None,
        })
    }
}

/// A device that is switched on. Its memory is as much as the board's: arena, row of errors and frame buffer lie in one
/// piece that is what application and stack leave.
#[derive(Debug)]
pub struct Device<'m> {
    app: App<'m>,
    class: u16,
    hardware: Hardware,
    needs: Needs,
    memory: Vec<u8>,
    gestures: Gestures,
    a_down: bool,
    b_down: bool,
    panel: Panel,
    /// The display was busy when there was something to draw.
    pending: bool,
}

impl<'m> Device<'m> {
    /// Switches it on.
    ///
    /// # Errors
    ///
    /// When the board has too little RAM: by how much, and what would help.
    pub fn new(
        model: Model<'m>,
        hardware: Hardware,
        settings: Settings,
        catalog: &Catalog,
    ) -> Result<Device<'m>, Error> {
        let Hardware {
            board,
            display,
            rotation,
        } = &hardware;
        let demand = Demand::from(&model);
        let needs = demand.ram(display, *rotation);
        if needs.total() as u64 > board.ram {
            let fit = Fit::new(&demand, board, display, catalog, &Measured::nothing())?;
            return Err(Error::OutOfMemory {
                board: board.name.clone(),
                display: display.name.clone(),
                needed: needs.total() as u64,
                available: board.ram,
                parts: format!(
                    "arena {}, frame buffer {}, row {}, application {}, stack {}",
                    needs.arena_bytes,
                    needs.frame_bytes,
                    needs.row_bytes,
                    needs.application_bytes,
                    needs.stack_bytes
                ),
                remedy: fit.suggestions.join("; and "),
            });
        }
        // A desktop does not need the rest of a board with megabytes of RAM.
        let memory = needs.arena_bytes + needs.row_bytes + needs.frame_bytes;
        Ok(Device {
            class: settings.pick.class,
            app: App::new(model, settings),
            needs,
            memory: vec![0; memory],
            gestures: Gestures::default(),
            a_down: false,
            b_down: false,
            panel: Panel::new(display.clone(), *rotation),
            pending: false,
            hardware,
        })
    }

    /// The application.
    pub fn app(&self) -> &App<'m> {
        &self.app
    }

    /// Draws greys in the other way.
    pub fn change_dithering(&mut self) {
        self.app.change_dithering();
    }

    /// The board and the display.
    pub fn hardware(&self) -> &Hardware {
        &self.hardware
    }

    /// The RAM that it takes.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// The simulated display.
    pub fn panel(&self) -> &Panel {
        &self.panel
    }

    /// Presses a button or lets it go.
    pub fn set(&mut self, button: Button, pressed: bool) {
        match button {
            Button::A => self.a_down = pressed,
            Button::B => self.b_down = pressed,
        }
    }

    /// Lets a thirtieth of a second pass, without drawing.
    pub fn tick(&mut self) {
        self.app.tick(self.gestures.next(self.a_down, self.b_down));
        self.panel.tick();
        self.pending |= self.app.take_change();
    }

    /// Draws when there is something to draw and the display can take it; says whether it did.
    ///
    /// # Errors
    ///
    /// When the model gives no picture.
    pub fn refresh(&mut self) -> Result<bool, Error> {
        self.pending |= self.app.take_change();
        if !self.pending || self.panel.is_busy() {
            return Ok(false);
        }
        self.draw()?;
        Ok(true)
    }

    /// Draws now, waits for the display, and photographs it.
    ///
    /// # Errors
    ///
    /// When the model gives no picture.
    pub fn shoot(&mut self) -> Result<Photo, Error> {
        self.panel.settle();
        self.draw()?;
        self.panel.settle();
        Ok(self.panel.close_up())
    }

    fn draw(&mut self) -> Result<(), Error> {
        let drawn = match self.hardware.display.colour {
            Colour::OneBit => self.draw_in::<BinaryColor>(),
            Colour::Grey => self.draw_in::<Gray8>(),
            Colour::Rgb565 => self.draw_in::<Rgb565>(),
        };
        drawn?;
        let start = self.needs.arena_bytes + self.needs.row_bytes;
        self.panel.show(&self.memory[start..]);
        self.pending = false;
        self.app.take_change();
        Ok(())
    }

    fn draw_in<C: Tone + Stored>(&mut self) -> Result<(), Error> {
        let (arena, rest) = self.memory.split_at_mut(self.needs.arena_bytes);
        let (row, bytes) = rest.split_at_mut(self.needs.row_bytes);
        let mut frame = Frame::<C>::new(bytes, self.hardware.display.size())?;
        let mut turned = Rotated::new(&mut frame, self.hardware.rotation);
        let drawn = self.app.draw(&mut turned, &mut Workspace { arena, row });
        drawn.map_err(|error| match error {
            DrawError::Generate(source) => Error::Generate {
                class: self.class,
                source,
            },
            DrawError::Display(never) => match never {},
            DrawError::NoPixels => Error::EmptyDisplay {
                display: self.hardware.display.name.clone(),
            },
        })
    }

    /// The frame buffer, as the device would send it to its display.
    pub fn frame(&self) -> &[u8] {
        &self.memory[self.needs.arena_bytes + self.needs.row_bytes..]
    }
}
