//! Scripts: what is pressed, for how long nothing is, and when a picture is taken.

use crate::Error;
use pixling_app::{Action, Button, HOLD_TICKS, TICKS_PER_SECOND};
use pixling_boards::Board;
use std::path::{Path, PathBuf};

/// A press is a tenth of a second, and so is the pause behind it.
const PRESS_TICKS: u32 = TICKS_PER_SECOND / 10;

/// An hour, so that a slip of the finger ends some time.
const MOST_SECONDS: f64 = 3600.0;

/// A step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something that the application notices.
    Action(Action),
    /// A picture of the display goes into that file.
    Shot(PathBuf),
}

/// Steps in order, for instance `wait 3; press B; shot f.png`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Script {
    /// Reads a script: `wait SECONDS`, `press BUTTON`, `hold BUTTON` and `shot FILE`, separated by semicolons or lines.
    /// A button is `A` or `B`, or the board's name for its first or second.
    ///
    /// # Errors
    ///
    /// Names the step that is wrong.
    pub fn parse(text: &str, board: &Board) -> Result<Script, Error> {
        let mut script = Script::default();
        let parts = text.split([';', '\n']).map(str::trim);
        for (number, part) in (1..).zip(parts.filter(|part| !part.is_empty())) {
            let steps = step(part, board).map_err(|reason| Error::Script {
                number,
                step: part.to_owned(),
                reason,
            })?;
            script.steps.extend(steps);
        }
        Ok(script)
    }

    /// The number of pictures that are taken.
    pub fn shots(&self) -> usize {
        let is_shot = |step: &&Step| matches!(step, Step::Shot(_) | Step::Action(Action::Shot));
        self.steps.iter().filter(is_shot).count()
    }

    /// The files that its pictures go into.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().filter_map(|step| match step {
            Step::Shot(path) => Some(path.as_path()),
            Step::Action(_) => None,
        })
    }

    /// Nothing but time.
    pub fn wait(ticks: u32) -> Script {
        Script {
            steps: vec![Step::Action(Action::Ticks(ticks))],
        }
    }

    /// The actions in the short form of the firmware's command line. A shot has no file there.
    pub(crate) fn short(&self) -> String {
        let words = self.steps.iter().map(|step| match step {
            Step::Action(action) => action.to_string(),
            Step::Shot(_) => Action::Shot.to_string(),
        });
        words.collect::<Vec<_>>().join(".")
    }
}

fn step(text: &str, board: &Board) -> Result<Vec<Step>, String> {
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match verb {
        "wait" => {
            let seconds: f64 = rest.parse().unwrap_or(f64::NAN);
            if !(0.0..=MOST_SECONDS).contains(&seconds) {
                return Err(format!("seconds are a number from 0 to {MOST_SECONDS}"));
            }
            let ticks = (seconds * f64::from(TICKS_PER_SECOND)).round() as u32;
            Ok(vec![Step::Action(Action::Ticks(ticks))])
        }
        "press" => Ok(pressed(button(rest, board)?, PRESS_TICKS)),
        "hold" => Ok(pressed(button(rest, board)?, HOLD_TICKS)),
        "shot" if !rest.is_empty() => Ok(vec![Step::Shot(rest.into())]),
        "shot" => Err("it lacks the file".to_owned()),
        _ => Err(
            "steps are `wait SECONDS`, `press BUTTON`, `hold BUTTON` and `shot FILE`".to_owned(),
        ),
    }
}

fn pressed(button: Button, ticks: u32) -> Vec<Step> {
    let steps = [
        Action::Set(button, true),
        Action::Ticks(ticks),
        Action::Set(button, false),
        Action::Ticks(PRESS_TICKS),
    ];
    steps.map(Step::Action).to_vec()
}

fn button(name: &str, board: &Board) -> Result<Button, String> {
    let is = |index: usize| {
        let own = board.buttons.get(index);
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    if name.eq_ignore_ascii_case("a") || is(0) {
        Ok(Button::A)
    } else if name.eq_ignore_ascii_case("b") || is(1) {
        Ok(Button::B)
    } else {
        Err(format!("there is no button `{name}`, press A or B"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling_boards::Catalog;

    fn parse(text: &str) -> Result<Script, Error> {
        let catalog = Catalog::embedded();
        Script::parse(text, catalog.board("stm32f4-discovery").unwrap())
    }

    #[test]
    fn reads_every_kind_of_step() {
        let script = parse("wait 3; press B;\n shot f g.png ;; hold user; wait 0.1").unwrap();
        assert_eq!(script.short(), "t90.b1.t3.b0.t3.s.a1.t18.a0.t3.t3");
        assert!(script.steps.contains(&Step::Shot("f g.png".into())));
    }

    #[test]
    fn names_the_step_that_is_wrong() {
        for (text, words) in [
            ("wait 1; jump", ["step 2", "`jump`"]),
            ("wait", ["step 1", "seconds"]),
            ("wait -1", ["step 1", "seconds"]),
            ("wait 1e9", ["step 1", "3600"]),
            ("press C", ["`C`", "A or B"]),
            ("shot", ["step 1", "file"]),
        ] {
            let error = parse(text).unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "`{word}` is not in: {error}");
            }
        }
    }
}
