//! Names of classes in Rust source.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::UnicodeNormalization;
use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::{
    GeneralSecurityProfile, is_potential_mixed_script_confusable_char, skeleton,
};

/// A name for each label, all different, of which the compiler's lints complain in no program: the words of a label joined,
/// each with a capital, in the script of the label. `Class` comes before a name that cannot start one. `U` and the number
/// of each character stand for a label without letters, and for one that could be taken for Latin letters. Of labels with
/// the same words, `Lower` marks the ones in small letters, and numbers from 2 tell apart the others.
pub(crate) fn variants(labels: &[&str]) -> Vec<String> {
    let mut names: Vec<Option<String>> = labels.iter().map(|label| joined(label)).collect();
    drop_suspicious(&mut names);
    let names = names.into_iter().zip(labels);
    let names: Vec<String> = names
        .map(|(name, label)| name.unwrap_or_else(|| code_points(label)))
        .collect();
    let is_shared = |name: &String| names.iter().filter(|it| *it == name).count() > 1;
    let marked = names.iter().zip(labels).map(|(name, label)| {
        if label.starts_with(char::is_lowercase) && is_shared(name) {
            format!("Lower{name}")
        } else {
            name.clone()
        }
    });
    numbered(marked.collect())
}

/// The words of a label joined; nothing, where the compiler would complain of a character.
fn joined(label: &str) -> Option<String> {
    let label: String = label.nfc().collect();
    let words = label.split(|c: char| c == '_' || !is_xid_continue(c));
    let name: String = words.flat_map(capitalized).nfc().collect();
    let is_named = !name.is_empty() && name.chars().all(is_allowed);
    if !is_named || (!name.is_ascii() && skeleton(&name).all(|c| c.is_ascii())) {
        return None;
    }
    if name.starts_with(is_xid_start) && name != "Self" {
        Some(name)
    } else {
        Some(format!("Class{name}"))
    }
}

/// A word with a capital.
fn capitalized(word: &str) -> impl Iterator<Item = char> {
    let mut rest = word.chars();
    let first = rest.next();
    first.into_iter().flat_map(char::to_uppercase).chain(rest)
}

/// Whether the lint `uncommon_codepoints` allows it.
fn is_allowed(character: char) -> bool {
    character.is_ascii() || GeneralSecurityProfile::identifier_allowed(character)
}

/// Drops names of whose script there are only letters that look like letters of other scripts: the lint
/// `mixed_script_confusables`. A script is used openly when there is another letter of it.
fn drop_suspicious(names: &mut [Option<String>]) {
    let others = |name: &str| -> Vec<char> { name.chars().filter(|c| !c.is_ascii()).collect() };
    loop {
        let used = names.iter().flatten().flat_map(|name| others(name));
        let used = used.filter(|&c| !is_potential_mixed_script_confusable_char(c));
        let open: Vec<AugmentedScriptSet> = used.chain(['A']).map(Into::into).collect();
        let is_open = |c: char| {
            let shared = |script: &AugmentedScriptSet| {
                let mut shared = *script;
                shared.intersect_with(c.into());
                !shared.is_empty() && !shared.is_all()
            };
            AugmentedScriptSet::from(c).is_all() || open.iter().any(shared)
        };
        let mut is_done = true;
        for name in names.iter_mut() {
            let is_bad = |name: &mut String| !others(name).into_iter().all(is_open);
            is_done &= name.take_if(is_bad).is_none();
        }
        if is_done {
            return;
        }
    }
}

/// A name of the numbers of a label's characters.
fn code_points(label: &str) -> String {
    let name: String = label
        .chars()
        .map(|c| format!("U{:X}", u32::from(c)))
        .collect();
    if name.is_empty() {
        "Class".to_string()
    } else {
        name
    }
}

/// The names, with a number from 2 on after those that look like an earlier one.
fn numbered(names: Vec<String>) -> Vec<String> {
    // The lint `confusable_idents` compares what names look like, unless both are ASCII.
    let look = |name: &str| -> String {
        match name.is_ascii() {
            true => name.to_string(),
            false => skeleton(name).collect(),
        }
    };
    let wanted: BTreeSet<String> = names.iter().map(|name| look(name)).collect();
    let mut taken = BTreeSet::new();
    let different = names.into_iter().map(|name| {
        if taken.insert(look(&name)) {
            return name;
        }
        let between = match name.ends_with(|c: char| c.is_ascii_digit()) {
            true => "_",
            false => "",
        };
        let numbered = (2..).map(|number: u32| format!("{name}{between}{number}"));
        let mut free = numbered
            .filter(|name| !wanted.contains(&look(name)))
            .filter(|name| taken.insert(look(name)));
        // There are more numbers than classes.
        free.next().unwrap_or(name)
    });
    different.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names() {
        for (label, name) in [
            ("T-shirt/top", "TShirtTop"),
            ("ankle boot", "AnkleBoot"),
            ("snake_case", "SnakeCase"),
            ("7", "Class7"),
            ("self", "ClassSelf"),
            ("日本", "日本"),
            ("лиса", "Лиса"),
            ("élan vital", "ÉlanVital"),
            ("हिन्दी", "हिन्दी"),
            ("ქართული", "Ქართული"),
            // Not letters of identifiers, or not told from Latin ones.
            ("+", "U2B"),
            ("\u{1f600}", "U1F600"),
            ("o\u{fb01}", "U6FUFB01"),
            ("\u{441}\u{43e}\u{440}", "U441U43EU440"),
            ("", "Class"),
        ] {
            assert_eq!(variants(&[label]), [name]);
        }
        // The same in the other normal form, which the compiler takes for the same.
        assert_eq!(variants(&["e\u{301}"]), variants(&["\u{e9}"]));
    }

    #[test]
    fn labels_of_the_same_words_have_names_of_their_own() {
        for (labels, names) in [
            (&["Cat", "cat"][..], &["Cat", "LowerCat"][..]),
            (&["cat", "Cat"], &["LowerCat", "Cat"]),
            (&["a", "B", "A"], &["LowerA", "B", "A"]),
            (&["cat"], &["Cat"]),
            (&["C", "C++", "C#", "C 2"], &["C", "C3", "C4", "C2"]),
            (&["7", "7!"], &["Class7", "Class7_2"]),
            (&["é", "É", "É?"], &["LowerÉ", "É", "É2"]),
        ] {
            assert_eq!(variants(labels), names);
        }
    }

    #[test]
    fn letters_like_those_of_other_scripts_need_company() {
        assert_eq!(variants(&["кошка"]), ["U43AU43EU448U43AU430"]);
        assert_eq!(variants(&["кошка", "лиса"]), ["Кошка", "Лиса"]);
        // The letter of Katakana is also one of Han.
        assert_eq!(variants(&["\u{30ed}"]), ["U30ED"]);
        assert_eq!(
            variants(&["\u{30ed}", "\u{30b9}"]),
            ["\u{30ed}", "\u{30b9}"]
        );
    }
}
