//! The choice of pictures for a figure.

use crate::data::Split;
use crate::random::{Purpose, generator};
use rand::seq::SliceRandom;

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
}
