//! The choice of classes and pictures for a figure.

use crate::data::Split;
use crate::random::{Purpose, generator};
use anyhow::{Context, Result};
use rand::seq::SliceRandom;

/// The class of that name.
///
/// # Errors
///
/// When there is no such class: the message lists all names.
pub fn class_named(labels: &[String], name: &str) -> Result<u16> {
    let found = labels.iter().position(|label| label == name);
    found.map(|class| class as u16).with_context(|| {
        format!(
            "there is no class {name:?}: choose one of {}",
            listed(labels)
        )
    })
}

/// Names of classes in one line, not too many.
pub fn listed(labels: &[String]) -> String {
    /// A list of a thousand characters helps nobody.
    const LISTED: usize = 40;
    let (told, others) = labels.split_at(labels.len().min(LISTED));
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    told.join(", ") + &more
}

/// Pictures of a split, one of each class in turn, in an order that follows from the seed: at most `count`, fewer when
/// there are no more.
pub fn in_turn(split: &Split, classes: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..split.len()).collect();
    order.shuffle(&mut generator(seed, Purpose::Figures, 0));
    let mut members = vec![Vec::new(); classes];
    for index in order {
        members[usize::from(split.classes[index])].push(index);
    }
    let most = members.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..most).flat_map(|turn| members.iter().filter_map(move |of| of.get(turn)));
    turns.copied().take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(classes: &[u16]) -> Split {
        Split {
            pixels: vec![0; classes.len()],
            classes: classes.to_vec(),
            factors: vec![],
        }
    }

    #[test]
    fn classes_take_turns_and_pictures_are_taken_once() {
        let split = split(&[0, 0, 0, 1, 2, 2]);
        let picked = in_turn(&split, 3, 10, 5);
        let classes: Vec<u16> = picked.iter().map(|&i| split.classes[i]).collect();
        assert_eq!(classes, [0, 1, 2, 0, 2, 0]);
        let mut sorted = picked.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        assert_eq!(in_turn(&split, 3, 2, 5), picked[..2]);
    }

    #[test]
    fn another_seed_picks_others() {
        let split = split(&[0; 100]);
        assert_ne!(in_turn(&split, 1, 5, 1), in_turn(&split, 1, 5, 2));
    }

    #[test]
    fn an_unknown_class_is_told_the_known_ones() {
        let labels: Vec<String> = (0..50).map(|i| format!("c{i}")).collect();
        assert_eq!(class_named(&labels, "c7").unwrap(), 7);
        let message = class_named(&labels, "C7").unwrap_err().to_string();
        assert!(
            message.contains("\"C7\"")
                && message.contains("c0, c1")
                && message.ends_with("10 more")
        );
    }
}
