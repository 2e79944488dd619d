//! Precision and recall of generated pictures (Kynkaanniemi et al., "Improved precision and recall metric for assessing
//! generative models", 2019): one sees broken pictures, the other one sees pictures that are missing.

use pixling_kernels::linear::{Sizes, forward};
use pixling_kernels::random::{Purpose, generator};
use rand::seq::index::sample;
use rayon::prelude::*;

/// The sphere around a picture reaches to its fifth neighbour of the same set.
const NEIGHBOURS: usize = 5;
/// Pictures of each set at most: the time grows with the square.
const PICTURES: usize = 5_000;
/// Key of the random choice of pictures.
const CHOICE: u64 = 4 << 32;
/// Rows whose products with all others are in memory at once.
const ROWS: usize = 32;

/// Two sets of pictures, each against the other one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// The share of the first set inside the manifold of the second one, 0 to 1.
    pub precision: f64,
    /// The share of the second set inside the manifold of the first one, 0 to 1.
    pub recall: f64,
}

/// Precision and recall of generated pictures by row-major tables of features with `dimension` columns.
///
/// The manifold of a set is the union of the spheres around its rows, each of which reaches to the fifth neighbour in
/// the set. Both sets have the same number of rows, 5,000 at most, chosen at random: a larger set would have smaller
/// spheres. `None` if there are not more than five.
pub fn overlap(generated: &[f32], real: &[f32], dimension: usize) -> Option<Overlap> {
    let rows = generated.len().min(real.len()) / dimension;
    let count = rows.min(PICTURES);
    if count <= NEIGHBOURS {
        return None;
    }
    // Products of features that are far from the origin would lose the distances between them to rounding.
    let centre: Vec<f32> = (0..dimension)
        .map(|i| {
            let column = real.iter().skip(i).step_by(dimension);
            let sum: f64 = column.map(|&value| f64::from(value)).sum();
            (sum * dimension as f64 / real.len() as f64) as f32
        })
        .collect();
    let chosen = |features: &[f32]| -> Vec<f32> {
        let mut random = generator(1, Purpose::Evaluation, CHOICE);
        let rows = sample(&mut random, features.len() / dimension, count).into_iter();
        rows.flat_map(|row| &features[row * dimension..][..dimension])
            .zip(centre.iter().cycle())
            .map(|(value, centre)| value - centre)
            .collect()
    };
    let generated = Manifold::new(chosen(generated), dimension);
    let real = Manifold::new(chosen(real), dimension);
    Some(Overlap {
        precision: real.share(&generated),
        recall: generated.share(&real),
    })
}

/// Rows of features, each with its sphere. Squares are halved, for `|a - b|^2 / 2 = |a|^2 / 2 - (a b - |b|^2 / 2)`: a product
/// with a bias.
struct Manifold {
    features: Vec<f32>,
    dimension: usize,
    /// The squared length of each row, halved.
    lengths: Vec<f32>,
    /// The squared radius of each sphere, halved.
    radii: Vec<f32>,
}

impl Manifold {
    fn new(features: Vec<f32>, dimension: usize) -> Self {
        let length = |row: &[f32]| 0.5 * row.iter().map(|value| value * value).sum::<f32>();
        let lengths: Vec<f32> = features.chunks_exact(dimension).map(length).collect();
        let mut manifold = Manifold {
            features,
            dimension,
            radii: vec![0.0; lengths.len()],
            lengths,
        };
        manifold.radii = manifold.products(&manifold, |row, products| {
            // The products of the nearest rows, the nearest one first.
            let mut nearest = [f32::NEG_INFINITY; NEIGHBOURS];
            for (other, &product) in products.iter().enumerate() {
                if product > nearest[NEIGHBOURS - 1] && other != row {
                    let place = nearest.partition_point(|&nearer| nearer >= product);
                    nearest[place..].rotate_right(1);
                    nearest[place] = product;
                }
            }
            manifold.lengths[row] - nearest[NEIGHBOURS - 1]
        });
        manifold
    }

    /// The share of the rows of `other` that are inside of a sphere.
    fn share(&self, other: &Manifold) -> f64 {
        let inside = self.products(other, |row, products| {
            products
                .iter()
                .any(|&product| product >= other.lengths[row])
        });
        inside.iter().filter(|&&inside| inside).count() as f64 / inside.len() as f64
    }

