//! `model.rs`: what a firmware wants to know of a model at compile time.

use crate::Model;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

/// Rust source of a model's constants, for `mod model;` as well as for `include!`: `ARENA`, `ROWS_ARENA`, `PAGE`,
/// `WIDTH`, `HEIGHT`, `CHANNELS`, and an enum `Class` with a variant for each class.
pub fn constants(model: &Model<'_>) -> String {
    let mut text = format!(
        "// Constants of the model `{}`, trained on {}. Written by `pixling export`.\n",
        one_line(model.name()),
        one_line(model.data())
    );
    for (what, name, value) in [
        (
            "Bytes of the arena that the model draws in.",
            "ARENA",
            model.arena_bytes(),
        ),
        (
            "Bytes of the arena that it draws in row by row.",
            "ROWS_ARENA",
            model.rows_arena_bytes(),
        ),
        (
            "Bytes of the buffer of a `PagedModel`, in flash that reads words of up to 4 bytes.",
            "PAGE",
            model.page_bytes(4),
        ),
        ("Columns of a picture.", "WIDTH", model.width().into()),
        ("Rows of a picture.", "HEIGHT", model.height().into()),
        ("Values per pixel.", "CHANNELS", model.channels().into()),
    ] {
        text += &format!("\n/// {what}\n{UNUSED}\npub const {name}: usize = {value};\n");
    }
    text += &format!(
        "\n/// The classes: a request takes `Class::….into()`.\n{UNUSED}\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq)]\n#[repr(u16)]\npub enum Class {{\n"
    );
    let mut used = BTreeSet::new();
    for class in 0..model.classes() {
        let label = model.class_label(class).unwrap_or_default();
        let mut name = identifier(label);
        while !used.insert(name.clone()) {
            name = format!("{name}_{class}");
        }
        text += &format!("    /// {}\n    {name} = {class},\n", one_line(label));
    }
    text += "}\n";
    text + "\nimpl From<Class> for u16 {\n    fn from(class: Class) -> u16 {\n        class as u16\n    }\n}\n"
}

/// In front of each item.
const UNUSED: &str = "#[allow(dead_code, reason = \"a firmware takes what it needs\")]";

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
