//! `model.rs`: what a firmware wants to know of a model at compile time.

use anyhow::Result;
use pixling::Model;
use std::fmt::Write;

/// The source of `model.rs`.
///
/// # Errors
///
/// Never: writing to a string does not fail.
pub fn constants(model: &Model<'_>) -> Result<String> {
    let mut text = String::new();
    let labels: Vec<&str> = (0..model.classes())
        .filter_map(|class| model.class_label(class))
        .collect();
    writeln!(
        text,
        "//! Constants of the model `{}`, trained on {}. Written by `pixling export`.",
        one_line(model.name()),
        one_line(model.data())
    )?;
    writeln!(text, "#![allow(dead_code)]\n")?;
    for (what, name, value) in [
        (
            "Bytes of the arena that the model draws in.",
            "ARENA",
            model.arena_bytes(),
        ),
        ("Columns of a picture.", "WIDTH", usize::from(model.width())),
        ("Rows of a picture.", "HEIGHT", usize::from(model.height())),
        (
            "Values per pixel.",
            "CHANNELS",
            usize::from(model.channels()),
        ),
    ] {
        writeln!(text, "/// {what}\npub const {name}: usize = {value};")?;
    }
    writeln!(
        text,
        "\n/// The classes: `Class::… as u16` is what a request takes."
    )?;
    writeln!(
        text,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n#[repr(u16)]\npub enum Class {{"
    )?;
    let mut used = std::collections::BTreeSet::new();
    for (index, label) in labels.iter().enumerate() {
        let mut name = identifier(label);
        if !used.insert(name.clone()) {
            name = format!("{name}{index}");
            used.insert(name.clone());
        }
        writeln!(text, "    /// {}\n    {name} = {index},", one_line(label))?;
    }
    writeln!(text, "}}")?;
    Ok(text)
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A label as a variant's name: words joined, each with a capital; `Class` before what does not start with a letter.
fn identifier(label: &str) -> String {
    let words = label
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let name: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name != "Self" {
        name
    } else {
        format!("Class{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn labels_become_names_of_variants() {
        assert_eq!(identifier("T-shirt/top"), "TShirtTop");
        assert_eq!(identifier("ankle boot"), "AnkleBoot");
        assert_eq!(identifier("7"), "Class7");
        assert_eq!(identifier("日本"), "Class");
        assert_eq!(identifier("self"), "ClassSelf");
    }
}
