//! Text of others that is shown in one line.

use unicode_normalization::UnicodeNormalization;

/// Why a text is no label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// Nothing is left of it without the white space.
    #[error("a label without characters")]
    Empty,
    /// A character cannot be printed in one line.
    #[error("the label `{}` has the character U+{:04X}, which is no text", escaped(label), u32::from(*character))]
    Unprintable {
        /// The label.
        label: String,
        /// The first such character.
        character: char,
    },
}

/// The label of a class that a text spells: without white space at its ends, in Unicode's normal form C.
///
/// # Errors
///
/// When nothing is left, or when a character is a control character, such as the first of an escape code, ends a line,
/// turns the direction of writing, or has no width and no meaning, such as a byte order mark.
pub fn label(text: &str) -> Result<String, LabelError> {
    let label: String = text.trim().nfc().collect();
    if label.is_empty() {
        return Err(LabelError::Empty);
    }
    // The replacement character stands for what was no Unicode.
    let is_no_text =
        |&character: &char| is_unprintable(character) || character == char::REPLACEMENT_CHARACTER;
    match label.chars().find(is_no_text) {
        Some(character) => Err(LabelError::Unprintable { label, character }),
        None => Ok(label),
    }
}

/// A text in one line: each character that is not printed is written as in JSON, such as `\u001b`. In a text that is
/// JSON it stays the same character.
pub fn escaped(text: &str) -> String {
    escape(text, is_unprintable)
}

/// As [`escaped`], with the lines of the text.
pub fn escaped_lines(text: &str) -> String {
    escape(text, |character| {
        character != '\n' && is_unprintable(character)
    })
}

/// The text of a file without the byte order mark that some editors put in front.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            // All of them are of the basic plane: four digits.
            shown += &format!("\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters, separators of lines, marks of direction, and characters without width; joiners are none of them:
/// some scripts and emoji need them.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_trimmed_and_normalized() {
        assert_eq!(label(" Cafe\u{301}\t\r\n").unwrap(), "Caf\u{e9}");
        // A family of emoji, and Persian, have joiners.
        for joined in [
            "\u{1f468}\u{200d}\u{1f469}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
        ] {
            assert_eq!(label(joined).unwrap(), joined);
        }
        assert_eq!(label(" \n"), Err(LabelError::Empty));
    }

    #[test]
    fn characters_that_are_no_text_are_named() {
        for (text, name) in [
            ("a\nb", "U+000A"),
            ("\u{1b}[31mcat", "U+001B"),
            ("cat\u{9b}31m", "U+009B"),
            ("cat\u{7f}", "U+007F"),
            ("\u{feff}cat", "U+FEFF"),
            ("\u{202e}tac", "U+202E"),
            ("cat\u{200b}", "U+200B"),
            ("caf\u{fffd}", "U+FFFD"),
        ] {
            let error = label(text).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
            assert_eq!(escaped(&error), error);
        }
    }

    #[test]
    fn codes_are_shown_and_lines_stay_where_they_may() {
        assert_eq!(
            escaped("\u{1b}[31m\u{9b}é\n日"),
            "\\u001b[31m\\u009bé\\u000a日"
        );
        assert_eq!(escaped_lines("\u{1b}a\nb"), "\\u001ba\nb");
        assert_eq!(without_mark("\u{feff}cat\u{feff}"), "cat\u{feff}");
    }
}
