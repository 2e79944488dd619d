//! Classes by name, the same in every command.

use crate::text::escaped;
use unicode_normalization::UnicodeNormalization;

/// The name of all classes together, where a command takes more than one.
const ALL: &str = "all";

/// There is no class of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no class `{asked}`: choose one of {labels}, or by number :0 to :{last}")]
pub struct NoSuchClass {
    asked: String,
    labels: String,
    last: usize,
}

/// The class of a label, or of a number after a colon, such as `:3`; numbers count from 0. The exact label wins, then the
/// same label in another Unicode normal form, then the number.
///
/// # Errors
///
/// When there is no such class: the message lists the labels.
pub fn class_named(labels: &[impl AsRef<str>], asked: &str) -> Result<u16, NoSuchClass> {
    let position = |is: &dyn Fn(&str) -> bool| labels.iter().position(|it| is(it.as_ref()));
    let number = || asked.strip_prefix(':')?.parse().ok();
    position(&|label| label == asked)
        .or_else(|| position(&|label| label.nfc().eq(asked.nfc())))
        .or_else(|| number().filter(|&number: &usize| number < labels.len()))
        .and_then(|class| u16::try_from(class).ok())
        .ok_or_else(|| NoSuchClass {
            asked: escaped(asked),
            labels: listed(labels),
            last: labels.len().saturating_sub(1),
        })
}

/// As [`class_named`], or each class where none is asked for, or `all` is, unless that is a label.
///
/// # Errors
///
/// As [`class_named`].
pub fn classes_named(
    labels: &[impl AsRef<str>],
    asked: Option<&str>,
) -> Result<Vec<u16>, NoSuchClass> {
    let all = || (0..).take(labels.len()).collect();
    match asked.map(|asked| class_named(labels, asked)) {
        None => Ok(all()),
        Some(Err(_)) if asked == Some(ALL) => Ok(all()),
        Some(found) => found.map(|class| vec![class]),
    }
}

/// Labels in one line: the first 40, and the number of the others.
pub fn listed(labels: &[impl AsRef<str>]) -> String {
    /// A list of a thousand characters helps nobody.
    const LISTED: usize = 40;
    let (told, others) = labels.split_at(labels.len().min(LISTED));
    let told: Vec<String> = told.iter().map(|label| escaped(label.as_ref())).collect();
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    told.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_label_wins_over_a_number() {
        let labels = ["1", "2", ":0", "all"];
        assert_eq!(class_named(&labels, "1"), Ok(0));
        assert_eq!(class_named(&labels, ":1"), Ok(1));
        assert_eq!(class_named(&labels, ":0"), Ok(2));
        assert_eq!(classes_named(&labels, Some(ALL)), Ok(vec![3]));
        assert_eq!(classes_named(&labels, None), Ok(vec![0, 1, 2, 3]));
        assert_eq!(classes_named(&labels[..2], Some(ALL)), Ok(vec![0, 1]));
        assert_eq!(classes_named(&labels, Some("2")), Ok(vec![1]));
    }

    #[test]
    fn a_label_is_found_in_either_normal_form() {
        let labels = ["cafe\u{301}", "caf\u{e9}", "o\u{308}"];
        assert_eq!(class_named(&labels, "caf\u{e9}"), Ok(1));
        assert_eq!(class_named(&labels, "cafe\u{301}"), Ok(0));
        assert_eq!(class_named(&labels, "\u{f6}"), Ok(2));
    }

    #[test]
    fn an_unknown_class_is_told_the_labels() {
        let labels: Vec<String> = (0..50).map(|i| format!("c{i}")).collect();
        for asked in ["C7", "7", ":50", ":", ":-1", "", ALL] {
            let message = class_named(&labels, asked).unwrap_err().to_string();
            for part in [asked, "c0, c1", "c39 and 10 more", ":0 to :49"] {
                assert!(message.contains(part), "{message}");
            }
        }
        let message = class_named(&["\u{1b}[1m"], "\u{1b}")
            .unwrap_err()
            .to_string();
        assert_eq!(escaped(&message), message);
    }
}
