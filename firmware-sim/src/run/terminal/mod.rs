//! The device in a terminal: its display in coloured characters, its buttons as keys.

mod cells;
mod palette;
mod view;

use super::device::Device;
use crate::Error;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use palette::Palette;
use pixling_app::{Button, HOLD_TICKS, TICKS_PER_SECOND};
use pixling_boards::Estimate;
use ratatui::DefaultTerminal;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use view::View;

/// Terminals tell when a key goes down, and most not when it comes up.
const PRESS_TICKS: u32 = 3;

/// Where `s` saves the display.
const SAVED: &str = "pixling-display.png";

const TICK: Duration = Duration::from_nanos(1_000_000_000 / TICKS_PER_SECOND as u64);

/// Runs until the user leaves.
///
/// # Errors
///
/// When there is no terminal, or it fails.
pub(crate) fn run(device: &mut Device<'_>, estimate: &Estimate) -> Result<(), Error> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let reason = "standard input and output are not one";
        return Err(Error::NoTerminal(reason.to_owned()));
    }
    // Whatever happens from here on, the terminal is given back as it was.
    let mut terminal = ratatui::try_init().map_err(failed)?;
    let mut session = Session {
        device,
        estimate,
        palette: Palette::detect(|name| std::env::var(name).ok()),
        down: [0; 2],
        message: String::new(),
        pace: Pace::new(),
    };
    let result = session.run(&mut terminal);
    let restored = ratatui::try_restore().map_err(failed);
    result.and(restored)
}

fn failed(error: std::io::Error) -> Error {
    Error::NoTerminal(error.to_string())
}

struct Session<'d, 'm> {
    device: &'d mut Device<'m>,
    estimate: &'d Estimate,
    palette: Palette,
    /// For how many ticks A and B stay down.
    down: [u32; 2],
    message: String,
    pace: Pace,
}

impl Session<'_, '_> {
    fn run(&mut self, terminal: &mut DefaultTerminal) -> Result<(), Error> {
        let mut next = Instant::now();
        loop {
            let now = Instant::now();
            if let Some(left) = next.checked_duration_since(now).filter(|it| !it.is_zero()) {
                if event::poll(left).map_err(failed)?
                    && !self.handle(&event::read().map_err(failed)?)?
                {
                    return Ok(());
                }
                continue;
            }
            // After a pause, as of a suspended terminal, nothing is made up for.
            next = (next + TICK).max(now);
            self.tick()?;
            let view = View {
                device: self.device,
                estimate: self.estimate,
                palette: self.palette,
                message: &self.message,
                frames_per_second: self.pace.per_second,
            };
            terminal
                .draw(|frame| frame.render_widget(&view, frame.area()))
                .map_err(failed)?;
        }
    }

    fn tick(&mut self) -> Result<(), Error> {
        for (button, ticks) in [Button::A, Button::B].into_iter().zip(&mut self.down) {
            self.device.set(button, *ticks > 0);
            *ticks = ticks.saturating_sub(1);
        }
        self.device.tick();
        self.device.refresh()?;
        self.pace.tick();
        Ok(())
    }

    /// Whether to go on.
    fn handle(&mut self, event: &Event) -> Result<bool, Error> {
        // A new size needs nothing: the next tick draws all.
        let Event::Key(key) = event else {
            return Ok(true);
        };
        if key.kind == KeyEventKind::Release {
            return Ok(true);
        }
        let KeyEvent {
            code, modifiers, ..
        } = key;
        let [a, b] = &mut self.down;
        match code {
            KeyCode::Esc | KeyCode::Char('q') => return Ok(false),
            KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => return Ok(false),
            KeyCode::Char('a' | ' ') | KeyCode::Right | KeyCode::Enter => *a = PRESS_TICKS,
            KeyCode::Char('b') | KeyCode::Tab => *b = PRESS_TICKS,
            KeyCode::Char('A') => *a = HOLD_TICKS,
            KeyCode::Char('d') => self.device.change_dithering(),
            KeyCode::Char('s') => {
                let photo = self.device.panel().close_up();
                pixling_io::write(SAVED.as_ref(), &photo.to_png()?)?;
                self.message = format!("saved {SAVED}");
            }
            _ => {}
        }
        Ok(true)
    }
}

/// Counts the frames of the last second.
struct Pace {
    since: Instant,
    frames: u32,
    per_second: f64,
}

impl Pace {
    fn new() -> Pace {
        Pace {
            since: Instant::now(),
            frames: 0,
            per_second: 0.0,
        }
    }

    fn tick(&mut self) {
        self.frames += 1;
        let elapsed = self.since.elapsed();
        if elapsed >= Duration::from_secs(1) {
            self.per_second = f64::from(self.frames) / elapsed.as_secs_f64();
            (self.since, self.frames) = (Instant::now(), 0);
        }
    }
}
