//! Tables in columns, for people.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// Lines of cells, two spaces apart; the cells of the columns of numbers are aligned to the right.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]], numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

/// Thousands set apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn words_to_the_left_and_numbers_to_the_right() {
        let rows = [["ab", "1"], ["c", "10"]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows, &[1]), "ab   1\nc   10\n");
    }
}
