//! Texts in lines, without a heap.

/// The lines of a text, broken at its own ends of lines, between words, and inside of a word that is too long for any
/// line: after a stroke or a hyphen, if it has one.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'t> {
    rest: &'t str,
    columns: usize,
}

/// Breaks a text into lines of at most `columns` characters.
pub(crate) fn lines(text: &str, columns: usize) -> Lines<'_> {
    Lines {
        rest: text.trim(),
        columns: columns.max(1),
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        // Where the line is full, or its own end; and the last gap between words on it.
        let full = nth(self.rest, self.columns);
        let head = self.rest.get(..full)?;
        let end = if let Some(end) = head.find('\n') {
            end
        } else if full == self.rest.len() || self.rest.get(full..)?.starts_with([' ', '\n']) {
            full
        } else {
            let after_mark = || head.rfind(['/', '-']).map(|place| place + 1);
            // A mark that begins the line stays with what follows.
            let in_word = || after_mark().filter(|end| *end > 1);
            head.rfind(' ').or_else(in_word).unwrap_or(full)
        };
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.trim_start();
        Some(line.trim_end())
    }
}

/// Where the character of that number starts, or the text ends.
fn nth(text: &str, index: usize) -> usize {
    let mut places = text.char_indices().map(|(place, _)| place);
    places.nth(index).unwrap_or(text.len())
}

/// The first characters of a text.
pub(crate) fn first(text: &str, characters: usize) -> &str {
    text.get(..nth(text, characters)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(text: &str, columns: usize) -> Vec<&str> {
        lines(text, columns).collect()
    }

    #[test]
    fn breaks_between_words() {
        assert_eq!(wrap("Ankle boot", 10), ["Ankle boot"]);
        assert_eq!(wrap("Ankle boot", 9), ["Ankle", "boot"]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one\ntwo three\n", 9), ["one", "two three"]);
        assert_eq!(wrap(" ", 9), [""; 0]);
    }

    #[test]
    fn breaks_a_word_that_no_line_can_hold() {
        assert_eq!(
            wrap("18446744073709551615", 12),
            ["184467440737", "09551615"]
        );
        assert_eq!(wrap("a bcdefg", 4), ["a", "bcde", "fg"]);
        assert_eq!(wrap("größer", 2), ["gr", "öß", "er"]);
        assert_eq!(wrap("T-shirt/top", 10), ["T-shirt/", "top"]);
        assert_eq!(wrap("T-shirt/top", 8), ["T-shirt/", "top"]);
        assert_eq!(wrap("T-shirt/top", 7), ["T-", "shirt/", "top"]);
        assert_eq!(wrap("-18446744", 4), ["-184", "4674", "4"]);
    }

    #[test]
    fn the_first_characters_may_be_all() {
        assert_eq!(first("größer", 3), "grö");
        assert_eq!(first("gr", 3), "gr");
    }
}
