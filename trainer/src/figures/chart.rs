//! Charts as SVG. Their words are set in the reader's fonts.

use super::View;
use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

/// Stands for the colour of the text around a chart.
const INK: RGBColor = RGBColor(1, 2, 3);
const INK_IN_SVG: &str = "#010203";
/// Ink of a file on white paper.
const DARK: &str = "#1D2430";
const FONT: &str = "sans-serif";
/// The line of a curve.
const LINE: RGBColor = RGBColor(0x2f, 0x7e, 0xd8);
/// Classes in a legend; more would not be told apart.
const LISTED: usize = 20;

/// A chart inside a page: its ink has the colour of the text around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Svg(String);

impl Svg {
    /// The element, for an HTML page.
    pub fn inline(&self) -> String {
        let name_space = " xmlns=\"http://www.w3.org/2000/svg\"";
        self.0
            .replacen(name_space, "", 1)
            .replace(INK_IN_SVG, "currentColor")
    }

    /// A file of its own.
    pub fn file(&self) -> String {
        self.0.replace(INK_IN_SVG, DARK)
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG of a size, with a drawing.
fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<Svg> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area)?;
        area.present().map_err(failed)?;
    }
    Ok(Svg(text))
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("a chart cannot be drawn: {error}")
}

/// The colour of a class, to be told apart on light and dark paper.
pub fn class_colour(class: usize, classes: usize) -> [u8; 3] {
    const TEN: [[u8; 3]; 10] = [
        [0x4e, 0x8f, 0xd6],
        [0xf0, 0x86, 0x2c],
        [0x3f, 0xa6, 0x4f],
        [0xdc, 0x4c, 0x50],
        [0x97, 0x70, 0xc9],
        [0x9c, 0x6b, 0x58],
        [0xdf, 0x72, 0xbd],
        [0x87, 0x8c, 0x94],
        [0xb3, 0xab, 0x26],
        [0x22, 0xae, 0xbd],
    ];
    match TEN.get(class) {
        Some(&colour) if classes <= TEN.len() => colour,
        _ => {
            let (red, green, blue) =
                HSLColor(class as f64 / classes.max(1) as f64, 0.6, 0.52).rgb();
            [red, green, blue]
        }
    }
}

fn colour_of(class: u16, classes: usize) -> RGBColor {
    let [red, green, blue] = class_colour(class.into(), classes);
    RGBColor(red, green, blue)
}

/// A value over the steps of a training.
///
/// # Errors
///
/// When a value is no number.
pub fn curve(steps: &[f64], values: &[f64]) -> Result<Svg> {
    let (left, right) = range(steps, 0.0);
    let (bottom, top) = range(values, 0.06);
    svg((300, 180), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .margin_right(14)
            .x_label_area_size(24)
            .y_label_area_size(44)
            .build_cartesian_2d(left..right, bottom..top)
            .map_err(failed)?;
        let words = (FONT, 13).into_font().color(&INK.mix(0.75));
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.14))
            .axis_style(INK.mix(0.4))
            .x_labels(4)
            .y_labels(4)
            .x_label_formatter(&|step| short(*step))
            .y_label_formatter(&|value| short(*value))
            .label_style(words)
            .draw()
            .map_err(failed)?;
        let points = steps.iter().copied().zip(values.iter().copied());
        chart
            .draw_series(LineSeries::new(points.clone(), LINE.stroke_width(2)))
            .map_err(failed)?;
        if steps.len() < 3 {
            // A line of one point is not seen.
            chart
                .draw_series(points.map(|point| Circle::new(point, 3, LINE.filled())))
                .map_err(failed)?;
        }
        Ok(())
    })
}

/// Points of pictures in the plane, coloured by class.
///
/// # Errors
///
/// When a point is no number.
pub fn points(points: &[[f32; 2]], classes: &[u16], count: usize) -> Result<Svg> {
    svg((420, 420), |area| draw_points(area, points, classes, count))
}

