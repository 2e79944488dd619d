//! The data of a run, as far as it takes to notice that other data is in its place.

use crate::data::{Dataset, Split};
use crc::{CRC_64_XZ, Crc};
use serde::{Deserialize, Serialize};

/// Differences that a message names; it counts the others.
const NAMED: usize = 3;

/// Labels, numbers of pictures and a hash of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    labels: Vec<String>,
    /// Number of training pictures of each class.
    train: Vec<usize>,
    /// Number of test pictures of each class.
    test: Vec<usize>,
    /// CRC-64/XZ over pixels and classes of both splits, in hexadecimal digits.
    pictures: String,
}

impl Fingerprint {
    /// The fingerprint of a data set.
    pub fn of(data: &Dataset) -> Fingerprint {
        let crc = Crc::<u64>::new(&CRC_64_XZ);
        let mut digest = crc.digest();
        for split in [&data.train, &data.test] {
            digest.update(&split.pixels);
            for class in &split.classes {
                digest.update(&class.to_le_bytes());
            }
        }
        Fingerprint {
            labels: data.labels.clone(),
            train: counts(&data.train, data.labels.len()),
            test: counts(&data.test, data.labels.len()),
            pictures: format!("{:016x}", digest.finalize()),
        }
    }

    /// The differences of other data, in words; `None` if there are none.
    pub fn differences(&self, other: &Fingerprint) -> Option<String> {
        if self == other {
            return None;
        }
        let mut found = self.other_classes(other);
        if found.is_empty() {
            for (split, was, is) in [
                ("train", &self.train, &other.train),
                ("test", &self.test, &other.test),
            ] {
                let counts = self.labels.iter().zip(was.iter().zip(is));
                let differing = counts.filter(|(_, (was, is))| was != is);
                found.extend(differing.map(|(label, (was, is))| {
                    format!("{label:?} has {is} pictures in {split}, it had {was}")
                }));
            }
        }
        if found.is_empty() {
            found.push("the numbers of pictures are the same, their pixels are not".into());
        }
        let more = found.len().saturating_sub(NAMED);
        found.truncate(NAMED);
        if more > 0 {
            found.push(format!("{more} more"));
        }
        Some(found.join("; "))
    }

    fn other_classes(&self, other: &Fingerprint) -> Vec<String> {
        let only_in = |a: &Fingerprint, b: &Fingerprint| -> Vec<String> {
            let labels = a.labels.iter().filter(|label| !b.labels.contains(label));
            labels.map(|label| format!("{label:?}")).collect()
        };
        let missing = only_in(self, other);
        let new = only_in(other, self);
        let mut found = Vec::new();
        if !missing.is_empty() {
            found.push(format!("no class {}", missing.join(", ")));
        }
        if !new.is_empty() {
            found.push(format!("new class {}", new.join(", ")));
        }
        if found.is_empty() && self.labels != other.labels {
            found.push("the classes are in another order".into());
        }
        found
    }
}

fn counts(split: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &class in &split.classes {
        counts[usize::from(class)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(labels: &[&str], classes: &[u16]) -> Dataset {
        let split = Split {
            pixels: vec![7; classes.len()],
            classes: classes.to_vec(),
            factors: vec![],
        };
        Dataset {
            name: "test".into(),
            licence: "unknown".into(),
            width: 1,
            height: 1,
            channels: 1,
            labels: labels.iter().map(ToString::to_string).collect(),
            train: split.clone(),
            test: split,
            factor_names: vec![],
            skipped: vec![],
        }
    }

    #[test]
    fn other_data_is_told_from_the_same() {
        let run = data(&["cat", "dog"], &[0, 0, 1]);
        let told = |other: &Dataset| Fingerprint::of(&run).differences(&Fingerprint::of(other));
        let mut same = run.clone();
        (same.name, same.licence) = ("elsewhere".into(), "MIT".into());
        assert_eq!(told(&same), None);
        let renamed = data(&["cat", "lion"], &[0, 0, 1]);
        let expected = "no class \"dog\"; new class \"lion\"";
        assert_eq!(told(&renamed).unwrap(), expected);
        let turned = data(&["dog", "cat"], &[0, 0, 1]);
        assert_eq!(told(&turned).unwrap(), "the classes are in another order");
        let fewer = data(&["cat", "dog"], &[0, 1]);
        let expected =
            "\"cat\" has 1 pictures in train, it had 2; \"cat\" has 1 pictures in test, it had 2";
        assert_eq!(told(&fewer).unwrap(), expected);
        let pixels_differ = "the numbers of pictures are the same, their pixels are not";
        for change in [
            |it: &mut Split| it.pixels[1] = 8,
            |it: &mut Split| it.classes.swap(0, 2),
        ] {
            let mut changed = run.clone();
            change(&mut changed.test);
            assert_eq!(told(&changed).unwrap(), pixels_differ);
        }
    }

    #[test]
    fn a_message_names_few_of_many_differences() {
        let labels: Vec<String> = (0..9).map(|class| format!("class {class}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let once: Vec<u16> = (0..9).collect();
        let run = Fingerprint::of(&data(&labels, &once));
        let twice = Fingerprint::of(&data(&labels, &[once.clone(), once].concat()));
        let told = run.differences(&twice).unwrap();
        assert!(told.ends_with("; 15 more"), "{told}");
    }
}
