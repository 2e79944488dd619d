//! Mixtures of Gaussians with independent dimensions, fitted by expectation maximization from k-means.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::cmp::Ordering;

/// One in this number of pictures is held out, to choose the number of Gaussians.
const HELD_OUT: usize = 5;
/// Iterations of k-means, and of expectation maximization.
const ASSIGNMENTS: usize = 8;
const ITERATIONS: usize = 25;
/// The smallest deviation of a Gaussian, of the deviation of all that it is fitted to.
const FLOOR: f64 = 0.1;
/// Rows that a Gaussian stands for at least.
const LEAST: f64 = 4.0;

/// Rows with the pictures that they are of.
#[derive(Clone, Debug, Default)]
pub struct Rows<'a> {
    pictures: Vec<usize>,
    /// The rows, each of the same number of elements.
    pub rows: Vec<&'a [f32]>,
}

impl<'a> Rows<'a> {
    /// Adds a row.
    pub fn push(&mut self, picture: usize, row: &'a [f32]) {
        self.pictures.push(picture);
        self.rows.push(row);
    }

    /// The rows of pictures that are held out, or of the others.
    fn held_out(&self, held_out: bool) -> Vec<&'a [f32]> {
        let rows = self.pictures.iter().zip(&self.rows);
        let chosen = rows.filter(|(picture, _)| (*picture % HELD_OUT == 0) == held_out);
        chosen.map(|(_, row)| *row).collect()
    }
}

/// A power of two below `most`, or `most`, with which mixtures of the groups make rows likeliest that they were not fitted
/// to.
/// `key` gives the random numbers of a group.
pub fn likeliest(
    most: usize,
    groups: &[Rows<'_>],
    key: impl Fn(usize) -> ChaCha8Rng + Sync,
) -> usize {
    let score = |count: usize| -> f64 {
        let scores = groups.par_iter().enumerate().map(|(index, rows)| {
            let normals = fit(&rows.held_out(false), count, &mut key(index));
            log_likelihood(&rows.held_out(true), &normals)
        });
        scores.sum()
    };
    let mut best = (score(1), 1);
    while best.1 < most {
        let count = most.min(2 * best.1);
        let found = score(count);
        // Without held-out rows it is no number.
        if found.partial_cmp(&best.0) != Some(Ordering::Greater) {
            break;
        }
        best = (found, count);
    }
    best.1
}

/// A Gaussian with independent dimensions.
#[derive(Clone, Debug)]
pub struct Component {
    /// The share of the rows, of 1.
    pub weight: f64,
    /// The mean of each dimension.
    pub mean: Vec<f64>,
    /// The standard deviation of each dimension; 0 where all rows are the same.
    pub deviation: Vec<f64>,
}

/// A Gaussian whose density is computed for many rows.
struct Density<'a> {
    /// `log weight`, less the logarithms of the deviations.
    constant: f64,
    mean: &'a [f64],
    /// One over each deviation; 0 for a dimension without deviation, which says nothing.
    factors: Vec<f64>,
}

impl Density<'_> {
    fn of(component: &Component) -> Density<'_> {
        let deviations = || component.deviation.iter().filter(|it| **it > 0.0);
        Density {
            constant: component.weight.ln() - deviations().map(|it| it.ln()).sum::<f64>(),
            mean: &component.mean,
            factors: component
                .deviation
                .iter()
                .map(|it| if *it > 0.0 { it.recip() } else { 0.0 })
                .collect(),
        }
    }

    /// `log weight * N(row; mean, deviation)` up to a constant.
    fn log(&self, row: &[f32]) -> f64 {
        let terms = row.iter().zip(self.mean.iter().zip(&self.factors));
        let squares = terms.map(|(z, (mean, factor))| ((f64::from(*z) - mean) * factor).powi(2));
        self.constant - 0.5 * squares.sum::<f64>()
    }
}

impl Component {
    /// Mean and deviation of rows, each with a weight; the deviations not below the floors.
    fn of(rows: &[&[f32]], weights: &[f64], floors: &[f64], all: f64) -> Self {
        let total: f64 = weights.iter().sum();
        let moment = |value: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            let mut sums = vec![0.0; floors.len()];
            for (row, weight) in rows
                .iter()
                .zip(weights)
                .filter(|(_, weight)| **weight > 0.0)
            {
                for (d, (sum, z)) in sums.iter_mut().zip(*row).enumerate() {
                    *sum += weight * value(d, f64::from(*z));
                }
            }
            sums.iter().map(|sum| sum / total.max(1e-9)).collect()
        };
        let mean = moment(&|_, z| z);
        let variance = moment(&|d, z| (z - mean[d]).powi(2));
        let deviation = mean.iter().zip(variance.iter().zip(floors));
        let deviation = deviation.map(|(mean, (variance, floor))| {
            let deviation = variance.sqrt().max(*floor);
            // Less is what rounding makes of values that are all the same.
            if deviation > 1e-6 * (1.0 + mean.abs()) {
                deviation
            } else {
                0.0
            }
        });
        Component {
            weight: total / all,
            deviation: deviation.collect(),
            mean,
        }
    }
}

