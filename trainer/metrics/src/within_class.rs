//! The Frechet distance within each class: a broken class is one of many in the distance of all pictures together.

use super::frechet::{awake, frechet_distance, moments, of_features};
use crate::Verdict;
use nalgebra::{DVector, SymmetricEigen};
use pixling_kernels::linear::{Sizes, forward};

/// Principal components: a class has too few pictures for the covariance of all features.
const COMPONENTS: usize = 16;
/// Pictures of a class, of each set, that a distance is measured from at least.
const PICTURES: usize = 2 * COMPONENTS;

/// The Frechet distance between the pictures of a class in both sets, for each class, in 16 principal components of the
/// reference's features. The components are of all classes together: distances of classes can be compared, and pictures
/// that look like another class are far off. `None` for a class that has fewer than 32 pictures in one of the sets.
pub fn class_frechet_distances(
    verdict: &Verdict,
    classes: &[u16],
    reference: &Verdict,
    reference_classes: &[u16],
) -> Vec<Option<f64>> {
    let components = Components::new(&reference.features, reference.dimension);
    if components.count == 0 {
        return vec![None; reference.classes];
    }
    let generated = components.project(&verdict.features);
    let real = components.project(&reference.features);
    let distance = |class: usize| -> Option<f64> {
        let of_class = |projected: &[f32], classes: &[u16]| -> Option<Vec<f32>> {
            let rows = projected.chunks_exact(components.count).zip(classes);
            let rows = rows.filter(|&(_, &of_row)| usize::from(of_row) == class);
            let rows: Vec<&[f32]> = rows.map(|(row, _)| row).collect();
            (rows.len() >= PICTURES).then(|| rows.concat())
        };
        let generated = of_class(&generated, classes)?;
        let real = of_class(&real, reference_classes)?;
        Some(frechet_distance(&generated, &real, components.count))
    };
    (0..reference.classes).map(distance).collect()
}

/// Principal components of features.
struct Components {
    count: usize,
    /// Features of a row.
    dimension: usize,
    /// Unit vectors, one after another, the one with the largest variance first.
    vectors: Vec<f32>,
    /// The products of the vectors with the mean, negative.
    bias: Vec<f32>,
}