/// One or two views side by side with their titles and a legend.
///
/// # Errors
///
/// When a point is no number.
pub fn side_by_side(views: &[View], classes: &[u16], labels: &[String]) -> Result<Svg> {
    const SIDE: u32 = 460;
    const TITLE: i32 = 28;
    const LINE_HEIGHT: i32 = 24;
    let width = views.len() as u32 * SIDE;
    // A name takes about 180 pixels.
    let per_line = (width / 180).max(1) as usize;
    let listed = labels.len().min(LISTED);
    let lines = (listed.div_ceil(per_line) + usize::from(labels.len() > LISTED)) as i32;
    let height = TITLE as u32 + SIDE + (lines * LINE_HEIGHT) as u32 + 12;
    svg((width, height), |area| {
        area.fill(&WHITE).map_err(failed)?;
        let (title_area, below) = area.split_vertically(TITLE);
        let (panels, legend) = below.split_vertically(SIDE as i32);
        let title_style = (FONT, 17).into_font().color(&INK);
        let words = (FONT, 14).into_font().color(&INK);
        let panels = panels.split_evenly((1, views.len()));
        for (index, (panel, view)) in panels.iter().zip(views).enumerate() {
            let x = index as i32 * SIDE as i32 + 14;
            title_area
                .draw_text(view.name, &title_style, (x, 8))
                .map_err(failed)?;
            draw_points(panel, &view.points, classes, labels.len())?;
        }
        for (class, label) in labels.iter().take(listed).enumerate() {
            let x = 14 + (class % per_line) as i32 * (width as i32 - 28) / per_line as i32;
            let y = 4 + (class / per_line) as i32 * LINE_HEIGHT;
            let colour = colour_of(class as u16, labels.len());
            legend
                .draw(&Circle::new((x + 6, y + 8), 6, colour.filled()))
                .map_err(failed)?;
            legend
                .draw_text(&shortened(label), &words, (x + 18, y))
                .map_err(failed)?;
        }
        if labels.len() > LISTED {
            let more = format!("and {} more classes", labels.len() - LISTED);
            legend
                .draw_text(&more, &words, (14, 4 + (lines - 1) * LINE_HEIGHT))
                .map_err(failed)?;
        }
        Ok(())
    })
}

fn draw_points(area: &Area<'_>, points: &[[f32; 2]], classes: &[u16], count: usize) -> Result<()> {
    let column =
        |axis: usize| -> Vec<f64> { points.iter().map(|point| f64::from(point[axis])).collect() };
    let (left, right) = range(&column(0), 0.04);
    let (bottom, top) = range(&column(1), 0.04);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .build_cartesian_2d(left..right, bottom..top)
        .map_err(failed)?;
    let frame = Rectangle::new([(left, bottom), (right, top)], INK.mix(0.25));
    chart.draw_series(std::iter::once(frame)).map_err(failed)?;
    let dot = |(point, &class): (&[f32; 2], &u16)| {
        let place = (f64::from(point[0]), f64::from(point[1]));
        Circle::new(place, 3, colour_of(class, count).mix(0.8).filled())
    };
    chart
        .draw_series(points.iter().zip(classes).map(dot))
        .map_err(failed)?;
    Ok(())
}

/// From the least to the largest value, widened by a part of their distance.
fn range(values: &[f64], margin: f64) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !(least.is_finite() && most.is_finite()) {
        return (0.0, 1.0);
    }
    // Equal values still need a scale.
    let span = if most > least { most - least } else { 1.0 };
    (
        least - span * margin,
        most + span * margin + if most > least { 0.0 } else { 1.0 },
    )
}

/// A number in few characters, with two to four digits.
pub fn short(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 10_000.0 {
        format!("{:.0}k", value / 1000.0)
    } else if magnitude >= 100.0 {
        format!("{value:.0}")
    } else if magnitude >= 10.0 {
        trimmed(format!("{value:.1}"))
    } else if magnitude >= 0.01 || value == 0.0 {
        trimmed(format!("{value:.3}"))
    } else {
        format!("{value:.0e}")
    }
}

fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A label that leaves room for its neighbour.
fn shortened(label: &str) -> String {
    const LONGEST: usize = 20;
    if label.chars().count() <= LONGEST {
        return label.to_string();
    }
    label.chars().take(LONGEST - 1).collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ink_is_that_of_the_page() {
        let chart = curve(&[1.0, 2.0], &[5.0, 3.0]).unwrap();
        let inline = chart.inline();
        assert!(inline.starts_with("<svg ") && inline.contains("currentColor"));
        assert!(!inline.contains("http") && !inline.contains(INK_IN_SVG));
        assert!(chart.file().contains(DARK) && chart.file().contains("xmlns"));
    }

    #[test]
    fn names_of_classes_are_escaped() {
        let labels = ["<script>".to_string(), "a & b".to_string()];
        let view = View {
            name: "z_u",
            points: vec![[0.0, 0.0], [1.0, 1.0]],
        };
        let text = side_by_side(&[view], &[0, 1], &labels).unwrap().file();
        assert!(text.contains("&lt;script&gt;") && text.contains("a &amp; b"));
        assert!(!text.contains("<script>"));
    }

    #[test]
    fn equal_and_single_values_can_be_drawn() {
        curve(&[1.0], &[0.0]).unwrap();
        curve(&[1.0, 2.0, 3.0], &[2.0, 2.0, 2.0]).unwrap();
        points(&[[1.0, 1.0]; 3], &[0, 1, 0], 2).unwrap();
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (12345.0, "12k"),
            (123.4, "123"),
            (12.0, "12"),
            (0.25, "0.25"),
            (0.0, "0"),
            (0.0004, "4e-4"),
            (-3.5, "-3.5"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn many_classes_have_colours_of_their_own() {
        let colours: std::collections::BTreeSet<[u8; 3]> =
            (0..60).map(|class| class_colour(class, 60)).collect();
        assert!(colours.len() > 50);
    }
}
