//! The colours that a terminal has.

use ratatui::style::Color;

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Palette {
    /// Any red, green and blue.
    True,
    /// The 256 of xterm.
    Indexed,
    /// None: brightness by characters.
    Plain,
}

impl Palette {
    /// The palette that the variables of the environment name.
    pub(crate) fn detect(variable: impl Fn(&str) -> Option<String>) -> Palette {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let color = variable("COLORTERM").unwrap_or_default();
        let term = variable("TERM").unwrap_or_default();
        if is_set("NO_COLOR") || term == "dumb" || term.starts_with("vt") {
            Palette::Plain
        } else if color == "truecolor" || color == "24bit" || term.ends_with("-direct") {
            Palette::True
        } else {
            Palette::Indexed
        }
    }

    /// The nearest colour.
    pub(crate) fn color(self, rgb: [u8; 3]) -> Color {
        match self {
            Palette::True => Color::Rgb(rgb[0], rgb[1], rgb[2]),
            Palette::Indexed => Color::Indexed(indexed(rgb)),
            Palette::Plain => Color::Reset,
        }
    }
}

/// The levels of the cube of 6x6x6 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The nearest of the cube's colours and the 24 greys.
fn indexed(rgb: [u8; 3]) -> u8 {
    let step = |value: u8| {
        let far = |index: &usize| CUBE[*index].abs_diff(value);
        (0..CUBE.len()).min_by_key(far).unwrap_or(0)
    };
    let steps = rgb.map(step);
    let cube = steps.map(|index| CUBE[index]);
    let mean = (rgb.iter().map(|&value| u32::from(value)).sum::<u32>() / 3) as u8;
    let grey_index = (u32::from(mean.saturating_sub(3)) / 10).min(23) as u8;
    let grey = [8 + grey_index * 10; 3];
    let distance = |other: [u8; 3]| -> u32 {
        let pairs = rgb.iter().zip(other);
        pairs
            .map(|(&one, other)| u32::from(one.abs_diff(other)).pow(2))
            .sum()
    };
    if distance(grey) < distance(cube) {
        232 + grey_index
    } else {
        16 + (36 * steps[0] + 6 * steps[1] + steps[2]) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(pairs: &[(&str, &str)]) -> Palette {
        Palette::detect(|name| {
            let pair = pairs.iter().find(|pair| pair.0 == name);
            pair.map(|pair| pair.1.to_owned())
        })
    }

    #[test]
    fn the_environment_decides() {
        let xterm = ("TERM", "xterm-256color");
        assert_eq!(detect(&[xterm]), Palette::Indexed);
        assert_eq!(detect(&[xterm, ("COLORTERM", "truecolor")]), Palette::True);
        assert_eq!(detect(&[xterm, ("NO_COLOR", "1")]), Palette::Plain);
        assert_eq!(detect(&[("TERM", "dumb")]), Palette::Plain);
    }

    #[test]
    fn finds_the_nearest_of_256_colours() {
        assert_eq!(indexed([0, 0, 0]), 16);
        assert_eq!(indexed([255, 255, 255]), 231);
        assert_eq!(indexed([255, 0, 0]), 196);
        assert_eq!(indexed([118, 118, 118]), 243);
    }
}