impl Components {
    /// The components of a row-major table of `dimension` columns; fewer than 16 where fewer features vary.
    fn new(features: &[f32], dimension: usize) -> Self {
        let (mean, covariance) = moments(features, dimension);
        let awake = awake([&covariance, &covariance]);
        let mut components = Components {
            count: awake.len().min(COMPONENTS),
            dimension,
            vectors: Vec::new(),
            bias: Vec::new(),
        };
        if awake.is_empty() {
            return components;
        }
        let eigen = SymmetricEigen::new(of_features(&covariance, &awake));
        let mut order: Vec<usize> = (0..awake.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        for &component in &order[..components.count] {
            let mut vector = DVector::zeros(dimension);
            for (&feature, value) in awake.iter().zip(&eigen.eigenvectors.column(component)) {
                vector[feature] = *value;
            }
            components.bias.push(-vector.dot(&mean) as f32);
            components.vectors.extend(vector.iter().map(|&v| v as f32));
        }
        components
    }

    /// The coordinates of each row, row by row.
    fn project(&self, features: &[f32]) -> Vec<f32> {
        let sizes = Sizes {
            inputs: self.dimension,
            outputs: self.count,
        };
        let mut projected = vec![0.0; features.len() / self.dimension * self.count];
        forward(sizes, features, &self.vectors, &self.bias, &mut projected);
        projected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling_kernels::random::{Purpose, generator, normal};

    const DIMENSION: usize = 24;
    const CLASSES: usize = 10;

    /// Classes that are 10 apart, in turn, the last features being asleep.
    fn verdict(seed: u64, rows: usize, shift_of: impl Fn(u16) -> f32) -> (Verdict, Vec<u16>) {
        let classes: Vec<u16> = (0..rows).map(|row| (row % CLASSES) as u16).collect();
        let mut features = normal(&mut generator(seed, Purpose::Toy, 0), rows * DIMENSION);
        for (row, &class) in features.chunks_exact_mut(DIMENSION).zip(&classes) {
            row[20..].fill(0.0);
            row[usize::from(class)] += 10.0;
            row[usize::from(class + 1) % CLASSES] += shift_of(class);
        }
        let verdict = Verdict {
            features,
            dimension: DIMENSION,
            classes: CLASSES,
            ..Verdict::default()
        };
        (verdict, classes)
    }

    #[test]
    fn a_broken_class_is_seen_that_the_others_hide() {
        let (real, classes) = verdict(1, 5000, |_| 0.0);
        let all = |found: &Verdict| frechet_distance(&found.features, &real.features, DIMENSION);
        let (good, _) = verdict(2, 5000, |_| 0.0);
        // The pictures of class 3 are half way to the pictures of class 4.
        let (broken, _) = verdict(2, 5000, |class| if class == 3 { 5.0 } else { 0.0 });
        let of = |found: &Verdict| -> Vec<f64> {
            let distances = class_frechet_distances(found, &classes, &real, &classes);
            distances.into_iter().map(Option::unwrap).collect()
        };
        assert!(of(&real).iter().all(|distance| distance.abs() < 1e-6));
        let (of_good, of_broken) = (of(&good), of(&broken));
        assert!(
            of_good.iter().all(|&distance| distance < 0.5),
            "{of_good:?}"
        );
        for class in (0..CLASSES).filter(|&class| class != 3) {
            assert!((of_broken[class] - of_good[class]).abs() < 1e-9, "{class}");
        }
        assert!((20.0..30.0).contains(&of_broken[3]), "{of_broken:?}");
        assert!(
            all(&broken) < 0.1 * of_broken[3],
            "{} {of_broken:?}",
            all(&broken)
        );
    }

    #[test]
    fn a_class_of_few_pictures_has_none() {
        let (real, classes) = verdict(1, 32 * CLASSES, |_| 0.0);
        let mut fewer = classes.clone();
        fewer[7] = 8;
        for (generated, tested) in [(&fewer, &classes), (&classes, &fewer)] {
            let found = class_frechet_distances(&real, generated, &real, tested);
            let known: Vec<bool> = found.iter().map(Option::is_some).collect();
            let expected: Vec<bool> = (0..CLASSES).map(|class| class != 7).collect();
            assert_eq!(known, expected);
        }
        let asleep = Verdict {
            features: vec![0.0; 32 * CLASSES * DIMENSION],
            ..real
        };
        let found = class_frechet_distances(&asleep, &classes, &asleep, &classes);
        assert_eq!(found, [None; CLASSES]);
    }

    #[test]
    fn components_are_those_of_the_largest_variances() {
        // Variances 1, 4, 9, ..., in a table whose features are in reverse order; the rest would be 17 and more.
        let rows = 4000;
        let mut features = normal(&mut generator(3, Purpose::Toy, 0), rows * DIMENSION);
        for row in features.chunks_exact_mut(DIMENSION) {
            for (i, value) in row.iter_mut().enumerate() {
                *value = *value * (DIMENSION - i) as f32 + 50.0;
            }
        }
        let components = Components::new(&features, DIMENSION);
        assert_eq!((components.count, components.bias.len()), (16, 16));
        let projected = components.project(&features);
        let (mean, covariance) = moments(&projected, 16);
        assert!(mean.amax() < 1e-2, "{mean}");
        for i in 0..16 {
            let expected = ((DIMENSION - i) as f64).powi(2);
            assert!(
                (covariance[(i, i)] / expected - 1.0).abs() < 0.2,
                "{i}: {covariance}"
            );
            assert!(
                (0..i).all(|j| covariance[(i, j)].abs() < 0.01 * expected),
                "{covariance}"
            );
        }
    }
}
