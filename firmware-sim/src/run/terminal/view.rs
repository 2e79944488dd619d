//! The contents of the screen.

use super::cells;
use super::palette::Palette;
use crate::run::Device;
use crate::table::grouped;
use pixling_boards::{Colour, Estimate};
use pixling_io::escaped;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

pub(crate) struct View<'v, 'm> {
    pub(crate) device: &'v Device<'m>,
    pub(crate) estimate: &'v Estimate,
    pub(crate) palette: Palette,
    pub(crate) message: &'v str,
    pub(crate) frames_per_second: f64,
}

impl Widget for &View<'_, '_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let [top, display, state, cost, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let hardware = self.device.hardware();
        let title = format!("{} · {}", hardware.board.title, hardware.display.title);
        let bold = Style::new().add_modifier(Modifier::BOLD);
        Paragraph::new(Line::styled(title, bold))
            .centered()
            .render(top, buffer);
        let two_colours = hardware.display.colour == Colour::OneBit;
        let photo = self.device.panel().photo();
        cells::render(&photo, two_colours, self.palette, display, buffer);
        self.state().centered().render(state, buffer);
        let dim = Style::new().add_modifier(Modifier::DIM);
        for (text, area) in [
            (self.cost(), cost),
            (
                "a act · b mode · A hold · d dither · s save · q quit".to_owned(),
                keys,
            ),
        ] {
            Paragraph::new(Line::styled(text, dim))
                .centered()
                .render(area, buffer);
        }
    }
}

impl View<'_, '_> {
    fn state(&self) -> Paragraph<'static> {
        let app = self.device.app();
        let pick = app.pick();
        let mut words = vec![
            format!("class {}", escaped(app.label())),
            app.mode().name().to_owned(),
            format!("seed {}", pick.seed),
            format!("style {}", pick.style),
        ];
        words.push(app.lock().name().to_owned());
        words.extend(self.device.panel().last_refresh());
        words.push(self.message.to_owned());
        words.retain(|word| !word.is_empty());
        Paragraph::new(Line::from(Span::raw(words.join(" · "))))
    }

    fn cost(&self) -> String {
        let needs = self.device.needs();
        format!(
            "RAM {} of {} · estimate {:.1} ms a picture · {:.0} frames/s here",
            grouped(needs.total() as u64),
            grouped(self.device.hardware().board.ram),
            self.estimate.milliseconds,
            self.frames_per_second,
        )
    }
}
