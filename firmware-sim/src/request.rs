//! Which pictures to draw.

use crate::Error;
use pixling::Model;

/// One class, by number or label, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Classes {
    /// Every class of the model.
    All,
    /// The class of that number or label.
    One(String),
}

impl From<String> for Classes {
    fn from(text: String) -> Classes {
        if text == "all" {
            Classes::All
        } else {
            Classes::One(text)
        }
    }
}

/// How many labels an error message lists at most.
const LISTED_CLASSES: u16 = 20;

impl Classes {
    /// Their numbers. A number has precedence over a label that looks like one.
    ///
    /// # Errors
    ///
    /// When the model has no such class: lists its classes.
    pub fn numbers(&self, model: &Model<'_>) -> Result<Vec<u16>, Error> {
        let Classes::One(asked) = self else {
            return Ok((0..model.classes()).collect());
        };
        let by_number = asked.parse().ok().filter(|&class| class < model.classes());
        let by_label = || {
            let same = |class: &u16| {
                let label = model.class_label(*class).unwrap_or_default();
                label.to_lowercase() == asked.to_lowercase()
            };
            (0..model.classes()).find(same)
        };
        by_number
            .or_else(by_label)
            .map(|class| vec![class])
            .ok_or_else(|| Error::NoSuchClass {
                asked: asked.clone(),
                model: model.name().to_owned(),
                choices: choices(model),
            })
    }
}

fn choices(model: &Model<'_>) -> String {
    let listed = model.classes().min(LISTED_CLASSES);
    let mut list: Vec<String> = (0..listed)
        .map(|class| format!("{class} {}", model.class_label(class).unwrap_or_default()))
        .collect();
    if listed < model.classes() {
        list.push(format!("and up to {}", model.classes() - 1));
    }
    list.join(", ")
}
