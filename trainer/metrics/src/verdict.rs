//! The answers of a classifier.

/// The answers of a classifier on pictures.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Penultimate features, row by row.
    pub features: Vec<f32>,
    /// Features per row.
    pub dimension: usize,
    /// Probabilities of the classes, row by row.
    pub probabilities: Vec<f32>,
    /// Classes.
    pub classes: usize,
}

impl Verdict {
    /// The likeliest class of each picture.
    pub fn answers(&self) -> impl Iterator<Item = usize> + '_ {
        answers(&self.probabilities, self.classes)
    }

    /// The share of pictures that get their own class.
    pub fn accuracy(&self, classes: &[u16]) -> f64 {
        accuracy(self.answers(), classes)
    }
}

/// The class with the highest score in each row.
pub fn answers(scores: &[f32], classes: usize) -> impl Iterator<Item = usize> {
    scores.chunks_exact(classes).map(|row| {
        let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(0, |(class, _)| class)
    })
}

/// The share of answers that are the class.
pub fn accuracy(answers: impl Iterator<Item = usize>, classes: &[u16]) -> f64 {
    let pairs = answers.zip(classes);
    let right = pairs.filter(|&(answer, &class)| answer == usize::from(class));
    right.count() as f64 / classes.len().max(1) as f64
}