/// `log sum exp` of values.
fn log_sum(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest
        + values
            .iter()
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

/// The sum over rows of the logarithm of their density, up to a constant.
fn log_likelihood(rows: &[&[f32]], components: &[Component]) -> f64 {
    let gaussians: Vec<Density<'_>> = components.iter().map(Density::of).collect();
    let mut densities = vec![0.0; gaussians.len()];
    rows.iter()
        .map(|row| {
            densities
                .iter_mut()
                .zip(&gaussians)
                .for_each(|(log, gaussian)| *log = gaussian.log(row));
            log_sum(&densities)
        })
        .sum()
}

/// A mixture of `count` Gaussians of rows, by expectation maximization from k-means. Gaussians that would stand for next to
/// no row are halves of the heaviest one.
pub fn fit(rows: &[&[f32]], count: usize, random: &mut ChaCha8Rng) -> Vec<Component> {
    let columns = rows.first().map_or(0, |row| row.len());
    let all = rows.len().max(1) as f64;
    let ones = vec![1.0; rows.len()];
    let whole = Component::of(rows, &ones, &vec![0.0; columns], all);
    let floors: Vec<f64> = whole.deviation.iter().map(|it| it * FLOOR).collect();
    let places = count.min((all / LEAST) as usize).max(1);
    let nearest = k_means(rows, places, &whole.deviation, random);
    let mut components: Vec<Component> = (0..places)
        .map(|index| {
            let own = |place: &usize| if *place == index { 1.0 } else { 0.0 };
            let weights: Vec<f64> = nearest.iter().map(own).collect();
            Component::of(rows, &weights, &floors, all)
        })
        .filter(|component| component.weight > 0.0)
        .collect();
    for _ in 0..ITERATIONS {
        let gaussians: Vec<Density<'_>> = components.iter().map(Density::of).collect();
        let mut shares = vec![vec![0.0; rows.len()]; components.len()];
        let mut densities = vec![0.0; gaussians.len()];
        for (index, row) in rows.iter().enumerate() {
            densities
                .iter_mut()
                .zip(&gaussians)
                .for_each(|(log, gaussian)| *log = gaussian.log(row));
            let sum = log_sum(&densities);
            for (shares, log) in shares.iter_mut().zip(&densities) {
                shares[index] = (log - sum).exp();
            }
        }
        shares.retain(|shares| shares.iter().sum::<f64>() >= LEAST.min(all));
        let of = |shares: &Vec<f64>| Component::of(rows, shares, &floors, all);
        components = shares.iter().map(of).collect();
    }
    if components.is_empty() {
        components.push(whole);
    }
    while components.len() < count {
        let heaviest = components
            .iter_mut()
            .max_by(|a, b| a.weight.total_cmp(&b.weight));
        let Some(heaviest) = heaviest else { break };
        heaviest.weight *= 0.5;
        let half = heaviest.clone();
        components.push(half);
    }
    components
}

/// Which of `places` centres each row is nearest to, in units of the deviations.
fn k_means(
    rows: &[&[f32]],
    places: usize,
    deviations: &[f64],
    random: &mut ChaCha8Rng,
) -> Vec<usize> {
    let scaled = |row: &&[f32]| -> Vec<f64> {
        let values = row.iter().zip(deviations);
        values
            .map(|(z, deviation)| f64::from(*z) / deviation.max(1e-9))
            .collect()
    };
    let rows: Vec<Vec<f64>> = rows.iter().map(scaled).collect();
    let square =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum() };
    // k-means++: each next place is a row, in proportion to its squared distance to the places before.
    let mut centres: Vec<Vec<f64>> = Vec::new();
    let mut distances = vec![1.0; rows.len()];
    while centres.len() < places {
        let total: f64 = distances.iter().sum();
        let mut left = random.r#gen::<f64>() * total;
        let chosen = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        let Some(centre) = rows.get(chosen.unwrap_or(0)) else {
            return Vec::new();
        };
        centres.push(centre.clone());
        for (distance, row) in distances.iter_mut().zip(&rows) {
            let found = square(row, centre);
            *distance = if centres.len() == 1 {
                found
            } else {
                distance.min(found)
            };
        }
    }
    let mut nearest = Vec::new();
    for _ in 0..ASSIGNMENTS {
        let of = |row: &Vec<f64>| {
            let found = centres.iter().map(|centre| square(row, centre)).enumerate();
            found
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .map_or(0, |found| found.0)
        };
        nearest = rows.iter().map(of).collect();
        let mut sums = vec![(0.0, vec![0.0; deviations.len()]); centres.len()];
        for (row, &place) in rows.iter().zip(&nearest) {
            let (count, sum) = &mut sums[place];
            *count += 1.0;
            sum.iter_mut().zip(row).for_each(|(sum, z)| *sum += z);
        }
        for (centre, (count, sum)) in centres.iter_mut().zip(sums) {
            if count > 0.0 {
                *centre = sum.iter().map(|sum| sum / count).collect();
            }
        }
    }
    nearest
}
