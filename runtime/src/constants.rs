//! `model.rs`: what a firmware wants to know of a model at compile time.

use crate::Model;
use crate::variants::variants;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use unicode_ident::is_xid_continue;

/// Rust source of a model's constants, for `mod model;` as well as for `include!`: `ARENA`, `ROWS_ARENA`, `PAGE`,
/// `WIDTH`, `HEIGHT`, `CHANNELS`, and an enum `Class` with a variant for each class.
pub fn constants(model: &Model<'_>) -> String {
    let mut text = format!(
        "// Constants of the model `{}`, trained on {}. Written by `pixling export`.\n",
        shown(model.name()),
        shown(model.data())
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
        "\n/// The classes: a request takes `Class::….into()`.\n{UNUSED}\n{NAMES}\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq)]\n#[repr(u16)]\npub enum Class {{\n"
    );
    let labels = (0..model.classes()).map(|it| model.class_label(it).unwrap_or_default());
    let labels: Vec<&str> = labels.collect();
    for (class, (label, name)) in labels.iter().zip(variants(&labels)).enumerate() {
        text += &format!("    /// {}\n    {name} = {class},\n", code(label));
    }
    text += "}\n";
    text + "\nimpl From<Class> for u16 {\n    fn from(class: Class) -> u16 {\n        class as u16\n    }\n}\n"
}

/// In front of each item.
const UNUSED: &str =
    "#[allow(dead_code, unreachable_pub, reason = \"a firmware takes what it needs\")]";

/// In front of the classes.
const NAMES: &str = "#[allow(clippy::enum_variant_names, clippy::upper_case_acronyms, reason = \"labels are as they are\")]";

/// A text in one line, with a number in place of each character that is not printed.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        // Marks that belong to a letter would be escaped, too, and quotes.
        if is_xid_continue(character) || matches!(character, '"' | '\'' | '\\') {
            shown.push(character);
        } else {
            shown.extend(character.escape_debug());
        }
    }
    shown
}

/// A text as code in Markdown.
fn code(text: &str) -> String {
    let text = shown(text);
    match text.matches('`').count() {
        0 => format!("`{text}`"),
        // More of them than the text has in a row.
        inside => {
            let fence = "`".repeat(inside + 1);
            format!("{fence} {text} {fence}")
        }
    }
}
