//! One self-contained page about a trained run: pictures and charts are inside, nothing is loaded.

mod boards;
mod curves;
mod page;
mod picture;

pub use boards::{Row, rows};
pub use curves::{Curves, curves};
pub use page::{Cells, Subject, page};
pub use picture::{Picture, Strip};

/// A number with separated thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