    /// The results of `of`, which is given the index of each row `a` of `other`, and `a b - |b|^2 / 2 + r^2 / 2` for all rows
    /// `b`: at least `|a|^2 / 2` inside the sphere of `b`.
    fn products<T: Send>(
        &self,
        other: &Manifold,
        of: impl Fn(usize, &[f32]) -> T + Sync,
    ) -> Vec<T> {
        let sizes = Sizes {
            inputs: self.dimension,
            outputs: self.lengths.len(),
        };
        let bias: Vec<f32> = self
            .radii
            .iter()
            .zip(&self.lengths)
            .map(|(radius, length)| radius - length)
            .collect();
        let chunks = other.features.par_chunks(ROWS * self.dimension);
        let results = chunks.enumerate().flat_map_iter(|(chunk, rows)| {
            let mut products = vec![0.0; rows.len() / self.dimension * bias.len()];
            forward(sizes, rows, &self.features, &bias, &mut products);
            let rows = products.chunks_exact(bias.len()).enumerate();
            let of = &of;
            rows.map(|(row, products)| of(chunk * ROWS + row, products))
                .collect::<Vec<T>>()
        });
        results.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixling_kernels::random::normal;

    const DIMENSION: usize = 8;

    /// Rows around each of the places, which are on one axis; the same numbers for the same seed.
    fn rows(seed: u64, places: &[f32], each: usize) -> Vec<f32> {
        let count = places.len() * each * DIMENSION;
        let mut rows = normal(&mut generator(seed, Purpose::Toy, 0), count);
        for (row, place) in rows.chunks_exact_mut(DIMENSION).zip(places.iter().cycle()) {
            row[0] += place;
        }
        rows
    }

    #[test]
    fn a_set_covers_itself() {
        let set = rows(1, &[0.0, 100.0], 60);
        let found = overlap(&set, &set, DIMENSION).unwrap();
        assert_eq!((found.precision, found.recall), (1.0, 1.0));
        let other = rows(2, &[0.0, 100.0], 60);
        let found = overlap(&other, &set, DIMENSION).unwrap();
        assert!(found.precision > 0.7 && found.recall > 0.7, "{found:?}");
        // Far from the origin nothing is lost.
        let far = |set: &[f32]| -> Vec<f32> { set.iter().map(|value| value + 3e4).collect() };
        let moved = overlap(&far(&other), &far(&set), DIMENSION).unwrap();
        assert!(
            (moved.precision - found.precision).abs() < 0.03,
            "{moved:?} {found:?}"
        );
        assert!(
            (moved.recall - found.recall).abs() < 0.03,
            "{moved:?} {found:?}"
        );
    }

    #[test]
    fn sets_that_are_apart_do_not_overlap() {
        let found = overlap(&rows(1, &[0.0], 60), &rows(2, &[100.0], 60), DIMENSION).unwrap();
        assert_eq!((found.precision, found.recall), (0.0, 0.0));
    }

    #[test]
    fn a_missing_half_costs_recall_and_a_broken_half_precision() {
        let (half, both) = (rows(1, &[0.0], 300), rows(2, &[0.0, 100.0], 150));
        let found = overlap(&half, &both, DIMENSION).unwrap();
        assert!(found.precision > 0.85, "{found:?}");
        assert!((0.4..=0.5).contains(&found.recall), "{found:?}");
        let turned = overlap(&both, &half, DIMENSION).unwrap();
        assert_eq!(
            (turned.precision, turned.recall),
            (found.recall, found.precision)
        );
    }

    /// By hand: on a line the fifth neighbour of each end of 0, 1, ..., 5 is 5 away, and of the middle 3.
    #[test]
    fn a_sphere_reaches_to_the_fifth_neighbour() {
        let line: Vec<f32> = (0..6).map(|place| place as f32).collect();
        let manifold = Manifold::new(line, 1);
        assert_eq!(
            manifold.radii,
            [25.0, 16.0, 9.0, 9.0, 16.0, 25.0].map(|r| r / 2.0)
        );
        let share = |place: f32| {
            let mut other = Manifold::new(vec![0.0; 6], 1);
            other.features.fill(place);
            other.lengths.fill(place * place / 2.0);
            manifold.share(&other)
        };
        assert_eq!(
            [share(-4.9), share(-5.1), share(9.9), share(10.1)],
            [1.0, 0.0, 1.0, 0.0]
        );
    }

    #[test]
    fn both_sets_have_as_many_rows_and_more_than_five() {
        // Ten times as many rows of the same kind find no more.
        let (few, many) = (rows(1, &[0.0], 200), rows(2, &[0.0], 2000));
        let found = overlap(&few, &many, DIMENSION).unwrap();
        assert!((found.precision - found.recall).abs() < 0.1, "{found:?}");
        assert_eq!(overlap(&many, &many[..5 * DIMENSION], DIMENSION), None);
        assert!(overlap(&many, &many[..6 * DIMENSION], DIMENSION).is_some());
    }
}
